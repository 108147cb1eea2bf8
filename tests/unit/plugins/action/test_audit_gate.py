# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a variable of the playbooks may be set: as an extra variable or by import_playbook, not where a play's keywords do not see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.action import audit_gate
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.run import RUN
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool

COLLECTIONS = Path(__file__).resolve().parents[7]
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "demo"))
import fleet as demo_fleet  # noqa: E402

PLAY = """
- hosts: "{{ audit_hosts | default('all') }}"
  gather_facts: false
  tasks:
    - auditops.auditd.audit_gate:
        step: variables
"""


@pytest.mark.parametrize("where, refused", [("import", False), ("extra", False), ("inventory", True)])
def test_where_the_hosts_of_a_play_may_be_named(tmp_path, where, refused):
    value = {"audit_hosts": "one"}
    variables = {"ansible_connection": "local", **(value if where == "inventory" else {})}
    inventory = {"all": {"hosts": {"one": {}, "two": {}}, "vars": variables}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "site.yml").write_text(json.dumps([{"import_playbook": "play.yml", "vars": value if where == "import" else {}}]))
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(tmp_path / "hosts.json"), str(tmp_path / "site.yml")]
    argv += ["-e", json.dumps(value)] if where == "extra" else []
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS))
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)
    assert (done.returncode != 0) == refused, done.stdout + done.stderr
    assert refused or "two " not in done.stdout.partition("RECAP")[2], done.stdout


@pytest.mark.parametrize("option, playbook, in_a_site, refused, warned", [
    ("--tags", "remediate", False, True, False), ("--tags", "harden", False, True, False), ("--tags", "drift", False, False, False),
    ("--tags", "remediate", True, False, True), ("--skip-tags", "remediate", False, True, False),
    ("--skip-tags", "remediate", True, False, True), ("--skip-tags", "drift", True, False, False),
])
def test_a_tag_of_no_step_is_said(tmp_path, option, playbook, in_a_site, refused, warned):
    """rules, where audit_rules is meant. In a site it may be meant for another play."""
    root = tmp_path / "tree"
    demo_fleet.build_tree(root, "rhel-9", demo_fleet.FLEET["rhel-9"])
    variables = {"audit_root": str(root), "audit_drift_report_dir": str(tmp_path / "report"), "auditd_release": "3.1.5",
                 "ansible_python_interpreter": sys.executable}
    book = f"auditops.auditd.{playbook}"
    if in_a_site:
        (tmp_path / "site.json").write_text(json.dumps([{"import_playbook": book}]))
        book = str(tmp_path / "site.json")
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "one,", "-c", "local", "--check", book, option, "rules"]
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS))
    done = subprocess.run([*argv, "-e", json.dumps(variables)], check=False, capture_output=True, text=True, env=environment)
    said = " ".join((done.stdout + done.stderr).split())
    assert bool(done.returncode) is refused, said
    assert ("did you mean audit_rules? Nothing was changed" in said) is refused
    assert ("WARNING]: --tags rules chooses no step" in said or "WARNING]: the tag rules is of no step" in said) is warned


@pytest.mark.parametrize("value, refused", [("ten", True), ("{{ share }}", False)])
def test_a_percentage_is_judged_by_the_first_task(tmp_path, value, refused):
    (tmp_path / "play.yml").write_text(PLAY)
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "one,", "-c", "local", str(tmp_path / "play.yml")]
    argv += ["-e", json.dumps({"audit_max_fail_percentage": value, "share": 20})]
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS))
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)
    assert (done.returncode != 0) == refused, done.stdout + done.stderr
    assert not refused or "audit_max_fail_percentage = ten: give a number from 0 to 100" in done.stdout + done.stderr


@pytest.mark.parametrize("given, status, sentence", [
    ({}, "drifted", ""),
    ({}, "failed", audit_gate.OVERWRITTEN),
    ({"fail_on": "high"}, "in_sync", audit_gate.OVERWRITTEN),
    ({"reason": "auditd_restart: no; nothing was changed"}, "failed", "auditd_restart: no; nothing was changed"),
    ({}, None, "this run wrote no document of the host, so nothing is known of it; the task that compared it says why"),
])
def test_another_run_in_the_same_directory_makes_no_host_green(tmp_path, given, status, sentence):
    """Two runs at once, a nightly drift and somebody's remediate, say: the later document is no word on the earlier run."""
    spool = Spool(tmp_path)
    if status == "failed":
        spool.fail("web1", "auditctl refused a rule", run=RUN, phase="now")
    elif status:
        ours = document.failed("web1", "", collected_at="2026-01-01T00:00:00Z", run=RUN, phase="now")
        spool.write({**ours, "status": status}, phase="now")
    other = document.failed("web1", "", collected_at="2026-01-01T00:00:01Z", run={"id": "1" * 32, "started": ""}, phase="now")
    spool.write({**other, "status": "in_sync"}, phase="now")
    options = {"fail_on": "never", "fail_on_layers": [], "reason": "", "refused": [], **given}
    assert audit_gate._judge(spool, "web1", options) == sentence
