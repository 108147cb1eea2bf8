# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of batches as Ansible takes them, and the sentence for those that it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.auditops.auditd.plugins.filter.audit_batches import audit_batches
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish

COLLECTION = Path(publish.__file__).resolve().parents[2]


@pytest.mark.parametrize(("given", "sizes"), [
    ("100%", "100%"), ("2", 2), (2, 2), ("50%", "50%"), ("[1, 10%, 100%]", [1, "10%", "100%"]), ([1, "10%", "100%"], [1, "10%", "100%"]),
    (["1"], ["1"]), ("007", 7),
])
def test_sizes_are_returned(given, sizes):
    assert audit_batches(given) == sizes


@pytest.mark.parametrize("given", [
    "ten", "", "0", 0, -1, "0%", "-5%", "1.5", 1.5, "10 %", "%", True, "yes", None, "[]", [], [1, "ten"], "[1, [2]]", "{a: 1}", "[1",
    {"a": 1}, "1\n2",
])
def test_what_is_no_size_is_refused(given):
    with pytest.raises(AnsibleFilterError, match=r"(?s)audit_serial = .*: give a number of hosts from 1, a percentage"):
        audit_batches(given)


@pytest.mark.parametrize("playbook", ["remediate", "harden", "rescue", "drift"])
def test_the_playbooks_refuse_it(tmp_path, playbook):
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": {}}}}))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", f"auditops.auditd.{playbook}"]
    run = subprocess.run(
        [*command, "-e", "audit_serial=ten"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = " ".join((run.stderr + run.stdout).split())
    assert run.returncode and "Traceback" not in said, run.stdout + run.stderr
    assert "audit_serial = ten: give a number of hosts from 1" in said
