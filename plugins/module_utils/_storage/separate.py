# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume of its own for the log, from the free space of the volume group that the log lies on: what there is, and what is left to do.

The order, and why nothing is lost in it: the volume is mounted over the directory while auditd writes on to the file below, then auditd
rotates, which closes that file and opens one on the volume, then what lies below is moved. Each step leaves a whole system behind. How far
a run came is kept in C(PROGRESS), and whose the logical volume is, in its tag.
"""

import json
import os
import re
import stat

from .._errors import AuditError
from .._host import mounts
from . import filesystem, lvm, stack
from .size import words

NAME = "audit_log"  # of the logical volume, and the label of its filesystem
TAG = "auditops"  # lvcreate sets it in the same step in which it makes the volume
STATE = "/var/lib/auditops/storage"
PROGRESS = STATE + "/separate.json"
STAGES = ("made", "blank", "formatted", "mounted")  # lvcreate ended; wipefs found nothing; mkfs ended; the log lies there
KINDS = ("ext4", "xfs")
OPTIONS = "nodev,nosuid,noexec"
# Without the volume the host boots all the same and auditd writes to the directory below; x-systemd.before (233), because local-fs.target
# does not wait for a mount with nofail, systemd.mount(5). An older systemd would start auditd first: there the volume has to be mounted.
MAY_FAIL = ",nofail,x-systemd.before=auditd.service"
MAY_FAIL_SINCE = 233
SMALLEST = 64 << 20  # bytes; less has no room for two logs of max_log_file = 8
MARGIN = 1.1  # what a filesystem needs for itself


class Picture(object):
    """``log_file``, its ``directory``, what is mounted there (``found``, as C(filesystem.find)); ``device`` of the volume (empty: there is
    none yet), whether this very run made it (``made_now``), ``progress`` (a stage, or empty), ``group`` of LVM, ``kind`` of the filesystem
    to be made, ``used`` bytes of the log and the bytes that auditd is to leave ``free``.
    """

    def __init__(self, log_file, found):
        self.log_file, self.directory, self.found = log_file, os.path.dirname(log_file), found
        self.device = self.progress = self.kind = ""
        self.made_now = False
        self.group: dict = {}
        self.used = self.free = 0

    @property
    def is_mounted(self):
        """Whether something is mounted in the log's own directory."""
        return self.found["mount"] == self.directory

    @property
    def is_done(self):
        """It has a volume of its own, and no run of ours was cut off."""
        return self.is_mounted and not self.progress


def read(host, log_file: str, space_left_mb: int = 0) -> Picture:
    """What there is. ``space_left_mb`` of auditd.conf. AuditError, with the reason, where no volume can be had."""
    picture = Picture(log_file, filesystem.find(host, os.path.dirname(log_file)))
    picture.free = space_left_mb << 20
    kept = _progress(host)
    if kept and host.stat(kept["device"]) is not None:
        picture.progress, picture.device = kept["stage"], kept["device"]
    if picture.is_done:
        return picture
    if picture.is_mounted and host.stat(picture.device).st_rdev != host.stat(picture.directory).st_dev:
        raise AuditError("%s is mounted on %s, and %s says that an earlier run was to put %s there; remove that file if that is over" % (
            picture.found["device"], picture.directory, PROGRESS, picture.device))
    if host.lstat(picture.directory) is None or os.path.realpath(picture.directory) != picture.directory:
        raise AuditError("%s is no directory, or a link leads there: nothing is mounted over it" % picture.directory)
    _refuse_hidden(host, picture)
    if not picture.device:
        if has_line(host, picture):
            raise AuditError("%s has a line for %s already, and nothing is mounted there: mount it, or remove the line" % (
                mounts.FSTAB, picture.directory))
        _of_group(host, picture)
    picture.kind = _kind(host, picture)
    return picture


def _refuse_hidden(host, picture):
    """AuditError where something lies in the directory that is not moved: it would vanish below the mount."""
    if picture.is_mounted:
        return  # by a run that was cut off; what lies below is seen when it is moved
    found = [(name, host.lstat(picture.directory + "/" + name)) for name in host.listdir(picture.directory)]
    names = [name for name, status in found if status and not stat.S_ISREG(status.st_mode) and name != mounts.LOST_AND_FOUND]
    if names:
        raise AuditError("%s has more than plain files, and a volume mounted there would hide it: move %s to another directory, then run "
                         "again; nothing was changed" % (picture.directory, ", ".join(names)))


