# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""rotate.conf and the command line: what they take, and the sentence for what they do not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rotate_tree import FILES


@pytest.mark.parametrize("line, words", [
    ("keep_day = 3", ["line 1", "keep_day", "did you mean keep_days?"]),
    ("keep = many", ["line 1", "keep = many", "a whole number"]),
    ("keep = -1", ["a whole number"]),
    ("keep = \u00b2", ["a whole number"]),
    ("keep", ["line 1", "key = value"]),
    ("compress = rar", ["auto, none, gzip, bzip2, xz, zstd"]),
    ("level = 3", ["needs a method"]),
    ("compress = gzip\nlevel = 10", ["gzip takes 1 to 9"]),
    ("name_format = %H:%M", ["must name the day"]),
    ("name_format = %Y%m%d", ["digits only"]),
    ("name_format = %Y-%m-%d/%H", ["between the directives"]),
    ("name_format = %F %T", ["between the directives"]),
    ("name_format = %F%", ["followed by one of the letters"]),
    ("name_format = %F.gz", ["compressed file"]),
    ("name_format = %F-%q", ["it takes the directives"]),
    ("name_zone = local", ["ends in Z"]),
    ("state_dir = relative", ["absolute path"]),
    ("state_dir = /a/../b", [".."]),
    ("shipped_command = cat x", ["absolute path of a program"]),
    ("$(touch /tmp/x) = 1", ["is not a key"]),
])
def test_a_bad_rotate_conf_is_one_clear_sentence(tree, line, words):
    tree.rotated(1)
    tree.conf.write_text(line + "\n")
    done = tree.run()
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1 and str(tree.conf) in done.stderr
    for word in words:
        assert word in done.stderr
    assert "audit.log.1" in tree.names()


@pytest.mark.parametrize("arguments, code", [
    (["--nonsense"], 2), (["--guard", "--status"], 2), (["--wait"], 2), (["--wait", "x"], 2), (["--root", "/nonexistent"], 2),
    (["--config", "/nonexistent"], 3), (["--help"], 0), (["--version"], 0),
])
def test_command_line(arguments, code):
    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-rotate"), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr
    assert bool(done.stderr) == bool(code)


def test_help_names_every_key_and_exit_code():
    from audit_rotate import exits
    from audit_rotate._rotation import conf as _rotate_conf

    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-rotate"), "--help"], check=False, capture_output=True, text=True)
    for key, (*_unused, meaning) in _rotate_conf.KEYS.items():
        assert f"  {key} " in done.stdout and meaning and f" {meaning} (default: " in done.stdout
    for code, meaning in exits.EXITS.values():
        assert f"{code:5d}  {meaning}\n" in done.stdout
    assert len({code for code, _meaning in exits.EXITS.values()}) == len(exits.EXITS)


@pytest.mark.parametrize("auditd, total, expected", [
    ({}, 100 << 30, 128), ({}, 1 << 30, 51), ({"admin_space_left": "50", "admin_space_left_action": "SUSPEND"}, 100 << 30, 128),
    ({"admin_space_left": "500", "admin_space_left_action": "halt"}, 100 << 30, 564),
    ({"space_left": "10%", "space_left_action": "single"}, 100 << 30, 10304),
    ({"space_left": "25%", "space_left_action": "email"}, 100 << 30, 128),
])
def test_the_room_that_is_kept_free(tmp_path, auditd, total, expected):
    from audit_rotate import settings
    from audit_rotate._rotation import conf as _rotate_conf

    class Filesystem:
        f_frsize, f_blocks = 4096, total // 4096

    found = settings.Settings(_rotate_conf.complete({}), auditd, lambda path: path).min_free(Filesystem)
    assert found >> 20 == expected
