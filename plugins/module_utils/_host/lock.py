# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of a host's auditing at a time: of two at once, one would prove what the other has just replaced."""

import contextlib
import errno
import fcntl
import os
import time

from .._errors import AuditError

LOCK = "/run/auditops.lock"  # not in /run/lock, where anybody could put the file first and hold it
LONGEST_WAIT = 60.0  # seconds
PAUSE = 0.1


@contextlib.contextmanager
def held(host, wait: float = LONGEST_WAIT, *, wanted: bool = True):
    """Hold the lock of a running system meanwhile. AuditError after ``wait`` seconds, with the process that has it.

    An offline tree has none; check mode (``wanted`` false) needs none. It ends with the process that holds it.
    """
    if not (host.is_live and wanted):
        yield
        return
    path = host.path(LOCK, follow=False)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise AuditError("cannot open the lock %s: %s" % (path, error.strerror))
    try:
        _take(descriptor, path, wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def taken(host, path: str, wait: float = LONGEST_WAIT):
    """Hold the lock of another program of ours meanwhile, by its lock file; where there is none, nobody has it."""
    try:
        descriptor = os.open(host.path(path, follow=False), os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        _take(descriptor, path, wait)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor, path, wait):
    end = time.monotonic() + wait
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EINTR):
                raise AuditError("cannot lock %s: %s" % (path, error.strerror))
        if time.monotonic() >= end:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            raise AuditError(
                "process %s is changing the auditing of this host and has not ended within %g seconds (%s is locked); nothing was changed, "
                "run again later" % (holder or "(unknown)", wait, path))
        time.sleep(PAUSE)
