# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can this host stop itself? Made-up hosts, each with one thing wrong; the last lines say them in whole sentences."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import risks as _risks
from ansible_collections.auditops.auditd.plugins.module_utils._live import storage as _storage

STOCK = {
    "log_file": "/var/log/audit/audit.log", "max_log_file": "8", "max_log_file_action": "ROTATE", "num_logs": "5", "space_left": "75",
    "space_left_action": "SYSLOG", "admin_space_left": "50", "admin_space_left_action": "SYSLOG", "disk_full_action": "SYSLOG",
    "disk_error_action": "SYSLOG", "overflow_action": "SYSLOG",
}


def host(settings=None, size=10240, free=1236, rate=412, mount="/var/log/audit", sendmail=True, rotation=None, status=None, control=None):
    effective = dict(STOCK, **(settings or {}))
    limits = _storage.thresholds(effective, size)
    return {
        "auditd_conf": {"effective": effective},
        "storage": {
            "log_file": effective["log_file"],
            "partition": None if size is None else {"size_mb": size, "free_mb": free, "mount": mount},
            "growth": None if rate is None else {"mb_per_day": rate},
            "space_left_mb": limits["space_left"], "admin_space_left_mb": limits["admin_space_left"], "sendmail": sendmail,
        },
        "rotation": rotation,
        "kernel": {"status": status} if status else None,
        "rules": {"compiled": {"control": control}} if control else None,
    }


def found(**values):
    return {risk["id"]: risk for risk in _risks.risks(host(**values))}


IGNORE = {"max_log_file_action": "IGNORE"}
FULL, ADMIN, MAIL = "storage.disk_full_action", "storage.admin_space_left_action", "storage.space_left_action_mail"
GROWS, KERNEL = "storage.max_log_file_action", "storage.kernel_failure"
PRUNED = {"active": True, "prunes": True, "period": 86400}


def test_a_host_that_rotates_by_size_and_only_warns_has_no_risk():
    assert found() == {}


def test_a_host_that_rotates_and_prunes_by_time_has_no_risk():
    assert found(settings=IGNORE, rotation=PRUNED, free=5000) == {}


@pytest.mark.parametrize(
    ("values", "ident", "effect", "severity", "days"),
    [
        ({"settings": dict(IGNORE, disk_full_action="HALT")}, FULL, "stops_host", "critical", 3),
        ({"settings": dict(IGNORE, disk_full_action="single")}, FULL, "stops_host", "critical", 3),
        ({"settings": dict(IGNORE, disk_full_action="SUSPEND")}, FULL, "stops_auditing", "high", 3),
        ({"settings": dict(IGNORE, disk_full_action="SYSLOG")}, "storage.disk_full_action", "loses_records", "medium", 3),
        ({"settings": dict(IGNORE, disk_full_action="EXEC /sbin/x")}, "storage.disk_full_action", "runs_program", "info", 3),
        ({"settings": dict(IGNORE, disk_full_action="HALT"), "rate": None}, FULL, "stops_host", "high", None),
        ({"settings": dict(IGNORE, disk_full_action="HALT"), "size": None}, FULL, "stops_host", "high", None),
        ({"settings": dict(IGNORE, disk_full_action="HALT"), "free": 100000}, FULL, "stops_host", "high", 240),
        ({"settings": {"disk_full_action": "HALT"}}, FULL, "stops_host", "info", None),
        ({"settings": {"disk_full_action": "HALT"}, "mount": "/"}, FULL, "stops_host", "high", None),
        ({"settings": {"disk_full_action": "HALT"}, "free": 0}, FULL, "stops_host", "critical", 0),
        ({"settings": dict(IGNORE, admin_space_left_action="HALT")}, ADMIN, "stops_host", "critical", 3),
        ({"settings": {"admin_space_left_action": "SUSPEND"}, "free": 40}, ADMIN, "stops_auditing", "high", 0),
        ({"settings": dict(IGNORE, space_left_action="SINGLE")}, "storage.space_left_action", "stops_host", "critical", 3),
        ({"settings": {"admin_space_left_action": "HALT"}, "size": 40, "free": 30}, ADMIN, "stops_host", "critical", 0),
        ({"settings": dict(IGNORE, disk_full_action="HALT"), "rotation": PRUNED, "free": 300}, FULL, "stops_host", "critical", 1),
        ({"settings": {"disk_error_action": "HALT"}}, "storage.disk_error_action", "stops_host", "high", None),
        ({"settings": {"disk_error_action": "SUSPEND"}}, "storage.disk_error_action", "stops_auditing", "medium", None),
        ({"settings": {"overflow_action": "HALT"}}, "storage.overflow_action", "stops_host", "high", None),
        ({"settings": {"max_log_file_action": "KEEP_LOGS"}}, GROWS, "fills_partition", "high", 3),
        ({"settings": IGNORE}, GROWS, "fills_partition", "high", 3),
        ({"settings": IGNORE, "rate": None}, GROWS, "fills_partition", "medium", None),
        ({"settings": {"num_logs": "1"}}, GROWS, "fills_partition", "high", 3),
        ({"settings": {"max_log_file_action": "SUSPEND"}}, "storage.max_log_file_action", "stops_auditing", "high", 1),
        ({"settings": {"num_logs": "99", "max_log_file": "200"}}, "storage.num_logs", "fills_partition", "medium", None),
        ({"settings": {"space_left_action": "EMAIL"}, "sendmail": False}, MAIL, "warns_nobody", "medium", None),
        ({"status": {"failure": 2, "backlog_limit": 8192, "backlog_wait_time": 15000}}, KERNEL, "stops_host", "high", None),
        ({"status": {"failure": 2, "backlog_limit": 64, "backlog_wait_time": 15000}}, KERNEL, "stops_host", "critical", None),
        ({"control": {"-f": "2", "-b": "8192", "--backlog_wait_time": "0"}}, KERNEL, "stops_host", "critical", None),
        ({"status": {"backlog_limit": 64}, "rate": 3000}, "storage.backlog_limit", "loses_records", "medium", None),
    ],
)
def test_risk(values, ident, effect, severity, days):
    risk = found(**values)[ident]
    assert (risk["effect"], risk["severity"], risk["days"]) == (effect, severity, days)


