# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the time-based rotation with the policy: program, schedule, configuration, and whether it works."""

import calendar
import stat
import time

from . import _drift, _rotation
from ._errors import AuditError

STAMP = "%Y-%m-%dT%H:%M:%SZ"


def items(live, host, policy, program, family):
    """The findings of the layer schedule, and the rotated logs that wait to be taken over.

    ``program``: {path: _rotation.digest() of the file}; an empty one is not compared.
    """
    if live["rotation"] is None:
        return []
    found = list(_installed(live, host, policy, program, family))
    if live["rotation"]["installed"]:
        found.extend(_works(live, host, policy, family))
    rotated = (live["storage"] or {}).get("rotated_logs")
    if rotated:
        found.append(_drift.item("storage.rotated_logs", "archived", rotated, family))
    for number, sentence in enumerate(live["rotation"]["conflicts"], 1):
        found.append(_drift.item("schedule.conflict.%d" % number, "nothing else rotates the log", sentence, family))
    return found


def _installed(live, host, policy, program, family):
    try:
        scheduler = _rotation.scheduler_of(host, policy.get("scheduler") or "auto")
    except AuditError as error:
        yield _drift.item("schedule.scheduler", policy.get("scheduler") or "auto", str(error), family)
        return
    if not live["rotation"]["installed"] and not live["rotation"]["schedulers"]:
        yield _drift.item("schedule.installed", "installed, started by " + scheduler, "not installed", family)
        return
    if program:
        different = [path for path, digest in sorted(program.items()) if _digest(host, path) != digest]
        if different:
            yield _drift.item("schedule.program", "the program of this collection", different, family)
    directory = ((live["storage"] or {}).get("log_file") or "/var/log/audit/audit.log").rpartition("/")[0]
    for path, (text, mode) in sorted(_rotation.desired_files(policy, scheduler, _rotation.minute_of(host), directory).items()):
        finding = _file(host, path, text, mode, family)
        if finding:
            yield finding
    for link in sorted(_rotation.desired_links(policy, scheduler)):
        if host.lstat(link) is None:
            yield _drift.item("schedule.enabled." + link.rpartition("/")[2], "enabled", "not enabled", family)
    stale = [path for path in _rotation.stale_files(policy, scheduler) if host.lstat(path) is not None]
    if stale:
        yield _drift.item("schedule.other_scheduler", scheduler, stale, family)


def _digest(host, path):
    try:
        text = host.text(path)
    except AuditError:
        return None
    return None if text is None else _rotation.digest(text)


def _file(host, path, text, mode, family):
    name = "schedule.file." + path.rpartition("/")[2]
    try:
        have, status = host.text(path), host.stat(path)
    except AuditError as error:
        return _drift.item(name, "readable", str(error), family)
    if have is None or status is None:
        return _drift.item(name, "present", "missing", family)
    if have != text:
        wanted, actual = _lines(text), _lines(have)
        missing, extra = [line for line in wanted if line not in actual], [line for line in actual if line not in wanted]
        return _drift.item(name, missing or "nothing more", extra or "nothing instead", family)
    actual = stat.S_IMODE(status.st_mode)
    if actual & ~mode:
        return _drift.item(name, "%04o" % mode, "%04o" % actual, family)
    return None


def _lines(text):
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _works(live, host, policy, family):
    first = (host.text(_rotation.PROGRAM) or "").partition("\n")[0]
    interpreter = first[2:].split(" ")[0] if first.startswith("#!") else None
    if interpreter and host.stat(interpreter) is None:
        yield _drift.item("schedule.interpreter", "present", "%s is gone" % interpreter, family)
    last = live["rotation"]["last"]
    if last is None:
        return
    if last["result"] not in (None, "success"):
        yield _drift.item("schedule.last_run", "success", last["error"] or last["result"], family)
    elif host.is_live:
        finding = _overdue(live, host, policy, last["last_success"], family)
        if finding:
            yield finding


def _overdue(live, host, policy, last_success, family):
    """No success for two periods. A rotation that never ran counts from its installation."""
    period = _rotation.Schedule(policy.get("schedule") or "daily").period
    since = _epoch(last_success) or host.stat(_rotation.PROGRAM).st_mtime
    if _epoch(live["collected_at"]) - since <= 2 * period:
        return None
    return _drift.item("schedule.last_success", "within %d seconds" % (2 * period), last_success or "never", family)


def _epoch(text):
    try:
        return calendar.timegm(time.strptime(text, STAMP))
    except (TypeError, ValueError):
        return None
