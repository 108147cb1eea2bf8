# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reloading an auditd that has suspended logging, without killing it.

It has closed its log (3.0.7 and newer), and a reload with another max_log_file or max_log_file_action would make it write to the closed
file. So it is woken first: where a lack of space made it stop, with the new actions but the old two keys, because the old actions would
stop it again at the next event; where the size of the log did, by moving the log out of the way. Older releases keep the log open: for
them the plain reload is safe, and SIGUSR2 would not open a new file.
"""

import os
import stat

from .._conf import text as _conf
from .._conf import validator
from .._daemon import control as _daemon
from .._daemon.control import UNSAFE_KEYS
from .._errors import AuditError

WAKE_TIMEOUT = 2.0  # seconds; auditd resumes within milliseconds or not at all


def wake(attempt) -> dict:
    """Resume logging before the reload. AuditError where it stays suspended and the reload would kill auditd."""
    change, pid = attempt.change, attempt.plan.pid
    log_file = change.running["log_file"]
    if _daemon.log_is_open(change.host, pid, log_file):
        return {}
    if change.unsafe and _stopped_for_space(attempt.plan.report):
        _load_all_but_unsafe(attempt)
    woken = _resume(attempt, log_file)
    if woken.get("suspended") and (change.unsafe or not change.writes):
        raise AuditError(
            "auditd has suspended logging and cannot resume: there is no room in %s. A reload that changes max_log_file or its action "
            "would kill it; free room there (rotate, compress, remove old logs) and run again" % os.path.dirname(log_file))
    return woken


def wake_again(attempt, proof: dict) -> dict:
    """Resume logging after a reload that left it suspended, and have the reload confirmed by a record then."""
    change = attempt.change
    woken = _resume(attempt, change.wanted["log_file"])
    if not woken.get("suspended") and not proof["record"]:
        woken.update(attempt.load(attempt.plan.pid, change.after, unsafe=False))
    return woken


def _stopped_for_space(report):
    return report["space_left_on_partition"] is False or bool(report["space_action_performed"] or report["admin_action_performed"])


def _load_all_but_unsafe(attempt):
    change = attempt.change
    before = change.before.settings if change.before is not None else {}
    careful = _conf.merge(change.after, {key: before.get(key) for key in UNSAFE_KEYS})
    if any(problem.fatal for problem in validator.validate(careful, change.release)):
        return
    change.write(careful)
    try:
        attempt.load(attempt.plan.pid, careful, unsafe=False)
    finally:
        change.write(change.after)


def _resume(attempt, log_file):
    """SIGUSR2; where that does not do, once more with a new log in the place of the full one: {resumed, set_aside, suspended}."""
    if _is_resumed(attempt):
        return {"resumed": True, "set_aside": None}
    try:
        aside = _new_log(attempt, log_file)
    except AuditError:
        if not _daemon.is_auditd(attempt.plan.pid):
            raise
        return {"resumed": False, "suspended": True, "set_aside": None}
    if _is_resumed(attempt):
        return {"resumed": True, "set_aside": aside}
    return {"resumed": False, "suspended": True, "set_aside": aside}


def _is_resumed(attempt):
    try:
        _daemon.resume(attempt.host, attempt.plan.pid, attempt.change.release, WAKE_TIMEOUT)
    except AuditError:
        if not _daemon.is_auditd(attempt.plan.pid):
            raise
        return False
    return True


def _new_log(attempt, log_file):
    """Put the full log aside and return its new name: by hand where auditd has closed it, else auditd has to do it."""
    host, pid, release = attempt.host, attempt.plan.pid, attempt.change.release
    if not _daemon.log_is_open(host, pid, log_file):
        return set_aside(host.path(log_file))
    num_logs = int(attempt.change.running["num_logs"])
    if num_logs < 2:
        raise AuditError("auditd does not rotate with num_logs = %d" % num_logs)
    spare_oldest(host.path(log_file), num_logs)
    _daemon.rotate(host, pid, release, log_file, num_logs=num_logs, timeout=WAKE_TIMEOUT)
    return log_file + ".1"


def spare_oldest(path: str, num_logs: int) -> None:
    """Give the log that the next rotation would overwrite a number beyond those of the rotation."""
    last = "%s.%d" % (path, num_logs - 1)
    if os.path.lexists(last):
        os.rename(last, "%s.%d" % (path, free_number(path, num_logs)))


def set_aside(path: str) -> "str | None":
    """Rename a log that auditd has closed to C(.1), as its rotation would, and return that name; None where there is no log.

    What has that name moves up, to the first free number: auditd's own rotation would drop the oldest.
    """
    if not os.path.lexists(path):
        return None
    for number in range(free_number(path, 1) - 1, 0, -1):
        os.rename("%s.%d" % (path, number), "%s.%d" % (path, number + 1))
    first = path + ".1"
    os.rename(path, first)
    os.chmod(first, stat.S_IMODE(os.stat(first).st_mode) & 0o440)
    return first


def free_number(path: str, number: int) -> int:
    """The first number from ``number`` on that no log beside ``path`` has."""
    while os.path.lexists("%s.%d" % (path, number)):
        number += 1
    return number
