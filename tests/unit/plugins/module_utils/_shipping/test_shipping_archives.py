# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes archives off a host: the configuration and schedule of audit-ship, secrets, findings."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_archives
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import archives, wanted
from ansible_collections.auditops.auditd.plugins.module_utils._utc import iso
from shipping_tree import S3, findings


def install(tree, policy):
    planned = shipping_archives.plan(Host(str(tree.root)), policy)
    shipping_archives.apply(Host(str(tree.root)), planned)
    return planned.changed


def test_archives_get_a_configuration_and_a_schedule_and_lose_them(rotating):
    assert install(rotating, S3) and not install(rotating, S3) and findings(rotating, S3) == {}
    conf = rotating.root / "etc/audit/ship.json"
    assert conf.stat().st_mode & 0o777 == 0o600
    target = json.loads(conf.read_text())["targets"][0]
    assert (target["bucket"], target["prefix"], target["program"]) == ("logs", "audit/web-1", "/usr/bin/aws")
    assert "/usr/local/sbin/audit-ship" in (rotating.root / "etc/cron.d/audit-ship").read_text()
    assert install(rotating, {**S3, "to": []}) and not conf.exists() and not (rotating.root / "etc/cron.d/audit-ship").exists()


@pytest.mark.parametrize("policy", [
    {**S3, "s3_copy_options": ["--sse-customer-key", "TOKEN"]}, {**S3, "to": ["command"], "command": ["/usr/bin/aws", "TOKEN"]},
])
def test_what_may_hold_a_token_is_in_no_diff_and_no_finding(rotating, policy):
    def shown(policy):
        one = next(one for one in shipping_archives.plan(Host(str(rotating.root)), policy).diff() if one["after_header"] == archives.CONF)
        assert "TOKEN" not in one["before"] + one["after"]
        return bool(one["before"]), bool(one["after"]), one["before"] != one["after"]

    assert shown(policy) == (False, True, True)
    assert install(rotating, policy)
    other = json.loads(json.dumps(policy).replace("TOKEN", "new-TOKEN"))
    assert shown(other) == (True, True, True) and shown({**policy, "to": []}) == (True, False, True)
    found = findings(rotating, other)
    assert list(found) == ["shipping.archives.file.ship.json"] and "TOKEN" not in json.dumps(found)
    (rotating.root / "etc/audit/ship.json").chmod(0o644)
    assert shown(policy) == (True, True, False), "its mode alone"


def test_the_unit_of_systemd_has_the_network_and_nothing_to_write_but_its_state(rotating):
    rotating("/lib/systemd/systemd", "", 0o755)
    install(rotating, {**S3, "scheduler": "systemd"})
    text = (rotating.root / "etc/systemd/system/audit-ship.service").read_text()
    assert "AF_INET AF_INET6" in text and "ProtectSystem=strict" in text and "StateDirectory=audit-rotate" in text
    assert (rotating.root / "etc/systemd/system/timers.target.wants/audit-ship.timer").is_symlink()
    assert findings(rotating, {**S3, "scheduler": "systemd"}) == {}
    assert "shipping.archives.stale" in findings(rotating, S3)
    command = {**S3, "scheduler": "systemd", "to": ["command"], "command": ["/usr/bin/aws", "{path}"]}
    install(rotating, command)
    text = (rotating.root / "etc/systemd/system/audit-ship.service").read_text()
    assert "ProtectSystem=full" in text and "ExecStart=/usr/local/sbin/audit-ship\n" in text, "it may copy to a directory of this host"


@pytest.mark.parametrize("policy, said", [
    ({**S3, "s3_bucket": ""}, "audit_shipping_s3_bucket is empty, and audit_shipping_to has s3: give the name of a bucket"),
    ({**S3, "s3_bucket": "My_Bucket"}, "give the name of a bucket"),
    ({**S3, "s3_prefix": "a b"}, "printable ASCII without blanks"),
    ({**S3, "s3_program": "aws"}, "give an absolute path"),
    ({**S3, "schedule": "hourli"}, "audit_shipping_schedule = hourli"),
    ({**S3, "to": ["command"]}, "give a list of words"),
    ({**S3, "to": ["command"], "command": ["cp", "{path}"]}, "the absolute path of a program"),
    ({**S3, "to": ["command"], "command": ["/bin/cp", "a\nb"]}, "more than one line"),
])
def test_what_is_wrong_with_archives_is_one_sentence(policy, said):
    with pytest.raises(AuditError, match=".") as refused:
        wanted.check(policy)
    assert said in str(refused.value)


@pytest.mark.parametrize("break_it, said", [
    (lambda tree: (tree.root / "usr/bin/aws").unlink(), "AWS command line program is not installed"),
    (lambda tree: (tree.root / "usr/bin/aws").chmod(0o777), "root must not run it"),
    (lambda tree: (tree.root / "usr/local/sbin/audit-ship").unlink(), "the role audit_rotation makes the archives"),
    (lambda tree: (tree.root / "usr/sbin/cron").unlink(), "no cron daemon is installed"),
])
def test_what_the_host_lacks_for_archives_is_one_sentence(rotating, break_it, said):
    break_it(rotating)
    with pytest.raises(AuditError, match=said):
        shipping_archives.plan(Host(str(rotating.root)), S3)
    assert not (rotating.root / "etc/audit/ship.json").exists()


