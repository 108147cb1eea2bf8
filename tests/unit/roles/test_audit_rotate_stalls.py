# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does not answer never stops the rotation: a dead mount, a run that hangs, a run that was cut off."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from audit_rotate import bounded, obstacles, open_files
from audit_rotate._rotation import running
from hung_fuse import mounted
from rotate_tree import Tree, archives

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts: needs root")
needs_fuse = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")
HOLD = "import sys; stream = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"


@pytest.fixture
def held():
    """held(path): another process has it open for writing until the test ends."""
    processes = []

    def hold(path):
        processes.append(subprocess.Popen(
            [sys.executable, "-IS", "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert processes[-1].stdout.readline() == "open\n"
        return processes[-1]

    yield hold
    for process in processes:
        process.kill()
        process.communicate()


@needs_fuse
def test_a_dead_mount_does_not_hold_the_rotation(tmp_path, held):
    tree = Tree(tmp_path).rotated(2)
    with mounted(tmp_path / "fuse") as answers:
        held(tmp_path / "fuse" / "audit.log.1")
        answers.stop()  # from now on no call into that mount comes back
        process = subprocess.Popen(
            [sys.executable, "-IS", str(Path(bounded.__file__).parents[1] / "audit-rotate"), "--archive-only", "--config", str(tree.conf)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        code = process.poll()
    process.kill()  # only now: one that hangs in the mount cannot be waited for before the mount has gone
    process.communicate()
    assert code == 0, "it went on"
    tree.check()
    assert len(archives(tree)) == 2 and all(name.endswith(".gz") for name in archives(tree))


@needs_root
def test_a_file_of_another_filesystem_is_never_looked_at(tmp_path, held, monkeypatch):
    ours, other = tmp_path / "audit.log.1", Path(tempfile.mkdtemp(dir="/dev/shm")) / "audit.log.1"
    if os.stat("/dev/shm").st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("one filesystem holds both")
    try:
        writers = {path: held(path).pid for path in (ours, other)}
        looked_at, stat = [], os.stat

        def spy(path, *arguments, **options):
            looked_at.append(str(path))
            return stat(path, *arguments, **options)

        monkeypatch.setattr(open_files.os, "stat", spy)
        wanted = {(path.lstat().st_dev, path.lstat().st_ino) for path in (ours, other)}
        looked_at.clear()
        assert open_files.written_by_others(wanted, str(tmp_path)) == {(ours.lstat().st_dev, ours.lstat().st_ino)}
        assert any(path.startswith(f"/proc/{writers[ours]}/") for path in looked_at)
        others = [path for path in looked_at if path.startswith(f"/proc/{writers[other]}/")]
        assert not [path for path in others if os.readlink(path).startswith("/dev/shm")], "a call into a filesystem that may be dead"
    finally:
        shutil.rmtree(other.parent)


def test_a_log_that_another_process_writes_waits(tree, held):
    tree.add("audit.log.2026-01-01T00:00:00Z", when=1767225600)
    held(tree.log / "audit.log.2026-01-01T00:00:00Z")
    assert tree.run().returncode == 0
    assert [entry["reason"] for entry in tree.status()["waiting"]] == ["a process still writes to it"]
    assert archives(tree) == ["audit.log.2026-01-01T00:00:00Z"]


def test_what_does_not_answer_in_time_is_an_error(monkeypatch):
    monkeypatch.setattr(bounded, "LONGEST", 0.2)
    with pytest.raises(OSError, match="did not answer"):
        bounded.call(time.sleep, 60)
    assert bounded.call(bytes, 3) == b"\0\0\0"
    with pytest.raises(FileNotFoundError):
        bounded.call(os.stat, "/nonexistent")


def test_a_stamp_on_a_dead_mount_prunes_nothing(tmp_path, monkeypatch):
    tree = Tree(tmp_path, adopt="prune", keep=1, shipped_stamp=tmp_path / "stamp").rotated(3)
    os.mkfifo(tmp_path / "stamp")
    assert tree.run().returncode == 0
    assert len(archives(tree)) == 3 and any("shipped_stamp" in note for note in tree.status()["notes"])


# the lock

def line(pid, began, mode="rotate"):
    return running.this_process(pid, began, mode).line


def test_a_run_that_was_killed_is_told_from_one_that_ended(tree):
    tree.rotated(2)
    assert tree.run().returncode == 0
    assert (tree.state / "lock").read_text() == "" and tree.run("--status").returncode == 0
    tree.add("audit.log.1")
    tree.crash(6)
    assert running.parse((tree.state / "lock").read_text()).mode == "archive-only"
    done = tree.run("--status")
    assert done.returncode == 22 and "began and never ended" in json.loads(done.stdout)["trouble"]
    assert tree.run().returncode == 0
    assert any("began and never ended" in note for note in tree.status()["notes"])
    assert tree.run("--status").returncode == 0


@pytest.mark.parametrize("began, code", [(0, 5), (-3 * 3600, 17)])
def test_a_run_that_hangs_is_reported_by_the_next(tree, began, code):
    tree.rotated(1)
    with open(tree.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(line(os.getpid(), time.time() + began))
        lock.flush()
        done = tree.run("--wait", "0")
        assert done.returncode == code and f"process {os.getpid()}" in done.stderr
        status = tree.run("--status")
        assert status.returncode == (21 if code == 5 else 17)
        tree.configure(ceiling_megabytes=0, min_free_megabytes=10 ** 9)
        guard = tree.run("--guard")
        assert guard.returncode == (0 if code == 5 else 17)
    assert tree.run().returncode == 0


@pytest.mark.parametrize("text", ["", "garbage", "1 2 3", "x 1 2 rotate", None])
def test_a_lock_that_names_nobody(text):
    assert running.parse(text) is None


def test_a_process_id_that_was_used_again_is_no_run(tmp_path):
    run = running.Run(os.getpid(), "1", int(time.time()), "rotate")
    assert run.state is None and run.trouble(time.time())[0] == "cut_off"
    assert running.this_process(os.getpid(), time.time(), "watch").state in "RSD"


# what is in the way of a rotation

@pytest.mark.parametrize("step, number, words", [
    ("open", 122, "quota"), ("open", 28, "one more name"), ("open", 30, "read-only"), ("open", 1, "security module"),
    ("write", 122, "quota"), ("write", 28, None), ("rename", 1, "renamed by root"), ("rename", 13, "renamed by root"),
])
def test_what_a_trial_meets_is_named(tmp_path, monkeypatch, step, number, words):
    def fail(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(obstacles.os, step, fail)
    sentence = obstacles.of_trial(str(tmp_path), "audit.log")
    monkeypatch.undo()
    assert sentence is None if words is None else words in sentence
    assert list(tmp_path.iterdir()) == []


@needs_root
def test_missing_inodes_are_not_a_lack_of_space(tmp_path):
    where = tmp_path / "log"
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=4", "tmpfs", str(where)], check=True)
    try:
        assert obstacles.of_inodes(str(where)) is None
        for number in range(3):
            (where / str(number)).touch()
        assert "free inodes" in obstacles.of_inodes(str(where))
    finally:
        subprocess.run(["umount", str(where)], check=True)


def test_a_trial_that_was_killed_leaves_nothing_behind(tree):
    tree.rotated(1)
    (tree.log / ".audit.log.trial-1.audit-rotate-tmp").write_bytes(b"x")
    assert tree.run().returncode == 0
    tree.check()


def test_the_signal_that_ends_a_watch_ends_it(tree):
    tree.add("audit.log", mode=0o600)
    process = subprocess.Popen(
        [sys.executable, "-IS", str(Path(bounded.__file__).parents[1] / "audit-rotate"), "--watch", "1", "--config", str(tree.conf)],
        stderr=subprocess.PIPE, text=True)
    try:
        run, end, path = None, time.monotonic() + 60, tree.state / "watch.lock"
        while run is None and time.monotonic() < end:
            time.sleep(0.02)
            run = running.parse(path.read_text()) if path.exists() else None
        assert run.pid == process.pid and run.state is not None
        assert tree.run("--guard", "--watch", "1").returncode == 2
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert run.state is None
