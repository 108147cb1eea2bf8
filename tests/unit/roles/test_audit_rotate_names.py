# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in a log directory: what an archive is called, what is read back, what is not ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest
from rotate_tree import START, Tree, archives, content, record

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")


@pytest.mark.parametrize("name_format, zone, expected", [
    ("%Y-%m-%dT%H:%M:%SZ", "utc", "audit.log.2025-10-09T08:56:40Z.gz"),
    ("%F_%T", "utc", "audit.log.2025-10-09_08:56:40.gz"),
    ("%F_%T", "local", "audit.log.2025-10-09_10:56:40.gz"),
    ("%Y%m%dT%H%M%S%z", "local", "audit.log.20251009T105640+0200.gz"),
    ("%Y%m%dT%H%M%S%z", "utc", "audit.log.20251009T085640+0000.gz"),
    ("e%s", "utc", "audit.log.e1760000200.gz"),
    ("%Y-%j", "utc", "audit.log.2025-282.gz"),
])
def test_name_formats_and_reading_them_back(tmp_path, name_format, zone, expected):
    tree = Tree(tmp_path, name_format=name_format, name_zone=zone).rotated(1)
    berlin = {"TZ": "Europe/Berlin"}
    assert tree.run(env=berlin).returncode == 0
    assert archives(tree) == [expected]
    tree.configure(name_format="%Y-%m-%dT%H:%M:%SZ", keep_days=1, adopt="prune")
    tree.add("audit.log.1", when=time.time() - 3600)
    assert tree.run(env=berlin).returncode == 0
    assert expected not in archives(tree), "an archive of an earlier format is still ours"
    assert len(archives(tree)) == 1


def test_the_hour_that_comes_twice(tmp_path):
    """2026-10-25 02:00 to 03:00 comes twice in Berlin; the second log has the earlier name."""
    tree = Tree(tmp_path, name_format="%F_%T", name_zone="local", keep=1, adopt="prune")
    first, second = 1792888200, 1792891200  # 02:30 CEST and 02:20 CET
    tree.add("audit.log.2", when=first - 200)
    tree.add("audit.log.1", when=second - 200)
    assert tree.run(env={"TZ": "Europe/Berlin"}).returncode == 0
    assert archives(tree) == ["audit.log.2026-10-25_02:20:00.gz"], "the newest one stays"


def test_clock_set_back(tree):
    tree.add("audit.log.2", when=START + 7200)
    tree.add("audit.log.1", when=START)
    tree.add("audit.log", when=START + 300, mode=0o600)
    assert tree.run().returncode == 0
    assert sorted(tree.serials()) == tree.written
    assert len(archives(tree)) == 2


def test_a_time_that_a_message_pretends_does_not_name_the_log(tree):
    path = tree.log / "audit.log.1"
    path.write_bytes(record(START, 1) + b"type=USER msg=audit(%d.000:2): msg='\" type=X msg=audit(9999999999.000:3): '\n" % (START + 5))
    assert tree.run().returncode == 0
    assert archives(tree) == ["audit.log.2025-10-09T08:53:25Z.gz"]


@pytest.mark.parametrize("text", [b"", b"no record at all\n", b"\x00\xff" * 5000, b"type=X msg=audit(99999999999999999999.0:1): \n"])
def test_a_log_without_a_usable_time_is_named_after_its_mtime(tree, text):
    path = tree.log / "audit.log.1"
    path.write_bytes(text)
    os.utime(path, (START, START))
    assert tree.run().returncode == 0
    assert archives(tree) == (["audit.log.2025-10-09T08:53:20Z.gz"] if text else [])
    assert not text or content(tree.log / archives(tree)[0]) == text


def test_a_torn_last_record_is_kept_and_the_whole_one_before_it_names_the_log(tree):
    tree.add("audit.log.1")
    os.chmod(tree.log / "audit.log.1", 0o600)
    with open(tree.log / "audit.log.1", "ab") as stream:
        stream.write(b"type=SYSCALL msg=aud")
    assert tree.run().returncode == 0
    assert archives(tree) == ["audit.log.2025-10-09T08:56:40Z.gz"]
    assert content(tree.log / archives(tree)[0]).endswith(b"msg=aud")