@pytest.mark.parametrize("break_it, expected", [
    (lambda tree: (tree.root / "etc/audit/ship.json").write_text("{}"), "shipping.archives.file.ship.json"),
    (lambda tree: (tree.root / "etc/cron.d/audit-ship").unlink(), "shipping.archives.file.audit-ship"),
    (lambda tree: (tree.root / "usr/local/sbin/audit-ship").unlink(), "shipping.archives.program"),
])
def test_each_break_of_archives_is_a_finding(rotating, break_it, expected):
    install(rotating, S3)
    break_it(rotating)
    assert list(findings(rotating, S3)) == [expected]


@pytest.mark.parametrize("break_it", [
    lambda conf: conf.write_text(""), lambda conf: conf.write_text(conf.read_text()[:30]), lambda conf: conf.write_bytes(b"\xff\xfe"),
    lambda conf: conf.write_text("7"), lambda conf: conf.chmod(0o666), lambda conf: conf.unlink(),
    lambda conf: (conf.rename(conf.with_suffix(".old")), conf.symlink_to(conf.with_suffix(".old").name)),
    lambda conf: (conf.unlink(), conf.symlink_to("nowhere")),
    pytest.param(lambda conf: os.chown(conf, 1234, 1234), marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")),
])
def test_a_configuration_that_is_broken_is_written_again(rotating, break_it):
    install(rotating, S3)
    conf = rotating.root / "etc/audit/ship.json"
    whole = conf.read_bytes()
    break_it(conf)
    assert install(rotating, S3) and not install(rotating, S3) and findings(rotating, S3) == {}
    assert not conf.is_symlink() and conf.read_bytes() == whole
    assert (conf.stat().st_mode & 0o777, conf.stat().st_uid) == (0o600, os.geteuid())


def test_an_archive_that_could_not_be_shipped_is_a_finding(rotating, monkeypatch):
    install(rotating, S3)
    rotating(archives.MANIFEST, json.dumps({"run": {"at": "2026-11-25T00:00:00Z", "failed": {"s3": "audit.log.x: no route"}}}))
    rotating(archives.STAMP, "1795410116\n")
    host = Host(str(rotating.root))
    live, parsed = document.look(host, {"audit_shipping": S3}, "3.0.9")
    live["root"], live["collected_at"] = "/", "2026-11-26T00:00:00Z"
    found = {item["id"]: item for item in document.compare(live, parsed, {"audit_shipping": S3})["items"] if item["layer"] == "shipping"}
    assert set(found) >= {"shipping.archives.failed.s3", "shipping.archives.age"}
    assert "no route" in found["shipping.archives.failed.s3"]["actual"]
    assert "shipped up to 2026-11-23" in found["shipping.archives.age"]["actual"]


SINCE = "2026-11-01T00:00:00Z"


@pytest.mark.parametrize("unseen, said", [
    ({"cloudwatch": {"archives": 12, "bytes": 700 << 20, "since": SINCE}}, "12 archives of 700 MB since " + SINCE),
    ({"cloudwatch": {"archives": 1, "bytes": 2048, "since": SINCE}}, "1 archive of 2 KB since " + SINCE),
    ({}, None), ([], None), ({"cloudwatch": {"archives": "x"}}, None), ({"cloudwatch": 7}, None), (None, None),
])
def test_archives_that_nobody_can_see_to_be_sent_are_a_finding_with_the_way_out(rotating, unseen, said):
    install(rotating, S3)
    rotating(archives.MANIFEST, json.dumps({"run": {"at": "2026-11-26T00:00:00Z", "failed": {}, "unseen": unseen}}))
    live, parsed = document.look(Host(str(rotating.root)), {"audit_shipping": S3}, "3.0.9")
    live["root"], live["collected_at"] = "/", "2026-11-26T00:00:01Z"
    found = {item["id"]: item for item in document.compare(live, parsed, {"audit_shipping": S3})["items"]}
    item = found.get("shipping.archives.unseen.cloudwatch")
    assert (item and item["actual"]) == said
    assert item is None or item["fix"].endswith("audit_shipping_cloudwatch_unseen_archives: prune") and item["severity"] == "medium"


@pytest.mark.parametrize("run, days, is_late", [
    ({}, 1, True), ({"at": "soon", "failed": ["s3"]}, 30, True), ({"at": [1]}, 30, True), ({}, 0, False),
])
def test_a_program_that_never_ran_is_a_finding_once_its_run_was_due(rotating, run, days, is_late):
    install(rotating, S3)
    rotating(archives.MANIFEST, json.dumps({"run": run}))
    configured = os.stat(rotating.root / "etc/audit/ship.json").st_mtime
    live, parsed = document.look(Host(str(rotating.root)), {"audit_shipping": S3}, "3.0.9")
    live["root"], live["collected_at"] = "/", iso(configured + days * 86400 + 60)
    found = {item["id"]: item for item in document.compare(live, parsed, {"audit_shipping": S3})["items"]}
    assert ("shipping.archives.age" in found) == is_late
    assert not is_late or found["shipping.archives.age"]["actual"].startswith("never; ")
