# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the running auditd with auditd.conf: does it run, does it start at boot, has it this file in force, does it write, and where."""

from collections.abc import Iterator

from .._daemon.report import differences
from .._paths import AUDITD_CONF
from . import tables

TAKEN_OUT = {
    "severity": "info",
    "why": "audit_boot_service = disabled keeps auditd out of the boot: this host is not audited until it is enabled again.",
    "fix": "role audit_boot: audit_boot_service",
}


def compare(sides) -> "Iterator[dict]":
    """The findings about the daemon."""
    daemon = sides.live["daemon"]
    if daemon is None:
        return
    if not daemon["running"]:
        if daemon["installed"]:
            yield sides.item("daemon.running", "running", "not running", **(TAKEN_OUT if sides.out_of_the_boot else {}))
        return
    if daemon["directory"] not in (None, AUDITD_CONF.rpartition("/")[0]):
        yield sides.item("daemon.configuration", AUDITD_CONF, daemon["directory"] + "/auditd.conf")
    yield from _in_force(sides, daemon)
    yield from _waiting(sides, daemon)
    yield from _receives(sides, daemon["pid"])
    if daemon["report"] is not None:
        yield from _reported(sides, daemon)


def _in_force(sides, daemon):
    """Whether auditd runs with the file as it stands."""
    if (daemon["last_record"] or {}).get("res") == "failed":
        yield sides.item("daemon.refused", "its last reload succeeded", "its last reload failed")
    elif daemon["older_settings"]:
        yield sides.item("daemon.auditd_conf", "loaded after its last change", "changed after auditd last loaded it")
    elif daemon["older_settings"] is None and sides.live["auditd_conf"] is not None:
        yield sides.item("daemon.auditd_conf", "loaded after its last change", "unknown", why=tables.NOT_PROVEN)


def _waiting(sides, daemon):
    """The keys that are right in the file and that auditd applies only when it starts; severity by what the old value does meanwhile."""
    for key, running in sorted(daemon["waiting"].items()):
        severity = next((severity for keys, values, severity in tables.WAITS if key in keys and (not values or running in values)), "low")
        wanted, running = (value if value is not None else "not set" for value in (sides.effective.get(key), running))
        why = "%s = %s waits for a restart of auditd; until then auditd goes on with %s." % (key, wanted, running)
        yield sides.item("daemon.waits." + key, wanted, running, key, severity=severity, why=why)


def _receives(sides, pid):
    """The kernel sends its records to one process; with local_events = no auditd does not ask for them."""
    kernels = ((sides.live["kernel"] or {}).get("status") or {}).get("pid")
    if pid is None or kernels is None or kernels == pid or str(sides.effective.get("local_events", "yes")).lower() == "no":
        return
    receiver = "process %d" % kernels if kernels else "no process that is seen here"
    why = "The kernel sends its records to %s, not to auditd: none of them reaches the log." % receiver
    yield sides.item("daemon.kernel_pid", "process %d (auditd)" % pid, receiver, why=why)


def _reported(sides, daemon):
    """What auditd's own state report says."""
    report, effective = daemon["report"], sides.effective
    if daemon["log_held"] is False:
        yield sides.item("daemon.log_file", "writes %s" % effective.get("log_file"), "the file it writes is not there")
    if report["logging_suspended"]:
        yield sides.item("daemon.logging_suspended", "no", "yes")
    if report["disk_error"]:
        yield sides.item("daemon.disk_error", "no", "yes")
    if report["writing_to_logs"] is False and str(effective.get("write_logs", "yes")).lower() == "yes":
        yield sides.item("daemon.writing_to_logs", "yes", "no", "write_logs")
    if report["version"] and sides.live["version"] and report["version"] != sides.live["version"]:
        yield sides.item("daemon.version", sides.live["version"], report["version"])
    priority = _priority(effective)
    running = report["process_priority"]
    if None not in (priority, running) and running != priority and "priority_boost" not in daemon["waiting"]:
        why = "auditd has not the priority that priority_boost gives it: reloads that change the key add up. Only a restart sets it."
        yield sides.item("daemon.waits.priority_boost", "%d (priority_boost)" % priority, running, "priority_boost", why=why)
    for name, on_disk, running in differences(sides.parsed.report_values, report):
        key = name[:-len("_mb")]
        yield sides.item("daemon." + key, "%d MB (auditd.conf)" % on_disk, "%d MB (running)" % running, key)


def _priority(effective):
    """The nice value of an auditd that started with this priority_boost, setpriority(2); None where it is no number."""
    boost = str(effective.get("priority_boost") or "")
    return max(-20, -int(boost)) if boost.isdecimal() else None
