# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was replaced comes back byte for byte: text, mode, time, links, and what was not there."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._host.kept import Kept, stores

STORE = "/var/lib/auditops/rescue/2026-11-26T00:00:00Z"
PATHS = ["/etc/audit/auditd.conf", "/etc/audit/rotate.conf", "/etc/systemd/system/auditd.service", "/etc/new"]


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    conf = tmp_path / "etc/audit/auditd.conf"
    conf.write_bytes(b"a = \xff\n")
    conf.chmod(0o640)
    os.utime(conf, ns=(10**18, 10**18 + 5))
    (tmp_path / "etc/systemd/system/auditd.service").symlink_to("/dev/null")
    return Host(str(tmp_path))


def spoil(host):
    root = host.root
    os.replace(root + "/etc/systemd/system/auditd.service", root + "/etc/audit/rotate.conf")
    with open(root + "/etc/audit/auditd.conf", "wb") as stream:
        stream.write(b"b")
    os.chmod(root + "/etc/audit/auditd.conf", 0o600)
    os.mkdir(root + "/etc/new")


def test_everything_comes_back(host):
    kept = Kept(host, STORE)
    assert [kept.keep(path) for path in [*PATHS, PATHS[0]]] == [True] * 4 + [False]
    spoil(host)
    assert stores(host, "/var/lib/auditops/rescue") == [STORE] and Kept(host, STORE).differing() == PATHS
    assert Kept(host, STORE).put_back() == PATHS
    status = os.stat(host.root + PATHS[0])
    assert (host.read(PATHS[0]), status.st_mode & 0o777, status.st_mtime_ns) == (b"a = \xff\n", 0o640, 10**18 + 5)
    assert os.readlink(host.root + PATHS[2]) == "/dev/null" and host.lstat(PATHS[1]) is None and host.lstat(PATHS[3]) is None
    assert stores(host, "/var/lib/auditops/rescue") == [] and Kept(host, STORE).put_back() == []


def test_a_run_that_was_killed_between_copy_and_journal_keeps_what_is_there(host):
    kept = Kept(host, STORE)
    kept.keep(PATHS[0])
    with open(host.root + STORE + "/1", "w") as stream:
        stream.write("half a copy")
    again = Kept(host, STORE)
    assert not again.keep(PATHS[0]) and again.keep(PATHS[2])
    spoil(host)
    again.put_back()
    assert host.read(PATHS[0]) == b"a = \xff\n"


def test_a_directory_with_others_files_stays(host):
    kept = Kept(host, STORE)
    kept.keep("/etc/new")
    os.makedirs(host.root + "/etc/new")
    with open(host.root + "/etc/new/of-others", "w"):
        pass
    kept.put_back()
    assert host.lstat("/etc/new/of-others") is not None
