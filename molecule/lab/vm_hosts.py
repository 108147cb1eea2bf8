# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 12 and 13 as machines, each without cron and with it.

``vm_hosts.py up DIRECTORY`` boots them, with an inventory; ``down DIRECTORY`` switches them off and removes their disks.
AUDITOPS_VM_IMAGES names some of them (``debian12 debian13-cron``) where all are too much.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import sshd_fleet
import vms

IMAGES = os.environ.get("AUDITOPS_VM_IMAGES", "debian12 debian12-cron debian13 debian13-cron").split()


def machines() -> list[vms.Machine]:
    return [vms.Machine(f"molecule-{image}") for image in IMAGES]


def up(directory: Path) -> None:
    down(directory)
    directory.mkdir(parents=True)
    for machine, image in zip(machines(), IMAGES, strict=True):
        machine.create(image)
        machine.start()
    for machine in machines():
        machine.wait_ssh()
    # A group of their own: the inventory that molecule adds has the platform of the scenarios over trees in it.
    inventory = {"all": {"children": {"machines": vms.inventory([machine.name for machine in machines()])["all"]}}}
    (directory / "inventory.json").write_text(json.dumps(inventory, indent=2), encoding="utf-8")


def down(directory: Path) -> None:
    for machine in machines():
        machine.remove()
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(sshd_fleet.command(up, down, __doc__))
