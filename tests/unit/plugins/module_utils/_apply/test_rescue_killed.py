# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rescue, its undo and a second rescue, killed before each call that changes anything: files are whole, and the next run finishes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rescue
from ansible_collections.auditops.auditd.plugins.module_utils._host import files
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

CALLS = ("rename", "write", "fsync", "unlink", "mkdir", "fchmod", "utime", "symlink", "rmdir", "link")
OLD = {
    "etc/audit/auditd.conf": "log_file = /var/log/audit/audit.log\ndisk_full_action = HALT\n", "etc/audit/audit.rules": "-D\n-f 2\n",
    "etc/audit/rules.d/50-site.rules": "-w /etc/hosts -p wa -k net\n-f 2\n", "etc/fstab": "/dev/vda1 / ext4 defaults 0 1\n",
}
NEW = {
    "etc/audit/auditd.conf": "log_file = /var/log/audit/audit.log\ndisk_full_action = SYSLOG\n", "etc/audit/audit.rules": "-D\n-f 1\n",
    "etc/audit/rules.d/50-site.rules": "-w /etc/hosts -p wa -k net\n-f 1\n", "etc/cron.d/audit-rotate": "0 0 * * * root true\n",
}


@pytest.fixture(autouse=True)
def a_disk_that_is_quick(monkeypatch):
    """Nothing here loses its power: a process that ends leaves what it wrote."""
    monkeypatch.setattr(os, "fsync", int)


def build(root: Path) -> Host:
    for name, text in OLD.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o640)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    for name in ("etc/cron.d", "var/log/audit", "var/lib"):
        (root / name).mkdir(parents=True)
    return Host(str(root))


def cure(host: Host) -> None:
    begun = rescue.begin(host, check_mode=False)
    assert begun["problems"] == []
    for name, text in NEW.items():
        if host.text("/" + name) != text:
            files.write_atomic(host.path("/" + name, follow=False), text.encode(), 0o640)
    rescue.end(host, begun["store"], autorelabel=False, check_mode=False)


def undo(host: Host) -> None:
    rescue.undo(host, check_mode=False)


def system(root: Path) -> dict[str, tuple]:
    """Every file but what the rescue keeps for itself and what a killed write left beside a file."""
    return {str(path.relative_to(root)): (path.read_text(), path.stat().st_mode) for path in root.rglob("*")
            if path.is_file() and "auditops" not in str(path.relative_to(root))}


def killed(step, host: Host, number: int) -> bool:
    """Run the step in a process that ends, without a word, before its call of that number; whether it came to its end before."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    left = [number]

    def dying(call):
        def counted(*arguments, **options):
            if not left[0]:
                os._exit(9)
            left[0] -= 1
            return call(*arguments, **options)
        return counted

    try:
        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        step(host)
    except BaseException:
        os._exit(1)
    os._exit(0)


def assert_whole(root: Path) -> None:
    for name in {*OLD, *NEW}:
        path = root / name
        if path.exists():
            assert path.read_text() in (OLD.get(name), NEW.get(name)), name
        else:
            assert name not in OLD, f"{name} is gone"
    read = [path.name for path in (root / "etc/audit/rules.d").iterdir() if path.name.endswith(".rules") and not path.name.startswith(".")]
    assert read == ["50-site.rules"], "augenrules would read what a killed write left"


def test_how_many_calls_there_are(tmp_path):
    """The loops below reach the end: from some number on, nothing is killed any more."""
    host = build(tmp_path)
    assert not killed(cure, host, 0) and killed(cure, host, 10_000)


@pytest.mark.parametrize("first", range(4))
def test_killed_before_each_call(tmp_path, first):
    """Each number of a rescue; of its undo and of the rescue behind that every fourth, another quarter for each ``first``."""
    clean = build(tmp_path / "clean")
    before = system(tmp_path / "clean")
    cure(clean)
    cured = system(tmp_path / "clean")
    number, ended = first, False
    while not ended:
        root = tmp_path / str(number)
        host = build(root)
        ended = killed(cure, host, number)
        assert_whole(root)
        cure(host)
        assert system(root) == cured, number
        killed(undo, host, number)
        assert_whole(root)
        undo(host)
        assert system(root) == before, number
        killed(cure, host, number)
        cure(host)
        assert system(root) == cured, number
        undo(host)
        assert system(root) == before, number
        number += 4
    assert number > 40
