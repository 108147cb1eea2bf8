# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies under a directory: filesystem, logical volume and its group, partition, disk, each with its size and what is unused."""

import os

from .._errors import AuditError
from .._host.block_devices import SECTOR, SYSFS, Machine
from . import filesystem, lvm, partition

# dm/uuid starts with the one who made the device (Documentation/ABI/testing/sysfs-block-dm); only LVM's are changed here
MAPPED = {
    "CRYPT-": "is encrypted (LUKS): grow what is below and then use cryptsetup resize by hand",
    "mpath-": "is a multipath device: use multipathd resize by hand",
}


def read(host, path: str) -> dict:
    """{filesystem, device, volume, group, bases} of what holds ``path``. AuditError, with the reason, for what is not made larger here.

    ``filesystem`` {type, mount, size, free}; ``device`` {name, size} carries it; ``volume`` {path, name, group, size} and ``group`` {name,
    size, free, extent} where that is LVM's; ``bases`` [{device, size, pv, partition}] of what lies below, ``pv`` the bytes LVM uses of it,
    ``partition`` {disk, disk_size, number, table, limit} where it is one.
    """
    found = filesystem.find(host, path)
    filesystem.refuse(host, found)
    machine = machine_of(host)
    name = _name(host, machine, found)
    top = {"name": "/dev/" + name, "size": machine.size(name)}
    stack: dict = {"filesystem": found, "device": top, "volume": None, "group": None}
    for array in (name, machine.disk(name)):
        level = machine.fact(array, "md/level") if array else None  # Documentation/admin-guide/md.rst
        if level is not None:
            raise AuditError("/dev/%s under %s is a RAID (%s): use mdadm --grow and the filesystem's own tool by hand" % (
                array, found["mount"], level))
    if name.startswith("dm-"):
        _of_lvm(host, machine, stack, name)
    else:
        stack["bases"] = [_base(host, machine, name, None)]
    found["size"] = filesystem.size(host, found, stack["device"]["name"])
    return stack


def machine_of(host) -> Machine:
    """The block devices of a host."""
    return Machine(host.run, host.path(SYSFS))


def _name(host, machine, found):
    """The kernel's name of the device of a filesystem. btrfs shows a number of its own: there its device's counts."""
    number = found["number"]
    if number.startswith("0:"):
        number = found["number"] = _number(host, found["device"])
        if number is None:
            raise AuditError("%s is on %s, which is no block device here" % (found["mount"], found["device"]))
    name = machine.numbered(number)
    if name is None:
        raise AuditError("the kernel does not list the device %s of %s below /sys/dev/block" % (number, found["mount"]))
    return name


def _number(host, path):
    """C(major:minor) of a device node, None for anything else."""
    node = host.stat(path)
    return "%d:%d" % (os.major(node.st_rdev), os.minor(node.st_rdev)) if node is not None and node.st_rdev else None


def _of_lvm(host, machine, stack, name):
    uuid = machine.fact(name, "dm/uuid") or ""
    for start, reason in MAPPED.items():
        if uuid.startswith(start):
            raise AuditError("/dev/%s under %s %s" % (name, stack["filesystem"]["mount"], reason))
    if not uuid.startswith("LVM-"):
        raise AuditError("/dev/%s under %s is a mapped device that LVM did not make; it is not changed here" % (
            name, stack["filesystem"]["mount"]))
    volume = lvm.volume(host, stack["filesystem"]["number"])
    group = [row for row in lvm.report(host, "vg") if row["vg_name"] == volume["vg_name"]][0]
    stack["device"] = {"name": volume["lv_path"], "size": volume["lv_size"]}
    stack["volume"] = {"path": volume["lv_path"], "name": volume["lv_name"], "group": group["vg_name"], "size": volume["lv_size"]}
    stack["group"] = {"name": group["vg_name"], "size": group["vg_size"], "free": group["vg_free"], "extent": group["vg_extent_size"]}
    if "x" in group["vg_attr"][2:3]:
        raise AuditError("the volume group %s is exported; vgimport it first" % group["vg_name"])
    rows = [row for row in lvm.report(host, "pv") if row["vg_name"] == group["vg_name"]]
    stack["bases"] = [
        _base(host, machine, _kernel_name(host, machine, row["pv_name"]), row["pv_size"], extent=group["vg_extent_size"]) for row in rows]


def _kernel_name(host, machine, device):
    number = _number(host, device)
    name = machine.numbered(number) if number else None
    if name is None:
        raise AuditError("%s is a physical volume of the group, and there is no such device here" % device)
    return name


def _base(host, machine, name, pv, *, extent=0):
    """One device below, and the partition it may be. What is neither partition nor disk (RAID, LUKS, multipath) is left as it is."""
    base = {"device": "/dev/" + name, "size": machine.size(name), "pv": pv, "partition": None, "extent": extent}
    number, disk = machine.partition(name), machine.disk(name)
    if number is None or disk is None:
        return base
    table = partition.read(host, "/dev/" + disk, int(machine.fact(disk, "queue/logical_block_size") or SECTOR))
    partition.refuse(table, base["device"])
    size = machine.size(disk)
    base["partition"] = {
        "disk": "/dev/" + disk, "disk_size": size, "number": int(number), "label": table.label,
        "table": table.row(base["device"])["size"] * table.sector, "limit": table.limit(base["device"], size)}
    return base


def disks(host, stack: dict) -> "list[dict]":
    """[{disk, size, serial}] of the disks below; ``serial`` as NVMe gives it (of an EBS volume its id without the dash), None where there
    is none.
    """
    machine, found = machine_of(host), {}
    for base in stack["bases"]:
        for name in sorted(machine.disks(os.path.basename(base["device"]))):
            found[name] = {"disk": "/dev/" + name, "size": machine.size(name), "serial": machine.fact(name, "device/serial")}
    return [found[name] for name in sorted(found)]
