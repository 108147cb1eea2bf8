# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the rotation is proven to run, and what waits for it in auditd.conf until then."""

from __future__ import annotations

import json
import os
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _utc
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation as install
from ansible_collections.auditops.auditd.plugins.module_utils._conf import bound
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import rotation_proof
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files
from fake_host import FakeHost

DAY = 86400
SUCCESS = json.dumps({"result": "success", "run_exit": "ok"})
SYSTEMD = "/usr/lib/systemd/systemd"
TIMER = {files.TIMER: "[Timer]\n", files.TIMER_LINK: "-> ../audit-rotate.timer", SYSTEMD: "+x"}
CRON = {files.CRON: "0 0 * * * root x\n", "/usr/sbin/cron": "+x"}
BASE = {files.PROGRAM: "#!/usr/bin/python3\n", files.STATUS: SUCCESS}
UNIT = "/usr/lib/systemd/system/cron.service"
WANTED = "/etc/systemd/system/multi-user.target.wants/cron.service"
MASK = {"/etc/systemd/system/cron.service": "-> /dev/null"}
CASES = {
    "by cron": (BASE | CRON, None),
    "by a timer": (BASE | TIMER, None),
    "by cron under systemd": (BASE | CRON | {SYSTEMD: "+x", UNIT: "x", WANTED: "-> " + UNIT}, None),
    "not installed": (CRON, "it is not installed"),
    "nothing starts it": (BASE | {"/usr/sbin/cron": "+x"}, "nothing starts it"),
    "the timer is not enabled": (BASE | {files.TIMER: "[Timer]\n", SYSTEMD: "+x"}, "nothing starts it"),
    "cron is gone": (BASE | {files.CRON: "x"}, "no cron daemon is installed"),
    "cron is installed and not enabled": (BASE | CRON | {SYSTEMD: "+x", UNIT: "x"}, "masked, or nothing starts it"),
    "cron is masked": (BASE | CRON | MASK | {SYSTEMD: "+x", UNIT: "x", WANTED: "-> " + UNIT}, "masked, or nothing starts it"),
    "it never ran": ({files.PROGRAM: "x"} | CRON, "it has not run yet"),
    "its run failed": (BASE | CRON | {files.STATUS: json.dumps({"result": "failure", "error": "no room"})}, "no room"),
    "its record is nested without end": (BASE | CRON | {files.STATUS: "[" * 100000}, "it has not run yet"),
    "its record is no record": (BASE | CRON | {files.STATUS: "[1"}, "it has not run yet"),
}


@pytest.mark.parametrize(("tree", "reason"), CASES.values(), ids=CASES)
def test_unproven(tmp_path, tree, reason):
    for path, text in tree.items():
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            os.symlink(text[3:], target)
        else:
            target.write_text(text)
            target.chmod(0o755 if text == "+x" else 0o644)
    found = rotation_proof.unproven(Host(str(tmp_path)))
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(("schedule", "age", "reason"), [
    ({files.CRON: "7 0 * * * root %s\n" % files.PROGRAM}, DAY, None),
    ({files.CRON: "7 0 * * * root %s\n" % files.PROGRAM}, 3 * DAY, "within 172800 seconds"),
    ({files.CRON: "7 0 * * 0 root %s\n" % files.PROGRAM}, 3 * DAY, None),
    ({files.TIMER: "[Timer]\nOnCalendar=daily\n"}, 3 * DAY, "within 172800 seconds"),
    ({files.CRON: "7 0 * * * root %s\n" % files.PROGRAM}, -3 * DAY, "not after now"),
])
def test_a_success_proves_nothing_for_longer_than_two_periods(tmp_path, schedule, age, reason):
    host = FakeHost(tmp_path)
    record = json.dumps({"result": "success", "run_exit": "ok", "last_success": _utc.iso(time.time() - age)})
    for path, text in ({files.PROGRAM: "#!/usr/bin/python3\n", files.STATUS: record} | schedule).items():
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    found = rotation_proof.last_run_trouble(host)
    assert found is None if reason is None else reason in found
    plan = install.Plan()
    plan.log_file = "/var/log/audit/audit.log"
    assert install.is_due(host, plan) is (reason is not None)


@pytest.mark.parametrize(("runs", "reason"), [(True, None), (False, "no cron daemon runs")])
def test_a_cron_daemon_that_does_not_run_starts_nothing(monkeypatch, tmp_path, runs, reason):
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/cron").write_text("")
    (tmp_path / "usr/sbin/cron").chmod(0o755)
    host = Host(str(tmp_path))
    host.is_live = True
    monkeypatch.setattr(rotation_proof, "runs", lambda _names: runs)
    monkeypatch.setattr(Host, "has_systemd", False, raising=False)
    found = rotation_proof.dead_scheduler(host, "cron")
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(("before", "wanted", "kept"), [
    ("max_log_file_action = ROTATE\n", "IGNORE", "ROTATE"),
    ("max_log_file_action = keep_logs\n", "SYSLOG", "KEEP_LOGS"),
    ("max_log_file_action = SUSPEND\n", "ignore", "SUSPEND"),
    (None, "IGNORE", "ROTATE"),
    ("max_log_file_action = IGNORE\n", "IGNORE", None),  # no bound is taken away
    ("max_log_file_action = SYSLOG\n", "IGNORE", None),
    ("num_logs = 5\n", "IGNORE", None),  # IGNORE is what auditd does without a word
    ("max_log_file_action = ROTATE\n", "KEEP_LOGS", "ROTATE"),  # nothing deletes what piles up
    ("max_log_file_action = KEEP_LOGS\n", "KEEP_LOGS", None),
])
def test_the_bound_is_kept(before, wanted, kept):
    before = None if before is None else _conf.parse(before)
    after = _conf.merge(before if before is not None else _conf.parse(""), {"max_log_file_action": wanted})
    found = bound.kept(before, after, "3.0.9")
    assert (found and _conf.effective(found, "3.0.9")["max_log_file_action"]) == kept
