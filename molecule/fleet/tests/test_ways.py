# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with audit-check over real SSH: which way a comparison takes by which connection, and the same document by each."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

INVENTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "fleet" / "inventory.json"
HOST = "checked"
COMPARE = {"hosts": HOST, "gather_facts": False, "tasks": [
    {"ansible.builtin.import_role": {"name": "auditops.auditd.audit_drift", "tasks_from": "compare"}},
    {"ansible.builtin.copy": {"dest": "{{ result }}", "content": "{{ audit_drift_result | to_json }}"}, "delegate_to": "localhost",
     "become": False, "check_mode": False, "no_log": False, "vars": {"ansible_connection": "local"}},
]}
OWN_PROGRAM, CODE = "audit-check", "code"
SUDO = {"ansible_become_method": "ansible.builtin.sudo"}
SU = {"ansible_become_method": "ansible.builtin.su", "ansible_become_password": "lab"}  # of molecule/lab/sshd_fleet.py
# name: (variables, of the play, more arguments, way where the host is asked, way where it is not)
CONNECTIONS = {
    "sudo, pipelining": ({**SUDO, "ansible_pipelining": True}, {}, (), OWN_PROGRAM, CODE),
    "sudo": ({**SUDO, "ansible_pipelining": False}, {}, (), OWN_PROGRAM, CODE),
    "su": ({**SU, "ansible_pipelining": False}, {}, (), OWN_PROGRAM, CODE),
    "su, pipelining": ({**SU, "ansible_pipelining": True}, {}, (), OWN_PROGRAM, None),
    "check mode": ({**SUDO, "ansible_pipelining": True}, {}, ("--check",), OWN_PROGRAM, CODE),
    "no_log, pipelining": ({**SUDO, "ansible_pipelining": True}, {"no_log": True}, (), OWN_PROGRAM, CODE),
    "no_log": ({**SUDO, "ansible_pipelining": False}, {"no_log": True}, (), OWN_PROGRAM, CODE),
    "no ControlPersist": ({**SUDO, "ansible_pipelining": True, "ansible_ssh_args": "-o ControlMaster=no"}, {}, (), OWN_PROGRAM, CODE),
    "another locale": ({**SUDO, "ansible_pipelining": True}, {"environment": {"LC_ALL": "C"}}, (), OWN_PROGRAM, CODE),
}


def run(directory: Path, play: dict, variables: dict, *arguments: str) -> str:
    (directory / "play.yml").write_text(json.dumps([play]))
    argv = ["ansible-playbook", "-i", str(INVENTORY), str(directory / "play.yml"), "-e", json.dumps(variables), *arguments]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory):
    directory = tmp_path_factory.mktemp("install")
    for state in ("present", "absent"):
        run(directory, {"hosts": HOST, "gather_facts": False, "tasks": [{"auditops.auditd.audit_check": {"state": state}}]}, SUDO)
        if state == "present":
            yield


def compared(directory: Path, connection: str, use: str) -> dict:
    variables, play, arguments, _asked, _sent = CONNECTIONS[connection]
    own = {"audit_check_use": use, "result": str(directory / "result.json"), "audit_drift_report_dir": str(directory / "report"),
           "audit_rules_profiles": ["cis_debian_13"]}
    said = run(directory, {**COMPARE, **play}, {**own, **variables}, *arguments)
    return {**json.loads((directory / "result.json").read_text()), "said": said}


def without_time(result: dict) -> dict:
    """The document without what two comparisons of the same host may differ in: when they were, and the room that others took meanwhile."""
    kept = {name: value for name, value in result["drift"].items() if name not in ("collected_at", "run")}
    partition = kept["live"]["storage"]["partition"]
    partition["free_mb"] = type(partition["free_mb"]).__name__
    return kept


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_each_connection_takes_its_way_to_the_same_document(tmp_path, connection):
    _variables, _play, _arguments, asked, sent = CONNECTIONS[connection]
    own, other = (compared(tmp_path, connection, use) for use in ("auto", "never"))
    assert own["way"] == asked, own.get("why_pushed")
    assert sent in (None, other["way"])
    assert without_time(own) == without_time(other)
    assert own["drift"]["status"] == "drifted" and own["drift"]["controls"]
    assert not own["changed"] and not own.get("warnings") and not other.get("warnings")


def test_what_ran_on_the_host_was_its_own_program(tmp_path):
    """Taken away, nobody answers in its place."""
    there, away = "/usr/local/sbin/audit-check", "/usr/local/sbin/audit-check.away"
    _move(tmp_path, there, away)
    try:
        result = compared(tmp_path, "sudo, pipelining", "auto")
    finally:
        _move(tmp_path, away, there)
    assert result["way"] == CODE and "not installed" in result["why_pushed"]


def _move(directory: Path, source: str, dest: str) -> None:
    run(directory, {"hosts": HOST, "gather_facts": False, "tasks": [{"ansible.builtin.command": f"mv {source} {dest}"}]}, SUDO)
