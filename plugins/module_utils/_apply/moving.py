# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving finished logs from one directory to another, each proven byte by byte before the old one goes."""

import errno
import hashlib
import os
import re
import shutil
import stat
import time

from .._errors import AuditError
from .._host import files as _io
from .._host import mounts
from .storage import run_tool

BLOCK = 1 << 20
NUMBERED = re.compile(r"\.\d+$")  # of auditd: it renames these at each rotation
NAME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # of the time of the last record, as audit-rotate names its archives


def unmount(host, point: str) -> None:
    """As often as something is mounted there."""
    while any(mount.point == point for mount in mounts.of_machine()):
        run_tool(host, ["umount", point], "util-linux")


def holds(pid: int, path: str) -> bool:
    """Whether a process has the file open that a path leads to."""
    try:
        wanted = os.stat(path)
        for number in os.listdir("/proc/%d/fd" % pid):
            try:
                found = os.stat("/proc/%d/fd/%s" % (pid, number))
            except OSError:
                continue  # closed meanwhile
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    except OSError:
        return False
    return False


def take_attributes(path: str, like: str) -> None:
    """Owner, mode, SELinux label and ACL of another file or directory."""
    found = os.stat(like)
    os.chown(path, found.st_uid, found.st_gid)
    os.chmod(path, stat.S_IMODE(found.st_mode))
    for name in (_io.SELINUX_XATTR, _io.ACL_XATTR, "system.posix_acl_default"):
        try:
            os.setxattr(path, name, os.getxattr(like, name))
        except OSError as error:
            if error.errno not in (errno.ENODATA, errno.ENOTSUP):
                raise AuditError("cannot give %s the attribute %s of %s: %s" % (path, name, like, error.strerror))


def make_empty(path: str, like: str) -> None:
    """An empty file where there is none."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    if os.path.lexists(like):
        take_attributes(path, like)


def move_files(source: str, target: str, current: str) -> None:
    """Each regular file of a directory; those that auditd would rename by number get the time of their last record for a name, so that no
    rotation meanwhile can overwrite one. AuditError where one cannot be moved, or something is no such file: it stays where it is.
    """
    left = []
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) and name != mounts.LOST_AND_FOUND:
            left.append(name)
        if name.endswith(_io.TEMPORARY_SUFFIX) or not stat.S_ISREG(found.st_mode):
            continue
        if not found.st_size:
            os.unlink(path)
            continue
        numbered = name == current or name.startswith(current) and NUMBERED.match(name[len(current):])
        try:
            _move(path, target, None if numbered else name, current)
        except OSError as error:
            raise AuditError("cannot move %s to %s: %s; it is where it was" % (name, target, error.strerror))
    if left:
        raise AuditError("the volume mounted on %s hides what is no plain file: use mount --bind %s /mnt, move %s from /mnt/%s to another "
                         "directory, then run again" % (target, os.path.dirname(target), ", ".join(left), os.path.basename(target)))


def _move(path, target, name, current):
    """Copied, read again, named, and only then removed. What an earlier run copied and could not remove is found by its bytes."""
    digest, ends = _digest(path), int(os.stat(path).st_mtime)
    temporary = os.path.join(target, ".audit-log-moved" + _io.TEMPORARY_SUFFIX)
    place = None
    while place is None:
        wanted = os.path.join(target, name or "%s.%s" % (current, time.strftime(NAME_FORMAT, time.gmtime(ends))))
        if not os.path.lexists(wanted):
            _copy(path, temporary)
            if _digest(temporary) != digest:
                raise AuditError("the copy of %s differs from it; see the kernel's log (dmesg)" % path)
            os.link(temporary, wanted)  # fails where somebody took the name meanwhile
            os.unlink(temporary)
            place = wanted
        elif _digest(wanted) == digest:
            place = wanted
        else:
            name, ends = None, ends + 1
    _io.fsync_directory(target)
    os.unlink(path)


def _copy(path, temporary):
    with open(path, "rb") as old, open(temporary, "wb") as new:
        shutil.copyfileobj(old, new, BLOCK)
        new.flush()
        os.fsync(new.fileno())
    take_attributes(temporary, path)
    found = os.stat(path)
    os.utime(temporary, ns=(found.st_atime_ns, found.st_mtime_ns))


def _digest(path):
    found = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(BLOCK), b""):
            found.update(block)
    return found.hexdigest()
