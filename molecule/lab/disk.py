# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that grew below a mounted xfs, and an inventory with this machine as the host that has it. ``disk.py up|down DIRECTORY``; root.

It is a loop device, because a role that grows disks has nothing to do in a host tree.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import lab

SMALL, LARGE = 400 << 20, 700 << 20


def up(directory: Path) -> None:
    """An xfs of SMALL bytes on a disk of LARGE bytes."""
    lab.need()
    if not shutil.which("mkfs.xfs"):
        raise lab.LabError("missing here: apt-get install xfsprogs")
    down(directory)
    (directory / "mnt").mkdir(parents=True)
    image = directory / "disk"
    image.write_bytes(b"")
    os.truncate(image, SMALL)
    device = lab.run("losetup", "--find", "--show", image).stdout.strip()
    lab.run("mkfs.xfs", "-q", device)
    lab.run("mount", device, directory / "mnt")
    os.truncate(image, LARGE)
    lab.run("losetup", "-c", device)
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_storage_path": str(directory / "mnt")}
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": {"disk": host}}}), encoding="utf-8")


def down(directory: Path) -> None:
    """Nothing of it is left."""
    subprocess.run(["umount", directory / "mnt"], check=False, capture_output=True)
    found = subprocess.run(["losetup", "--noheadings", "--output", "NAME", "--associated", directory / "disk"], check=False,
                           capture_output=True, text=True)
    for device in found.stdout.split():
        lab.run("losetup", "--detach", device)
    shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    return lab.exit_code({"up": up, "down": down}[sys.argv[1]], Path(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
