# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's fleet adopted by the playbook as a user runs it: drift with what it wrote finds what its report lists, and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

COLLECTION = Path(controls.__file__).parents[2]
HOSTILE = ["# {{ lookup('pipe', 'touch /tmp/never') }} {% raw %}", "-w /etc/{{x}} -p wa -k {{key}}", "-w /etc/0o17 -p wa -k yes"]
NOT_INSTALLED = {"schedule.installed", "storage.rotated_logs", "storage.max_log_file_action"}
NOT_STATED = {"disk.rules_d.control.backlog_wait_time", "compiled.audit_rules.control.backlog_wait_time"}
# {host: findings that no variable can take away}
LEFT = {
    "amazon-2017-09": {*NOT_INSTALLED, *NOT_STATED, "disk.rules_d.control.f", "compiled.audit_rules.control.f"},
    "rhel-8": {*NOT_INSTALLED, *NOT_STATED},
    "debian-12": {*NOT_INSTALLED, "compiled.audit_rules.missing"},  # this test adds rules and runs no augenrules
}


@pytest.fixture
def fleet(tmp_path):
    done = subprocess.run([sys.executable, COLLECTION / "demo/fleet.py", tmp_path / "fleet"], check=True, capture_output=True, text=True)
    rules = tmp_path / "fleet/hosts/debian-12/etc/audit/rules.d/odd.rules"
    rules.write_text("\n".join(HOSTILE) + "\n")
    return Path(done.stdout.strip())


def play(name, *arguments):
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
    command = [sys.executable, "-m", "ansible", "playbook", f"auditops.auditd.{name}", *map(str, arguments)]
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True)


def test_a_fleet(fleet, tmp_path):
    dest, report = tmp_path / "adopted", tmp_path / "report"
    variables = json.dumps({"audit_adopt_dest": str(dest), "audit_drift_report_dir": str(report)})
    checked = play("adopt", "-i", fleet, "-e", variables, "--check", "--diff")
    assert checked.returncode == 0 and not dest.exists() and "auditd_failure_policy: 'stop_host'" in checked.stdout, checked.stdout
    done = play("adopt", "-i", fleet, "-e", variables)
    assert done.returncode == 0 and "6 hosts adopted" in done.stdout, done.stdout + done.stderr
    written = {path: path.read_bytes() for path in dest.rglob("*") if path.is_file()}
    assert "audit_rules_extra" in (dest / "host_vars/debian-12/audit.yml").read_text()
    text = (dest / "adoption.md").read_text()
    assert "disk_full_action = HALT stops the host" in text

    drift = play("drift", "-i", fleet, "-i", dest, "-e", variables)
    assert drift.returncode == 0, drift.stdout + drift.stderr
    for path in (report / "hosts").glob("*.json"):
        document = json.loads(path.read_text())
        found = {item["id"] for item in document["items"] if item["severity"] != "info"}
        assert found <= LEFT.get(document["host"], NOT_INSTALLED) and all(ident in text for ident in found), document["host"]

    again = play("adopt", "-i", fleet, "-e", variables)
    assert again.returncode == 0 and {path: path.read_bytes() for path in dest.rglob("*") if path.is_file()} == written
    assert "changed=1" not in again.stdout, again.stdout


def test_a_file_of_somebody_else_is_refused(fleet, tmp_path):
    dest = tmp_path / "inventory"
    (dest / "group_vars/all").mkdir(parents=True)
    (dest / "group_vars/all/audit.yml").write_text("auditd_mode: '0600'\n")
    done = play("adopt", "-i", fleet, "-e", f"audit_adopt_dest={dest}", "--limit", "rhel-9")
    assert done.returncode != 0 and "sets auditd_mode already" in done.stdout
    assert [path.name for path in dest.rglob("*") if path.is_file()] == ["audit.yml"]


def test_a_rotation_that_is_there_is_translated_and_retired(fleet, tmp_path):
    root = tmp_path / "fleet/hosts/debian-12"
    script = root / "etc/cron.weekly/old-rotation"
    script.parent.mkdir(exist_ok=True)
    script.write_text("#!/bin/sh\ncd /var/log/audit || exit 1\ngzip audit.log.1\nfind /var/log/audit -mtime +30 -delete\n")
    script.chmod(0o755)
    dest, report = tmp_path / "adopted", tmp_path / "report"
    variables = {"audit_adopt_dest": str(dest), "audit_drift_report_dir": str(report)}
    done = play("adopt", "-i", fleet, "-e", json.dumps(variables), "--limit", "debian-12")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (dest / "group_vars/all/audit.yml").read_text()
    assert "audit_rotation_schedule: 'weekly'" in text and "audit_rotation_keep_days: 30" in text

    def remediated(replace):
        done = play("remediate", "-i", fleet, "-i", dest, "-e", json.dumps({**variables, "audit_rotation_replace": replace}), "--limit",
                    "debian-12")
        assert done.returncode == 0, done.stdout + done.stderr
        items = json.loads((report / "hosts/debian-12.json").read_text())["items"]
        return [item["severity"] for item in items if item["id"].startswith("schedule.conflict.")]

    assert remediated(False) == ["medium"] and script.exists()
    assert remediated(True) == [] and not script.exists()
    assert (root / "var/lib/auditops/retired/etc_cron.weekly_old-rotation").exists()
    restore = json.dumps({**variables, "audit_rotation_replace": "restore"})
    done = play("harden", "-i", fleet, "-i", dest, "-e", restore, "--limit", "debian-12")
    assert done.returncode == 0 and script.exists() and script.stat().st_mode & 0o777 == 0o755, done.stdout + done.stderr
