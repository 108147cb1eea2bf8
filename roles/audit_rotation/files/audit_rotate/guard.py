# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size guard's question: is there anything to do between two ticks? It is asked every few minutes, so it costs a few stat calls."""

import os
import time

from ._errors import AuditError
from ._paths import PID_PATHS
from .exits import Failure

QUIET = 3600  # seconds without a record after which auditd is asked: before 3.0.7 a suspended one keeps its log open


def reason(settings):
    """(word, sentence) of what is to be done: suspended, ceiling, free or quiet. None where all is well."""
    try:
        log = os.stat(settings.log_file)
    except OSError:
        log = None
    pid = _auditd() if settings.writes_logs and settings.root == "/" else None
    if pid and not settings.is_written_by(pid):
        pid = None
    if pid and (log is None or not _holds(pid, log)):
        return "suspended", "auditd runs and does not hold %s open: it has suspended logging" % settings.log_file
    if log is not None and 0 < settings.ceiling() <= log.st_size and settings.writes_logs:
        return "ceiling", "%s has %d MiB, ceiling_megabytes = %d" % (
            settings.log_file, log.st_size >> 20, settings.config["ceiling_megabytes"])
    try:
        room = os.statvfs(settings.directory)
    except OSError:
        return None  # no log directory: the full run says so
    if room.f_bavail * room.f_frsize < settings.min_free(room):
        return "free", "%d MiB free beside the log, min_free_megabytes wants %d" % (
            room.f_bavail * room.f_frsize >> 20, settings.min_free(room) >> 20)
    if pid and time.time() - log.st_mtime > QUIET:
        return "quiet", "no record for an hour"
    return None


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


def _holds(pid, log):
    base = "/proc/%d/fd" % pid
    try:
        numbers = os.listdir(base)
    except OSError:
        return True  # not root: nothing can be told
    for number in numbers:
        try:
            status = os.stat(base + "/" + number)
        except OSError:
            continue
        if (status.st_dev, status.st_ino) == (log.st_dev, log.st_ino):
            return True
    return False
