# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which types of record tell what a rule asks for: where a rule of the list exclude or user takes one of them, that is not recorded, nor
where one of the list filesystem takes the files (__audit_inode() of kernel/auditsc.c): no watch of them matches then, and a PATH record has
the name that the call was given and no inode, mode or owner; a call with a descriptor (fchmod) has no PATH record at all.

The event of a system call is several records (audit_log_exit() of kernel/auditsc.c): SYSCALL always; PATH, and CWD for the relative names
in it, where the call names files; EXECVE with the arguments of a program; KERN_MODULE with the name of a module. PROCTITLE has no more than
the first 128 bytes of what EXECVE has, and EOE nothing: no demand hangs on them. Who logs in is in records of programs, USER_LOGIN and
its kind; what a watch of wtmp or lastlog has besides is that the file was written.
"""

from . import syscalls as _syscalls
from . import tables
from .rule import message_types
from .silence import SYSCALL, spans_of

EXCLUDE, FILESYSTEM = tables.LISTS["exclude"], tables.LISTS["filesystem"]
WITHOUT_FILES = frozenset(("bind", "socketcall", "quotactl", "quotactl_fd"))
NAMING_FILES = " ".join(
    name for text in list(tables.PERMISSION_SYSCALLS.values()) + list(tables.PERMISSION_SYSCALLS_OF_KERNELS.values())
    for name in text.split() if name not in WITHOUT_FILES) + (
    " mount umount umount2 move_mount open_tree chroot pivot_root open_by_handle_at utime utimes utimensat futimesat")
OF_FILES = ("PATH", "CWD")
OF_CALLS = {"EXECVE": "execve execveat", "KERN_MODULE": "init_module finit_module delete_module"}
SESSIONS, FAILURES = ("LOGIN", "USER_LOGIN", "USER_LOGOUT", "USER_START", "USER_END"), ("USER_AUTH", "USER_LOGIN")
# Filesystems without files of users and programs, linux/magic.h: tracefs, debugfs, sysfs, proc, securityfs, selinuxfs, cgroup and cgroup2,
# bpf, pstore, devpts, the pipes and the sockets, anonymous inodes, configfs, message queues, efivarfs, binfmt_misc
WITHOUT_A_DISK = frozenset((
    0x74726163, 0x64626720, 0x62656572, 0x9FA0, 0x73636673, 0xF97CFF8C, 0x27E0EB, 0x63677270, 0xCAFE4A11, 0x6165676C, 0x1CD1, 0x50495045,
    0x534F434B, 0x09041934, 0x62656570, 0x19800202, 0xDE5E81E4, 0x42494E4D))
TMPFS = 0x01021994
ON_TMPFS = ("/run/", "/dev/shm/")  # file-hierarchy(7): what runs is in memory
# Nor files of the system itself, which have owners: vfat, exfat, iso9660, udf, ntfs, ntfs3, cifs, smb2
WITHOUT_OWNERS = frozenset((0x4D44, 0x2011BAB0, 0x9660, 0x15013346, 0x5346544E, 0x7366746E, 0xFF534D42, 0xFE534D42, TMPFS))
OF_PLACES = {
    "/run/utmp": SESSIONS, "/var/log/wtmp": SESSIONS, "/var/log/lastlog": ("LOGIN", "USER_LOGIN"), "/var/log/btmp": FAILURES,
    "/run/faillock": FAILURES, "/var/log/faillock": FAILURES, "/var/log/faillog": FAILURES, "/var/log/tallylog": FAILURES,
}


def calls_without(taking, asked: int, arch: str, place: "tuple[str, str] | None") -> int:
    """The mask of those of the calls ``asked`` of which the rule ``taking`` takes a type of record that tells what they did.

    ``place``: what is watched, as of boxes.place_of(); None: calls wherever they are made.
    """
    if taking.list == FILESYSTEM:
        return _of_files(asked, arch, place) if _takes_files_of(taking, place) else 0
    if taking.list == EXCLUDE and _takes(taking, SYSCALL):
        return asked
    taken = {name for name, number in message_types()[0].items() if _takes(taking, number)}
    if place is not None and (taken.intersection(OF_PLACES.get(place[1], ())) and _takes_whoever_sends(taking)):
        return asked
    if taking.list != EXCLUDE:
        return 0  # the kernel's own records pass by the list user
    found = _of_files(asked, arch, place) if taken.intersection(OF_FILES) else 0
    return found | _named(" ".join(OF_CALLS[name] for name in taken.intersection(OF_CALLS)), arch) & asked


def _of_files(asked, arch, place):
    return asked if place is not None else _named(NAMING_FILES, arch) & asked


def _named(calls, arch):
    numbers = _syscalls.numbers(arch) or {}
    return sum(1 << number for number in {numbers[call] for call in calls.split() if call in numbers})


def _takes_files_of(rule, place):
    """Whether a rule of the list filesystem takes files such as those of a place; None: files wherever they are."""
    for number, operator, value in rule.fields:
        if number != tables.FSTYPE:
            continue
        if tables.OPERATOR_NAMES.get(operator) == "!=":
            is_taken = value != TMPFS if place is not None and place[1].startswith(ON_TMPFS) else True
        elif place is None:
            is_taken = value not in WITHOUT_A_DISK
        else:
            is_taken = value == TMPFS if place[1].startswith(ON_TMPFS) else value not in WITHOUT_A_DISK | WITHOUT_OWNERS
        if is_taken:
            return True
    return False


def _takes(rule, kind):
    """Whether a rule of a list that has msgtype looks at this type of record."""
    return all(any(first <= kind <= last for first, last in spans_of(operator, value))
               for number, operator, value in rule.fields if number == tables.MSGTYPE)


def _takes_whoever_sends(rule):
    """Whether it takes a program's records whoever runs it: one that leaves out the sessions of cron leaves those of people."""
    return all(number in (tables.MSGTYPE, tables.KEY) for number, _operator, _value in rule.fields)
