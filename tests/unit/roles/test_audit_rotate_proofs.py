# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps that only a crash, or a log that moves under the program, would miss: each is seen here by itself."""

from __future__ import annotations

import gzip
import os

import pytest
from audit_rotate import methods, pack, run, settings, store
from rotate_tree import archives, record


def chosen(tree):
    return settings.load(str(tree.conf), "/", config_is_ours=False)


def names_of_calls(monkeypatch, *functions):
    """[(function, name of the file)] of the calls that change something, as they happen."""
    calls = []

    def noted(function):
        real = getattr(os, function)

        def call(target, *arguments, **options):
            path = os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else target
            calls.append((function, os.path.basename(path)))
            return real(target, *arguments, **options)

        return call

    for function in functions:
        monkeypatch.setattr(os, function, noted(function))
    return calls


def test_the_original_goes_only_after_its_archive_is_on_the_disk(tree, monkeypatch):
    tree.rotated(1)
    calls = names_of_calls(monkeypatch, "fsync", "link", "unlink")
    failure, _status = run.run(chosen(tree), "archive-only")
    assert failure is None
    packed, = archives(tree)
    plain = packed[:-len(".gz")]
    temporary = f".{packed}.audit-rotate-tmp"
    moments = [calls.index(call) for call in (("fsync", temporary), ("link", temporary), ("unlink", plain))]
    assert moments == sorted(moments)
    named, gone = moments[1], moments[2]
    assert ("fsync", tree.log.name) in calls[named:gone], "the name of the archive is durable before the original goes"
    assert ("fsync", tree.log.name) in calls[gone:], "and so is that it went"


def test_the_status_is_on_the_disk_before_it_has_its_name(tree, monkeypatch):
    tree.rotated(1)
    calls = names_of_calls(monkeypatch, "fsync", "rename")
    run.run(chosen(tree), "archive-only")
    written = [call for call in calls if "status.json" in call[1]]
    assert [function for function, _name in written] == ["fsync", "rename"]


@pytest.mark.parametrize("moment", ["while", "after"])
def test_a_log_that_grows_while_it_is_packed_stays_whole(tree, monkeypatch, moment):
    late = record(1760009999, 777777)
    path = tree.log / "audit.log.2026-01-01T00:00:00Z"
    tree.add(path.name, when=1767225600)
    real = {"while": methods.compress, "after": store.publish}[moment]

    def grow(*arguments):
        answer = real(*arguments)
        path.chmod(0o600)
        with open(path, "ab") as stream:
            stream.write(late)
        return answer

    monkeypatch.setattr(*{"while": (methods, "compress"), "after": (store, "publish")}[moment], grow)
    _failure, status = run.run(chosen(tree), "archive-only")
    assert [entry["reason"] for entry in status["waiting"]] == ["it grew while it was compressed"]
    assert archives(tree) == [path.name] and path.read_bytes().endswith(late)


def test_an_archive_that_does_not_give_back_its_original_is_not_kept(tree, monkeypatch):
    tree.rotated(1)
    before = (tree.log / "audit.log.1").read_bytes()
    monkeypatch.setattr(methods, "compress", lambda _method, _source, target, *_rest: os.write(target, gzip.compress(before[:-1])) and None)
    failure, _status = run.run(chosen(tree), "archive-only")
    assert failure.name == "compressor"
    plain, = archives(tree)
    assert (tree.log / plain).read_bytes() == before


def test_an_archive_takes_over_mode_and_times(tree):
    tree.rotated(1)
    (tree.log / "audit.log.1").chmod(0o440)
    assert tree.run().returncode == 0
    status = os.stat(tree.log / archives(tree)[0])
    assert status.st_mode & 0o777 == 0o440 and int(status.st_mtime) == 1760000200


def test_no_name_is_taken_over_twice(tree, monkeypatch):
    target = tree.log / "audit.log.2025-10-09T08:53:20Z"
    source = tree.log / "audit.log.1"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        store.move(str(source), str(target))
    assert target.read_bytes() == b"old" and source.read_bytes() == b"new"


@pytest.mark.parametrize("free, size, writes, here", [
    (100 << 20, 6 << 20, True, True), (4 << 20, 6 << 20, True, False), (4 << 20, 6 << 20, False, True), (0, 6 << 20, False, True),
])
def test_the_last_room_is_left_to_an_auditd_that_writes(tree, monkeypatch, free, size, writes, here):
    class Job:
        settings, directory, notes, daemon_writes = chosen(tree), str(tree.log), [], writes

        def free(self, _path=None):
            return free

    assert (Job.directory in pack._places(Job(), size)) == here
