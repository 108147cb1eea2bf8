# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log in CloudWatch: what the agent is given, by its own schema; an agent that honours the same files; who can read the log."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_cloudwatch as apply
from ansible_collections.auditops.auditd.plugins.module_utils._drift import shipping_cloudwatch as drift
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import shipping_cloudwatch as live
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import archives, cloudwatch, log_readers

SCHEMA = json.loads((Path(__file__).parents[1] / "fixtures/schemas/cloudwatch-agent.json").read_text())
POLICY = {"to": ["cloudwatch"], "cloudwatch_log_group": "/example/audit", "cloudwatch_log_stream": "{instance_id}",
          "cloudwatch_retention_days": 365, "schedule": "hourly", "scheduler": "cron"}
# Honours the files and words of the agent's control program: it takes a part of the configuration over under its own name.
CONTROL = """#!{python} -IS
import json, sys
from pathlib import Path
root, words = Path({root!r}), sys.argv[1:]
with open(root / "calls", "a") as stream:
    stream.write(" ".join(words) + "\\n")
value = dict(zip(words, words[1:]))
if (root / "refuses").exists():
    sys.exit("Configuration validation first phase failed")
if value["-a"] == "status":
    print(json.dumps(dict(status="stopped" if (root / "stopped").exists() else "running")))
else:
    source = Path(value["-c"][len("file:"):])
    target = root / "opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d" / ("file_" + source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if value["-a"] == "append-config" and not (root / "lies").exists():
        target.write_text(Path(str(root) + str(source)).read_text())
    elif value["-a"] == "remove-config" and not (root / "lies").exists():
        target.unlink()
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text("space_left = 75\nadmin_space_left = 50\nlog_file = /var/log/audit/audit.log\n")
    control = tmp_path / cloudwatch.CONTROL.lstrip("/")
    control.parent.mkdir(parents=True)
    control.write_text(CONTROL.format(root=str(tmp_path), python=sys.executable))
    control.chmod(0o755)
    (tmp_path / "var/log/audit").mkdir(parents=True)
    (tmp_path / "var/log/audit/audit.log").write_text("type=A msg=audit(1795410116.1:7): x\n")
    return tmp_path


@pytest.fixture
def host(root, monkeypatch):
    """A live host whose files lie below a directory."""
    def run(argv, **_options):
        done = subprocess.run([str(root) + argv[0], *argv[1:]], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    host = Host(str(root), run)
    host.is_live = True
    monkeypatch.setattr(host, "path", lambda path, follow=True: str(root) + path)
    return host


def converge(host, policy):
    planned = apply.plan(host, policy, "3.0.9")
    if planned.changed:
        apply.apply(host, planned, "auto")
    return planned.action


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


NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")
NOBODY = pwd.getpwnam("nobody")
OTHER_GROUP = grp.getgrnam("adm").gr_gid  # one that nobody is not in


@pytest.fixture
def logs(tmp_path):
    """A directory of logs that everybody can reach; logs(gid) gives it what auditd gives it, and makes the log as auditd does."""
    for path in (tmp_path, *tmp_path.parents):
        if os.stat(path).st_uid == 0 and str(path) not in ("/", "/tmp"):
            path.chmod(0o755)
    directory = tmp_path / "log"
    directory.mkdir()

    def rotated(gid):
        os.chown(directory, 0, gid)
        directory.chmod(0o750 if gid else 0o700)
        log = directory / "audit.log"
        if log.exists():
            log.rename(directory / "audit.log.1")
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        os.fchmod(descriptor, 0o640 if gid else 0o600)
        os.fchown(descriptor, 0, gid)
        os.write(descriptor, b"type=A msg=audit(1795410116.1:7): x")
        os.close(descriptor)
        return log

    return rotated


def acl(*options):
    done = subprocess.run(["setfacl", *map(str, options)], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no ACL here: {done.stderr}")


@NEEDS_ROOT
@pytest.mark.parametrize("gid, let_in, now, next_one", [
    (0, (), False, False),
    (OTHER_GROUP, (), False, False),
    (NOBODY.pw_gid, (), True, True),
    (OTHER_GROUP, ("log",), False, False),  # the directory cannot be searched
    (OTHER_GROUP, ("log", "directory"), True, False),  # until it rotates
    (OTHER_GROUP, ("log", "directory", "default"), True, True),
    (0, ("log", "directory", "default"), True, False),  # auditd's chmod takes it away
])
def test_whether_a_user_reads_the_log_now_and_after_it_rotated(logs, gid, let_in, now, next_one):
    log = logs(gid)
    for what in let_in:
        acl(*{"log": ("-m", "u:nobody:r", log), "directory": ("-m", "u:nobody:rx", log.parent),
              "default": ("-d", "-m", "u:nobody:r", log.parent)}[what])
    assert log_readers.reads(NOBODY, str(log)) == now
    assert log_readers.gets_the_next(NOBODY, str(log.parent), gid) == next_one
    if gid:
        assert log_readers.reads_the_next(NOBODY, str(log), gid) == next_one
    assert log_readers.reads(NOBODY, str(logs(gid))) == next_one, "the log that auditd made meanwhile"
    assert sorted(path.name for path in log.parent.iterdir()) == ["audit.log", "audit.log.1"], "nothing is left of the trial"


@pytest.fixture
def agent_of_nobody(host, root, logs):
    """agent_of_nobody(group) gives (host, log): auditd's log_group is that, and the agent runs as nobody."""
    main = root / cloudwatch.AGENT_CONF[0].lstrip("/")
    main.parent.mkdir(parents=True, exist_ok=True)
    main.write_text('{"agent": {"run_as_user": "nobody"}}')

    def prepare(group):
        log = logs(log_readers.number_of(group))
        (root / "etc/audit/auditd.conf").write_text(f"space_left = 75\nadmin_space_left = 50\nlog_file = {log}\nlog_group = {group}\n")
        return log

    return prepare


