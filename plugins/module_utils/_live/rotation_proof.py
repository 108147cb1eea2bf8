# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the rotation is proven to run: installed, scheduled by something alive, its last run done.

What lets the log grow without a bound (max_log_file_action = IGNORE) waits for this proof.
"""

import json
import time

from .._errors import AuditError
from .._rotation import files as _rotation
from .._rotation import schedule as _schedule
from .rotation import period_of
from .schedule import CRON_DAEMONS, runs

TIMER_UNIT = _rotation.TIMER.rpartition("/")[2]


def unproven(host) -> "str | None":
    """Why nobody can count on the rotation of this host; None where it is proven. In a tree nothing runs: what would run is judged."""
    return absent(host) or dead_scheduler(host, "cron" if host.stat(_rotation.CRON) is not None else "systemd") or last_run_trouble(host)


def absent(host) -> "str | None":
    """Why this host has no rotation by time at all; None where one is installed, whether it is proven to run or not."""
    if host.stat(_rotation.PROGRAM) is None:
        return "it is not installed"
    if host.stat(_rotation.CRON) is None and (host.stat(_rotation.TIMER) is None or host.lstat(_rotation.TIMER_LINK) is None):
        return "nothing starts it: there is neither %s nor an enabled %s" % (_rotation.CRON, TIMER_UNIT)
    return None


def dead_scheduler(host, scheduler: str) -> "str | None":
    """Why this scheduler (cron, systemd) starts nothing on the host; None where it is alive."""
    try:
        _schedule.scheduler_of(host, scheduler)
    except AuditError as error:
        return str(error).partition(": ")[2]
    if scheduler == "cron":
        if host.has_systemd and _schedule.cron_is_off(host):
            return "cron's unit is masked, or nothing starts it"
        if host.is_live and not runs(CRON_DAEMONS):
            return "no cron daemon runs (%s)" % ", ".join(CRON_DAEMONS)
        return None
    if host.is_live and host.stat(_rotation.TIMER) is not None:
        rc, out, _err = host.run(["systemctl", "is-active", TIMER_UNIT])
        if rc:
            return "%s is %s" % (TIMER_UNIT, out.strip() or "not active")
    return None


def last_run_trouble(host) -> "str | None":
    """Why the last run proves nothing: there was none, it did not succeed, or its success is older than two periods of the schedule that is
    installed; None where it is a proof. In a tree, and where the period cannot be told, a success has no age.
    """
    found = status(host)
    if not found:
        return "it has not run yet"
    if not ended_well(host, found):
        return "its last run did not succeed: %s" % (found.get("error") or found.get("result"))
    period, program = period_of(host), host.stat(_rotation.PROGRAM)
    if not host.is_live or period is None or program is None:
        return None
    late = _schedule.overdue(found.get("last_success"), program.st_mtime, period, time.time())
    return "its last success was to be %s and is: %s" % late if late else None


def status(host) -> "dict | None":
    """What audit-rotate recorded of its last run; None where there is nothing that can be read."""
    try:
        found = json.loads(host.text(_rotation.STATUS) or "null")
    except (AuditError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def ended_well(host, found: "dict | None") -> bool:
    """True where the last run did all it was to do; in a tree it was not to rotate, so what auditd last refused does not count."""
    found = found or {}
    return found.get("result") == "success" or (not host.is_live and found.get("run_exit") == "ok")
