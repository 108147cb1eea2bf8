# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_info and audit_drift as Ansible runs them on a host: one process, arguments in, JSON out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.modules import audit_drift, audit_info, audit_report

COLLECTIONS = Path(audit_drift.__file__).parents[5]
RUN = """
import json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[2])}).encode()
basic._ANSIBLE_PROFILE = "legacy"
import importlib
importlib.import_module("ansible_collections.auditops.auditd.plugins.modules." + sys.argv[1]).main()
"""


def run(name, **args):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(COLLECTIONS), *sys.path]))
    argv = [sys.executable, "-c", RUN, name, json.dumps(args)]
    process = subprocess.run(argv, check=False, env=environment, capture_output=True, text=True)
    assert "Traceback" not in process.stdout + process.stderr
    return json.loads(process.stdout)


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "etc/audit/rules.d").mkdir(parents=True)
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    (tmp_path / "etc/audit/auditd.conf").write_text("space_left = 75\nadmin_space_left = 50\ndisk_full_action = HALT\n# caf\u00e9\n")
    return tmp_path


def test_info_returns_the_document(tree):
    result = run("audit_info", root=str(tree), release="3.0.9")
    assert result["changed"] is False
    assert result["info"]["auditd_conf"]["settings"]["disk_full_action"] == "HALT"
    assert "kernel" in result["info"]["unavailable"]


def test_drift_returns_the_document_and_never_a_change(tree):
    result = run("audit_drift", root=str(tree), release="3.0.9", auditd={"settings": {"disk_full_action": "SYSLOG"}})
    assert result["changed"] is False and result["drift"]["status"] == "drifted"
    assert "disk.auditd_conf.disk_full_action" in [item["id"] for item in result["drift"]["items"]]
    assert "diff" not in result


LOGGED = """
import importlib
basic.has_journal = False
basic.syslog.syslog = lambda _priority, text: print("logged:", text, file=sys.stderr)
"""
FAT = {  # policies of a real size
    "auditd": {"settings": {"disk_full_action": "SYSLOG", "name": "n" * 60}},
    "audit_rules": {"rules": ["-w /etc/own%d -p wa -k own" % number for number in range(400)], "library": {"text": "l" * 60000}},
    "audit_rotation": {"config": {"keep_days": 90}},
    "program": {"/usr/lib/audit-rotate/%d.py" % number: "%064x" % number for number in range(60)},
}


@pytest.mark.parametrize("name, args", [("audit_info", {}), ("audit_drift", {}), ("audit_drift", FAT)], ids=["info", "bare", "policy"])
def test_the_line_in_the_journal_is_short(tree, name, args):
    """Measured on a host: each comparison left the whole policy and the digests of the program in the journal."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(COLLECTIONS), *sys.path]))
    code = RUN.replace("import importlib\n", LOGGED)
    argv = [sys.executable, "-c", code, name, json.dumps({"root": str(tree), "release": "3.0.9", **args})]
    process = subprocess.run(argv, check=False, env=environment, capture_output=True, text=True)
    result = json.loads(process.stdout)
    assert "failed" not in result and "NO_LOG" not in process.stdout
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("logged: ")]
    assert "Invoked with" in line and str(tree)[:60] in line and len(line) < 500
    assert all(part in line for part in args if part != "program")


def test_check_mode_is_the_same(tree):
    args = {"root": str(tree), "release": "3.0.9", "auditd": {"settings": {"disk_full_action": "SYSLOG"}}}
    one, other = run("audit_drift", **args), run("audit_drift", _ansible_check_mode=True, **args)
    for result in (one, other):
        result["drift"].pop("collected_at")
    assert one["drift"] == other["drift"]


@pytest.mark.parametrize("diff", [False, True])
def test_a_policy_that_is_wrong_is_a_finding_not_a_failure(tree, diff):
    result = run("audit_drift", root=str(tree), release="3.0.9", auditd={"settings": {"num_logs": "5 # x"}}, _ansible_diff=diff)
    assert "disk.auditd_conf.policy" in {item["id"] for item in result["drift"]["items"]}


@pytest.mark.parametrize("name", ["audit_info", "audit_drift"])
def test_a_root_that_is_not_there_is_one_sentence(name, tmp_path):
    result = run(name, root=str(tmp_path / "none"))
    assert result["failed"] and result["msg"].startswith("root = ") and "is not a directory" in result["msg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes somebody else")
@pytest.mark.parametrize("name", ["audit_info", "audit_drift"])
def test_without_root_a_live_host_is_one_sentence(name, monkeypatch):
    code = RUN.replace("import importlib\n", "import importlib, os\nos.geteuid = lambda: 1000\n")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(COLLECTIONS), *sys.path]))
    process = subprocess.run([sys.executable, "-c", code, name, "{}"], check=False, env=environment, capture_output=True, text=True)
    assert json.loads(process.stdout)["msg"] == "reading the live audit state needs root: run with become"


@pytest.mark.parametrize("values", [{"phase": "later"}, {"fail_on": "x"}, {"auditd": {"unknown": 1}}, {"nonsense": 1}])
def test_bad_options_are_refused(values, tree):
    assert run("audit_drift", root=str(tree), **values)["failed"]


@pytest.mark.parametrize("module", [audit_drift, audit_info, audit_report])
def test_documentation_names_every_option(module):
    import yaml

    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert yaml.safe_load(module.EXAMPLES) and yaml.safe_load(module.RETURN)
    assert all(option["description"] for option in documented.values())
