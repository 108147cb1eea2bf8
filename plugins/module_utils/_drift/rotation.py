# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the time-based rotation with the policy: program, schedule, configuration, and whether it works."""

import os
import stat

from .. import _utc
from .._errors import AuditError
from .._rotation import files as _rotation
from .._rotation import schedule as _schedule
from .finding import item

CRON_DAEMONS = ("cron", "crond")  # comm of Debian's cron, cronie and busybox; anacron alone does not read /etc/cron.d
CLOCKS_DIFFER = 86400  # seconds that a record may be ahead of now


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
        found.append(item("storage.rotated_logs", "archived", rotated, family))
    for number, sentence in enumerate(live["rotation"]["conflicts"], 1):
        found.append(item("schedule.conflict.%d" % number, "nothing else rotates the log", sentence, family))
    return found


def _installed(live, host, policy, program, family):
    try:
        scheduler = _schedule.scheduler_of(host, policy.get("scheduler") or "auto")
    except AuditError as error:
        yield item("schedule.scheduler", policy.get("scheduler") or "auto", str(error), family)
        return
    if not live["rotation"]["installed"] and not live["rotation"]["schedulers"]:
        yield item("schedule.installed", "installed, started by " + scheduler, "not installed", family)
        return
    if program:
        different = [path for path, digest in sorted(program.items()) if _digest(host, path) != digest]
        if different:
            yield item("schedule.program", "the program of this collection", different, family)
        unexpected = _rotation.unexpected(host, program)
        if unexpected:
            yield item("schedule.program_files", "nothing beside the program", unexpected, family)
        for path in sorted(program):
            expected, actual = _not_ours(host, path, _rotation.mode_of(path)) or (None, None)
            if actual and path not in different:
                yield item("schedule.program_file." + path.rpartition("/")[2], expected, actual, family)
    loose = [path for path in _rotation.directories(program or ()) if _rotation.is_loose(host, path)]
    if loose:
        yield item("schedule.program_directory", "directories that only root may write to", loose, family)
    directory = ((live["storage"] or {}).get("log_file") or "/var/log/audit/audit.log").rpartition("/")[0]
    for path, (text, mode) in sorted(_rotation.desired_files(policy, scheduler, _schedule.minute_of(host), directory).items()):
        finding = _file(host, path, text, mode, family)
        if finding:
            yield finding
    for link in sorted(_rotation.desired_links(policy, scheduler)):
        if host.lstat(link) is None:
            yield item("schedule.enabled." + link.rpartition("/")[2], "enabled", "not enabled", family)
    stale = [path for path in _rotation.stale_files(policy, scheduler) if host.lstat(path) is not None]
    if stale:
        yield item("schedule.other_scheduler", scheduler, stale, family)


def _not_ours(host, path, mode):
    """(expected, actual) of a file that root runs or reads as its own, None where it is so. In a tree the owner is its builder's matter."""
    status = host.lstat(path)
    if status is None:
        return "present", "missing"
    if not stat.S_ISREG(status.st_mode):
        return "a regular file", "not a regular file"
    if host.is_live and status.st_uid != 0:
        return "a file of root's", "it belongs to uid %d" % status.st_uid
    actual = stat.S_IMODE(status.st_mode)
    if actual & ~mode or (mode & ~actual) & 0o111:
        return "%04o" % mode, "%04o" % actual
    return None


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
        return item(name, "readable", str(error), family)
    if have is None or status is None:
        return item(name, "present", "missing", family)
    if have != text:
        wanted, actual = _lines(text), _lines(have)
        missing, extra = [line for line in wanted if line not in actual], [line for line in actual if line not in wanted]
        return item(name, missing or "nothing more", extra or "nothing instead", family)
    expected, actual = _not_ours(host, path, mode) or (None, None)
    return item(name, expected, actual, family) if actual else None


def _lines(text):
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _interpreter(host, path):
    """Why the first line of a launcher does not start the Python that the installer would have named; None where it does."""
    try:
        first = (host.text(path) or "").partition("\n")[0]
    except AuditError as error:
        return str(error)
    if not first and host.lstat(path) is None:
        return None  # told by schedule.program
    interpreter = first[2:].split(" ")[0] if first.startswith("#!/") else ""
    if first + "\n" != _rotation.shebang(interpreter) or "python" not in interpreter.rpartition("/")[2]:
        return "%s starts with \"%s\", which the installer does not write" % (path, first[:80])
    status = host.stat(interpreter)
    if status is None:
        return "%s is gone" % interpreter
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o111:
        return "%s cannot be executed" % interpreter
    return None


def _runs(names):
    """True where a process of one of these names runs on this machine."""
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                with open("/proc/%s/comm" % pid) as stream:
                    if stream.read().strip() in names:
                        return True
            except (OSError, ValueError):
                continue  # it has just ended
    return False


def _works(live, host, policy, family):
    for path in (_rotation.PROGRAM, _rotation.ARCHIVE_PROGRAM):
        wrong = _interpreter(host, path)
        if wrong:
            yield item("schedule.interpreter", "present", wrong, family)
            break
    if host.is_live and "cron" in live["rotation"]["schedulers"] and not _runs(CRON_DAEMONS):
        yield item("schedule.scheduler_running", "a cron daemon runs", "none of %s runs" % ", ".join(CRON_DAEMONS), family)
    last = live["rotation"]["last"]
    if last is None:
        yield item("schedule.status", "the record of the last run", live["unavailable"].get("rotation.last") or "unreadable", family)
        return
    if last["result"] not in (None, "success"):
        yield item("schedule.last_run", "success", last["error"] or last["result"], family)
    elif host.is_live:
        finding = _overdue(live, host, policy, last["last_success"], family)
        if finding:
            yield finding


def _overdue(live, host, policy, last_success, family):
    """No success for two periods. A rotation that never ran counts from its installation."""
    period = _schedule.Schedule(policy.get("schedule") or "daily").period
    if last_success is not None and _epoch(last_success) is None:
        return item("schedule.last_success", "a date", str(last_success)[:40], family)
    if (_epoch(last_success) or 0) > _epoch(live["collected_at"]) + CLOCKS_DIFFER:
        return item("schedule.last_success", "not after now", last_success, family)
    since = _epoch(last_success) or host.stat(_rotation.PROGRAM).st_mtime
    if _epoch(live["collected_at"]) - since <= 2 * period:
        return None
    return item("schedule.last_success", "within %d seconds" % (2 * period), last_success or "never", family)


def _epoch(text):
    try:
        return _utc.epoch(text) if text else None
    except (TypeError, ValueError):
        return None
