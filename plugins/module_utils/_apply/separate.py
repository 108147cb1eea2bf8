# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving the log to a volume of its own while auditd writes, in the order that C(_storage.separate) gives. Each step is proven.

A run that was killed anywhere is continued by the next one: what it finds says what is left.
"""

import json
import os

from .._conf import text as _conf
from .._daemon import control as _daemon
from .._errors import AuditError
from .._host import files as _io
from .._host import lock, mounts
from .._paths import AUDITD_CONF
from .._rotation import conf as rotate_conf
from .._rotation.running import LOCK_FILE
from .._storage import separate, stack
from . import moving
from .storage import run_tool

ROTATION_LOCK = rotate_conf.STATE_DIR + "/" + LOCK_FILE  # of audit-rotate, which would rename logs meanwhile
STAGING, BELOW = separate.STATE + "/new", separate.STATE + "/below"
PACKAGES = {"ext4": "e2fsprogs", "xfs": "xfsprogs"}
# mkfs.ext4 asks where it finds a partition table or a filesystem; wipefs has looked before
MAKING = {"ext4": ["mkfs.ext4", "-q", "-F", "-L"], "xfs": ["mkfs.xfs", "-q", "-f", "-L"]}
NEEDS = (("wipefs", "util-linux"), ("blkid", "util-linux"), ("mount", "util-linux"), ("umount", "util-linux"))
TIMEOUT = 30.0  # seconds for auditd's answers; a loaded host takes a tenth


def refuse_missing(host, picture: separate.Picture, left: list) -> None:
    """AuditError before anything is done where it could not be ended: a tool, a rotation that auditd would not do, a stopped disk."""
    if not left:
        return  # of a volume that is there already nobody asks what would make it
    needs = NEEDS + ((MAKING[picture.kind][0], PACKAGES[picture.kind]),) + ((("lvcreate", "lvm2"),) if not picture.device else ())
    for program, package in needs:
        if host.which(program) is None:
            raise AuditError("%s is not installed, and a volume of its own needs it; install the package %s" % (program, package))
    pid = _daemon.find(host)
    if pid is not None:
        number = _rotates(host, _settings(host))
        if number is not None and number < 2:
            raise AuditError("auditd does not rotate with num_logs = %d, and so would never open its log on a new volume; set "
                             "auditd_conf.num_logs to 2 or more" % number)
        report = _daemon.report(host, pid, TIMEOUT, _daemon.release(host)[0])
        if not report["writing_to_logs"]:
            raise AuditError("auditd writes no log (write_logs = no): there is nothing to give a volume to")
        if report["logging_suspended"]:
            raise AuditError("auditd has suspended logging, and so would not open its log on a new volume; free room and resume it first")


def apply(host, picture: separate.Picture, left: list, size) -> None:
    """Do what is left. AuditError at the first step that cannot be proven; the next run goes on there."""
    for kind, _sentence in left:
        ACTS[kind](host, picture, size)


def _volume(host, picture, size):
    """Nothing is wiped or zeroed: traces of a filesystem are for C(_format) to find."""
    run_tool(host, ["lvcreate", "--name", separate.NAME, "--size", "%db" % separate.wanted_bytes(picture, size), "--addtag", separate.TAG,
                    "--wipesignatures", "n", "--zero", "n", picture.group["name"]], "lvm2")
    picture.device, picture.made_now = "/dev/%s/%s" % (picture.group["name"], separate.NAME), True
    if host.stat(picture.device) is None:
        raise AuditError("lvcreate made %s, and there is no such device; see the kernel's log (dmesg)" % picture.device)
    _note(host, picture, "made")


def _format(host, picture, _size):
    if picture.progress != "blank":
        traces = run_tool(host, ["wipefs", "--no-act", picture.device], "util-linux").strip()
        if traces:
            _refuse_traces(host, picture, " ".join(traces.split()))
        _note(host, picture, "blank")
    run_tool(host, MAKING[picture.kind] + [separate.NAME, picture.device], PACKAGES[picture.kind])
    if _tags(host, picture).get("TYPE") != picture.kind:
        raise AuditError("%s was to become %s, and blkid does not find that there" % (picture.device, picture.kind))
    _note(host, picture, "formatted")


def _refuse_traces(host, picture, traces):
    """AuditError. Only a volume that this run made was surely never written and goes; the tag stays on a volume that has the audit logs."""
    if picture.made_now:
        run_tool(host, ["lvremove", "--yes", picture.device], "lvm2")
        _io.remove(separate.PROGRESS)
        raise AuditError("the free space has traces of something older (%s): nothing was formatted and no volume was kept; if nobody needs "
                         "it, make a volume there, use wipefs --all on it and remove it" % traces)
    if picture.progress:
        raise AuditError("%s, which an earlier run made, has traces of something older (%s): nothing was changed; if nobody needs it, use "
                         "wipefs --all on that volume, then run again" % (picture.device, traces))
    raise AuditError("%s has a filesystem already: mount it or rename the volume; nothing was changed" % picture.device)


def _mount(host, picture, _size):
    """Owner, mode, label and an empty log first, where nobody looks: auditd renames that one when it rotates."""
    _io.make_directory(os.path.dirname(separate.STATE), 0o700)
    for directory in (separate.STATE, STAGING):
        _io.make_directory(directory, 0o700)
    options = ["mount", "-t", picture.kind, "-o", separate.OPTIONS, picture.device]
    moving.unmount(host, STAGING)
    run_tool(host, options + [STAGING], "util-linux")
    try:
        moving.take_attributes(STAGING, picture.directory)
        moving.make_empty(STAGING + "/" + os.path.basename(picture.log_file), picture.log_file)
    finally:
        moving.unmount(host, STAGING)
    run_tool(host, options + [picture.directory], "util-linux")
    try:
        _check_mounted(host, picture)
    except AuditError:
        moving.unmount(host, picture.directory)  # auditd writes on where it did
        raise
    _note(host, picture, "mounted")


def _check_mounted(host, picture):
    here, pid = os.stat(picture.directory).st_dev, _daemon.find(host)
    if here != os.stat(picture.device).st_rdev:
        raise AuditError("%s is not what is mounted on %s" % (picture.device, picture.directory))
    if pid is not None:
        try:
            seen = os.stat("/proc/%d/root%s" % (pid, picture.directory)).st_dev
        except OSError as error:
            raise AuditError("what auditd sees in %s cannot be read: %s" % (picture.directory, error.strerror))
        if seen != here:
            raise AuditError("auditd (process %d) does not see what is mounted on %s: its unit has mounts of its own, and the volume is "
                             "unmounted again; restart auditd, then run again" % (pid, picture.directory))


def _rotate(host, picture, _size):
    """Until auditd has its log open on the volume. Without a running auditd there is nothing to wait for."""
    pid = _daemon.find(host)
    with lock.taken(host, ROTATION_LOCK):
        if pid is None or moving.holds(pid, picture.log_file):
            return
        number = _rotates(host, _settings(host))
        _daemon.rotate(host, pid, _daemon.release(host)[0], picture.log_file, num_logs=number, timeout=TIMEOUT)
        if not _daemon.wait_for(lambda: moving.holds(pid, picture.log_file), TIMEOUT):
            raise AuditError("auditd rotated and has not opened %s on the new volume" % picture.log_file)


def _fstab(host, picture, _size):
    uuid = _tags(host, picture).get("UUID")
    if not uuid:
        raise AuditError("blkid finds no UUID on %s" % picture.device)
    found, text = host.stat(mounts.FSTAB), host.text(mounts.FSTAB) or ""
    line = "UUID=%s %s %s %s 0 %d\n" % (uuid, mounts.escaped(picture.directory), picture.kind, separate.fstab_options(host),
                                        0 if picture.kind == "xfs" else 2)
    text += "" if not text or text.endswith("\n") else "\n"
    mode, gid = (found.st_mode & 0o7777, found.st_gid) if found else (0o644, 0)
    _io.write_atomic(mounts.FSTAB, (text + line).encode(*mounts.ENCODING), mode, gid)
    if host.has_systemd:
        run_tool(host, ["systemctl", "daemon-reload"], "systemd")


def _move(host, picture, _size):
    """What lies below the mount point, seen through a second mount of its parent, which shows no mounts."""
    _io.make_directory(BELOW, 0o700)
    moving.unmount(host, BELOW)
    parent, name = os.path.split(picture.directory)
    run_tool(host, ["mount", "--bind", parent, BELOW], "util-linux")
    try:
        with lock.taken(host, ROTATION_LOCK):
            moving.move_files(os.path.join(BELOW, name), picture.directory, os.path.basename(picture.log_file))
    finally:
        moving.unmount(host, BELOW)
    _io.remove(separate.PROGRESS)


ACTS = {"volume": _volume, "format": _format, "mount": _mount, "rotate": _rotate, "fstab": _fstab, "move": _move}


def _note(host, picture, stage):
    _io.make_directory(os.path.dirname(separate.STATE), 0o700)
    _io.make_directory(separate.STATE, 0o700)
    _io.write_atomic(separate.PROGRESS, json.dumps({"device": picture.device, "stage": stage}).encode("ascii"), 0o600)
    picture.progress = stage


def _tags(host, picture):
    machine = stack.machine_of(host)
    name = machine.named(os.stat(picture.device).st_rdev)
    return machine.tags(name) if name else {}


def _settings(host):
    return _conf.effective(_conf.parse(host.text(AUDITD_CONF)), _daemon.release(host)[0])


def _rotates(host, settings):
    """num_logs, None where max_log_file_action is KEEP_LOGS, which does not ask."""
    number = str(settings["num_logs"])
    return None if settings["max_log_file_action"].upper() == "KEEP_LOGS" else int(number) if number.isdecimal() else 0
