# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filesystems that can be made larger while they are mounted: a row of TYPES each, with who knows the size and who changes it."""

import os
import re

from .._errors import AuditError, NotAvailable
from .._host import mounts

CAP_SYS_RESOURCE = 24  # include/uapi/linux/capability.h; ext4 asks for it (fs/ext4/ioctl.c, EXT4_IOC_RESIZE_FS), xfs and btrfs do not
STATUS, UID_MAP = "/proc/self/status", "/proc/self/uid_map"
ALL_USERS = ["0", "0", "4294967295"]  # uid_map of the first user namespace, user_namespaces(7): the capabilities of another do not count


def _ext(host, mount, device):
    text = _output(host, ["dumpe2fs", "-h", device], "e2fsprogs")
    return _product(text, r"^Block count:\s+(\d+)", r"^Block size:\s+(\d+)", device)


def _xfs(host, mount, device):
    return _product(_output(host, ["xfs_info", mount], "xfsprogs"), r"^data\s.*?blocks=(\d+)", r"^data\s.*?bsize=(\d+)", device)


def _btrfs(host, mount, device):
    text = _output(host, ["btrfs", "filesystem", "show", "--raw", mount], "btrfs-progs")
    sizes = re.findall(r"devid\s+\d+ size (\d+)", text)
    if len(sizes) != 1:
        raise NotAvailable("the btrfs at %s lies on %d devices, which is not changed here; use btrfs filesystem resize by hand" % (
            mount, len(sizes)))
    return int(sizes[0])


# type: (who reads its size, the command that lets it fill its device)
TYPES = {
    "ext2": (_ext, lambda mount, device: ["resize2fs", device]),
    "ext3": (_ext, lambda mount, device: ["resize2fs", device]),
    "ext4": (_ext, lambda mount, device: ["resize2fs", device]),
    "xfs": (_xfs, lambda mount, device: ["xfs_growfs", "-d", mount]),
    "btrfs": (_btrfs, lambda mount, device: ["btrfs", "filesystem", "resize", "max", mount]),
}
PACKAGES = {"resize2fs": "e2fsprogs", "xfs_growfs": "xfsprogs", "btrfs": "btrfs-progs"}


def find(host, path: str) -> dict:
    """The filesystem that holds ``path``: {type, mount, device, number, read_only, free}. The last mounted of two wins, proc(5)."""
    here = path
    while host.stat(here) is None and here != "/":
        here = os.path.dirname(here)
    here = os.path.realpath(here) if host.is_live else here
    found = mounts.holding(mounts.parse(host.text(mounts.MOUNTINFO) or ""), here)
    if found is None:
        raise NotAvailable("%s names no filesystem for %s" % (mounts.MOUNTINFO, path))
    best = {"type": found.kind, "mount": found.point, "device": found.source, "number": found.number, "read_only": "ro" in found.options}
    room = host.statvfs(best["mount"])
    best["free"] = room.f_bavail * room.f_frsize
    return best


def size(host, found: dict, device: str) -> int:
    """Bytes of its device that a filesystem uses, from its own tool."""
    return TYPES[found["type"]][0](host, found["mount"], device)


def refuse(host, found: dict) -> None:
    """AuditError where this filesystem cannot be made larger, with the reason."""
    if found["type"] not in TYPES:
        raise AuditError("%s is %s, which is not made larger here; %s are" % (found["mount"], found["type"], ", ".join(sorted(TYPES))))
    if found["read_only"]:
        raise AuditError("%s is mounted read-only; find out why (dmesg) and mount it writable first" % found["mount"])
    grower = growing(found, "")[0]
    if host.which(grower) is None:
        raise AuditError("%s is not installed, and only it makes %s larger; install the package %s" % (
            grower, found["type"], PACKAGES[grower]))
    if grower == "resize2fs" and not _may(host, CAP_SYS_RESOURCE):
        raise AuditError("root has no CAP_SYS_RESOURCE here, without which no %s can grow; run on the host, not in a container" % (
            found["type"]))
    if found["type"] == "xfs" and not found["free"]:
        raise AuditError("the xfs at %s has no free block, and needs some to grow; free a few megabytes first" % found["mount"])


def growing(found: dict, device: str) -> list:
    """The command that lets a filesystem fill its device."""
    return TYPES[found["type"]][1](found["mount"], device)


def _may(host, capability):
    if (host.text(UID_MAP) or " ".join(ALL_USERS)).split() != ALL_USERS:
        return False
    for line in (host.text(STATUS) or "").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> capability & 1)
    return True


def _output(host, argv, package):
    program = host.which(argv[0])
    if program is None:
        raise AuditError("%s is not installed, and nothing else tells the size of this filesystem; install the package %s" % (
            argv[0], package))
    rc, out, err = host.run([program] + argv[1:])
    if rc:
        raise AuditError("%s failed: %s" % (" ".join(argv), (err or out).strip()))
    return out


def _product(text, count, unit, device):
    numbers = [re.search(pattern, text, re.M | re.S) for pattern in (count, unit)]
    found = [int(number.group(1)) for number in numbers if number]
    if len(found) < len(numbers):
        raise NotAvailable("the tool of the filesystem on %s does not report its size in words that are known" % device)
    return found[0] * found[1]
