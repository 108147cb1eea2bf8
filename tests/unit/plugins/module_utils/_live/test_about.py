# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ten lines about a host: what they say of a healthy one, of one that stops itself, and of one of which little could be read."""

from __future__ import annotations

from ansible_collections.auditops.auditd.plugins.module_utils._live import about

HALT = {"disk_full_action": "HALT", "disk_error_action": "HALT", "admin_space_left_action": "SINGLE", "space_left_action": "SYSLOG",
        "max_log_file_action": "KEEP_LOGS", "num_logs": "5", "max_log_file": "8"}
LIVE = {
    "distribution": {"name": "Debian GNU/Linux", "version": "12"}, "version": "3.0.9", "unavailable": {},
    "auditd_conf": {"effective": {**HALT, "disk_full_action": "SYSLOG", "disk_error_action": "SYSLOG", "admin_space_left_action": "SYSLOG",
                                  "max_log_file_action": "ROTATE"}, "problems": []},
    "daemon": {"running": True, "enabled": True, "report": {"logging_suspended": False}},
    "kernel": {"status": {"enabled": 1, "failure": 1, "backlog": 0, "backlog_limit": 8192, "lost": 3}},
    "rules": {"disk": {"count": 80}, "compiled": {"count": 80}, "loaded": {"count": 79}},
    "rotation": {"installed": True, "schedulers": ["cron"], "last": {"result": "success"}},
    "storage": {"log_file": "/var/log/audit/audit.log", "partition": {"free_mb": 30, "size_mb": 100}, "growth": {"mb_per_day": 1.5}},
}


def test_a_healthy_host():
    assert about.lines(LIVE) == [
        "Debian GNU/Linux 12, audit 3.0.9", "cannot stop itself, as far as its settings show", "auditd: running, starts at boot",
        "kernel: enabled 1, failure 1, backlog 0, backlog_limit 8192, lost 3", "rules: 80 on disk, 80 compiled, 79 loaded",
        "rotation: installed, started by cron, last run success", "log: /var/log/audit/audit.log, 30 of 100 MB free, grows by 1.5 MB/day"]


def test_what_stops_the_host_stands_first_and_ten_lines_are_enough():
    conf = {"effective": HALT, "problems": [{"reason": "x" * 1000}, {"reason": "y"}]}
    found = about.lines({**LIVE, "auditd_conf": conf, "kernel": {"status": {"failure": 2}}, "unavailable": {"boot": "r"}})
    assert found[1].startswith("can stop itself: ") and found[2] == "and 3 more ways to stop itself"
    assert len(found) == 10 and max(map(len, found)) <= about.LONGEST + 4


def test_what_is_not_known_is_said():
    nothing = dict.fromkeys(LIVE) | {"unavailable": {"daemon": "r", "kernel": "r"}}
    found = about.lines(nothing)
    assert found[1] == "not known whether it can stop itself: no auditd.conf was read"
    assert "auditd: not known" in found and "kernel: not known" in found and found[-1].startswith("not read: daemon, kernel")
