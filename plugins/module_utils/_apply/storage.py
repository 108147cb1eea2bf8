# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making larger what holds the audit log: each step by the host's own tool, each proven by reading the size again.

Every step leaves a whole system behind: a run that was cut off anywhere is continued by the next, which reads again and does what is left.
"""

import os

from .._errors import AuditError
from .._host import files as _io
from .._storage import filesystem, partition, stack
from .._storage.size import words

SAVED = "/var/lib/auditops/storage"  # the partition tables as they were, for sfdisk to read
PROVEN = 0.98  # of the size that was to be reached: resize2fs and xfs_growfs may leave the last, incomplete group out


def apply(host, path: str, steps: list) -> dict:
    """The stack after the steps. AuditError at the first that cannot be proven; what was done before it stays, and is harmless."""
    refuse_missing(host, steps)
    for step in steps:
        ACTS[step.kind](host, step)
        after = stack.read(host, path)
        reached = SIZES[step.kind](after, step)
        if reached <= step.before or reached < step.after * PROVEN:
            raise AuditError("%s %s was to become %s, and it has %s; see the kernel's log (dmesg)" % (
                step.kind, step.device, words(step.after), words(reached)))
    return stack.read(host, path)


def _partition(host, step):
    """The table first, then the kernel's own idea of the partition (BLKPG, by partx): the disk is in use and cannot be read again whole."""
    part = step.base["partition"]
    if part["table"] < step.after:
        table = partition.read(host, part["disk"], stack.SECTOR)
        _save(host, part["disk"], table.text)
        run_tool(host, ["sfdisk", "--no-reread", "--force", part["disk"]], "fdisk", table.resized(step.device, step.after))
    run_tool(host, ["partx", "--update", "--nr", str(part["number"]), part["disk"]], "util-linux")


def _save(host, disk, text):
    directory = host.path(SAVED, follow=False)
    _io.make_directory(os.path.dirname(directory), 0o700)
    _io.make_directory(directory, 0o700)
    _io.write_atomic(os.path.join(directory, os.path.basename(disk) + ".sfdisk"), text.encode("utf-8", "surrogateescape"), 0o600)


def _pv(host, step):
    run_tool(host, ["pvresize", step.device], "lvm2")


def _lv(host, step):
    run_tool(host, ["lvextend", "--size", "%db" % step.after, step.device], "lvm2")


def _filesystem(host, step):
    argv = filesystem.growing(step.base["filesystem"], step.base["device"]["name"])
    run_tool(host, argv, filesystem.PACKAGES[argv[0]])


ACTS = {"partition": _partition, "pv": _pv, "lv": _lv, "filesystem": _filesystem}


NEEDS = {"partition": (("sfdisk", "fdisk"), ("partx", "util-linux")), "pv": (("pvresize", "lvm2"),), "lv": (("lvextend", "lvm2"),)}


def refuse_missing(host, steps: list) -> None:
    """AuditError where a tool of any step is missing: nothing is begun that cannot be ended."""
    for step in steps:
        for program, package in NEEDS.get(step.kind, ()):
            if host.which(program) is None:
                raise AuditError("%s is not installed, and %s needs it; install the package %s" % (program, step.sentence(), package))


def _base_now(after, step):
    return [base for base in after["bases"] if base["device"] == step.device][0]


SIZES = {
    "partition": lambda after, step: _base_now(after, step)["size"],
    "pv": lambda after, step: _base_now(after, step)["pv"],
    "lv": lambda after, step: after["volume"]["size"],
    "filesystem": lambda after, step: after["filesystem"]["size"],
}


def run_tool(host, argv: list, package: str, data: "str | None" = None) -> str:
    """What a program of the host says. AuditError where it is not installed (its ``package`` is named) or fails."""
    program = host.which(argv[0])
    if program is None:
        raise AuditError("%s is not installed; install the package %s" % (argv[0], package))
    rc, out, err = host.run([program] + argv[1:], **({"data": data} if data is not None else {}))
    if rc:
        raise AuditError("%s failed with code %d: %s" % (" ".join(argv), rc, " ".join((err or out).split())[:400]))
    return out
