# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role's README says what Galaxy's readers look for, its table is the argument specification, and its example runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(COLLECTION / "tests/tools"))
sys.path.insert(0, str(COLLECTION / "demo"))
import fleet  # noqa: E402
import make_role_readmes as tool  # noqa: E402

NAMES = sorted(path.name for path in (COLLECTION / "roles").iterdir() if path.is_dir())
LIVE_ONLY = ("audit_storage",)  # roles that refuse a tree; tests/live runs them
SECTIONS = ["What it does", "Requirements", "Variables", "Example", "Check mode", "Tags"]


def text(role: str) -> str:
    return (COLLECTION / "roles" / role / "README.md").read_text()


@pytest.mark.parametrize("role", NAMES)
def test_sections(role):
    assert re.findall(r"(?m)^## (.*)$", text(role)) == SECTIONS


@pytest.mark.parametrize("role", NAMES)
def test_the_table_is_the_argument_specification(role):
    assert text(role) == tool.readme(role), "make docs writes it again"


@pytest.mark.parametrize("words", ["V(a)", "C(a) and V(b)", "O(role#module:opt)", "V('0600')", "C(a|b)", "V()"])
def test_markup_becomes_markdown(words):
    assert not re.search(r"[VCOM]\(", tool.in_markdown(words)) and re.sub(r"\\\|", "", tool.in_markdown(words)).count("|") == 0


def test_the_examples_run(tmp_path):
    """All of them, in check mode, over a tree as RHEL 9 ships it, with the plugins' package: each does something and none is refused."""
    root = tmp_path / "host"
    fleet.build_tree(root, "rhel-9", fleet.FLEET["rhel-9"])
    plugin = root / "usr/sbin/audisp-remote"
    plugin.parent.mkdir(parents=True, exist_ok=True)
    plugin.write_text("")
    plugin.chmod(0o755)
    host = {"audit_root": str(root), "auditd_release": "3.1.5", "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = {"all": {"hosts": {"web1": host}, "vars": {"ansible_become": False, "audit_drift_report_dir": str(tmp_path / "report")}}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    plays = []
    over_trees = [name for name in NAMES if name not in LIVE_ONLY]
    for role in over_trees:
        plays.append(tmp_path / f"{role}.yml")
        plays[-1].write_text(re.search(r"(?s)```yaml\n(.*?)```", text(role))[1])
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
    options = ["-i", tmp_path / "hosts.json", "--check", "-e", "audit_drift_fail_on=never"]
    done = subprocess.run([sys.executable, "-m", "ansible", "playbook", *options, *plays], check=False, env=environment, cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("changed: [web1]") == len(over_trees) - 1 and "Audit drift of 1 host: 1 drifted" in done.stdout
