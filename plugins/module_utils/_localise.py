# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has that rules depend on: its machine, its first user id, its users and paths, its privileged commands."""

import os
import re
import stat
import time

from . import _rule_tables as tables

UID_MIN_WORD = "@UID_MIN@"  # stands for the host's UID_MIN in rule texts
UID_MIN = 1000  # login.defs(5), where the file does not say
LOGIN_DEFS = "/etc/login.defs"
KERNEL_FILESYSTEMS = frozenset((  # no programs of the host live there
    "proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "bpf", "mqueue", "pstore",
    "configfs", "efivarfs", "fusectl", "binfmt_misc", "autofs", "hugetlbfs", "rpc_pipefs", "selinuxfs", "nsfs",
))
REMOTE_FILESYSTEMS = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "9p", "afs", "lustre", "gpfs"))
CONTAINER_STORES = ("/var/lib/docker", "/var/lib/containers", "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/lxc", "/var/lib/lxd",
                    "/var/lib/machines", "/var/lib/rancher", "/var/snap/lxd", "/snap", "/run/containerd")
CAPABILITIES = "security.capability"
WALK_SECONDS = 30.0
PROGRAM_DIRECTORIES = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
STATED_PATH = re.compile(r" path=((?:[^\s\\]|\\.)+)")


def options(host):
    """The keyword arguments of C(_rule.parse) that this host answers: machine, users, groups, is_directory."""
    result = {"is_directory": lambda path: _is_directory(host, path)}
    if not host.is_live:
        result["users"] = _names(host, "/etc/passwd").get
        result["groups"] = _names(host, "/etc/group").get
        machine = machine_of(host)
        if machine:
            result["machine"] = machine
    return result


def machine_of(host):
    """The machine of an offline tree as uname -m has it: C(host.arch), or by the ELF header of its own shell; None where nothing tells."""
    if host.arch:
        return tables.MACHINES.get(host.arch, host.arch)
    numbers = {3: "i386", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64"}  # e_machine, elf(5)
    for path in ("/bin/sh", "/sbin/auditctl", "/usr/sbin/auditctl", "/lib/systemd/systemd"):
        try:
            data = host.read(path)
        except Exception:  # noqa: B902 a tree need not be complete
            continue
        if data and data[:4] == b"\x7fELF" and len(data) > 20:
            number = int.from_bytes(data[18:20], "little" if data[5] == 1 else "big")
            if number == 21 and data[5] == 1:
                return "ppc64le"
            return numbers.get(number)
    return None


def uid_min(host):
    """UID_MIN of the host's login.defs, 1000 where it does not say."""
    found = re.findall(r"^\s*UID_MIN\s+(\d+)", host.text(LOGIN_DEFS) or "", re.M)
    return int(found[-1]) if found else UID_MIN


def text_for(host, text):
    """A rule text with the host's own numbers in it."""
    return text.replace(UID_MIN_WORD, str(uid_min(host))) if UID_MIN_WORD in text else text


def missing_path(host, rule):
    """Why the kernel would refuse the rule for a path that is not there, None where it would not.

    A watched file itself may be missing, its directory may not; a dir= and an exe= have to be there (kernel/audit_watch.c, audit_tree.c,
    audit_fsnotify.c).
    """
    for number, _operator, value in rule.fields:
        if number == tables.DIR and host.stat(value) is None:
            return "there is no directory %s" % value
        if number == tables.PATH and host.stat(value) is None and host.stat(os.path.dirname(value) or "/") is None:
            return "there is no directory %s for %s to be in" % (os.path.dirname(value), value)
        if number == tables.EXE and host.stat(value) is None and host.stat(os.path.dirname(value) or "/") is None:
            return "there is no program %s" % value
    return None


def privileged_commands(host, seconds=WALK_SECONDS):
    """(sorted paths, complete) of the setuid, setgid and file-capability programs on local filesystems, found in one walk.

    Mounts that are nosuid or noexec, kernel and remote filesystems and the stores of containers are left out. ``complete`` is False
    where ``seconds`` were not enough; the usual directories of programs come first.
    """
    deadline = time.monotonic() + seconds
    skipped = _skipped_mounts(host) | set(CONTAINER_STORES)
    found = set()
    todo = ["/"] + _usual_directories(host, skipped)
    seen = set()
    while todo:
        if time.monotonic() > deadline:
            return sorted(found), False
        directory = todo.pop()
        if directory not in seen:
            seen.add(directory)
            todo.extend(path for path in _look_into(host, directory, found) if path not in skipped)
    return sorted(found), True


def privileged_beside(host, texts):
    """Sorted paths of the privileged programs in the usual directories, and in those where rules ``texts`` name a program by path=.

    Some twenty directories, not the whole tree: a check can afford it each time. It finds what a package brings and what lies beside
    anything that privileged_commands() found before; a first one in a directory of its own waits for that.
    """
    skipped = _skipped_mounts(host) | set(CONTAINER_STORES)
    found = set()
    directories = set(_usual_directories(host, skipped))
    for text in texts:
        for path in STATED_PATH.findall(text or ""):
            directory = os.path.dirname(re.sub(r"\\(.)", r"\1", path)) or "/"
            if _is_walked(host, directory, skipped):
                directories.add(directory)
    for directory in directories:
        _look_into(host, directory, found)
    return sorted(found)


def _usual_directories(host, skipped):
    return [path for path in PROGRAM_DIRECTORIES if _is_walked(host, path, skipped)]


def _is_walked(host, directory, skipped):
    """Whether a walk from the root comes through here: no symbolic link on the way, nothing that is left out."""
    parts = [part for part in directory.split("/") if part]
    parents = ["/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return not skipped.intersection(parents) and os.path.realpath(host.path(directory)) == os.path.join(
        os.path.realpath(host.path("/")), *parts)


def _look_into(host, directory, found):
    """Add the privileged programs of a directory to ``found``; its directories."""
    below = []
    try:
        entries = list(os.scandir(host.path(directory)))
    except OSError:
        return below
    for entry in entries:
        path = directory.rstrip("/") + "/" + entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif entry.is_file(follow_symlinks=False) and _is_privileged(entry):
                found.add(path)
        except OSError:
            continue
    return below


def _is_privileged(entry):
    mode = entry.stat(follow_symlinks=False).st_mode
    if not mode & 0o111:
        return False
    if mode & (stat.S_ISUID | stat.S_ISGID):
        return True
    try:
        return bool(os.getxattr(entry.path, CAPABILITIES, follow_symlinks=False))
    except OSError:
        return False


def _skipped_mounts(host):
    if not host.is_live:
        return {"/proc", "/sys", "/dev"}
    skipped = set()
    for line in (host.text("/proc/self/mountinfo") or "").splitlines():
        before, _dash, after = line.partition(" - ")
        fields, kind = before.split(), after.split(" ")[0]
        words = fields[5].split(",")
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), fields[4])
        if kind in KERNEL_FILESYSTEMS or kind in REMOTE_FILESYSTEMS or "nosuid" in words or "noexec" in words:
            skipped.add(point)
    return skipped - {"/"}


def _is_directory(host, path):
    found = host.stat(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _names(host, path):
    """{name: number} of an offline tree's passwd or group."""
    table = {}
    for line in (host.text(path) or "").splitlines():
        parts = line.split(":")
        if len(parts) > 2 and parts[2].isdigit():
            table.setdefault(parts[0], int(parts[2]))
    table.setdefault("root", 0)
    return table
