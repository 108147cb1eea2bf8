# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift, remediate and remediate again by another ansible-core: before 2.19 templated values arrive as text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = os.environ.get("AUDITOPS_OTHER_ANSIBLE")


@pytest.mark.skipif(not BIN, reason="AUDITOPS_OTHER_ANSIBLE does not name the bin directory of another ansible-core")
def test_remediation_converges(tmp_path):
    subprocess.run([sys.executable, str(ROOT / "demo/fleet.py"), str(tmp_path)], check=True, capture_output=True)
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(ROOT.parents[2]))
    recaps = []
    for name in ("drift", "remediate", "remediate"):
        argv = [f"{BIN}/ansible-playbook", "-i", str(tmp_path / "inventory.json"), "-l", "debian-12", "-e",
                f"audit_drift_report_dir={tmp_path}/report", str(ROOT / f"playbooks/{name}.yml")]
        done = subprocess.run(argv, check=False, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        recaps.append(done.stdout.partition("PLAY RECAP")[2])
    assert ["changed=0" in recap for recap in recaps] == [True, False, True]
