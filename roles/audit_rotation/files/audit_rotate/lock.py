# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time. The lock file names the run that holds it, so that one which hangs, or was cut off, can be recognised."""

import contextlib
import fcntl
import os
import time

from ._errors import AuditError
from ._host.files import make_directory
from ._host.host import read_regular
from ._rotation.running import LOCK_FILE, parse, this_process
from .exits import Failure

PAUSE = 0.2  # seconds


@contextlib.contextmanager
def held(settings, mode, wait):
    """Hold the lock for one run, and yield the Run that was cut off before it, or None.

    Failure ``locked`` where another run holds it for longer than ``wait`` seconds, ``stuck`` where that one does not come to its end.
    """
    try:
        make_directory(settings.state_dir)
        descriptor = os.open(
            os.path.join(settings.state_dir, LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except (OSError, AuditError) as error:
        raise Failure("unusable", "%s cannot be used: %s" % (settings.state_dir, getattr(error, "strerror", None) or error))
    try:
        _take(descriptor, settings, wait)
        before = parse(os.pread(descriptor, 256, 0).decode("ascii", "replace"))
        _write(descriptor, this_process(os.getpid(), time.time(), mode).line)
        yield before
        _write(descriptor, "")
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def held_file(path):
    """Hold a lock file of its own meanwhile. Failure ``locked`` at once where another process holds it."""
    try:
        make_directory(os.path.dirname(path))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except (OSError, AuditError) as error:
        raise Failure("unusable", "%s cannot be used: %s" % (path, getattr(error, "strerror", None) or error))
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure("locked", "another run holds %s" % path)
        yield
    finally:
        os.close(descriptor)


def holder(settings):
    """The Run that the lock file names, None where the last one ended as it should."""
    try:
        return parse(read_regular(os.path.join(settings.state_dir, LOCK_FILE)).decode("ascii", "replace"))
    except OSError:
        return None


def _take(descriptor, settings, wait):
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if time.monotonic() >= end:
                raise _refusal(settings, wait)
        time.sleep(PAUSE)


def _refusal(settings, wait):
    run = holder(settings)
    trouble = run.trouble(time.time()) if run else None
    if trouble and trouble[0] == "stuck":
        return Failure("stuck", "%s; nothing is rotated until it ends" % trouble[1])
    return Failure("locked", "another run%s holds %s/%s%s" % (
        " (process %d)" % run.pid if run else "", settings.state_dir, LOCK_FILE, ", and did for %d seconds" % wait if wait else ""))


def _write(descriptor, line):
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, line.encode("ascii"), 0)
    except OSError:
        pass  # a full disk: the lock itself holds all the same
