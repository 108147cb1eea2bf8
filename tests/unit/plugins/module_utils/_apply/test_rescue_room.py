# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree on a filesystem without any room: the cure is written all the same, and no record is lost."""

from __future__ import annotations

import contextlib
import gzip
import os
import subprocess

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rescue, rescue_room
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

CONF = "log_file = /var/log/audit/audit.log\nadmin_space_left_action = HALT\ndisk_full_action = single\ndisk_error_action = SYSLOG\n"
LOG = b"type=SYSCALL msg=audit(1790000000.000:1): x\n" * 40000


@pytest.fixture
def small(tmp_path):
    """A filesystem of 12 MB."""
    root = tmp_path / "patient"
    root.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", root], check=False, capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs root")
    (root / "etc/audit/rules.d").mkdir(parents=True)
    (root / "var/log/audit").mkdir(parents=True)
    (root / "etc/audit/auditd.conf").write_text(CONF)
    (root / "etc/audit/audit.rules").write_text("-D\n-b 64 -f 2\n# -f 2\n")
    yield root
    subprocess.run(["umount", root], check=True)


def fill(root):
    with open(root / "filler", "wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(b"x" * 4096) == 4096:
            pass


def test_finished_logs_make_the_room_and_keep_each_byte(small):
    for number in (1, 2, 3):
        (small / f"var/log/audit/audit.log.{number}").write_bytes(LOG)
        os.utime(small / f"var/log/audit/audit.log.{number}", (1790000000 - number, 1790000000 - number))
    fill(small)
    host = Host(str(small))
    done = rescue.begin(host, check_mode=False)
    assert done["problems"] == [] and done["in_place"] == [] and done["store"]
    assert len(done["room"]) >= 2, "the oldest first"
    names = sorted(path.name for path in (small / "var/log/audit").iterdir())
    assert all(gzip.decompress((small / "var/log/audit" / name).read_bytes()) == LOG for name in names if name.endswith(".gz")), names
    assert len(names) == 3 and not list(os.scandir("/var/tmp")) or not any(
        entry.name.startswith("auditops-rescue-") for entry in os.scandir("/var/tmp"))


def test_without_any_log_the_words_are_overwritten_in_place(small):
    fill(small)
    inode = (small / "etc/audit/auditd.conf").stat().st_ino
    done = rescue.begin(Host(str(small)), check_mode=False)
    assert done["in_place"] == ["/etc/audit/auditd.conf", "/etc/audit/audit.rules"] and "could not be kept" in done["problems"][0]
    assert (small / "etc/audit/auditd.conf").read_text() == CONF.replace("HALT", "SYSLOG").replace("single", "SYSLOG")
    assert (small / "etc/audit/audit.rules").read_text() == "-D\n-b 64 -f 1\n# -f 2\n"
    assert (small / "etc/audit/auditd.conf").stat().st_ino == inode
    assert rescue.end(Host(str(small)), None, autorelabel=False, check_mode=True)["labelled"] == []


def test_where_there_is_room_nothing_is_touched(tmp_path):
    root = tmp_path
    (root / "etc/audit/rules.d").mkdir(parents=True)
    (root / "var/log/audit").mkdir(parents=True)
    (root / "etc/audit/auditd.conf").write_text(CONF)
    done = rescue.begin(Host(str(root)), check_mode=False)
    assert (done["room"], done["in_place"], done["problems"]) == ([], [], [])
    assert (root / "etc/audit/auditd.conf").read_text() == CONF
    assert rescue_room.is_short(Host(str(root)), "/etc") is False


def test_an_auditd_conf_that_cannot_be_read_keeps_no_step_from_being_taken(tmp_path):
    """A directory in its place: each step that needs the file says so, and the kernel's panic is taken out all the same."""
    (tmp_path / "etc/audit/auditd.conf").mkdir(parents=True)
    (tmp_path / "var/log/audit").mkdir(parents=True)
    host = Host(str(tmp_path))
    done = rescue.begin(host, check_mode=False)
    assert rescue.log_file_of(host) == "/var/log/audit/audit.log" and done["problems"] == [] and done["store"]
    assert rescue.end(host, done["store"], autorelabel=False, check_mode=False)["still_short"] is None
