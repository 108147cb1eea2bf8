# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a host that run with more rights than their caller: set-uid, set-gid, file capabilities."""

import os
import re
import stat
import time
from collections import namedtuple

from .._host import mounts
from .._rules import tables

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
MOST_OF_ANYBODY = 100
ODD_NAME = "a privileged program has a name that no rule can hold: %s"
TOO_MANY = "%d privileged programs of users lie where those users can make more: only the first %d have a rule"
CUT_OFF = "the search for privileged programs was cut off after %d seconds: there may be more"

Found = namedtuple("Found", "paths complete notes")  # sorted paths; False where time was up; sentences for a reader


def discover(host, seconds: float = WALK_SECONDS) -> Found:
    """The Found of all local filesystems, in one walk.

    Mounts that are nosuid or noexec, kernel and remote filesystems and the stores of containers are left out. ``complete`` is False
    where ``seconds`` were not enough; the usual directories of programs come first. Of programs that any user can make at will, set-uid to
    himself, at most 100 are taken: rules cost time to load, and nobody shall choose how many.
    """
    deadline = time.monotonic() + seconds
    skipped = _skipped_mounts(host) | set(CONTAINER_STORES)
    found: "dict[str, bool]" = {}
    todo = ["/"] + _usual_directories(host, skipped)
    seen = set()
    complete = True
    while todo and complete:
        directory = todo.pop()
        complete = time.monotonic() <= deadline
        if complete and directory not in seen:
            seen.add(directory)
            todo.extend(path for path in _look_into(host, directory, found) if path not in skipped)
    notes = [] if complete else [CUT_OFF % seconds]
    paths = sorted(path for path, roots in found.items() if roots)
    others = sorted(path for path, roots in found.items() if not roots)
    if others[MOST_OF_ANYBODY:]:
        notes.append(TOO_MANY % (len(others), MOST_OF_ANYBODY))
    return _found(paths + others[:MOST_OF_ANYBODY], complete, notes)


def beside(host, texts) -> Found:
    """The Found of the usual directories, and of those where rules ``texts`` name a program by path=.

    Some twenty directories, not the whole tree: a check can afford it each time. It finds what a package brings and what lies beside
    anything that discover() found before; a first one in a directory of its own waits for that, and so does one that any user can make.
    """
    skipped = _skipped_mounts(host) | set(CONTAINER_STORES)
    found: "dict[str, bool]" = {}
    stated = {re.sub(r"\\(.)", r"\1", path) for text in texts for path in STATED_PATH.findall(text or "")}
    directories = {os.path.dirname(path) or "/" for path in stated}
    for directory in set(_usual_directories(host, skipped)).union(path for path in directories if _is_walked(host, path, skipped)):
        _look_into(host, directory, found)
    return _found([path for path, roots in found.items() if roots or path in stated], True, [])


def _found(paths, complete, notes):
    odd = [path for path in paths if not _fits_a_rule(path)]
    notes = notes + [ODD_NAME % ascii(path) for path in sorted(odd)[:MOST_OF_ANYBODY]]
    return Found(sorted(set(paths).difference(odd)), complete, notes)


def _fits_a_rule(path):
    """Whether a line can carry the path: a newline in a name, which any user can make, would be a line of its own in our file."""
    return path.isprintable() and len(path.encode("utf-8", "surrogateescape")) < tables.MAX_PATH


def _usual_directories(host, skipped):
    return [path for path in PROGRAM_DIRECTORIES if _is_walked(host, path, skipped)]


def _is_walked(host, directory, skipped):
    """Whether a walk from the root comes through here: no symbolic link on the way, nothing that is left out."""
    parts = [part for part in directory.split("/") if part]
    parents = ["/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return not skipped.intersection(parents) and os.path.realpath(host.path(directory)) == os.path.join(
        os.path.realpath(host.path("/")), *parts)


def _look_into(host, directory, found):
    """Add the privileged programs of a directory to ``found`` {path: whether only root can have made it so}; its directories."""
    below: "list[str]" = []
    real = host.path(directory)
    try:
        entries = list(os.scandir(real))
        own = os.stat(real)
    except OSError:
        return below
    roots = (0, os.stat(host.path("/")).st_uid)  # a tree may belong to whoever builds it
    of_root = own.st_uid in roots and not own.st_mode & stat.S_IWOTH
    for entry in entries:
        path = directory.rstrip("/") + "/" + entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif entry.is_file(follow_symlinks=False) and _is_privileged(entry):
                found[path] = of_root or entry.stat(follow_symlinks=False).st_uid in roots
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
    for mount in mounts.parse(host.text(mounts.MOUNTINFO) or ""):
        if mount.kind in KERNEL_FILESYSTEMS | REMOTE_FILESYSTEMS or "nosuid" in mount.options or "noexec" in mount.options:
            skipped.add(mount.point)
    return skipped - {"/"}
