# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diagnosis of a fleet of which not every host can be read: the summary names each, and why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

COLLECTION = Path(controls.__file__).parents[2]
BROKEN = "#!/bin/sh\necho 'python3: error while loading shared libraries: libpython3.so' >&2\nexit 127\n"


def test_the_summary_says_why_a_host_could_not_be_read(tmp_path):
    (tmp_path / "tree/etc/audit").mkdir(parents=True)
    broken = tmp_path / "python"
    broken.write_text(BROKEN)
    broken.chmod(0o755)
    hosts = {
        "good": {"ansible_connection": "local"}, "broken": {"ansible_connection": "local", "ansible_python_interpreter": str(broken)},
        "gone": {"ansible_connection": "local", "ansible_python_interpreter": "/nonexistent/python"},
        "away": {"ansible_connection": "ssh", "ansible_host": "127.0.0.9", "ansible_port": 9},
    }
    common = {"audit_root": str(tmp_path / "tree"), "audit_drift_report_dir": str(tmp_path / "report"),
              "ansible_python_interpreter": sys.executable}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1")
    command = [sys.executable, "-m", "ansible", "playbook", "-i", tmp_path / "hosts.json", "auditops.auditd.diagnose"]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=tmp_path)
    fleet = done.stdout.partition("Say it for the fleet")[2].partition("TASK [")[0]
    said = {line.strip().strip('",').partition(": ")[0]: line for line in fleet.splitlines() if ": " in line}
    assert done.returncode != 0 and "unknown (low confidence)" in said["good"], done.stdout
    assert "could not be read: " in said["broken"] and "error while loading shared libraries" in said["broken"], fleet
    assert "/nonexistent/python" in said["gone"] and "127.0.0.9" in said["away"], fleet