@pytest.fixture
def real_log(host, monkeypatch):
    """The log and its directory are where they are; everything else lies below the root."""
    below = host.path
    monkeypatch.setattr(host, "path", lambda path, follow=True: path if "/log" in path and "/var/log" not in path and "/opt/" not in path
                        else below(path, follow))
    run = host.run

    def run_here(argv, **options):
        if "setfacl" not in argv[0]:
            return run(argv, **options)
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    monkeypatch.setattr(host, "run", run_here)
    monkeypatch.setattr(host, "which", shutil.which)
    return host


@NEEDS_ROOT
def test_an_agent_whose_user_is_not_in_the_group_is_let_in_by_an_acl_and_out_again(real_log, agent_of_nobody, logs):
    log = agent_of_nobody("adm")
    acl("-b", log)
    assert not log_readers.reads(NOBODY, str(log))
    assert converge(real_log, POLICY) == "append"
    assert log_readers.reads(NOBODY, str(log)) and log_readers.reads(NOBODY, str(logs(OTHER_GROUP))), "also after it rotated"
    planned = apply.plan(real_log, POLICY, "3.0.9")
    assert not planned.changed and planned.diff() == []
    acl("-x", "u:nobody", log.parent)
    planned = apply.plan(real_log, POLICY, "3.0.9")
    assert planned.changed and "nobody reads the logs" in planned.diff()[0]["after"]
    apply.apply(real_log, planned, "auto")
    assert log_readers.reads(NOBODY, str(log))
    assert converge(real_log, {"to": []}) == "remove" and not log_readers.reads(NOBODY, str(logs(OTHER_GROUP)))
    assert not any(real_log.lstat(path) for path in cloudwatch.FILES)


def let_in(log):
    """The names of the logs, and of their directory, whose ACL has an entry of nobody's."""
    return sorted(path.name for path in (log.parent, *log.parent.iterdir()) if any(
        log_readers.granted(str(path), name, NOBODY.pw_uid) for name in (log_readers.ACL, log_readers.DEFAULT_ACL)))


@NEEDS_ROOT
def test_nothing_of_the_acl_stays_on_the_logs(real_log, agent_of_nobody, logs):
    log = agent_of_nobody("adm")
    acl("-b", log)
    converge(real_log, POLICY)
    logs(OTHER_GROUP)
    assert let_in(log) == sorted([log.parent.name, "audit.log", "audit.log.1"])
    converge(real_log, {"to": []})
    assert let_in(log) == []


@NEEDS_ROOT
@pytest.mark.parametrize("fault", ["refuses", "unreadable"])
def test_a_user_who_was_let_in_for_nothing_is_let_out_again(real_log, root, agent_of_nobody, monkeypatch, fault):
    log = agent_of_nobody("adm")
    acl("-b", log)
    if fault == "refuses":
        (root / "refuses").write_text("")
    else:
        monkeypatch.setattr(log_readers, "reads_the_next", lambda *_of: False)
    with pytest.raises(AuditError):
        converge(real_log, POLICY)
    assert let_in(log) == [] and real_log.lstat(cloudwatch.READER) is None


