# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounting the volumes that an offline tree's fstab gives its log, from the tree's own disk and nothing else, and unmounting them again.

They are mounted read-only until the run has looked, and what is mounted is recorded in /run, so that a run that was killed leaves nothing
that the next one does not unmount.
"""

import json
import os

from .._errors import AuditError, NotAvailable
from .._host import block_devices
from .._host import files as _io
from .._live import expected_volumes
from .commands import checked

RECORD = "/run/auditops-rescue.json"
SAFE = "nosuid,nodev,noexec"
NO_UUID = ("xfs",)  # refuses a second filesystem of one UUID unless told so: xfs(5)


def mount(host, run, log_file, *, wanted: bool, record: str = RECORD) -> "list[dict]":
    """[{point, source, device, mounted, why}] of the tree's volumes, the outermost first; mounted read-only where that is wanted and can be
    done."""
    found = []
    for volume in expected_volumes.of(host, log_file):
        facts = {"point": volume.point, "source": volume.source, "device": None, "mounted": volume.is_mounted, "why": None}
        if not volume.is_mounted:
            try:
                facts["device"] = _device(host, run, volume)
                if wanted:
                    _mount(host, run, volume, facts["device"], record)
                    facts["mounted"] = True
                else:
                    facts["why"] = "%s is a volume of its own (%s, here %s) and is not mounted: audit_rescue_mount = true mounts it" % (
                        volume.point, volume.source, facts["device"])
            except AuditError as error:
                facts["why"] = "%s is a volume of its own (%s) and is not mounted: %s" % (volume.point, volume.source, error)
        found.append(facts)
    return found


def make_writable(host, run, *, record: str = RECORD) -> None:
    """Mount read-write what mount() mounted."""
    for real in _recorded(record).get(host.root, []):
        checked(run, ["mount", "-o", "remount,rw," + SAFE, real])


def unmount(host, run, *, record: str = RECORD) -> "list[str]":
    """Unmount what mount() mounted, the innermost first, and return it. AuditError where something holds it."""
    done = []
    everything = _recorded(record)
    for real in everything.get(host.root, [])[::-1]:
        if os.path.ismount(real):
            checked(run, ["umount", real])
        done.append(real)
        everything[host.root].remove(real)
        _write(record, everything)
    return done


def _device(host, run, volume):
    machine = block_devices.Machine(run)
    root_device = block_devices.device_of(machine, expected_volumes.device_of_root(host))
    return "/dev/" + block_devices.find(machine, volume.source, expected_volumes.root_source(host), root_device)


def _mount(host, run, volume, device, record):
    real = host.path(volume.point)
    if not os.path.isdir(real):
        raise NotAvailable("there is no directory %s in the tree to mount it at" % volume.point)
    options = ["ro", SAFE] + (["nouuid"] if volume.kind in NO_UUID else []) + [word for word in volume.options if word.startswith("subvol")]
    everything = _recorded(record)
    everything.setdefault(host.root, []).append(real)
    _write(record, everything)
    try:
        checked(run, ["mount", "-o", ",".join(options), device, real])
    except AuditError:
        everything[host.root].remove(real)
        _write(record, everything)
        raise


def _recorded(record):
    try:
        with open(record) as stream:
            return json.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise AuditError("cannot read %s, which says what an earlier rescue mounted: %s; unmount that by hand and remove the file" % (
            record, error))


def _write(record, everything):
    everything = {root: points for root, points in everything.items() if points}
    if everything:
        _io.write_atomic(record, json.dumps(everything, sort_keys=True).encode("utf-8"), 0o600)
    else:
        _io.remove(record)
