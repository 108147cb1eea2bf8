# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thresholds that each host computes: the playbook sets them once, drift agrees, and the second run changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import test_remediation_steps as hardened


def play(directory, playbook):
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(hardened.COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
    command = [sys.executable, "-m", "ansible", "playbook", "-i", directory / "hosts.json", f"auditops.auditd.{playbook}"]
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=directory)


@pytest.mark.parametrize("state", ["merged", "replaced"])
def test_set_once_and_converged(tmp_path, state):
    """600 MB a day, rotated hourly, four hours to react: what four hours write. The logs are holes, so nothing is compressed."""
    root = tmp_path / "tree"
    hardened.fleet.build_tree(root, hardened.BASE, hardened.fleet.FLEET[hardened.BASE])
    for day in range(5):
        log = root / f"var/log/audit/audit.log.{5 - day}"
        hardened.put(root, str(log.relative_to(root)), "type=USER msg=audit(1700000000.000:1): x\n", 0o400)
        os.truncate(log, 600 << 20)
        os.utime(log, (1700000000 + day * 86400,) * 2)
    variables = {
        "ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_root": str(root), "auditd_release": "3.1.5",
        "audit_drift_report_dir": str(tmp_path / "report"), "auditd_conf_state": state, "audit_storage_reaction_hours": 4,
        "audit_rotation_schedule": "hourly", "audit_rotation_compress": "none",
        "auditd_conf": {"space_left": "auto", "admin_space_left": "auto"},
    }
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"one": variables}}}))
    first = play(tmp_path, "remediate")
    assert first.returncode == 0, first.stdout[-3000:] + first.stderr
    text = (root / "etc/audit/auditd.conf").read_text()
    assert "space_left = 100\n" in text and "admin_space_left = 50\n" in text and "auto" not in text
    again = play(tmp_path, "remediate")
    assert again.returncode == 0 and "changed=0" in again.stdout, again.stdout[-3000:]
    document = json.loads((tmp_path / "report/hosts/one.json").read_text())
    assert not [item for item in document["items"] if "space_left" in item["id"]]
    assert document["audit_storage_recommend"]["space_left"] == 100 and document["audit_storage_recommend"]["reaction_hours"] == 4
