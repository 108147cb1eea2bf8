# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log in CloudWatch: what the agent is given, by its own schema, and how far it is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_cloudwatch as apply
from ansible_collections.auditops.auditd.plugins.module_utils._drift import shipping_cloudwatch as drift
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._live import shipping_cloudwatch as live
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import archives, cloudwatch
from cloudwatch_agent import POLICY, converge

SCHEMA = json.loads((Path(__file__).parents[1] / "fixtures/schemas/cloudwatch-agent.json").read_text())


@pytest.mark.parametrize("days", [0, 1, 3653])
def test_what_the_agent_gets_is_valid_by_its_own_schema(days):
    text = cloudwatch.render({**POLICY, "cloudwatch_retention_days": days}, "/var/log/audit/audit.log")
    jsonschema.validate(json.loads(text), SCHEMA)
    assert ("retention_in_days" in text) == bool(days)


def test_the_retention_is_one_that_the_schema_has():
    for days in cloudwatch.RETENTION[1:]:
        jsonschema.validate(json.loads(cloudwatch.render({**POLICY, "cloudwatch_retention_days": days}, "/l")), SCHEMA)


def test_the_agent_loads_its_part_once_and_gives_it_back(host, root):
    assert converge(host, POLICY) == "append" and converge(host, POLICY) is None
    assert cloudwatch.same(host.text(cloudwatch.LOADED), host.text(cloudwatch.SOURCE))
    assert "-a append-config -m auto -s -c file:/etc/audit/auditops-cloudwatch.json" in (root / "calls").read_text()
    assert converge(host, {**POLICY, "cloudwatch_log_group": "/other"}) == "append"
    assert converge(host, {"to": []}) == "remove" and host.text(cloudwatch.SOURCE) is None and converge(host, {"to": []}) is None


@pytest.mark.parametrize("fault, said", [
    ("refuses", "Configuration validation first phase failed"), ("lies", "does not have it"), ("stopped", "does not run after it"),
])
def test_an_agent_that_does_not_take_it_leaves_the_file_as_it_was(host, root, fault, said):
    (root / fault).touch()
    with pytest.raises(AuditError, match=said):
        converge(host, POLICY)
    assert host.text(cloudwatch.SOURCE) is None


def test_an_agent_that_does_not_give_it_up_is_no_success(host, root):
    converge(host, POLICY)
    (root / "lies").touch()
    with pytest.raises(AuditError, match="reported that it removed its configuration, and .* is still there"):
        converge(host, {"to": []})
    assert host.text(cloudwatch.SOURCE) is not None, "the next run tries again"
    (root / "lies").unlink()
    assert converge(host, {"to": []}) == "remove" and host.text(cloudwatch.LOADED) is None


@pytest.mark.parametrize("gone", ["CONTROL", "SOURCE", "LOADED"])
def test_what_is_left_goes_also_where_a_part_of_it_has_gone(host, root, gone):
    converge(host, POLICY)
    (root / getattr(cloudwatch, gone).lstrip("/")).unlink()
    assert converge(host, {"to": []}) == "remove" and converge(host, {"to": []}) is None
    assert not any(host.lstat(path) for path in cloudwatch.FILES)


def test_an_agent_that_is_not_there_is_one_sentence_or_a_package(host, root):
    (root / cloudwatch.CONTROL.lstrip("/")).unlink()
    with pytest.raises(AuditError, match="give its package by audit_shipping_cloudwatch_package"):
        apply.plan(host, POLICY, "3.0.9")
    assert apply.plan(host, POLICY, "3.0.9", missing="report").missing == ["amazon-cloudwatch-agent"]


@pytest.mark.parametrize("text", ['{"agent": "x"}', '{"agent": ["x"]}', '{"agent": {"run_as_user": 7}}', '{"agent": null}', "[]", "7", "{"])
def test_a_file_of_the_agent_that_names_no_user_is_as_none(host, root, text):
    main, directory = (root / path.lstrip("/") for path in cloudwatch.AGENT_CONF)
    directory.mkdir(parents=True)
    (directory / "other.json").write_text(text)
    assert cloudwatch.user(host) == "root"
    main.write_text('{"agent": {"run_as_user": "cwagent"}}')
    assert cloudwatch.user(host) == "cwagent"


def test_a_directory_beside_the_parts_of_the_configuration_is_passed_over(host, root):
    (root / cloudwatch.AGENT_CONF[1].lstrip("/") / "saved").mkdir(parents=True)
    assert cloudwatch.others(host, "/var/log/audit/audit.log") == [] and cloudwatch.user(host) == "root"
    assert converge(host, POLICY) == "append"


