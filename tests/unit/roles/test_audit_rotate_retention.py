# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go: by count, age, size and free space, and never before it was shipped."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from rotate_tree import Tree, archives

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")


def aged(tree, days):
    now = time.time()
    for number, age in enumerate(days):
        tree.add(f"audit.log.{len(days) - number}", records=50, when=now - age * 86400, step=0.001)
    return tree


@pytest.mark.parametrize("config, kept", [
    ({"keep": 2}, 2), ({"keep": 1}, 1), ({"keep": 0}, 5), ({"keep_days": 25}, 2), ({"keep_days": 1}, 1), ({"keep": 3, "keep_days": 35}, 3),
    ({"keep_megabytes": 1}, 5),
])
def test_retention(tmp_path, config, kept):
    tree = aged(Tree(tmp_path, adopt="prune", **config), (50, 40, 30, 20, 10))
    assert tree.run().returncode == 0
    found = archives(tree)
    assert len(found) == kept
    status = tree.status()
    assert status["deleted_count"] == 5 - kept
    for entry in status["deleted"]:
        assert entry["first"] and entry["last"] and entry["reason"].split(" = ")[0] in config
    assert found == sorted(found)[-kept:]


def test_the_newest_stays_however_old_it_is_and_however_often_it_runs(tmp_path):
    tree = aged(Tree(tmp_path, adopt="prune", keep_days=1, keep_days_min=0), (50, 40))
    for _run in range(3):
        assert tree.run().returncode == 0
        assert len(archives(tree)) == 1 and tree.serials() == tree.written[-50:]


def test_retention_by_size(tmp_path):
    tree = Tree(tmp_path, adopt="prune", keep_megabytes=1, compress="none")
    tree.rotated(4, records=4000)
    assert tree.run().returncode == 0
    assert sum(path.stat().st_size for path in tree.log.glob("audit.log.*")) <= 1 << 20
    assert len(archives(tree)) in (1, 2, 3)


@needs_root
def test_retention_for_free_space_deletes_no_more_than_it_must(tmp_path):
    from rotate_tree import filesystem

    with filesystem(tmp_path / "log", 8 << 10):
        tree = Tree(tmp_path, compress="none", min_free_megabytes=2, adopt="prune")
        for number in range(6, 0, -1):
            tree.add(f"audit.log.{number}", records=10000)
        assert tree.run().returncode in (0, 11)
        room = os.statvfs(tree.log)
        assert room.f_bavail * room.f_frsize >= 2 << 20
        names = [entry["name"] for entry in tree.status()["deleted"]]
        assert names == sorted(names) and 0 < len(names) < 5
        assert tree.serials() == tree.written[-len(tree.serials()):]


def test_the_first_run_only_reports_and_the_second_deletes(tmp_path):
    tree = aged(Tree(tmp_path, keep=2), (50, 40, 30, 20, 10))
    for path in sorted(tree.log.iterdir()):
        path.rename(tree.log / f"audit.log.2020-01-0{path.suffix[1:]}T00:00:00Z")
    assert tree.run().returncode == 0
    assert len(archives(tree)) == 5 and tree.status()["would_delete_count"] == 3
    assert tree.run().returncode == 0
    assert len(archives(tree)) == 2 and tree.status()["deleted_count"] == 3


@pytest.mark.parametrize("stamp, kept", [(35, 3), (5, 1), (60, 5), ("rubbish", 5), (None, 5)])
@pytest.mark.parametrize("how", ["shipped_stamp", "shipped_command"])
def test_only_what_was_shipped_is_deleted(tmp_path, stamp, kept, how):
    path = tmp_path / "shipped"
    if stamp is not None:
        path.write_text(f"{time.time() - stamp * 86400:.0f}\n" if stamp != "rubbish" else "rubbish\n")
    config = {how: path if how == "shipped_stamp" else f"/bin/cat {path}"}
    tree = aged(Tree(tmp_path, adopt="prune", keep=1, **config), (50, 40, 30, 20, 10))
    done = tree.run()
    assert len(archives(tree)) == kept
    assert done.returncode == (14 if stamp is None and how == "shipped_command" else 0)


def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path, monkeypatch):
    """The child of a script holds the pipe that is read: ending the script alone would wait for it."""
    from audit_rotate import shipped

    monkeypatch.setattr(shipped, "LONGEST_COMMAND", 0.3)
    script, child = tmp_path / "hangs", tmp_path / "child"
    script.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {child}\nwait\n")
    script.chmod(0o755)
    problems = []
    job = SimpleNamespace(problem=lambda *said: problems.append(said))
    assert shipped._output_of(job, str(script)) == "" and "did not end within" in problems[0][1]
    assert _ends(Path(f"/proc/{child.read_text().strip()}/stat"), seconds=60)


def _ends(stat: Path, seconds: float) -> bool:
    """Whether a process ends within this time: a busy machine delivers a signal late."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if stat.read_text().rpartition(") ")[2][0] in "ZX":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False
