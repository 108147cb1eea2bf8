# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size guard: what it acts on, and that asking costs little."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rotate_tree import FILES, Tree


def test_the_guard_asks_little_and_loads_little(tree):
    tree.add("audit.log", mode=0o600)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from audit_rotate import cli; code = cli.main(sys.argv[2:]); "
        "print(code, [name for name in ('re', 'json', 'subprocess', 'argparse', 'lzma', 'collections') if name in sys.modules])")
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", program, str(FILES), "--guard", "--config", str(tree.conf)],
        check=False, capture_output=True, text=True)
    assert done.stdout == "0 []\n"
    assert list(tree.state.iterdir()) == []


@pytest.mark.parametrize("config, size, word", [
    ({"ceiling_megabytes": 1}, 1 << 20, "ceiling"),
    ({"ceiling_megabytes": 1}, (1 << 20) - 1, None),
    ({"ceiling_megabytes": 0}, 1 << 21, None),
    ({"min_free_megabytes": 10 ** 9}, 0, "free"),
])
def test_what_the_guard_acts_on(tmp_path, config, size, word, monkeypatch):
    from audit_rotate import guard, settings

    tree = Tree(tmp_path, **config)
    (tree.log / "audit.log").write_bytes(b"\0" * size)
    monkeypatch.setattr(guard, "_auditd", lambda: None)
    found = guard.reason(settings.load(str(tree.conf), "/", config_is_ours=False))
    assert (found and found[0]) == word


def test_the_guard_tells_the_same_trouble_once_and_fails_each_time(tmp_path):
    tree = Tree(tmp_path, min_free_megabytes=10 ** 9).rotated(1)
    first, second = tree.run("--guard"), tree.run("--guard")
    assert first.returncode == second.returncode == 11
    assert "min_free_megabytes wants" in first.stderr and second.stderr == ""
    assert tree.serials() == tree.written
