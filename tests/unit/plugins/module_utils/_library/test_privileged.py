# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import privileged as _privileged


def setuid(path, owner=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    if owner is not None:
        os.chown(path, owner, owner)
    path.chmod(0o4755)


def test_discover(tmp_path):
    for path, mode in {
        "usr/bin/su": 0o4755,
        "usr/bin/wall": 0o2755,
        "usr/bin/ls": 0o755,
        "usr/share/notes": 0o4644,
        "var/lib/docker/overlay/su": 0o4755,
        "proc/su": 0o4755,
    }.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        os.chmod(target, mode)
    (tmp_path / "usr/bin/link").symlink_to("su")
    host = Host(str(tmp_path))
    assert stat.S_IMODE(os.stat(tmp_path / "usr/bin/su").st_mode) == 0o4755
    assert _privileged.discover(host) == (["/usr/bin/su", "/usr/bin/wall"], True, [])
    assert _privileged.discover(host, seconds=-1)[:2] == ([], False)


@pytest.mark.parametrize("name", ["x\n-D", "x\r", "x\t", "x\x1b[2J", "x\udcff"])
def test_a_name_that_is_more_than_a_name_gets_no_line(tmp_path, name):
    """Any user can make such a file; in a rules file it would be a line of the user's choice."""
    setuid(tmp_path / "usr/bin" / name)
    setuid(tmp_path / "usr/bin/su")
    host = Host(str(tmp_path))
    found = _privileged.discover(host)
    assert found.paths == ["/usr/bin/su"] and found.complete
    assert found.notes[0].isprintable() and "no rule can hold" in found.notes[0]
    assert _privileged.beside(host, []).paths == ["/usr/bin/su"]


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_nobody_chooses_how_many_rules_there_are(tmp_path, mode):
    home = tmp_path / ("home/user" if mode == 0o755 else "tmp")
    for number in range(150):
        setuid(home / f"{number:03}", owner=4321)
    os.chown(home, 4321 if mode == 0o755 else 0, 0)
    home.chmod(mode)
    setuid(home / "planted")  # of root: nobody else can make that
    setuid(tmp_path / "usr/bin/at", owner=1)
    host = Host(str(tmp_path))
    found = _privileged.discover(host)
    inside = "/home/user/" if mode == 0o755 else "/tmp/"
    assert found.paths == sorted([f"{inside}{number:03}" for number in range(100)] + [inside + "planted", "/usr/bin/at"])
    assert "150 privileged programs of users" in found.notes[0]
    stated = [f" path={path} " for path in found.paths]
    assert _privileged.beside(host, stated).paths == found.paths
    (home / "099").unlink()
    assert inside + "100" not in _privileged.beside(host, stated).paths
