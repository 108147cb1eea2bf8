# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree that Ansible's tools look at is the checkout, and what a tool writes there meanwhile is left to it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools/make_tree.py"


@pytest.fixture
def make_tree(tmp_path):
    checkout = tmp_path / "checkout"
    (checkout / "tests/tools").mkdir(parents=True)
    shutil.copy2(TOOL, checkout / "tests/tools/make_tree.py")
    (checkout / "galaxy.yml").write_text("---\n")
    (checkout / "plugins").mkdir()
    (checkout / "plugins/old.py").write_text("")
    subprocess.run(["git", "init", "-q", str(checkout)], check=True)

    def make():
        argv = [sys.executable, checkout / "tests/tools/make_tree.py", tmp_path / "tree"]
        return Path(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip())
    make.checkout = checkout
    return make


def files(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if ".git" not in path.parts and path.is_file()}


def test_what_is_gone_from_the_checkout_goes_from_the_tree(make_tree):
    tree = make_tree()
    assert files(tree) == {"galaxy.yml", "plugins/old.py", "tests/tools/make_tree.py"}
    (make_tree.checkout / "plugins/old.py").unlink()
    (tree / "left").mkdir()
    (tree / "left/over").write_text("")
    make_tree()
    assert files(tree) == {"galaxy.yml", "tests/tools/make_tree.py"} and not (tree / "plugins").exists() and not (tree / "left").exists()


@pytest.mark.parametrize("cache", [".ruff_cache", ".ruff_cache/0.1", ".ansible/tmp", "tests/output/junit"])
def test_a_directory_that_a_tool_has_just_made_stays(make_tree, cache):
    tree = make_tree()
    (tree / cache).mkdir(parents=True)
    make_tree()
    assert (tree / cache).is_dir()


def test_what_did_not_change_is_not_written(make_tree):
    tree = make_tree()
    before = (tree / "galaxy.yml").stat()
    make_tree()
    assert (tree / "galaxy.yml").stat().st_mtime_ns == before.st_mtime_ns and (tree / "galaxy.yml").stat().st_ino == before.st_ino
