# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module writes about itself into the journal of the host: one short line, whatever the policy's size."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from test_audit_info import COLLECTIONS, LOGGED, RUN

MANY = ["-w /etc/own%d -p wa -k own" % number for number in range(400)]
CONF = "space_left = 75\nadmin_space_left = 50\n"
SETTINGS = {"space_left": 75, "admin_space_left": 50, "name": "n" * 60, "num_logs": 5}
CASES = {
    "auditd_conf settings": ("auditd_conf", {"settings": SETTINGS, "failure_policy": "keep_running", "release": "3.0.9"}),
    "auditd_conf content": ("auditd_conf", {"content": CONF + "# " + "x" * 100 + "\n", "state": "rendered", "release": "3.0.9"}),
    "audit_rules": ("audit_rules", {"rules": MANY, "control": {"backlog_limit": 8192}, "release": "3.0.9"}),
    "audit_rules files": ("audit_rules", {"files": {"50-own.rules": "\n".join(MANY) + "\n"}, "release": "3.0.9"}),
    "audit_rotation": ("audit_rotation", {"config": {"keep_days": 90}, "program": {
        "/usr/local/lib/audit-rotate/%d.py" % number: "x" * 1000 for number in range(60)}}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_line_is_short_and_says_what_was_given(tmp_path, name):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text(CONF)
    module, args = CASES[name]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(COLLECTIONS), *sys.path]))
    arguments = json.dumps({"root": str(tmp_path), "_ansible_check_mode": True, **args})
    process = subprocess.run([sys.executable, "-c", RUN.replace("import importlib\n", LOGGED), module, arguments], check=False,
                             env=environment, capture_output=True, text=True)
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("logged: ")]
    assert "Invoked with" in line and len(line.encode()) < 500
    assert all(option in line for option in args if option != "program") and "own399" not in line and "xxxx" not in line