def test_what_is_not_ours_stays(tree, tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"secret")
    tree.rotated(1)
    (tree.log / "audit.log.2").symlink_to(outside)
    (tree.log / "audit.log.3").mkdir()
    os.mkfifo(tree.log / "audit.log.4")
    for name in ("audit.log.old", "audit.log.2025-10-09T08:53:20Z.bak", "other.log.1", "audit.log.1.gz.part", "a b", "audit.log.1 (copy)"):
        (tree.log / name).write_bytes(b"x")
    (tree.log / "audit.log.2025-10-09T00:00:00Z.gz").symlink_to(outside)
    before = set(tree.names())
    assert tree.run().returncode == 0
    assert before - set(tree.names()) == {"audit.log.1"}
    assert outside.read_bytes() == b"secret"
    assert tree.status()["foreign"]["count"] == 10


@needs_root
def test_a_file_of_another_owner_is_not_taken_over(tree):
    tree.rotated(2)
    os.chown(tree.log / "audit.log.1", 65534, 65534)
    assert tree.run().returncode == 0
    assert "audit.log.1" in tree.names()


def test_the_live_log_is_never_touched_whatever_it_is_linked_to(tree):
    live = tree.add("audit.log", mode=0o600)
    os.link(live, tree.log / "audit.log.1")
    os.link(live, tree.root / "elsewhere")
    before = live.stat().st_ino
    assert tree.run().returncode == 0
    assert live.stat().st_ino == before and live.stat().st_nlink == 3
    assert archives(tree) == ["audit.log.1"]


def test_a_rotated_log_with_a_second_name(tree):
    tree.rotated(1)
    os.link(tree.log / "audit.log.1", tree.log / "audit.log.2")
    os.link(tree.log / "audit.log.1", tree.root / "elsewhere")
    assert tree.run().returncode == 0
    assert tree.run().returncode == 0
    assert len((tree.root / "elsewhere").read_bytes()) > 0
    found = [name for name in archives(tree) if name.endswith(".gz")]
    assert found and content(tree.log / found[0]) == (tree.root / "elsewhere").read_bytes()


@pytest.mark.parametrize("mode, words", [(0o770, "others than the owner may write"), (0o777, "others than the owner may write")])
def test_a_directory_that_others_write_in(tree, mode, words):
    tree.rotated(1)
    tree.log.chmod(mode)
    done = tree.run()
    assert done.returncode == 12 and words in done.stderr
    tree.log.chmod(0o750)
    assert "audit.log.1" in tree.names()


@pytest.mark.parametrize("compress", ["xz", "none"])
def test_an_archive_has_the_access_control_list_of_the_log(tmp_path, compress):
    tree = Tree(tmp_path, compress=compress).rotated(1, mode=0o440)
    log = tree.log / "audit.log.1"
    if shutil.which("setfacl") is None or subprocess.run(["setfacl", "-m", "u:12345:r", log], check=False, capture_output=True).returncode:
        pytest.skip("needs setfacl and a filesystem with ACLs")
    before = os.getxattr(log, "system.posix_acl_access")
    assert tree.run("--archive-only").returncode == 0
    archive = tree.log / archives(tree)[0]
    assert os.getxattr(archive, "system.posix_acl_access") == before and archive.stat().st_mode & 0o777 == 0o440


def test_mode_owner_and_times_of_an_archive_are_those_of_the_log(tree):
    tree.rotated(1, mode=0o440)
    if os.geteuid() == 0:
        os.chown(tree.log / "audit.log.1", 0, 4)

    def attributes(name):
        status = (tree.log / name).stat()
        return status.st_mode, status.st_uid, status.st_gid, int(status.st_mtime)

    before = attributes("audit.log.1")
    assert tree.run().returncode == 0
    assert attributes(archives(tree)[0]) == before
