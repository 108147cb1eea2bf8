# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a log from being renamed or a new one from being made, looked at before auditd is asked for either.

An auditd that cannot make its new log suspends logging (seen with 3.0.9: no free inode, chattr +a on the log), and neither a later
SIGUSR1 nor SIGUSR2 cures that while the cause stands. Room is judged elsewhere: what is found here has nothing to do with it.
"""

import errno
import os

from ._host import attributes
from ._host.files import unlink_if_there
from .exits import Failure
from .names import temporary

INODES_NEEDED = 2  # auditd's new log, and ours for the name that a rotated one moves to
BLOCK = b"\0" * 4096


def check(job, pid):
    """Raise the Failure ``obstacle`` that names what keeps auditd (process ``pid``) from rotating, and what removes it."""
    found = of_attributes(job) or of_inodes(job.directory) or of_mount(job.directory, pid) or (
        None if job.dry_run else of_trial(job.directory, job.settings.base))
    if found:
        raise Failure("obstacle", "%s; auditd was not asked to rotate, because it would suspend logging" % found)


def of_attributes(job):
    """The sentence for the first attribute (chattr(1)) of the directory, the log or a rotated log that is in the way, else None."""
    paths = [(job.directory, True), (job.settings.log_file, False)]
    paths += [(entry.path, False) for entry in job.scan() if entry.kind == "rotated" and not entry.suffix]
    sentences = (attributes.in_the_way(path, is_directory=is_directory) for path, is_directory in paths)
    return next((sentence for sentence in sentences if sentence), None)


def of_inodes(directory):
    """The sentence for a filesystem without free inodes, else None. Some filesystems (btrfs) count none."""
    filesystem = os.statvfs(directory)
    if filesystem.f_files and filesystem.f_ffree < INODES_NEEDED and filesystem.f_bfree:
        return "the filesystem of %s has %d free inodes and %d are needed, whatever room it has: delete small files there" % (
            directory, filesystem.f_ffree, INODES_NEEDED)
    return None


def of_mount(directory, pid):
    """The sentence for a directory that auditd sees read-only, though we may write to it, else None."""
    if pid is None:
        return None
    try:
        flags = os.statvfs("/proc/%d/root%s" % (pid, directory)).f_flag
    except OSError:
        return None  # not root, or it has just ended
    if flags & os.ST_RDONLY:
        return "auditd (process %d) sees %s read-only: look at the mounts of its unit (ReadOnlyPaths=, ProtectSystem=)" % (pid, directory)
    return None


def of_trial(directory, base):
    """The sentence for what a file made, written and renamed in the directory meets, else None.

    The only way to see a quota, a directory that has no space for one more name, and what a security module forbids.
    """
    first, second = (os.path.join(directory, temporary("%s.trial-%d" % (base, number))) for number in (1, 2))
    step = "created"
    try:
        unlink_if_there(first)
        descriptor = os.open(first, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            step = "written"
            _write(descriptor)
        finally:
            os.close(descriptor)
        step = "renamed"
        os.rename(first, second)
    except OSError as error:
        return _sentence(error, step, directory)
    finally:
        for path in (first, second):
            _remove(path)
    return None


def _write(descriptor):
    try:
        os.write(descriptor, BLOCK)
        os.fsync(descriptor)  # some filesystems find out about a quota only now
    except OSError as error:
        if error.errno != errno.ENOSPC:  # a full disk is no reason not to rotate: what is rotated is then compressed
            raise


def _sentence(error, step, directory):
    if error.errno == errno.EDQUOT:
        return "the disk quota of %s is used up, so no file can be %s there: raise it (quota(1), xfs_quota(8))" % (
            directory, step)
    if error.errno == errno.EROFS:
        return "%s is on a read-only filesystem: mount it read-write" % directory
    if error.errno == errno.ENOSPC and not os.statvfs(directory).f_bfree:
        return "the filesystem of %s is full and not even an empty file can be %s there" % (directory, step)
    if error.errno == errno.ENOSPC:
        return "no file can be %s in %s (%s): its filesystem has no place left for one more name" % (step, directory, error.strerror)
    return "a file in %s cannot be %s by root (%s): look for a security module or mount option that forbids it" % (
        directory, step, error.strerror)


def _remove(path):
    try:
        unlink_if_there(path)
    except OSError:
        pass  # it is of a name that the next run removes
