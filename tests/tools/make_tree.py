# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy this checkout to TREE/ansible_collections/auditops/auditd, the only path where Ansible's tools accept a collection.

A link does not do (ansible-test resolves it), so files are copied: tracked ones and new ones that git does not ignore.
Only what changed is written, so that caches keyed by time stay warm.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# What tools write into the tree while another make looks through it: .ci/run has a machine boot beside its first steps.
CACHES = (".git", ".ansible", ".ruff_cache")


def wanted_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True,
    ).stdout
    return [name for name in listing.split("\0") if name and (CHECKOUT / name).is_file()]


def is_same(source: Path, copy: Path) -> bool:
    return copy.is_file() and source.stat().st_mode == copy.stat().st_mode and source.read_bytes() == copy.read_bytes()


def main() -> None:
    target = Path(sys.argv[1]).resolve() / "ansible_collections" / "auditops" / "auditd"
    target.mkdir(parents=True, exist_ok=True)
    if not (target / ".git").exists():
        # ansible-test asks git what belongs to the collection, and this checkout's git ignores the build directory
        subprocess.run(["git", "init", "-q", str(target)], check=True)
    wanted = wanted_files()
    for name in wanted:
        source, copy = CHECKOUT / name, target / name
        if not is_same(source, copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    keep = {str(target / name) for name in wanted}
    for directory, names, files in os.walk(target, topdown=False):
        inside = Path(directory).relative_to(target).parts
        if inside[:2] == ("tests", "output") or inside[:1] and inside[0] in CACHES:
            continue
        for path in (os.path.join(directory, name) for name in files):
            if path not in keep:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
        for name in names:
            if inside or name not in CACHES:
                with contextlib.suppress(OSError):  # there is something in it
                    os.rmdir(os.path.join(directory, name))
    print(target)


if __name__ == "__main__":
    main()
