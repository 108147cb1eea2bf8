# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's fleet remediated with its CIS benchmarks, by the playbook as a user runs it; then it is in sync, for one task each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

COLLECTION = Path(controls.__file__).parents[2]
PROFILES = {"amazon-2017-09": "cis_amazon_2023", "debian-12": "cis_debian_12", "rhel-9": "cis_rhel_9"}


@pytest.fixture
def fleet(tmp_path):
    done = subprocess.run([sys.executable, COLLECTION / "demo/fleet.py", tmp_path / "fleet"], check=True, capture_output=True, text=True)
    inventory = Path(done.stdout.strip())
    for name in PROFILES:  # the benchmarks want mail, and a host that cannot send any is not in sync with them
        mailer = inventory.parent / f"hosts/{name}/usr/lib/sendmail"
        mailer.parent.mkdir(parents=True, exist_ok=True)
        mailer.touch(mode=0o755)
    return inventory


def remediate(inventory):
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
    variables = json.dumps({
        "audit_rules_profiles": ["auto"], "audit_rules_immutable": True, "audit_drift_report_dir": str(inventory.parent / "report")})
    command = [sys.executable, "-m", "ansible", "playbook", "-i", inventory, "auditops.auditd.remediate", "-e", variables]
    done = subprocess.run([*command, "--limit", ",".join(PROFILES)], check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {host: (int(changed), [task for task in re.findall(r"TASK \[(.*)\] \*+((?:\n(?!TASK|PLAY).*)*)", done.stdout)
                                  if re.search(rf"^(?:ok|changed): \[{host}\]", task[1], re.MULTILINE)])
            for host, changed in re.findall(r"^(\S+) +: .* changed=(\d+)", done.stdout, re.MULTILINE)}


def test_a_fleet_with_benchmarks(fleet):
    assert all(changed for changed, _tasks in remediate(fleet).values())
    documents = {name: json.loads((fleet.parent / f"report/hosts/{name}.json").read_text()) for name in PROFILES}
    assert {document["status"] for document in documents.values()} == {"in_sync"}
    before = json.loads((fleet.parent / "report/before/debian-12.json").read_text())
    missing = next(item for item in before["items"] if item["id"] == "disk.rules_d.missing")
    assert "cis_debian_12:6.2.3.1" in missing["controls"]
    for name, profile in PROFILES.items():
        waived = [entry["controls"] for entry in documents[name]["waived"] if entry["subject"] == "max_log_file_action"]
        assert [control for controls in waived for control in controls if control.startswith(profile + ":")]
        assert "-k scope" in (fleet.parent / f"hosts/{name}/etc/audit/audit.rules").read_text()

    for changed, tasks in remediate(fleet).values():
        remote = [name for name, _output in tasks if not name.startswith("Refuse variables") and "Publish the report" not in name]
        assert changed == 0 and remote == ["auditops.auditd.audit_drift : Compare the host with the policy"]
