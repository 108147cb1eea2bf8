# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift by a connection of another collection, which gives commands no stdin: into a root of another release, by both ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[2]
LAB = Path(os.environ.get("AUDITOPS_LAB") or Path(os.environ.get("XDG_CACHE_HOME") or "/var/tmp") / "auditops-lab")
CONNECTIONS = LAB / "connections"  # make connections
COMPARE = [{"hosts": "all", "gather_facts": False, "tasks": [
    {"ansible.builtin.import_role": {"name": "auditops.auditd.audit_drift", "tasks_from": "compare"}},
    {"ansible.builtin.copy": {"dest": "{{ result }}", "content": "{{ audit_drift_result | to_json }}"}, "delegate_to": "localhost",
     "vars": {"ansible_connection": "local"}},
]}]


@pytest.fixture
def play(site, tmp_path):
    """Run plays over a root of another release as the host ``inside``."""
    if site.root == Path("/"):
        pytest.skip("this machine is no chroot")
    if not (CONNECTIONS / "ansible_collections").is_dir():
        pytest.skip(f"community.general.chroot is not in {CONNECTIONS}: make connections")
    hosts = {"inside": {"ansible_connection": "community.general.chroot", "ansible_host": str(site.root),
                        "ansible_python_interpreter": "/usr/bin/python3"}}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))

    def run(plays, **variables):
        (tmp_path / "play.yml").write_text(json.dumps(plays))
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=f"{COLLECTION.parents[2]}:{CONNECTIONS}")
        own = {"result": str(tmp_path / "result.json"), "audit_drift_report_dir": str(tmp_path / "report")}
        argv = [sys.executable, "-m", "ansible", "playbook", "-i", str(tmp_path / "inventory.json"), str(tmp_path / "play.yml"),
                "-e", json.dumps({**own, **variables})]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)
        assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        found = json.loads((tmp_path / "result.json").read_text()) if plays is COMPARE else {}
        return found.get("way"), {name: value for name, value in found.get("drift", {}).items() if name not in ("collected_at", "run")}

    return run


def test_the_same_document_by_a_chroot_connection(site, play):
    tasks = [{"hosts": "all", "gather_facts": False, "tasks": [{"auditops.auditd.audit_check": {"state": state}}]}
             for state in ("present", "absent")]
    site.start()
    play([tasks[0]])
    try:
        own, sent = (play(COMPARE, audit_check_use=use) for use in ("always", "never"))
    finally:
        play([tasks[1]])
    assert (own[0], sent[0]) == ("audit-check", "code") and own[1] == sent[1]
    assert own[1]["live"]["version"] == site.release and own[1]["live"]["daemon"]["running"] is True
    assert not site.path("/usr/local/sbin/audit-check").exists()
