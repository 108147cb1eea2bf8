# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running auditd: its state report, its last record, whether it has its file in force; and what starts it at boot."""

import re

from .._daemon import evidence, process, records, report
from .._errors import AuditError, NotAvailable
from .._paths import LOG_FILE

UNITS = "/etc/systemd/system"
REPORT_TIMEOUT = 10.0  # seconds; a report takes 10 to 100 ms


def read(reading):
    """{installed, enabled, running, pid, report, last_record, older_settings, waiting, log_held}."""
    host, live = reading.host, reading.live
    if not host.is_live:
        raise NotAvailable("%s is an offline tree: no daemon runs in it" % host.root)
    pid = process.find(host)
    found = {
        "installed": host.which("auditd") is not None,
        "enabled": enabled(host),
        "running": pid is not None,
        "pid": pid,
        "report": None,
        "last_record": None,
        "older_settings": None,
        "waiting": {},
        "log_held": None,
    }
    if pid is None:
        reading.missing("daemon.report", "auditd is not running")
        return found
    try:
        found["report"] = report.report(host, pid, REPORT_TIMEOUT, live["version"])
    except AuditError as error:
        reading.missing("daemon.report", error)
    if live["auditd_conf"] is not None:
        _settings_in_force(reading, pid, found)
    return found


def _settings_in_force(reading, pid, found):
    host, log_file = reading.host, reading.settings.get("log_file") or LOG_FILE
    try:
        found["last_record"] = records.last_record(host, log_file, ("DAEMON_CONFIG", "DAEMON_START"))
    except AuditError as error:
        reading.missing("daemon.last_record", error)
    in_force = evidence.in_force(host, pid, found["last_record"])
    found["older_settings"] = None if in_force is None else not in_force
    found["waiting"] = {key: value for key, value in evidence.waiting(host, pid).items() if reading.settings.get(key) != value}
    if found["report"] is not None:
        found["log_held"] = evidence.is_written(host, pid, found["report"], log_file)
        reading.parsed.report_values = report.report_values(host, reading.settings)


def enabled(host):
    """Whether something starts auditd at boot: a target of systemd wants it, or sysvinit has a start link. None where neither is used."""
    targets = [name for name in host.listdir(UNITS) if name.endswith((".wants", ".requires"))]
    levels = [name for name in host.listdir("/etc") if re.match(r"rc[2-5]\.d$", name)]
    if not targets and not levels:
        return None
    return any(host.lstat("%s/%s/auditd.service" % (UNITS, name)) is not None for name in targets) or any(
        re.match(r"S\d+auditd$", link) for name in levels for link in host.listdir("/etc/" + name))
