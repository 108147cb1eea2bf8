# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift check against a real auditd and this kernel: what only a running system can show."""

from __future__ import annotations

import json

import auditd_site as sites
import pytest

POLICY = {
    "auditd": {"settings": {"max_log_file_action": "ROTATE"}, "failure_policy": "keep_running", "rotation_wanted": False},
    "audit_rules": None, "audit_rotation": None, "program": None, "code": None, "root": "/", "release": None,
}


def drift(site, **changes):
    answer = site.module("audit_drift", **dict(POLICY, **changes))
    return answer["result"]["drift"] if "result" in answer else pytest.fail(str(answer))


def found(document):
    return {item["id"]: item for item in document["items"] if item["severity"] != "info"}


def test_a_running_auditd_that_is_as_its_file_says(site):
    site.start()
    document = drift(site)
    assert [name for name in found(document) if name.startswith(("daemon.", "disk."))] == []
    daemon = document["live"]["daemon"]
    assert (daemon["installed"], daemon["running"], daemon["logging_suspended"]) == (True, True, False)


def test_a_log_that_was_deleted_under_auditd(site):
    site.start()
    (site.log_dir / "audit.log").unlink()
    assert found(drift(site))["daemon.log_file"]["severity"] == "critical"


def test_two_looks_are_the_same(audited):
    audited.start()
    texts = []
    for _unused in range(2):
        document = drift(audited)
        document.pop("collected_at")
        texts.append(json.dumps(document, sort_keys=True))
        audited.send(20, "between")
    assert texts[0] == texts[1]


def test_a_file_that_is_newer_than_the_daemon(site):
    site.start()
    site.configure(space_left=3)
    findings = found(drift(site))
    assert findings["daemon.space_left"]["expected"] == "3 MB (auditd.conf)" and findings["daemon.space_left"]["actual"] == "2 MB (running)"
    assert "daemon.auditd_conf" in findings


def test_suspended_logging(site):
    site.start(max_log_file=1, max_log_file_action="SUSPEND")
    site.fill_log(2)
    sites.wait_for(lambda: site.report()["logging_suspended"], "auditd suspends logging")
    assert found(drift(site))["daemon.logging_suspended"]["severity"] == "critical"


def test_an_auditd_that_is_gone(audited):
    audited.start()
    audited.kill()
    assert found(drift(audited))["daemon.running"]["severity"] == "critical"


def test_a_rule_that_somebody_added_by_hand(audited):
    audited.start()
    policy = {"rules": [], "control": {}}
    assert "kernel.rules.extra" not in found(drift(audited, audit_rules=policy))
    audited.command("auditctl", "-w", "/etc/hosts", "-p", "wa", "-k", "by-hand")
    (rule,) = found(drift(audited, audit_rules=policy))["kernel.rules.extra"]["actual"]
    assert "/etc/hosts" in rule and "by-hand" in rule
