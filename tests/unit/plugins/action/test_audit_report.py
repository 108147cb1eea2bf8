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


def play(directory, playbook, variables):
    """A run over two hosts with an empty tree."""
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_root": str(directory / "tree")}
    (directory / "tree").mkdir()
    (directory / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": {}, "web2": {}}, "vars": common}}))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", playbook, "-e",
               json.dumps({"audit_drift_report_dir": str(directory / "report"), **variables})]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("variable", "value"), [("audit_drift_fail_on", "bogus"), ("audit_drift_formats", ["pdf"])])
def test_a_wrong_option_of_the_report_is_refused_once(tmp_path, variable, value):
    run = play(tmp_path, "auditops.auditd.drift", {variable: value})
    assert run.returncode == 2 and f"value of {variable.removeprefix('audit_drift_')} must be" not in run.stdout + run.stderr, run.stdout
    assert (tmp_path / "report/index.html").is_file() and "the reason stands at the task that refused it" in run.stdout
    assert all("failed=1" in line for line in run.stdout.partition("PLAY RECAP")[2].splitlines() if " : " in line), run.stdout


@pytest.mark.parametrize("variables", [{}, {"audit_serial": "{{ nobody }}"}, {"audit_max_fail_percentage": "{{ nobody }}"}])
def test_the_options_of_the_role_are_its_variables(tmp_path, variables):
    """Not what module_defaults say; and a batch of which nothing is known withholds no report."""
    defaults = {"auditops.auditd.audit_report": {"formats": ["csv"], "fail_on": "low", "report_dir": str(tmp_path / "elsewhere")},
                "auditops.auditd.audit_drift": {"report_dir": str(tmp_path / "elsewhere")}}
    book = [{"hosts": "all", "gather_facts": False, "module_defaults": defaults, "roles": ["auditops.auditd.audit_drift"]}]
    (tmp_path / "site.json").write_text(json.dumps(book))
    run = play(tmp_path, "site.json", variables)
    assert run.returncode == 0 and not (tmp_path / "elsewhere").exists(), run.stdout + run.stderr
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"fleet.json", "index.html"} <= written and "findings.csv" not in written


@pytest.mark.parametrize("playbook", ["drift", "remediate"])
def test_an_empty_report_dir_writes_nothing_anywhere(tmp_path, playbook):
    run = play(tmp_path, f"auditops.auditd.{playbook}", {"audit_drift_report_dir": ""})
    assert run.returncode == 2 and "audit_drift_report_dir is empty: name a directory" in run.stdout, run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr and sorted(path.name for path in tmp_path.iterdir()) == ["hosts.json", "tree"]
