# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing a file so that a kill or a full disk at any moment leaves the old or the new one, complete."""

import errno
import os
import stat
import struct

from .._errors import AuditError
from .._utc import iso
from . import attributes

SELINUX_XATTR = "security.selinux"
ACL_XATTR = "system.posix_acl_access"
TEMPORARY_SUFFIX = ".auditops-new"
GROUP = 0o070
ACL_TAGS = {0x02: "user", 0x08: "group"}  # of named entries, linux/posix_acl.h


class ChangedMeanwhile(AuditError):
    """Somebody else has written a file since it was read."""

    def __init__(self, path):
        super(ChangedMeanwhile, self).__init__(
            "%s was changed by another process while this run worked on it: that change is left as it is; run again" % path, path=path)


class NotDurable(AuditError):
    """A file was replaced or removed, and a power cut may still bring the old one back."""


def identity(path: str) -> "tuple[int, ...] | None":
    """What differs once a file (or a link in its place) was replaced or edited; None where there is none."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def content(path: str) -> "bytes | None":
    """The bytes of a file; None where there is none, or what lies there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with open(descriptor, "rb") as stream:
        return stream.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def has_acl(path: str) -> bool:
    """Whether a file has an access control list beyond its mode, acl(5)."""
    return bool(_acl(path))


def acl_names(path: str) -> "list[str]":
    """Whom the access control list of a file names, acl(5): "user 1000", "group 998"; "nobody" where it names none, [] without a list."""
    data = _acl(path)
    if not data:
        return []
    entries = [struct.unpack_from("<HHI", data, place) for place in range(4, len(data) - 7, 8)]
    named = ["%s %d" % (ACL_TAGS[tag], number) for tag, _bits, number in entries if tag in ACL_TAGS]
    return named or ["nobody"]


def _acl(path):
    try:
        return os.getxattr(path, ACL_XATTR, follow_symlinks=False)
    except OSError:
        return b""


def write_atomic(path: str, data: bytes, mode: int = 0o600, gid: int = 0, *, uid: int = 0, before_rename=None) -> None:
    """Replace ``path`` by ``data``: temporary file beside it, fsync, owner, mode, SELinux label, ACL, rename, fsync of the directory.

    The owner is ``uid`` where the caller is root, of the group ``gid``. Of a file with an ACL the group's bits of the mode, which are its
    mask, stay as they are. A link at ``path`` is replaced, not followed. C(before_rename()) may still refuse, by an AuditError. Raises
    AuditError and leaves the old file in place where anything fails.
    """
    temporary = _temporary(path)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            write_all(descriptor, data)
            if os.geteuid() == 0:
                os.fchown(descriptor, uid, gid)
            _copy_attribute(path, descriptor, SELINUX_XATTR)
            if has_acl(path):
                _copy_attribute(path, descriptor, ACL_XATTR)
                mode = mode & ~GROUP | os.lstat(path).st_mode & GROUP
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if before_rename is not None:
            before_rename()
        os.rename(temporary, path)
    except AuditError:
        _clean_up(temporary)
        raise
    except OSError as error:
        _clean_up(temporary)
        raise AuditError("cannot write %s: %s; the file is as it was" % (path, attributes.why_refused(error, path)), path=path)
    try:
        fsync_directory(os.path.dirname(path))
    except OSError as error:
        raise NotDurable("%s was replaced, but its directory cannot be written to disk: %s" % (path, error.strerror), path=path)


def set_mode(path: str, mode: int) -> None:
    """Change the mode of a regular file, but for the mask of an ACL; a link in its place is refused, not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, mode & ~GROUP | os.fstat(descriptor).st_mode & GROUP if has_acl(path) else mode)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise AuditError("cannot set the mode of %s to %04o: %s" % (path, mode, attributes.why_refused(error, path)), path=path)


def backup(path):
    """Keep a copy of ``path`` beside it, named by the second, and return its name; None where there is no file."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AuditError("cannot read %s to keep a backup: %s" % (path, error.strerror), path=path)
    copy = _name_for_a_copy(path)
    write_atomic(copy, data, mode)
    return copy


def set_aside(path):
    """Move whatever lies at ``path`` beside it, under a name as backup() gives one, and return that."""
    copy = _name_for_a_copy(path)
    try:
        os.rename(path, copy)
        fsync_directory(os.path.dirname(path))
    except OSError as error:
        raise AuditError("cannot move %s to %s: %s" % (path, copy, attributes.why_refused(error, path)), path=path)
    return copy


def _name_for_a_copy(path):
    stem = copy = "%s.%s" % (path, iso())
    sequence = 1
    while os.path.lexists(copy):
        copy = "%s.%d" % (stem, sequence)
        sequence += 1
    return copy


def remove(path):
    """Remove a file; True where there was one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise AuditError("cannot remove %s: %s" % (path, attributes.why_refused(error, path)), path=path)
    try:
        fsync_directory(os.path.dirname(path))
    except OSError as error:
        raise NotDurable("%s was removed, but its directory cannot be written to disk: %s" % (path, error.strerror), path=path)
    return True


def make_directory(path, mode=0o750):
    """Create a directory and its parents, each with this mode whatever the umask; True where it was missing."""
    if os.path.isdir(path):
        return False
    try:
        parent = os.path.dirname(path.rstrip("/"))
        if parent:
            make_directory(parent, mode)
        os.mkdir(path, 0o700)
        os.chmod(path, mode)
    except OSError as error:
        raise AuditError("cannot create the directory %s: %s" % (path, attributes.why_refused(error, path)), path=path)
    return True


def fsync_directory(path):
    """Make a rename in ``path`` survive a power cut."""
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network filesystems cannot
            raise
    finally:
        os.close(descriptor)


def _temporary(path):
    """A name of our own beside ``path``; what a killed writer left there is removed, what a living one writes is not."""
    directory, name = os.path.split(path)
    prefix = ".%s." % name
    try:
        leftovers = [entry for entry in os.listdir(directory or ".") if entry.startswith(prefix) and entry.endswith(TEMPORARY_SUFFIX)]
    except OSError:
        leftovers = []  # the open that follows says why
    for entry in leftovers:
        pid = entry[len(prefix):-len(TEMPORARY_SUFFIX)]
        if pid.isdigit() and (int(pid) == os.getpid() or not os.path.exists("/proc/" + pid)):
            _clean_up(os.path.join(directory, entry))
    return os.path.join(directory, "%s%d%s" % (prefix, os.getpid(), TEMPORARY_SUFFIX))


def write_all(descriptor, data):
    """Write every byte: a nearly full disk takes a part first and fails at the rest."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


def _clean_up(path):
    """Where this fails too (a filesystem gone read-only), the error of the write is the one to report."""
    try:
        unlink_if_there(path)
    except OSError:
        pass


def _copy_attribute(source, descriptor, name):
    try:
        os.setxattr(descriptor, name, os.getxattr(source, name, follow_symlinks=False))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENODATA, errno.ENOTSUP, errno.EPERM):
            raise


def unlink_if_there(path):
    """Remove a name that may be gone already."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
