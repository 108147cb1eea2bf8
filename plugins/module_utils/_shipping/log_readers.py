# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether another user than root can read the log: the one that lies there, and the one that auditd makes when it rotates.

auditd gives a new log mode 0640 and the group ``log_group``, or mode 0600 where that is root, and the directory 0750 or 0700
(auditd-event.c, create_log_file() and fix_disk_permissions()). The group's bits of a mode are the mask of its ACL: an ACL lets somebody in
only where there is a log_group.
"""

import grp
import os
import struct

ACL, DEFAULT_ACL = "system.posix_acl_access", "system.posix_acl_default"  # acl(5); the form is that of linux/posix_acl_xattr.h
ENTRY, HEAD, OF_USER = struct.Struct("<HHI"), 4, 0x02
READ, SEARCH = 4, 1
READABLE, UNREADABLE = 0, 1
TEMPORARY = ".audit-rotate-tmp"  # what is left behind by this name the rotation clears away


def number_of(group: str) -> int:
    """The number of auditd.conf's log_group; 0 where there is no such group, which auditd refuses."""
    if group.isdigit():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return 0


def gets_the_next(account, directory: str, gid: int) -> bool:
    """Whether this user (as of pwd) will read the log that auditd makes next in a directory of this machine; ``gid`` of log_group."""
    if not account.pw_uid:
        return True
    if not gid:
        return False
    if gid in os.getgrouplist(account.pw_name, account.pw_gid):
        return True
    return bool(granted(directory, DEFAULT_ACL, account.pw_uid) & READ) and (
        granted(directory, ACL, account.pw_uid) & (READ | SEARCH) == READ | SEARCH)


def granted(path: str, name: str, uid: int) -> int:
    """The bits that the entry of a user has in an ACL (C(ACL) or C(DEFAULT_ACL)); 0 for none."""
    try:
        data = os.getxattr(path, name)
    except OSError:
        return 0
    entries = [ENTRY.unpack_from(data, place) for place in range(HEAD, len(data) - ENTRY.size + 1, ENTRY.size)]
    return next((bits for tag, bits, who in entries if tag == OF_USER and who == uid), 0)


def reads(account, path: str) -> bool:
    """Whether this user (as of pwd) can read a file: a child process with his groups tries."""
    child = os.fork()
    if not child:
        code = UNREADABLE
        try:
            os.setgroups(os.getgrouplist(account.pw_name, account.pw_gid))
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            with open(path, "rb") as stream:
                stream.read(1)
            code = READABLE
        except OSError:
            pass
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == READABLE


def reads_the_next(account, log_file: str, gid: int) -> bool:
    """The same of the log that auditd makes next: a file made as auditd makes it is read by this user, and removed."""
    directory, base = os.path.split(log_file)
    path = os.path.join(directory, ".%s.next%s" % (base, TEMPORARY))
    if os.path.lexists(path):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    try:
        os.fchmod(descriptor, 0o640 if gid else 0o600)
        os.fchown(descriptor, 0, gid)
        return reads(account, path)
    finally:
        os.close(descriptor)
        os.unlink(path)
