# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logs other processes hold open: for writing, or to follow them.

A file of another filesystem is never looked at: a dead network or FUSE mount would hold the caller, and its lock, for good. What
/proc says about a descriptor (its flags, its mount) costs no call into that filesystem.
"""

import os

from .store import identity


def written_by_others(wanted, directory):
    """Those of ``wanted`` (identities of files below ``directory``) that some process has open for writing, a set.

    Without root, only one's own processes can be looked at.
    """
    found = set()
    if not wanted:
        return found
    mounts = _Mounts(directory)
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        try:
            descriptors = os.listdir("/proc/%s/fd" % pid)
        except OSError:
            continue  # it has just ended, or is another user's
        for number in descriptors:
            here = _written_file(pid, number, mounts)
            if here in wanted:
                found.add(here)
    return found


def held_by(pid, directory, prefix):
    """[(identity, bytes read)] of each file of ``directory`` that a process holds open and whose name begins so, removed ones too.

    OSError or ValueError where that cannot be told.
    """
    mounts, found = _Mounts(directory), []
    begins = os.path.join(os.path.realpath(directory), prefix)
    for number in os.listdir("/proc/%s/fd" % pid):
        path = "/proc/%s/fd/%s" % (pid, number)
        try:
            if not os.readlink(path).startswith(begins):
                continue
            _flags, mount, position = _of_descriptor(pid, number)
            if mounts.is_ours(pid, mount):
                found.append((identity(os.stat(path)), position))
        except FileNotFoundError:
            continue  # it has just been closed
    return found


def _written_file(pid, number, mounts):
    """The identity of a file of our filesystem that this descriptor may write to, else None."""
    path = "/proc/%s/fd/%s" % (pid, number)
    try:
        if not os.readlink(path).startswith("/"):
            return None  # a socket, a pipe
        flags, mount, _position = _of_descriptor(pid, number)
        if flags & os.O_ACCMODE == os.O_RDONLY or not mounts.is_ours(pid, mount):
            return None
        return identity(os.stat(path))
    except (OSError, ValueError):
        return None


def _of_descriptor(pid, number):
    """(open flags, mount id, position) of a descriptor, from proc(5)."""
    flags = mount = position = None
    with open("/proc/%s/fdinfo/%s" % (pid, number), "rb") as stream:
        for line in stream:
            if line.startswith(b"pos:"):
                position = int(line.split()[1])
            elif line.startswith(b"flags:"):
                flags = int(line.split()[1], 8)
            elif line.startswith(b"mnt_id:"):  # Linux 3.15
                mount = int(line.split()[1])
                break
    return flags, mount, position


class _Mounts(object):
    """The device numbers of mounts, each looked up in the namespace of the process that shows it, once."""

    def __init__(self, directory):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            mount = _of_descriptor("self", descriptor)[1]
        finally:
            os.close(descriptor)
        self._devices = {}
        self._ours = self._device("self", mount)

    def is_ours(self, pid, mount):
        """True where that mount is of the filesystem of our directory."""
        return self._ours is not None and self._device(pid, mount) == self._ours

    def _device(self, pid, mount):
        namespace = os.readlink("/proc/%s/ns/mnt" % pid)
        if (namespace, mount) not in self._devices:
            self._devices.setdefault((namespace, mount), None)
            # in a chroot the mount that holds it is not listed; process 1 lists it where it shares the namespace
            for teller in ("1", pid):
                try:
                    if os.readlink("/proc/%s/ns/mnt" % teller) == namespace:
                        self._devices.update(((namespace, number), device) for number, device in _mounts_of(teller))
                except OSError:
                    continue  # not ours to look at
        return self._devices[(namespace, mount)]


def _mounts_of(pid):
    with open("/proc/%s/mountinfo" % pid, "rb") as stream:
        for line in stream:
            number, _parent, device, _rest = line.split(b" ", 3)
            yield int(number), device
