# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_drift and audit_report for real, by ansible-playbook over a fleet of trees: what they write, and that no tree is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.action import audit_drift

COLLECTIONS = Path(audit_drift.__file__).parents[5]
CONF = """\
log_group = root
max_log_file = 8
max_log_file_action = {action}
num_logs = 5
space_left = 75
space_left_action = SYSLOG
admin_space_left = 50
admin_space_left_action = SYSLOG
disk_full_action = {full}
disk_error_action = SYSLOG
"""
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - auditops.auditd.audit_drift:
        root: "{{ audit_root }}"
        release: 3.0.9
        auditd: {settings: {max_log_file_action: ROTATE, disk_full_action: SYSLOG}, failure_policy: keep_running}
        report_dir: "{{ report_dir }}"
      register: result
    - ansible.builtin.assert:
        that: [result is not changed, result.drift.host == inventory_hostname]
    - auditops.auditd.audit_report:
        report_dir: "{{ report_dir }}"
        hosts: "{{ ansible_play_hosts_all }}"
      run_once: true
      register: published
    - ansible.builtin.assert:
        that:
          - published is not changed
          - published.counts.drifted == 2 and published.counts.in_sync == 1
          - published.stopping == ['../../halts']
          - published.dest is search('index.html')
      run_once: true
"""
HOSTS = {"good": ("ROTATE", "SYSLOG"), "../../halts": ("KEEP_LOGS", "HALT"), "fills": ("KEEP_LOGS", "SYSLOG")}


def playbook(tmp_path, *options):
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_NOCOLOR="1", ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(tmp_path / "hosts.json"), str(tmp_path / "play.yml"), *options]
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=tmp_path)


@pytest.fixture
def fleet(tmp_path):
    hosts = {}
    for number, (name, (action, full)) in enumerate(HOSTS.items()):
        root = tmp_path / "trees" / str(number)
        (root / "etc/audit/rules.d").mkdir(parents=True)
        (root / "etc/group").write_text("root:x:0:\n")
        (root / "etc/audit/auditd.conf").write_text(CONF.format(action=action, full=full))
        hosts[name] = {"audit_root": str(root)}
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "report_dir": "report"}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    (tmp_path / "play.yml").write_text(PLAY)
    return tmp_path


def state(directory):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(directory.rglob("*")) if path.is_file()}


def test_a_fleet_of_trees_for_real(fleet):
    before = state(fleet / "trees")
    first = playbook(fleet, "--check")
    assert first.returncode == 0, first.stdout + first.stderr
    documents = {path.name: json.loads(path.read_text()) for path in (fleet / "report/hosts").iterdir()}
    second = playbook(fleet, "-v")
    assert second.returncode == 0, second.stdout + second.stderr
    assert state(fleet / "trees") == before
    assert sorted(documents) == ["%2E.%2F..%2Fhalts.json", "fills.json", "good.json"]
    assert {document["status"] for document in documents.values()} == {"drifted", "in_sync"}
    for path in (fleet / "report/hosts").iterdir():
        again = json.loads(path.read_text())
        for each in (again, documents[path.name]):
            each.pop("collected_at"), each.pop("run")
        assert again == documents[path.name]
    assert "Audit drift of 3 hosts: 2 drifted, 1 in sync" in first.stdout
    assert "Hosts that can stop themselves:\n  ../../halts: Nothing bounds the log" in first.stdout
    page = (fleet / "report/index.html").read_text()
    assert "../../halts" in page and "powers the host off" in page


def test_a_format_that_is_not_known_is_refused(fleet):
    task = "auditops.auditd.audit_report: {report_dir: report, formats: [pdf]}"
    (fleet / "play.yml").write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n    - {task}\n")
    run = playbook(fleet)
    assert run.returncode != 0 and "formats: pdf is not known; known are csv, html, json" in run.stdout + run.stderr
