# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is replaced as a whole or not at all: under kill -9, on a full disk, and with a link planted in its place."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import files as _io

WRITER = """
import sys
from ansible_collections.auditops.auditd.plugins.module_utils._host.files import write_atomic
texts = [letter.encode() * 300000 for letter in "AB"]
print("ready", flush=True)
while True:
    for text in texts:
        write_atomic(sys.argv[1], text)
"""


def test_kill_at_any_moment_leaves_a_complete_file(tmp_path):
    path = tmp_path / "auditd.conf"
    for _round in range(15):
        environment = dict(os.environ, PYTHONPATH=":".join(sys.path))
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env=environment)
        writer.stdout.readline()
        time.sleep(random.uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        if path.exists():
            assert path.read_bytes() in (b"A" * 300000, b"B" * 300000)
    _io.write_atomic(str(path), b"last")
    assert [entry.name for entry in tmp_path.iterdir()] == ["auditd.conf"], "what a killed writer left is removed"


def test_another_writer_at_work_is_left_alone(tmp_path):
    path = tmp_path / "auditd.conf"
    other = tmp_path / (".auditd.conf.%d.auditops-new" % os.getppid())
    other.write_text("half")
    _io.write_atomic(str(path), b"ours")
    assert other.read_text() == "half"


def test_mode_and_content(tmp_path):
    path = tmp_path / "rules"
    path.write_text("old")
    path.chmod(0o644)
    _io.write_atomic(str(path), b"new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_planted_link_is_replaced_and_its_target_untouched(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "auditd.conf"
    path.symlink_to(victim)
    _io.write_atomic(str(path), b"new")
    assert victim.read_text() == "precious"
    assert not path.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small filesystem needs root")
def test_a_full_disk_keeps_the_old_file(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        path = tmp_path / "auditd.conf"
        path.write_text("old")
        with pytest.raises(AuditError, match="No space left on device; the file is as it was"):
            _io.write_atomic(str(path), b"x" * 100000)
        assert path.read_text() == "old"
        assert [entry.name for entry in tmp_path.iterdir()] == ["auditd.conf"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AuditError, match="nowhere/auditd.conf: No such file or directory"):
        _io.write_atomic(str(tmp_path / "nowhere" / "auditd.conf"), b"x")


def test_backups_of_one_second_do_not_overwrite_each_other(tmp_path):
    path = tmp_path / "auditd.conf"
    path.write_text("one")
    first = _io.backup(str(path))
    path.write_text("two")
    second = _io.backup(str(path))
    assert [Path(copy).read_text() for copy in (first, second)] == ["one", "two"]
    assert _io.backup(str(tmp_path / "missing")) is None


def test_a_cleanup_that_fails_too_hides_nothing(tmp_path, monkeypatch):
    """A filesystem that went read-only refuses the removal of a killed writer's temporary file as well."""
    (tmp_path / f".auditd.conf.{os.getpid()}{_io.TEMPORARY_SUFFIX}").write_text("left over")

    def refuse(path, *_more, **_options):
        raise OSError(30, "Read-only file system", path)
    monkeypatch.setattr(_io.os, "unlink", refuse)
    monkeypatch.setattr(_io.os, "open", refuse)
    with pytest.raises(AuditError, match="auditd.conf: Read-only file system; the file is as it was"):
        _io.write_atomic(str(tmp_path / "auditd.conf"), b"x")


def test_bytes_and_name_reach_the_disk_in_this_order(tmp_path, monkeypatch):
    """Without the first sync a power cut leaves an empty file, without the second the old one after the change was reported."""
    calls, real = [], {name: getattr(os, name) for name in ("fsync", "rename")}

    def fsync(descriptor):
        calls.append("sync " + ("directory" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file"))
        real["fsync"](descriptor)

    def rename(source, target):
        calls.append("rename")
        real["rename"](source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    _io.write_atomic(str(tmp_path / "auditd.conf"), b"num_logs = 5\n")
    assert calls == ["sync file", "rename", "sync directory"]


def test_a_name_that_may_not_be_on_the_disk_is_no_success(tmp_path, monkeypatch):
    def fsync_directory(_path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(_io, "fsync_directory", fsync_directory)
    with pytest.raises(_io.NotDurable, match="was replaced, but"):
        _io.write_atomic(str(tmp_path / "auditd.conf"), b"new")
    assert (tmp_path / "auditd.conf").read_bytes() == b"new"


def test_a_removal_that_may_not_be_on_the_disk_is_no_success(tmp_path, monkeypatch):
    path = tmp_path / "auditd.conf"
    path.write_text("x")

    def fails(_descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(_io.NotDurable, match="was removed, but its directory cannot be written to disk: Input/output error"):
        _io.remove(str(path))
    assert not path.exists()


@pytest.mark.parametrize(("letter", "where"), [("i", "file"), ("a", "file"), ("i", "directory"), ("a", "directory")])
@pytest.mark.parametrize("change", [lambda path: _io.write_atomic(path, b"new"), _io.remove], ids=["write", "remove"])
def test_an_attribute_that_refuses_root_is_named_with_its_cure(tmp_path, letter, where, change):
    directory = tmp_path / "audit"
    directory.mkdir()
    path = directory / "auditd.conf"
    path.write_text("old")
    marked = path if where == "file" else directory
    if subprocess.run(["chattr", "+" + letter, marked], check=False, capture_output=True).returncode:
        pytest.skip("this filesystem or user cannot set attributes")
    try:
        with pytest.raises(AuditError) as caught:
            change(str(path))
    finally:
        subprocess.run(["chattr", "-" + letter, marked], check=True)
    assert "Operation not permitted" in str(caught.value)
    assert f"{marked} has the attribute +{letter}" in str(caught.value) and f"chattr -{letter} {marked}" in str(caught.value)
    assert path.read_text() == "old"
