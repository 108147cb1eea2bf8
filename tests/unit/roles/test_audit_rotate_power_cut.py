# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut before each call of a run that changes a name or writes to the disk: the disk then, mounted again, has every record once.

The disk is a file: what the filesystem on it holds only in memory is not in the copy that a cut leaves.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rotate_tree import FILES, Tree, filesystem

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a filesystem: needs root")
# audit-rotate, with a copy of the disks before each such call; arguments: the package, where the copies go, the disks, then its own.
CUTS = """
import os, shutil, sys
sys.path.insert(0, sys.argv[1])
from audit_rotate import cli
count = 0
def before(name):
    real = getattr(os, name)
    def call(*args, **options):
        global count
        count += 1
        for disk in sys.argv[3].split(","):
            shutil.copyfile(disk, "%s/%03d-%s" % (sys.argv[2], count, os.path.basename(disk)))
        return real(*args, **options)
    setattr(os, name, call)
for name in ("fsync", "rename", "link", "unlink"):
    before(name)
sys.exit(cli.main(sys.argv[4:]))
"""


def cut_up(tree: Tree, disks: list[Path], copies: Path) -> list[str]:
    """Run the program to its end; the numbers of its calls, each of which has a copy of the disks before it."""
    copies.mkdir()
    os.sync()
    argv = [sys.executable, "-ISc", CUTS, str(FILES), str(copies), ",".join(map(str, disks)), "--config", str(tree.conf), "--archive-only"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return sorted({path.name[:3] for path in copies.iterdir()})


@contextlib.contextmanager
def after(cut: str, copies: Path, places: list[Path]):
    with contextlib.ExitStack() as mounted:
        for place in places:
            subprocess.run(["mount", "-o", "loop", str(copies / f"{cut}-{place.name}.img"), str(place)], check=True)
            mounted.callback(subprocess.run, ["umount", str(place)], check=True)
        yield


@pytest.mark.parametrize("apart", [False, True], ids=["one filesystem", "a log disk of its own"])
def test_whatever_the_moment_the_next_run_has_every_record_once(tmp_path, apart):
    root, copies = tmp_path / "host", tmp_path / "copies"
    places = [root] + [root / "log"] * apart
    with contextlib.ExitStack() as mounted:
        for place in places:
            mounted.enter_context(filesystem(place, 8 << 10, "ext4"))
        tree = Tree(root).rotated(2)
        disks = [place.with_suffix(".img") for place in places]
        cuts = cut_up(tree, disks, copies)
        tree.check()
    assert len(cuts) > 10
    for cut in cuts:
        with after(cut, copies, places):
            done = tree.run()
            assert done.returncode == 0, f"cut before call {cut}: {done.stderr}"
            tree.check()