@pytest.mark.parametrize(
    ("values", "ident"),
    [
        ({"settings": {"space_left_action": "EMAIL"}}, "storage.space_left_action_mail"),
        ({"settings": {"space_left_action": "EMAIL"}, "free": 60}, "storage.space_left_action"),
        ({"settings": {"num_logs": "99"}}, "storage.num_logs"),
        ({"status": {"failure": 1, "backlog_limit": 8192}}, "storage.kernel_failure"),
        ({"status": {"backlog_limit": 8192}, "rate": 3000}, "storage.backlog_limit"),
        ({"settings": dict(IGNORE, max_log_file_action="KEEP_LOGS"), "rotation": PRUNED}, "storage.max_log_file_action"),
    ],
)
def test_no_risk(values, ident):
    assert ident not in found(**values)


@pytest.mark.parametrize(("rate", "words"), [(0.00006, "less than 0.001"), (0.001, "0.001"), (0.25, "0.25"), (412, "412"), (0, "0")])
def test_a_rate_is_written_as_people_write_it(rate, words):
    assert _storage.figure(rate) == words


SENTENCES = {
    "storage.disk_full_action": (
        {"settings": dict(IGNORE, disk_full_action="HALT")},
        "/var/log/audit is full in about 3 days at 412 MB/day; then disk_full_action = HALT powers the host off"),
    "storage.admin_space_left_action": (
        {"settings": {"admin_space_left_action": "SINGLE"}, "size": 40, "free": 30},
        "admin_space_left = 50 asks for more room than the whole partition of /var/log/audit has (40 MB), so it is reached at once: "
        "admin_space_left_action = SINGLE takes the host down to single user mode: no service, no network"),
    "storage.max_log_file_action": (
        {"settings": {"max_log_file_action": "KEEP_LOGS"}},
        "max_log_file_action = KEEP_LOGS never deletes a log, whatever num_logs says, and nothing else on this host does: "
        "/var/log/audit is full in about 3 days at 412 MB/day"),
    "storage.kernel_failure": (
        {"status": {"failure": 2, "backlog_limit": 64, "lost": 7}},
        "Failure flag -f 2: the kernel panics, which stops the host at once, as soon as it cannot queue a record (backlog_limit 64); "
        "it has lost 7 already"),
    "storage.space_left_action_mail": (
        {"settings": {"space_left_action": "EMAIL"}, "sendmail": False},
        "space_left_action = EMAIL cannot warn anybody: /usr/lib/sendmail is not there or cannot be executed"),
}


@pytest.mark.parametrize("ident", SENTENCES)
def test_sentence(ident):
    values, sentence = SENTENCES[ident]
    assert found(**values)[ident]["sentence"] == sentence


def test_the_worst_comes_first():
    actions = {"disk_full_action": "HALT", "disk_error_action": "SUSPEND", "admin_space_left_action": "SUSPEND"}
    risks = _risks.risks(host(settings=dict(IGNORE, **actions)))
    order = ["critical", "high", "medium", "low", "info"]
    assert [risk["severity"] for risk in risks] == sorted((risk["severity"] for risk in risks), key=order.index)


@pytest.mark.parametrize("part", ["auditd_conf", "storage", "rotation", "kernel", "rules"])
def test_nothing_known_is_no_crash(part):
    _risks.risks(dict(host(settings=dict(IGNORE, disk_full_action="HALT")), **{part: None}))
    assert _risks.risks(dict.fromkeys(("auditd_conf", "storage", "rotation", "kernel", "rules"))) == []


@pytest.mark.parametrize("text, high", [
    ("#!/bin/sh\nfind /var/log/audit -mtime +30 -delete\n", True), ("#!/bin/sh\nlogger full\nkill -USR2 $(cat /run/auditd.pid)\n", False),
    ("#!/bin/sh\nauditctl --signal resume\n", False), ("#!/bin/sh\nkill -12 $1\n", False), ("#!/bin/sh\nexec audit-resume\n", False),
    ("\x7fELF", False), (None, False),
])
def test_a_program_that_never_has_auditd_log_again(tmp_path, text, high):
    if text is not None:
        (tmp_path / "space").write_text(text)
    settings = dict(STOCK, space_left_action="EXEC /space")
    storage, _missing = _storage.measure(Host(str(tmp_path)), settings)
    document = {"auditd_conf": {"effective": settings}, "storage": storage}
    risk, = [risk for risk in _risks.risks(document) if risk["key"] == "space_left_action"]
    assert (risk["effect"], risk["severity"]) == (("stops_auditing", "high") if high else ("runs_program", "info"))
    assert ("audit-resume" in risk["sentence"]) == high
    assert risk["sentence"].count("/space") == 1
