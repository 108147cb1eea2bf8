# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size guard's question: is there anything to do between two ticks? It is asked every few minutes, so it costs a few stat calls."""

import os
import time

from ._errors import AuditError
from ._paths import PID_PATHS
from .exits import Failure

QUIET = 3600  # seconds without a record after which auditd is asked: before 3.0.7 a suspended one keeps its log open


def reason(settings, growth=0.0, period=0.0):
    """(word, sentence) of what is to be done: suspended, ceiling, free, waiting or quiet. None where all is well.

    ``growth`` (bytes a second) and ``period`` (seconds to the next look) are those of the caller, where it knows them.
    """
    try:
        log = os.stat(settings.log_file)
    except OSError:
        log = None
    pid = _auditd() if settings.writes_logs and settings.root == "/" else None
    if pid and not settings.is_written_by(pid):
        pid = None
    if pid and (log is None or not _holds(pid, log, settings.log_file)):
        return "suspended", "auditd runs and does not hold %s open: it has suspended logging" % settings.log_file
    try:
        room = os.statvfs(settings.directory)
    except OSError:
        return None  # no log directory: the full run says so
    ceiling = settings.ceiling(room, growth, period)
    if log is not None and 0 < ceiling <= log.st_size and settings.writes_logs:
        return "ceiling", "%s has %d KB, ceiling_megabytes = %s, which is %d KB here" % (
            settings.log_file, log.st_size >> 10, settings.config["ceiling_megabytes"], ceiling >> 10)
    if room.f_bavail * room.f_frsize < settings.min_free(room):
        return "free", "%d MB free beside the log, min_free_megabytes wants %d" % (
            room.f_bavail * room.f_frsize >> 20, settings.min_free(room) >> 20)
    waiting = _waiting(settings)
    if waiting:
        return "waiting", "%d rotated logs wait to be compressed" % waiting
    if pid and time.time() - log.st_mtime > QUIET:
        return "quiet", "no record for an hour"
    return None


def _waiting(settings):
    """How many logs auditd rotated by itself and nothing has taken over: the next rotation may push the oldest off its end."""
    try:
        names = os.listdir(settings.directory)
    except OSError:
        return 0
    start = settings.base + "."
    return sum(1 for name in names if name.startswith(start) and name[len(start):].isdigit() and len(name) - len(start) < 7)


def is_suspended(settings):
    """The answer of auditd itself, where the cheap signs leave it open; False where it gives none."""
    from .auditd import Auditd  # with what it imports, a look costs 55 ms of CPU instead of 11 (measured, Python 3.11)
    auditd = Auditd(settings)
    try:
        return auditd.pid is not None and auditd.is_suspended()
    except (Failure, AuditError):
        return False


def _auditd():
    """The pid in auditd's own file where that process is auditd, else None. A full run looks harder."""
    for path in PID_PATHS:
        try:
            with open(path) as stream:
                pid = int(stream.read(32))
            with open("/proc/%d/comm" % pid) as stream:
                if stream.read() == "auditd\n":
                    return pid
        except (OSError, ValueError):
            continue
    return None


def _holds(pid, log, log_file):
    base = "/proc/%d/fd" % pid
    try:
        numbers = os.listdir(base)
    except OSError:
        return True  # not root: nothing can be seen
    for number in numbers:
        try:
            if os.path.basename(log_file) not in os.readlink(base + "/" + number):
                continue  # not even a name alike: looking at it could hang on another filesystem
            status = os.stat(base + "/" + number)
        except OSError:
            continue
        if (status.st_dev, status.st_ino) == (log.st_dev, log.st_ino):
            return True
    return False
