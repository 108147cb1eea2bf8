# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way in which the widely copied script loses records or gets stuck: it does, and audit-rotate does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from rotate_tree import START, Tree, filesystem

SCRIPT = Path(__file__).with_name("widely_copied.sh")
BIG = 60000  # records: long enough for gzip to be killed meanwhile
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a filesystem: needs root")
pytestmark = pytest.mark.skipif(not shutil.which("bash") or not shutil.which("gzip"), reason="needs bash and gzip")


def script(tree: Tree, keep: int = 99) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", str(SCRIPT), str(tree.log), str(keep)], check=False, capture_output=True, text=True)


@pytest.fixture
def pair(tmp_path):
    """Two trees, for the script and for audit-rotate."""
    return Tree(tmp_path / "script"), Tree(tmp_path / "ours")


def test_two_logs_of_one_second(pair):
    for tree in pair:
        for number in (3, 2, 1):
            path = tree.add(f"audit.log.{number}", step=0.001)
            os.utime(path, (START, START))
    script(pair[0])
    assert len(pair[0].serials()) < len(pair[0].written), "the script overwrites"
    assert pair[1].run().returncode == 0
    pair[1].check()
    assert pair[1].names() == [f"audit.log.2025-10-09T08:53:20Z{sequence}.gz" for sequence in (".1", ".2", "")]


def test_numbers_above_nine(pair):
    for tree in pair:
        tree.rotated(12)
    script(pair[0])
    assert {"audit.log.10", "audit.log.11", "audit.log.12"} <= set(pair[0].names())
    assert pair[1].run().returncode == 0
    pair[1].check()
    assert len([name for name in pair[1].names() if name.endswith(".gz")]) == 12


@pytest.mark.parametrize("count", [1, 99, 120])
def test_any_number_of_logs(tmp_path, count):
    tree = Tree(tmp_path).rotated(count, records=3)
    assert tree.run().returncode == 0
    tree.check()
    assert len(tree.names()) == count + 1


def test_an_archive_in_a_sub_directory(pair):
    for tree in pair:
        (tree.log / "a").mkdir()
        (tree.log / "a" / "audit.log.1.gz").write_bytes(b"kept by hand")
        tree.rotated(3)
        tree.configure(keep=1, adopt="prune")
    script(pair[0], keep=1)
    assert not (pair[0].log / "a" / "audit.log.1.gz").exists(), "the script deletes by path text, in sub-directories too"
    assert pair[1].run().returncode == 0
    assert (pair[1].log / "a" / "audit.log.1.gz").read_bytes() == b"kept by hand"
    assert len([name for name in pair[1].names() if name.endswith("Z.gz")]) == 1


def test_killed_while_compressing(pair):
    ours = pair[1]
    for tree in pair:
        tree.rotated(1, records=BIG)
    process = subprocess.Popen(
        ["bash", str(SCRIPT), str(pair[0].log), "99"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: any(name.endswith(".gz") for name in pair[0].names()))
    os.killpg(process.pid, 9)
    process.wait()
    script(pair[0])
    stuck = [name for name in pair[0].names() if name != "audit.log"]
    if len(stuck) == 2:  # else gzip was faster than the kill
        assert stuck[1] == stuck[0] + ".gz", "log and partial archive stay side by side for ever"
    # what the script left behind, audit-rotate settles
    ours.crash(14)
    assert ours.run().returncode == 0
    ours.check()
    pair[0].configure()
    assert pair[0].run().returncode == 0
    pair[0].check()
    assert len(pair[0].names()) == 2


@needs_root
def test_disk_full_while_compressing(tmp_path):
    with filesystem(tmp_path / "script", 12 << 10), filesystem(tmp_path / "ours" / "log", 12 << 10):
        for tree in (Tree(tmp_path / "script"), Tree(tmp_path / "ours")):
            tree.rotated(2, records=20000)
            room = os.statvfs(tree.log)
            (tree.log / "blob").write_bytes(b"x" * (room.f_bavail * room.f_frsize))
            if tree.root.name == "script":
                assert script(tree).returncode == 0, "the script says nothing"
                assert not [name for name in tree.names() if name.endswith(".gz")]
            else:
                assert tree.run().returncode == 0
                tree.check()
                assert len([name for name in tree.names() if name.endswith(".gz")]) == 2


def test_two_runs_at_once(pair):
    for tree in pair:
        tree.rotated(9, records=2000)
    both = [subprocess.Popen(["bash", str(SCRIPT), str(pair[0].log), "99"], stderr=subprocess.PIPE) for _unused in range(2)]
    errors = b"".join(process.communicate()[1] for process in both)
    assert errors, "the script's runs get in each other's way"
    import rotate_tree

    argv = [rotate_tree.sys.executable, "-IS", str(rotate_tree.FILES / "audit-rotate"), "--config", str(pair[1].conf), "--archive-only"]
    both = [subprocess.Popen(argv, stderr=subprocess.PIPE) for _unused in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in both] == [(b"", 0)] * 2
    pair[1].check()


def test_a_blank_in_the_path(tmp_path):
    for name in ("the script", "our own"):
        tree = Tree(tmp_path / name).rotated(2)
        if name == "the script":
            script(tree)
            assert "audit.log.1" in tree.names()
        else:
            assert tree.run().returncode == 0
            tree.check()
            assert len([entry for entry in tree.names() if entry.endswith(".gz")]) == 2


def test_a_writer_that_still_has_the_rotated_file_open(pair):
    for tree in pair:
        tree.rotated(1)
        with open(tree.log / "audit.log.1", "ab") as late:
            if tree is pair[0]:
                script(tree)
            else:
                assert tree.run().returncode == 0
            late.write(b"type=LATE msg=audit(1760000200.500:9999): x\n")
        tree.configure()
    assert 9999 not in pair[0].serials(), "the script compresses what is still being written, and the late record is gone"
    assert pair[1].run().returncode == 0
    assert 9999 in pair[1].serials()


def test_pruning_what_was_archived_in_the_same_minute(pair):
    for tree in pair:
        tree.rotated(8)
    script(pair[0], keep=5)
    assert len(pair[0].serials()) < len(pair[0].written)
    ours = pair[1]
    ours.configure(keep=5)
    assert ours.run().returncode == 0
    ours.check()
    assert ours.status()["would_delete_count"] == 0, "nothing that came up in this very run"
    assert ours.run().returncode == 0
    assert len([name for name in ours.names() if name.endswith(".gz")]) == 5


def test_auditd_rotates_while_gzip_runs(pair):
    """gzip reads by descriptor and deletes by name: what auditd has rotated in meanwhile goes. Ours never has auditd's name by then."""
    for tree in pair:
        tree.rotated(2)
    done = pair[1].crash(0, "rotate")
    assert done.returncode == 0, done.stderr
    assert [number for number in pair[1].serials() if number < 900000] == pair[1].written


def test_a_renamed_log_that_was_not_compressed_is_seen_again(pair):
    for tree in pair:
        tree.add("audit.log.2025-10-09_08:56:40")
        tree.add("audit.log", mode=0o600)
    script(pair[0])
    assert "audit.log.2025-10-09_08:56:40" in pair[0].names()
    assert pair[1].run().returncode == 0
    pair[1].check()
    assert pair[1].names() == ["audit.log", "audit.log.2025-10-09_08:56:40.gz"]


def test_nothing_to_do_is_silent(pair):
    for tree in pair:
        tree.add("audit.log", mode=0o600)
    assert script(pair[0]).stderr != ""
    done = pair[1].run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def wait_for(check, timeout=20.0):
    end = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < end
        time.sleep(0.001)