def _progress(host):
    try:
        found = json.loads(host.text(PROGRESS) or "{}")
        return found if found.get("stage") in STAGES and found.get("device") else {}
    except (ValueError, AttributeError):
        return {}


def _of_group(host, picture):
    """The volume group that carries the log, and the volume that an earlier run made there and did not come to note."""
    name = stack.machine_of(host).numbered(picture.found["number"]) or ""
    rows = [row for row in lvm.report(host, "lv") if "%s:%s" % (row["lv_kernel_major"], row["lv_kernel_minor"]) == picture.found["number"]
            ] if name.startswith("dm-") else []
    if not rows:
        raise AuditError("%s lies on %s, which is no logical volume: there is no volume group whose free space could be taken" % (
            picture.directory, picture.found["device"]))
    group = [row for row in lvm.report(host, "vg") if row["vg_name"] == rows[0]["vg_name"]][0]
    picture.group = {"name": group["vg_name"], "size": group["vg_size"], "free": group["vg_free"], "extent": group["vg_extent_size"]}
    for row in lvm.report(host, "lv"):
        if row["vg_name"] == group["vg_name"] and row["lv_name"] == NAME:
            if TAG not in row["lv_tags"].split(","):
                raise AuditError("the volume group %s has a volume %s already, which was not made here; rename it (lvrename)" % (
                    group["vg_name"], NAME))
            picture.device = row["lv_path"]
    picture.used = sum(_size(host, picture.directory + "/" + name) for name in host.listdir(picture.directory))


def _size(host, path):
    found = host.lstat(path)
    return found.st_size if found is not None else 0


def _kind(host, picture):
    """The type of the filesystem that the log is on, where it can be made here, else the first one that can."""
    for kind in (picture.found["type"],) + KINDS:
        if kind in KINDS and host.which("mkfs." + kind):
            return kind
    raise AuditError("neither mkfs.ext4 nor mkfs.xfs is installed; install the package e2fsprogs or xfsprogs")


def has_line(host, picture: Picture) -> bool:
    """Whether fstab mounts something in the log's directory at boot."""
    return any(entry.point == picture.directory for entry in mounts.wanted(host))


def fstab_options(host) -> str:
    """For the line in fstab. Whoever has no systemd ignores C(x-systemd), and mounts in the order of the lines."""
    if host.has_systemd:
        program = host.which("systemctl")
        found = re.match(r"systemd (\d+)", host.run([program, "--version"])[1]) if program else None
        if found is None or int(found.group(1)) < MAY_FAIL_SINCE:
            return OPTIONS
    return OPTIONS + MAY_FAIL


def wanted_bytes(picture: Picture, size) -> int:
    """How large the volume is to be, in whole extents. AuditError where the group has not so much, or that is too little for the log."""
    group = picture.group
    free = group["free"] // group["extent"] * group["extent"]
    wanted = {"max": free, "bytes": size.value, "more": size.value, "percent": int(group["size"] * size.value / 100)}[size.kind]
    wanted = -(-wanted // group["extent"]) * group["extent"]
    if wanted > free:
        raise AuditError("size = %s: the volume group %s has %s free" % (size.text, group["name"], words(free)))
    least = int(picture.used * MARGIN) + max(SMALLEST, 2 * picture.free)
    if wanted < least:
        raise AuditError("size = %s: a volume of its own needs %s or more: the log has %s already, and space_left is %s" % (
            size.text, words(least), words(picture.used), words(picture.free)))
    return wanted


def steps(host, picture: Picture, size) -> "list[tuple[str, str]]":
    """[(what is left, its sentence)] in order; none where the log has a volume of its own."""
    if picture.is_done:
        return []
    left = []
    if not picture.device:
        left.append(("volume", "logical volume %s of %s from the free space of %s" % (
            NAME, words(wanted_bytes(picture, size)), picture.group["name"])))
    if picture.progress in ("", "made", "blank"):
        left.append(("format", "filesystem %s on it" % picture.kind))
    if not picture.is_mounted:
        left.append(("mount", "mounted on %s with %s" % (picture.directory, OPTIONS)))
    left.append(("rotate", "auditd rotates, and opens its log there"))
    if not has_line(host, picture):
        left.append(("fstab", "a line in %s, by UUID" % mounts.FSTAB))
    left.append(("move", "what was written before is moved there"))
    return left
