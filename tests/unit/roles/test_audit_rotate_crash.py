# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-rotate killed at each of its steps, on a full disk, twice at once, while auditd renames: no record is lost, none is doubled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rotate_tree import FILES, Tree, filesystem

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a filesystem: needs root")
MEMORY = "/dev/shm"
METHODS = ["gzip", "xz", "bzip2", pytest.param("zstd", marks=pytest.mark.skipif(not shutil.which("zstd"), reason="needs zstd"))]


@pytest.fixture
def memory(tmp_path):
    """A directory in memory where there is one: the runs that are killed step by step sync 1,800 times, minutes on a slow disk.

    What they show does not depend on the disk: whether a sync is there is the business of test_io.py and of the mutants.
    """
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
        yield Path(directory)


def steps(tmp_path, **config) -> int:
    tree = Tree(tmp_path / "count", **config).rotated(2)
    done = tree.crash(0)
    assert done.returncode == 0, done.stderr
    tree.check()
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize("method", METHODS)
def test_killed_before_every_step_and_run_again(memory, method):
    total = steps(memory, compress=method)
    assert total > 15
    for at in range(1, total + 1):
        tree = Tree(memory / f"at{at}", compress=method).rotated(2)
        assert tree.crash(at).returncode == -9
        assert sorted(set(tree.serials())) == tree.written, f"a record is in no readable log after a kill before step {at}"
        done = tree.run()
        assert done.returncode == 0, f"step {at}: {done.stderr}"
        tree.check()
        assert len(tree.names()) == 3
        shutil.rmtree(tree.root)


def test_killed_twice_in_a_row(memory):
    total = steps(memory)
    for at in range(1, total + 1, 3):
        tree = Tree(memory / f"at{at}").rotated(2)
        tree.crash(at)
        for again in (3, 7, 11):
            tree.crash(again)
        assert tree.run().returncode == 0
        tree.check()


@pytest.mark.parametrize("at", range(1, 60, 4))
def test_disk_full_from_any_step_on(memory, at):
    tree = Tree(memory).rotated(2)
    done = tree.crash(at, "full")
    assert done.returncode in (0, 1, 11, 12, 13, 14, 15), done.stderr
    if done.returncode:
        assert "Traceback" not in done.stderr and done.stderr.startswith("audit-rotate: ")
    assert sorted(set(tree.serials())) == tree.written  # an original may stand beside its archive until the next run
    assert tree.run().returncode == 0
    tree.check()


def test_auditd_rotates_while_logs_are_taken_over(tmp_path):
    tree = Tree(tmp_path).rotated(3)
    done = tree.crash(0, "rotate")
    assert done.returncode == 0, done.stderr
    found = tree.serials()
    assert [number for number in found if number < 900000] == tree.written
    assert len(found) == len(set(found))
    assert tree.run().returncode == 0
    assert [name for name in tree.names() if name[10:].isdigit()] == []
    assert [number for number in tree.serials() if number < 900000] == tree.written


def test_two_at_once(tmp_path):
    tree = Tree(tmp_path, compress="xz").rotated(12)
    argv = [sys.executable, "-IS", str(FILES / "audit-rotate"), "--config", str(tree.conf), "--archive-only"]
    both = [subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) for _unused in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in both] == [("", 0), ("", 0)]
    tree.check()
    assert len(tree.names()) == 13


def test_a_second_run_that_may_not_wait_says_that_the_lock_is_held(tmp_path):
    import fcntl

    tree = Tree(tmp_path).rotated(1)
    with open(tree.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = tree.run("--wait", "0")
    assert done.returncode == 5 and "another run holds" in done.stderr
    assert "audit.log.1" in tree.names()


@needs_root
@pytest.mark.parametrize("kind", ["tmpfs", "ext4", "xfs"])
def test_full_filesystem_archives_by_way_of_another_one(tmp_path, kind):
    if kind != "tmpfs" and not shutil.which(f"mkfs.{kind}"):
        pytest.skip(f"needs mkfs.{kind}")
    with filesystem(tmp_path / "log", 320 << 10 if kind == "xfs" else 16 << 10, kind):
        tree = Tree(tmp_path, compress="xz").rotated(3, records=20000)
        fill(tree.log)
        done = tree.run()
        assert done.returncode == 0, done.stderr
        tree.check()
        assert [name for name in tree.names() if name.endswith(".xz")] != []
        assert list((tree.state / "staging").rglob("audit.log*")) == []


@needs_root
def test_full_filesystem_with_nowhere_else_to_go_is_a_clear_error_and_no_loss(tmp_path):
    with filesystem(tmp_path / "fs", 16 << 10):
        tree = Tree(tmp_path / "fs" / "host", compress="xz").rotated(3, records=20000)
        fill(tree.log)
        done = tree.run()
        assert done.returncode in (11, 12, 15) and "no room" in done.stderr.lower() + " no room" * (done.returncode != 11)
        assert tree.serials() == tree.written
        assert [name for name in tree.names() if name.startswith(".")] == []
        (tree.log / "blob").unlink()
        assert tree.run().returncode == 0
        (tree.log / "blob").write_bytes(b"")
        tree.check()


@needs_root
def test_killed_while_an_archive_waits_elsewhere(tmp_path):
    with filesystem(tmp_path / "log", 16 << 10):
        tree = Tree(tmp_path, compress="xz")
        for at in range(1, 80, 3):
            for path in list(tree.log.iterdir()):
                path.unlink()
            shutil.rmtree(tree.state)
            tree = Tree(tmp_path, compress="xz").rotated(1, records=20000)
            blob = fill(tree.log)
            crashed = tree.crash(at)
            assert tree.run().returncode in (0, 11)
            blob.unlink()
            assert tree.run().returncode == 0
            tree.check()
            if crashed.returncode == 0:
                break
        else:
            pytest.fail("the run has more steps than this test kills it at")


@needs_root
def test_read_only_filesystem(tmp_path):
    with filesystem(tmp_path / "log", 16 << 10):
        tree = Tree(tmp_path).rotated(2)
        subprocess.run(["mount", "-o", "remount,ro", str(tree.log)], check=True)
        done = tree.run()
        assert done.returncode == 12 and "read-only" in done.stderr
        assert tree.serials() == tree.written


def test_the_log_grows_while_it_is_compressed_by_whoever_still_has_it_open(tmp_path):
    tree = Tree(tmp_path).rotated(2)
    with open(tree.log / "audit.log.1", "ab") as late:
        tree.serial += 1
        assert tree.run().returncode == 0
        assert [entry["reason"] for entry in tree.status()["waiting"]] == ["a process still writes to it"]
        late.write(b"type=LATE msg=audit(1760000401.000:9999): x\n")
    tree.written = sorted([*tree.written, 9999], key=lambda number: 400.5 if number == 9999 else number)
    assert tree.run().returncode == 0
    tree.check()
    assert len([name for name in tree.names() if name.endswith(".gz")]) == 2


def fill(directory):
    blob = directory / "blob"
    with open(blob, "wb", buffering=0) as stream:
        chunk = 1 << 20
        room = os.statvfs(directory)
        bulk = room.f_bavail * room.f_frsize - 2 * chunk
        os.posix_fallocate(stream.fileno(), 0, bulk)  # without writing, and syncing, hundreds of megabytes
        stream.seek(bulk)
        while chunk:
            try:
                if stream.write(b"x" * chunk) < chunk:
                    chunk //= 2
                os.fsync(stream.fileno())
            except OSError:
                chunk //= 2
    return blob
