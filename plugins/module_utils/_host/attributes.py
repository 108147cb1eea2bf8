# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes of chattr(1) that refuse even root to write, rename or delete a file."""

import errno
import fcntl
import os
import sys

# ioctl_iflags(2). Its number is _IOR('f', 1, long): the direction bits differ between architectures, asm/ioctl.h
GETFLAGS = (0x40006601 if os.uname()[4].startswith(("ppc", "mips", "sparc", "alpha")) else 0x80006601) | (
    (8 if sys.maxsize > 1 << 32 else 4) << 16)
IMMUTABLE, APPEND_ONLY = 0x10, 0x20  # linux/fs.h
NO_ATTRIBUTES = (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
ATTRIBUTES = (
    # flag, letter of chattr(1), what it keeps from happening to a file, and in a directory
    (IMMUTABLE, "i", "it can be neither written nor renamed", "nothing in it can be created, renamed or deleted"),
    (APPEND_ONLY, "a", "it cannot be renamed", "nothing in it can be renamed or deleted"),
)


def in_the_way(path: str, *, is_directory: bool) -> "str | None":
    """The sentence for the first attribute of a file or directory that is in the way, with its cure; None where there is none."""
    flags = flags_of(path)
    for flag, letter, of_file, of_directory in ATTRIBUTES:
        if flags & flag:
            return "%s has the attribute +%s, so %s: remove it with \"chattr -%s %s\"" % (
                path, letter, of_directory if is_directory else of_file, letter, path)
    return None


def why_refused(error: OSError, path: str) -> str:
    """What the system says of ``error`` at ``path``, with the attribute (of the file or its directory) that is the cause, and its cure."""
    found = None
    if error.errno == errno.EPERM:
        try:
            found = in_the_way(path, is_directory=os.path.isdir(path)) or in_the_way(os.path.dirname(path) or ".", is_directory=True)
        except OSError:
            pass  # the error of the change is the one to report
    return "%s (%s)" % (error.strerror, found) if found else str(error.strerror)


def flags_of(path: str) -> int:
    """The inode flags of a file or directory, an int; 0 where it is not there or its filesystem has none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        answer = fcntl.ioctl(descriptor, GETFLAGS, b"\0" * 8)
    except OSError as error:
        if error.errno not in NO_ATTRIBUTES:
            raise
        return 0
    finally:
        os.close(descriptor)
    return int.from_bytes(answer[:4], sys.byteorder)
