# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running auditd: its state report, its last record, whether it has its file in force."""

from .. import _kernel
from .._daemon import evidence, process, records, report
from .._errors import AuditError, NotAvailable
from .._paths import AUDITD_CONF, LOG_FILE
from . import services

REPORT_TIMEOUT = 10.0  # seconds; a report takes 10 to 100 ms


def read(reading) -> dict:
    """{installed, enabled, running, pid, directory, report, last_record, older_settings, waiting, log_held}."""
    host, live = reading.host, reading.live
    if not host.is_live:
        raise NotAvailable("%s is an offline tree: no daemon runs in it" % host.root)
    if _kernel.in_container():
        raise NotAvailable(_kernel.IN_CONTAINER)
    pid = process.find(host)
    found = {
        "installed": host.which("auditd") is not None,
        "enabled": services.enabled(host),
        "running": pid is not None,
        "pid": pid,
        "directory": None if pid is None else _directory(pid),
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


def _directory(pid):
    """Where auditd was told to read its configuration, auditd(8) -c; None where that is the usual place or /proc does not say."""
    path = process.conf_read_by(pid)
    return None if path in (None, AUDITD_CONF) else path.rpartition("/")[0]
