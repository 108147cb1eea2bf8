# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotate, resume, start, stop: proven by what auditd did, not by what was sent."""

from __future__ import annotations

import signal

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

LOG = "/var/log/audit/audit.log"
MASKED = "LoadState=masked\nActiveState=inactive\nResult=success\n"
NO_RULES = "There was an error in line 5 of /etc/audit/audit.rules\n"


def test_a_rotation_is_proven_by_the_new_file(fake):
    fake.auditd.start()
    proof = control.rotate(fake.host, fake.auditd.pid, "3.0.9", LOG, num_logs=5)
    assert proof["inode_before"] != proof["inode_after"] and "op=rotate-logs" in proof["record"]
    fake.auditd.deaf = {signal.SIGUSR1}
    with pytest.raises(AuditError, match="did not rotate"):
        control.rotate(fake.host, fake.auditd.pid, "3.0.9", LOG, num_logs=5)


@pytest.mark.parametrize("num_logs", [0, 1])
def test_num_logs_below_2_never_rotates(fake, num_logs):
    fake.conf.write_text(fake.conf.read_text().replace("num_logs = 5", f"num_logs = {num_logs}").replace("ROTATE", "IGNORE"))
    fake.auditd.start()
    with pytest.raises(AuditError, match="set num_logs to 2 or more"):
        control.rotate(fake.host, fake.auditd.pid, "3.0.9", LOG, num_logs=num_logs)
    assert "SIGUSR1" not in fake.auditd.got


@pytest.mark.parametrize("room", [True, False])
def test_a_resume_is_proven_by_the_report(fake, room):
    fake.conf.write_text(fake.conf.read_text() + "disk_full_action = SUSPEND\n")
    fake.auditd.start()
    fake.auditd.fill()
    fake.host.free_mb = 200 if room else 0
    if room:
        assert control.resume(fake.host, fake.auditd.pid, "3.0.9")["report"]["logging_suspended"] is False
    else:
        with pytest.raises(AuditError, match="stays suspended"):
            control.resume(fake.host, fake.auditd.pid, "3.0.9")


def test_a_start_is_proven_by_its_record(fake):
    assert control.start(fake.host, LOG)["record"].startswith("type=DAEMON_START")
    fake.auditd.end()
    real = fake.auditd.event
    fake.auditd._record, record = (lambda *_arguments, **_options: None), fake.auditd._record
    with pytest.raises(AuditError, match="DAEMON_START is not in"):
        control.start(fake.host, LOG)
    fake.auditd._record = record
    assert real


def test_a_state_report_that_is_still_being_written_is_not_read(fake):
    fake.auditd.start()
    whole = fake.auditd.report()
    texts = [whole[:40], whole]
    fake.auditd.report = lambda: texts.pop(0)
    fake.clock.after(0.5, lambda: fake.auditd.signal(signal.SIGCONT))
    assert control.report(fake.host, fake.auditd.pid)["max_log_file_mb"] == 8


def test_a_stop_ends_one_that_answers(fake):
    fake.auditd.start()
    assert "TERM" in control.stop(fake.host, None, "3.0.9") and not fake.auditd.alive
    assert control.stop(fake.host) is None


@pytest.mark.parametrize(("word", "state", "journal", "said"), [
    ("Requires", MASKED, "", "requires it: systemctl unmask audit-rules.service"),
    ("Requires", "LoadState=loaded\nActiveState=failed\nResult=exit-code\n", NO_RULES, "line 5 of /etc/audit/audit.rules"),
    ("Requires", "LoadState=loaded\nActiveState=failed\nResult=exit-code\n", "", "exit-code"),
    ("Requires", "LoadState=not-found\nActiveState=inactive\nResult=success\n", "", "A dependency job for auditd.service failed"),
    ("Wants", MASKED, "", "A dependency job for auditd.service failed"),
    ("Wants", "LoadState=loaded\nActiveState=failed\nResult=exit-code\n", NO_RULES, "A dependency job for auditd.service failed"),
])
def test_the_reason_of_the_unit_that_failed_is_named(fake, word, state, journal, said):
    """audit 4 on Debian 13: auditd.service requires audit-rules.service, and systemctl says no more than that a dependency failed. Where it
    only wants it, auditd starts without."""
    (fake.root / "run/systemd/system").mkdir(parents=True)
    (fake.root / "usr/lib/systemd/system").mkdir(parents=True)
    (fake.root / "usr/lib/systemd/system/auditd.service").write_text("[Unit]\n%s=audit-rules.service\n" % word)
    fake.host.install("systemctl", lambda verb, *_arguments: (0, state, "") if verb == "show" else (
        0, "", "") if verb == "reset-failed" else (1, "", "A dependency job for auditd.service failed.\n"))
    fake.host.install("journalctl", lambda *arguments: (0, journal if "_SYSTEMD_UNIT=audit-rules.service" in arguments else "", ""))
    with pytest.raises(AuditError, match="auditd does not start") as caught:
        control.start(fake.host, LOG)
    assert said in str(caught.value)
    assert word == "Requires" or "audit-rules.service" not in str(caught.value)


def test_an_old_state_report_is_no_answer(fake):
    fake.auditd.start()
    assert control.report(fake.host, fake.auditd.pid)["max_log_file_mb"] == 8
    fake.auditd.deaf = {signal.SIGCONT}
    with pytest.raises(control.NoAnswer):
        control.report(fake.host, fake.auditd.pid, 2)
