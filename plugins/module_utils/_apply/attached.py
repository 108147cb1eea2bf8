# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of a system whose disk is attached to this machine: found among its partitions, mounted, and unmounted again."""

import os

from .._errors import AuditError
from .._host import files as _io
from .._host.block_devices import SYSFS, Machine
from .commands import checked

FILESYSTEMS = {"xfs": "nouuid", "ext4": None, "ext3": None, "btrfs": None}  # what has to be said so that a twin's UUID does not matter
SAFE = "nosuid,nodev,noexec"
ROOT_HAS = ("etc/os-release", "etc/fstab")


def device_of(volume: str, asked: str, sysfs: str = SYSFS) -> str:
    """The device that an EBS volume (vol-0abc) is here: NVMe disks have it as their serial number, Xen disks the name that was asked for.
    AuditError where it is not there."""
    controllers = sysfs + "/class/nvme"
    for name in sorted(os.listdir(controllers)) if os.path.isdir(controllers) else []:
        try:
            with open("%s/%s/serial" % (controllers, name)) as stream:
                serial = stream.read().strip()
        except OSError:
            continue
        if serial == volume.replace("-", ""):
            return "/dev/%sn1" % name
    for path in (asked, asked.replace("/dev/sd", "/dev/xvd")):
        if os.path.exists(path):
            return path
    raise AuditError("the volume %s is attached, and this machine has neither an NVMe disk with that serial number nor %s; wait and run "
                     "again, or name it by audit_ec2_helper_device" % (volume, asked))


def mount(run, device: str, point: str, *, check_mode: bool = False, sysfs: str = SYSFS) -> "dict":
    """{changed, device}: the root filesystem of a disk mounted read-write at ``point``; nothing is done where one is mounted there.
    AuditError where no partition of it holds a system."""
    if os.path.ismount(point):
        if _is_root(point):
            return {"changed": False, "device": None}
        raise AuditError("%s is a mount point already, of something that is no system; unmount it, or name another one" % point)
    machine = Machine(run, sysfs)
    disk = os.path.basename(os.path.realpath(device))
    names = [name for name in machine.names() if name == disk or machine.partition(name) and machine.disks(name) == {disk}]
    kinds = {name: machine.tags(name).get("TYPE", "") for name in names}
    if check_mode:
        return {"changed": True, "device": None}
    _io.make_directory(point, 0o700)
    for name in names:
        if kinds[name] in FILESYSTEMS and _mounted(run, "/dev/" + name, kinds[name], point):
            return {"changed": True, "device": "/dev/" + name}
    raise AuditError("no partition of %s holds a system that can be mounted here (%s): mount LVM and encrypted roots by hand" % (
        device, ", ".join("%s %s" % (name, kinds[name] or "unknown") for name in names) or "it has none"))


def unmount(run, point: str, *, check_mode: bool = False) -> bool:
    """Whether something was mounted there and is not any more."""
    if not os.path.ismount(point):
        return False
    if not check_mode:
        checked(run, ["umount", point])
    return True


def _mounted(run, device, kind, point):
    """Read-only first: what turns out to be no root is left as it is."""
    options = ",".join(word for word in ("ro", SAFE, FILESYSTEMS[kind]) if word)
    checked(run, ["mount", "-o", options, device, point])
    if not _is_root(point):
        checked(run, ["umount", point])
        return False
    checked(run, ["mount", "-o", "remount,rw," + SAFE, point])
    return True


def _is_root(point):
    return any(os.path.lexists(os.path.join(point, path)) for path in ROOT_HAS)