@pytest.mark.parametrize("path, twice", [
    ("/var/log/audit/audit.log", True), ("/var/log/audit/*", True), ("/var/log/audit/audit.log*", True), ("/var/log/messages", False),
    (7, False),
])
def test_a_part_made_by_hand_that_collects_the_same_log_is_found(host, root, path, twice):
    converge(host, POLICY)
    main, directory = (root / name.lstrip("/") for name in cloudwatch.AGENT_CONF)
    main.write_text('{"agent": {}}')
    (directory / "file_mine.json").write_text(json.dumps({"logs": {"logs_collected": {"files": {"collect_list": [{"file_path": path}]}}}}))
    found = cloudwatch.others(host, "/var/log/audit/audit.log")
    assert found == ([cloudwatch.AGENT_CONF[1] + "/file_mine.json"] if twice else [])


@pytest.mark.parametrize("change, said", [
    ({"cloudwatch_log_group": ""}, "audit_shipping_cloudwatch_log_group = "), ({"cloudwatch_log_group": "a b"}, "log_group = a b"),
    ({"cloudwatch_log_stream": "a:b"}, "log_stream = a:b"), ({"cloudwatch_retention_days": 8}, "retention_days = 8: CloudWatch Logs takes"),
])
def test_what_is_wrong_is_one_sentence(change, said):
    with pytest.raises(AuditError) as refused:
        cloudwatch.check({**POLICY, **change})
    assert said in str(refused.value)


@pytest.mark.parametrize("text, offset", [
    ("120\n/var/log/audit/audit.log\n", 120), ("120\n/x\n0-120", 120), ("", None), ("x\n", None), (None, None),
])
def test_how_far_the_agent_is(text, offset):
    assert cloudwatch.offset(text) == offset
    assert cloudwatch.state_file("/var/log/audit/audit.log").endswith("/logs/state/_var_log_audit_audit.log")


def test_what_was_denied_is_found():
    log = "I! ok\nE! open /var/log/audit/audit.log: permission denied\nE! AccessDeniedException: logs:PutLogEvents\n"
    assert [line[:7] for line in cloudwatch.denials(log)] == ["E! open", "E! Acce"]


def test_audit_ship_is_told_where_the_agent_remembers():
    target = json.loads(archives.configuration(POLICY, "", "/var/log/audit/audit.log"))["targets"][0]
    assert target["kind"] == "agent" and target["state"] == cloudwatch.state_file("/var/log/audit/audit.log")


def test_audit_ship_may_look_into_the_agent():
    for scheduled, may in ((POLICY, True), ({**POLICY, "to": ["command"], "command": ["/bin/cp"]}, False)):
        text = archives.desired_files(scheduled, "systemd", 0, "")[archives.SERVICE][0]
        assert ("CAP_DAC_READ_SEARCH CAP_SYS_PTRACE\n" in text) == may and "ProtectSystem=" in text


@pytest.mark.parametrize("offset, said", [
    (100, None), (0, None), (None, "the agent has not read it yet"),
    (101, "unknown: the agent is at byte 101 of a log before this one, which has 100 bytes"),
])
def test_where_the_agent_is_that_is_not_in_the_log_is_a_finding(offset, said):
    text = cloudwatch.render(POLICY, "/l")
    have = {"installed": True, "log_file": "/l", "source": text, "loaded": text, "runs": True, "denials": [], "size": 100,
            "until": None, "offset": offset, "shut_out": None, "let_in": None, "others": []}
    sides = SimpleNamespace(is_live=True, parsed=SimpleNamespace(shipping_cloudwatch=have), item=lambda *words: words)
    assert [(item[0], item[2]) for item in drift.compare(sides, POLICY)] == ([("shipping.cloudwatch.lag", said)] if said else [])


@pytest.mark.parametrize("place, said", [
    (0, "2 MB behind; no record of it is sent yet"), (1, "2 MB behind; no record of it is sent yet"),
    ("first", "2 MB behind; sent up to the record of 2026-11-23T05:01:56Z"),
])
def test_an_agent_that_is_behind_is_a_finding_with_the_last_record_that_it_has_sent(host, root, place, said):
    first = b"type=A msg=audit(1795410116.001:7): x\n"
    log = root / "var/log/audit/audit.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(first + b"type=A msg=audit(1795410120.001:8): x\n" + b"x" * (2 << 20))
    state = root / cloudwatch.state_file("/var/log/audit/audit.log").lstrip("/")
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(f"{len(first) if place == 'first' else place}\n/var/log/audit/audit.log\n")
    converge(host, POLICY)
    host.is_live = False
    have = live.read(SimpleNamespace(host=host, settings={}))
    have.update(installed=True, runs=True)
    sides = SimpleNamespace(is_live=True, parsed=SimpleNamespace(shipping_cloudwatch=have), item=lambda *words: words)
    assert [(item[0], item[2]) for item in drift.compare(sides, POLICY)] == [("shipping.cloudwatch.lag", said)]
