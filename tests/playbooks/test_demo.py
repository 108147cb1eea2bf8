# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo``, which runs drift, remediate and drift again, as the README shows it: each line that is quoted there is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from test_fleet_runs import COLLECTION

SKIPPED = ("…", "$ ")  # what a reader sees is left out, and the command


def quoted() -> list[str]:
    """The lines that the README shows of ``make demo``, without what varies."""
    readme = (COLLECTION / "README.md").read_text()
    text = readme.split("    $ ansible-playbook -i .build/demo", 1)[1].split("\nEverything that must pass")[0]
    lines = [line.strip() for line in text.splitlines()[1:]]
    return [line for line in lines if line and not line.startswith(SKIPPED)]


def test_the_demo_says_what_the_readme_shows(tmp_path):
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), PYTHONPATH=str(COLLECTION.parents[2]),
                       PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    run = subprocess.run([sys.executable, COLLECTION / "demo/demo.py", tmp_path / "demo"], env=environment, capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    said = " ".join(run.stdout.split())
    assert [line for line in quoted() if " ".join(line.split()) not in said] == []
