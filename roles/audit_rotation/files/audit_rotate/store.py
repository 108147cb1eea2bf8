# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The moves that no crash and no other process can turn into a loss.

A file that auditd may rename at any moment is moved by rename(2) alone, onto an empty file that we created for it: whatever the name
leads to in that instant is moved whole, and nothing is overwritten. (link + unlink would unlink what auditd has just rotated in.)
A file of our own becomes visible by link(2), which fails where the name is taken, after its bytes are on the disk.
"""

import errno
import os
import stat

from ._host.files import ACL_XATTR, SELINUX_XATTR, fsync_directory, unlink_if_there
from .names import temporary

CHUNK = 1 << 18
AT_FDCWD = -100  # fcntl.h
RENAME_NOREPLACE = 1  # linux/fs.h
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def open_plain(path):
    """A descriptor to read a regular file; a link or device in its place raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", path)
    return descriptor


def move(source, target):
    """Rename onto a name that nobody has. FileExistsError where somebody has it; FileNotFoundError where the source has gone."""
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        if error.errno not in NO_ROOM or not _move_by_kernel(source, target):
            raise
        return
    try:
        os.rename(source, target)
    except OSError:
        os.unlink(target)  # still the empty file of a moment ago
        raise


def _move_by_kernel(source, target):
    """renameat2(2) with RENAME_NOREPLACE, which needs no inode: a full XFS has none left. False where it cannot be called."""
    try:
        import ctypes
        function = ctypes.CDLL(None, use_errno=True).renameat2  # glibc 2.28
    except (ImportError, OSError, AttributeError):
        return False
    if function(AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target), RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(number, os.strerror(number), target)


def create(directory, name):
    """(descriptor, path) of a new temporary file for the archive ``name``; what a killed run left under that name is replaced."""
    path = os.path.join(directory, temporary(name))
    unlink_if_there(path)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), path


def publish(descriptor, path, directory, name, like):
    """Give the temporary file its name: attributes of the original (``like``: an open descriptor), fsync, link, unlink."""
    take_attributes(descriptor, like)
    os.fsync(descriptor)
    target = os.path.join(directory, name)
    try:
        os.link(path, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        move(path, target)  # a filesystem without hard links
    else:
        os.unlink(path)
    fsync_directory(directory)
    return target


def take_attributes(descriptor, like):
    """Owner, ACL, mode, SELinux label and times of another open file. The ACL before the mode, whose group bits are its mask."""
    status = os.fstat(like)
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.fchown(descriptor, status.st_uid, status.st_gid)
        except PermissionError:
            os.fchown(descriptor, -1, status.st_gid)  # an offline tree, not as root
    _copy_attribute(descriptor, like, ACL_XATTR)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & 0o440 | 0o400)
    _copy_attribute(descriptor, like, SELINUX_XATTR)
    os.utime(descriptor, ns=(status.st_mtime_ns, status.st_mtime_ns))


def _copy_attribute(descriptor, like, name):
    try:
        os.setxattr(descriptor, name, os.getxattr(like, name))
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP, errno.EPERM, errno.EACCES):
            raise


def same_bytes(descriptor, blocks):
    """True where the blocks are exactly the file; compared byte by byte, so equal means equal."""
    position = 0
    for block in blocks:
        if os.pread(descriptor, len(block), position) != block:
            return False
        position += len(block)
    return position == os.fstat(descriptor).st_size


def blocks_of(descriptor):
    """The bytes of an open file from its start."""
    position = 0
    while True:
        block = os.pread(descriptor, CHUNK, position)
        if not block:
            return
        yield block
        position += len(block)


def identity(status):
    """What distinguishes two files, whatever their names."""
    return (status.st_dev, status.st_ino)