@NEEDS_ROOT
def test_a_user_whom_the_agent_no_longer_runs_as_is_let_out(real_log, root, agent_of_nobody):
    log = agent_of_nobody("adm")
    acl("-b", log)
    converge(real_log, POLICY)
    (root / cloudwatch.AGENT_CONF[0].lstrip("/")).write_text('{"agent": {"run_as_user": "root"}}')
    planned = apply.plan(real_log, POLICY, "3.0.9")
    assert planned.changed and "nobody reads" not in str(planned.diff())
    apply.apply(real_log, planned, "auto")
    assert let_in(log) == [] and not apply.plan(real_log, POLICY, "3.0.9").changed


def stale(host, log):
    """The finding of drift about an ACL that lets somebody else in; None for none."""
    host.is_live = True
    reading = SimpleNamespace(host=host, settings={"log_file": str(log), "log_group": "adm"})
    sides = SimpleNamespace(is_live=True, parsed=SimpleNamespace(shipping_cloudwatch=live.read(reading)), item=lambda *words: words)
    return {item[0]: item[2] for item in drift.compare(sides, POLICY)}.get("shipping.cloudwatch.let_in")


@NEEDS_ROOT
@pytest.mark.parametrize("change", ["root", "another user", "the log moves"])
def test_an_acl_of_an_earlier_policy_is_a_finding_that_a_run_takes_away(real_log, root, agent_of_nobody, logs, change):
    log = agent_of_nobody("adm")
    acl("-b", log)
    converge(real_log, POLICY)
    assert stale(real_log, log) is None, "the agent's own user"
    if change == "the log moves":
        note = root / cloudwatch.READER.lstrip("/")
        note.write_text(json.dumps({**json.loads(note.read_text()), "directory": "/gone"}))
    else:
        user = {"root": "root", "another user": "daemon"}[change]
        (root / cloudwatch.AGENT_CONF[0].lstrip("/")).write_text(json.dumps({"agent": {"run_as_user": user}}))
    assert stale(real_log, log) == f"user {NOBODY.pw_uid} reads the logs in {'/gone' if change == 'the log moves' else log.parent}"
    converge(real_log, POLICY)
    assert stale(real_log, log) is None


@NEEDS_ROOT
@pytest.mark.parametrize("note", [
    "{", "[]", "7", '{"uid": "x", "directory": "/"}', '{"uid": 65534}', '{"uid": 65534, "directory": "/gone"}'])
def test_a_note_of_who_was_let_in_that_helps_nobody_goes(real_log, agent_of_nobody, note):
    """Also where the filesystem has no ACL, so that nobody was let in."""
    path = Path(real_log.path(cloudwatch.READER))
    path.parent.mkdir(parents=True)
    path.write_text(note)
    assert converge(real_log, {"to": []}) == "remove" and not path.exists()


@NEEDS_ROOT
def test_an_agent_whose_user_is_in_the_group_needs_no_acl(real_log, agent_of_nobody):
    agent_of_nobody(grp.getgrgid(NOBODY.pw_gid).gr_name)
    assert converge(real_log, POLICY) == "append" and real_log.lstat(cloudwatch.READER) is None


@NEEDS_ROOT
@pytest.mark.parametrize("group, change, said", [
    ("root", lambda host: None, "runs as nobody, who cannot read .*audit.log: set auditd_conf.log_group to a group of that user"),
    ("adm", lambda host: setattr(host, "which", lambda program: None), "who is not in the group adm of log_group: put the user into it"),
])
def test_an_agent_whose_user_cannot_be_let_in_is_refused(real_log, agent_of_nobody, group, change, said):
    agent_of_nobody(group)
    change(real_log)
    with pytest.raises(AuditError, match=said):
        apply.plan(real_log, POLICY, "3.0.9")
    assert real_log.text(cloudwatch.SOURCE) is None


@NEEDS_ROOT
def test_a_directory_above_that_shuts_the_user_out_is_seen_by_reading(real_log, agent_of_nobody):
    log = agent_of_nobody("adm")
    log.parent.parent.chmod(0o700)
    with pytest.raises(AuditError, match="look at the modes of the directories above it"):
        converge(real_log, POLICY)
    assert real_log.text(cloudwatch.SOURCE) is None


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
