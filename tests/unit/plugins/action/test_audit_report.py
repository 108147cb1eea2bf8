# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the report that the comparison refused are not refused again: the report of the refused hosts is written without them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.action import audit_report
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import refusals

COLLECTION = Path(publish.__file__).resolve().parents[2]


@pytest.mark.parametrize(("name", "value", "refused"), [
    ("fail_on", "bogus", True), ("fail_on", "high", False), ("fail_on", "never", False), ("fail_on", "", True),
    ("formats", ["html", "pdf"], True), ("formats", "pdf", True), ("formats", {"html": 1}, True), ("formats", 3, True),
    ("formats", ["html"], False), ("formats", "html,json", False), ("formats", "html, csv", True), ("formats", [], False),
    ("stops_of_days", "many", True), ("stops_of_days", 30, False), ("stops_of_days", "30", False), ("stops_of_days", "-1", False),
    ("report_dir", "bogus", False),
])
def test_what_the_comparison_refused(name, value, refused):
    left = refusals.without_refused({name: value}, audit_report.JUDGED)
    assert left == ({} if refused else {name: value})


@pytest.mark.parametrize(("variable", "value"), [("audit_drift_fail_on", "bogus"), ("audit_drift_formats", ["pdf"])])
def test_a_wrong_option_of_the_report_is_refused_once(tmp_path, variable, value):
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_root": str(tmp_path / "tree")}
    (tmp_path / "tree").mkdir()
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": {}, "web2": {}}, "vars": common}}))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", "auditops.auditd.drift", "-e",
               json.dumps({variable: value, "audit_drift_report_dir": str(tmp_path / "report")})]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2 and f"value of {variable.removeprefix('audit_drift_')} must be" not in run.stdout + run.stderr, run.stdout
    assert (tmp_path / "report/index.html").is_file() and "the reason stands at the task that refused it" in run.stdout
    assert all("failed=1" in line for line in run.stdout.partition("PLAY RECAP")[2].splitlines() if " : " in line), run.stdout
