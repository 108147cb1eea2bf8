# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play without hosts says so: Ansible alone ends it with success, in one line that nobody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.auditops.auditd.plugins.filter import audit_play_hosts as plugin
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish

COLLECTION = Path(publish.__file__).resolve().parents[2]
GROUPS = {"all": ["web1", "db1"], "ungrouped": [], "web": ["web1"], "empty": []}
NOBODY = {"all": [], "ungrouped": []}
QUIET, WARNS, FAILS = "", "warns", "fails"
CASES = [
    ("all", GROUPS, "", "never", QUIET), ("web", GROUPS, "", "high", QUIET), ("web:&web1", GROUPS, "", "never", QUIET),
    (["web", "db1"], GROUPS, "db1", "never", QUIET), ("web", GROUPS, "@failed.retry", "never", QUIET),
    ("localhost", NOBODY, "", "high", QUIET),
    ("w*", GROUPS, "", "never", QUIET), ("all:!web", GROUPS, "", "never", QUIET),
    ("web", GROUPS, "db1", "high", WARNS), ("empty", GROUPS, "", "never", WARNS), ("all", NOBODY, "", "never", WARNS),
    ("x*", GROUPS, "", "never", WARNS), ("web:!web1", GROUPS, "", "never", WARNS),
    ("tpyo", GROUPS, "", "never", "has no host and no group tpyo;"), ("empty:tpyo", GROUPS, "", "never", "no group tpyo;"),
    ("web1,tpyo", GROUPS, "", "high", "no host and no group tpyo;"), (["web", "tpyo", "db2"], GROUPS, "", "never", "no group tpyo, db2;"),
    ("web1,tpyo", GROUPS, "web1", "never", "no group tpyo;"), ("web:&tpyo", GROUPS, "", "never", "no group tpyo;"),
    ("web1,localhost", GROUPS, "", "high", QUIET), ("web1:w*:x*", GROUPS, "", "high", QUIET), ("all:!tpyo", GROUPS, "", "high", QUIET),
    ("all", NOBODY, "", "high", "audit_drift_fail_on = high: the inventory has no host in all"),
    ("empty", GROUPS, "", "new", "audit_drift_fail_on = new: the inventory has no host in empty"),
]


@pytest.mark.parametrize(("pattern", "groups", "limit", "fail_on", "says"), CASES)
def test_who_is_meant(monkeypatch, pattern, groups, limit, fail_on, says):
    warned = []
    monkeypatch.setattr(plugin.Display, "warning", lambda _self, text: warned.append(text))
    monkeypatch.setattr(plugin.context, "CLIARGS", {})
    if says in (QUIET, WARNS):
        assert plugin.audit_play_hosts(pattern, groups, limit, fail_on) == pattern
        assert sum("nothing was compared" in text for text in warned) == bool(says)
    else:
        with pytest.raises(AnsibleFilterError, match=says):
            plugin.audit_play_hosts(pattern, groups, limit, fail_on)


@pytest.mark.parametrize("playbook", ["drift", "remediate", "harden"])
@pytest.mark.parametrize(("options", "code", "says"), [
    (["-e", "audit_hosts=web1,tpyo"], 1, "has no host and no group tpyo"),
    (["-e", "audit_hosts=empty"], 0, "the inventory has no host in empty"),
    (["-e", "audit_hosts=tpyo", "--syntax-check"], 0, ""),
])
def test_the_playbooks_say_it(tmp_path, playbook, options, code, says):
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"web1": {}}, "children": {"empty": {}}}}))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", f"auditops.auditd.{playbook}", *options]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert bool(run.returncode) == bool(code) and says in " ".join(run.stderr.split()), run.stdout + run.stderr
    assert not (tmp_path / "audit-report").exists()
