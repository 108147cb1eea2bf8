# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole run: its exit code, its status, an offline tree, the oldest Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rotate_tree import FILES, START, Tree, archives, record

PYTHON36 = next((str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.6.*/bin/python"))), None) or shutil.which("python3.6")


def test_a_method_that_is_not_installed(tree, monkeypatch):
    from audit_rotate import exits, methods

    monkeypatch.setattr(methods, "PROGRAM_DIRS", ())
    with pytest.raises(exits.Failure, match="zstd is not installed") as caught:
        methods.chosen("zstd")
    assert caught.value.code == 13
    assert methods.chosen("auto") == "xz"


def test_without_auditd_the_old_logs_are_archived_and_the_code_says_so(tree):
    tree.rotated(2)
    done = tree.run("--rotate")
    # A live test beside this one may have an auditd running: it is not the one of this log
    assert done.returncode == 6 and ("auditd does not run" in done.stderr or "is for the auditd of" in done.stderr)
    tree.check()
    assert len([name for name in tree.names() if name.endswith(".gz")]) == 2


def test_dry_run_changes_nothing(tree):
    tree.rotated(2)
    tree.add("audit.log.2015-02-26_15:43:46")
    before = {path: (path.read_bytes(), path.stat()) for path in tree.log.iterdir()}
    done = tree.run("--dry-run")
    assert done.returncode == 0
    for words in ("would rename audit.log.2", "would rename audit.log.1", "would compress audit.log.2015-02-26_15:43:46"):
        assert words in done.stdout
    assert {path: (path.read_bytes(), path.stat()) for path in tree.log.iterdir()} == before
    assert list(tree.state.iterdir()) == []


def test_status_file_textfile_and_the_status_option(tmp_path):
    tree = Tree(tmp_path, textfile=tmp_path / "audit.prom").rotated(2)
    assert tree.run("--status").returncode == 21
    assert tree.run().returncode == 0
    status = tree.status()
    assert (status["result"], status["exit_code"], status["last_run"]) == ("success", 0, status["last_success"])
    assert status["compressed_count"] == 2 and status["bytes_after"] < status["bytes_before"]
    assert [entry["from"] for entry in status["taken_over"]] == ["audit.log.2", "audit.log.1"]
    assert json.loads(tree.run("--status").stdout) == status
    assert (tree.state / "status.json").stat().st_mode & 0o777 == 0o600
    metrics = (tmp_path / "audit.prom").read_text()
    assert "audit_rotate_archives 2\n" in metrics and "# TYPE audit_rotate_exit_code gauge" in metrics
    tree.log.chmod(0o777)
    assert tree.run().returncode == 12
    assert tree.run("--status").returncode == 20
    assert tree.status()["last_success"] == status["last_success"] and tree.status()["error"]


def test_an_offline_tree(tmp_path):
    root = tmp_path / "image"
    (root / "etc/audit").mkdir(parents=True)
    (root / "etc/audit/auditd.conf").write_text("log_file = /data/audit/my.log\n")
    (root / "data").symlink_to("/srv")
    log = root / "srv/audit"
    log.mkdir(parents=True, mode=0o750)
    for number in (2, 1):
        (log / f"my.log.{number}").write_bytes(record(START - number * 100, number))
    argv = [sys.executable, "-IS", str(FILES / "audit-rotate"), "--root", str(root)]
    assert subprocess.run(argv, check=False).returncode == 0
    assert sorted(path.name for path in log.iterdir()) == ["my.log.2025-10-09T08:50:00Z.xz", "my.log.2025-10-09T08:51:40Z.xz"]
    assert json.loads((root / "var/lib/audit-rotate/status.json").read_text())["mode"] == "archive-only"
    assert subprocess.run([*argv, "--guard"], check=False, capture_output=True).returncode == 2


@pytest.mark.skipif(PYTHON36 is None, reason="no Python 3.6 here")
@pytest.mark.parametrize("method", ["auto", "gzip", "bzip2", "xz", "none"])
def test_python_36(tmp_path, method):
    tree = Tree(tmp_path, compress=method, keep=3, adopt="prune").rotated(5)
    done = tree.run(python=PYTHON36)
    assert done.returncode == 0, done.stderr
    assert len(archives(tree)) == 3
    assert tree.serials() == tree.written[2 * 200:]
    assert tree.archive("list").returncode == 0
