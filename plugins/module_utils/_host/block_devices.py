# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block devices of the machine that reads, and which of them lie on the disk of an offline tree.

Instances made of one image share UUIDs, labels and names of volume groups, so a name says nothing about whose filesystem it is: what counts
is the disk, by its parents in sysfs.
"""

import os
import re
import stat

from .._errors import NotAvailable

SYSFS = "/sys"
SECTOR = 512  # sysfs counts in these, whatever the disk's own (Documentation/ABI/stable/sysfs-block)
KERNEL_NAME = re.compile(r"/dev/(sd[a-z]+|vd[a-z]+|xvd[a-z]+|hd[a-z]+|nvme\d+n\d+|mmcblk\d+)p?(\d+)$")
TAGS = {"UUID": "UUID", "LABEL": "LABEL", "PARTUUID": "PART_ENTRY_UUID", "PARTLABEL": "PART_ENTRY_NAME"}
BY_TAG = re.compile(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.*)$")
RENAMES = {
    "btrfs": "btrfstune -u %s",
    "ext4": "tune2fs -U random %s",
    "ext3": "tune2fs -U random %s",
    "xfs": "xfs_admin -U generate %s",
}


class Machine(object):
    """``run(argv)`` gives (rc, stdout, stderr); ``sysfs`` is where it is mounted."""

    def __init__(self, run, sysfs: str = SYSFS):
        self.run, self.sysfs = run, sysfs

    def names(self) -> "list[str]":
        """The kernel names of all block devices."""
        return sorted(os.listdir(self.sysfs + "/class/block"))

    def disks(self, name: str) -> "set[str]":
        """The whole disks below a device: of a partition its disk, of a mapped device the disks of all it is mapped to."""
        disk = self.disk(name)
        if disk is not None:
            return self.disks(disk)
        slaves = "%s/class/block/%s/slaves" % (self.sysfs, name)
        below = os.listdir(slaves) if os.path.isdir(slaves) else []
        return {disk for slave in below for disk in self.disks(slave)} if below else {name}

    def disk(self, name: str) -> "str | None":
        """The disk of a partition, None for what is none."""
        place = os.path.realpath("%s/class/block/%s" % (self.sysfs, name))
        return os.path.basename(os.path.dirname(place)) if os.path.exists(place + "/partition") else None

    def mapped_name(self, name: str) -> "str | None":
        """The name of a device of the device mapper, VG-LV for LVM."""
        return self.fact(name, "dm/name")

    def partition(self, name: str) -> "str | None":
        """The number of a partition."""
        return self.fact(name, "partition")

    def size(self, name: str) -> int:
        """Bytes. NotAvailable where the kernel does not list the device."""
        sectors = self.fact(name, "size")
        if sectors is None:
            raise NotAvailable("%s/class/block/%s/size cannot be read" % (self.sysfs, name))
        return int(sectors) * SECTOR

    def tags(self, name: str) -> "dict[str, str]":
        """What is on a device, as blkid(8) probes it: UUID, LABEL, TYPE, PART_ENTRY_UUID, ..."""
        _code, out, _error = self.run(["blkid", "-p", "-o", "export", "/dev/" + name])
        return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)

    def fact(self, name: str, attribute: str) -> "str | None":
        """An attribute that sysfs has of a device, None where it has none."""
        try:
            with open("%s/class/block/%s/%s" % (self.sysfs, name, attribute)) as stream:
                return stream.read().strip()
        except OSError:
            return None

    def named(self, number: int) -> "str | None":
        """The kernel name of the device with this number, as C(st_rdev) gives it."""
        return self.numbered("%d:%d" % (os.major(number), os.minor(number)))

    def numbered(self, number: str) -> "str | None":
        """The kernel name of the device with this number, as mountinfo and sysfs spell it (C(253:0))."""
        place = "%s/dev/block/%s" % (self.sysfs, number)
        return os.path.basename(os.path.realpath(place)) if os.path.exists(place) else None


def device_of(machine: Machine, source: str) -> str:
    """The kernel name of a mounted source (/dev/xvdf1). NotAvailable where it is no block device."""
    try:
        found = os.stat(source)
    except OSError:
        found = None
    name = machine.named(found.st_rdev) if found is not None and stat.S_ISBLK(found.st_mode) else None
    if name is None:
        raise NotAvailable("%s carries the tree and is no block device here: which disk is the tree's cannot be seen" % (source or "what"))
    return name


def find(machine: Machine, wanted: str, root_source: str, root_device: str) -> str:
    """The kernel name of what the tree's fstab calls ``wanted``, on the disk of ``root_device`` (a kernel name) alone.

    ``root_source``: what that fstab calls the root. NotAvailable, with what to do, where it is not there, or where the name leads to more
    than one device.
    """
    disks = machine.disks(root_device)
    own = [name for name in machine.names() if machine.disks(name) <= disks]
    found = [name for name in own if _is_called(machine, name, wanted, root_source)]
    others = [name for name in machine.names() if name not in own and _is_called(machine, name, wanted, root_source)]
    where = ", ".join("/dev/" + disk for disk in sorted(disks))
    if not found:
        twin = "; /dev/%s has that name and is on another disk, so it is not the tree's: %s" % (
            others[0], rename(machine, others[0], wanted)) if others else ""
        raise NotAvailable("%s is not on the disk that carries the tree (%s): attach its volume and mount it by hand%s" % (
            wanted, where, twin))
    if len(found) > 1:
        raise NotAvailable("%s is the name of %s on one disk: rename one of them, %s" % (
            wanted, " and ".join("/dev/" + name for name in found), rename(machine, found[1], wanted)))
    kind = machine.tags(found[0]).get("TYPE", "")
    if others and (kind == "btrfs" or machine.mapped_name(found[0])):
        raise NotAvailable("%s is also the name of /dev/%s, which is on another disk, and %s cannot tell them apart: first %s" % (
            wanted, others[0], kind or "LVM", rename(machine, found[0], wanted)))
    if kind == "crypto_LUKS":
        raise NotAvailable("/dev/%s is encrypted: open it by cryptsetup and mount it by hand" % found[0])
    return found[0]


def rename(machine: Machine, name: str, wanted: str) -> str:
    """The command that gives a device another identity."""
    mapped = machine.mapped_name(name)
    if mapped:
        group = mapped.replace("--", "\0").partition("-")[0].replace("\0", "-")
        return "vgrename (by the UUID that vgs -o vg_name,vg_uuid shows) %s, or vgimportclone on its disk" % group
    kind = machine.tags(name).get("TYPE", "")
    return RENAMES.get(kind, "give %s another UUID") % ("/dev/" + name)


def _is_called(machine, name, wanted, root_source):
    tag, equals, value = wanted.partition("=")
    by = BY_TAG.match(wanted)
    if by:
        tag, equals, value = by.group(1).upper(), "=", by.group(2)
    if equals and tag in TAGS:
        return machine.tags(name).get(TAGS[tag], "").lower() == value.strip('"').lower()
    kernel, root = KERNEL_NAME.match(wanted), KERNEL_NAME.match(root_source)
    if kernel:  # a disk has another letter on another machine; its partitions keep their numbers
        return root is not None and root.group(1) == kernel.group(1) and machine.partition(name) == kernel.group(2)
    mapped = machine.mapped_name(name)
    return mapped is not None and mapped in (wanted.replace("/dev/mapper/", ""), _mapped(wanted))


def _mapped(path):
    """/dev/VG/LV as the device mapper names it."""
    parts = path.split("/")
    return "-".join(part.replace("-", "--") for part in parts[2:]) if len(parts) == 4 else None
