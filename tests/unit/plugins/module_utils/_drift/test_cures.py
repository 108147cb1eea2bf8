# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which step cures a finding: every row has its answer, the steps are those of the playbook, and where none cures, none is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._drift import cures, document, layers, tables
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from baked import Baked
from drift_tree import WANTED, collect, drift, found, replace, write

STEPS = Path(controls.__file__).parents[2] / "playbooks/tasks/apply.yml"


def test_every_row_of_findings_says_which_step_cures_it_or_why_none_does():
    rows = [row for names in cures.CURES.values() for row in names]
    assert sorted(rows) == sorted(tables.ITEMS), "each row once"
    assert [cure for cure in cures.CURES if cure not in cures.STEPS and not cure.startswith("none, because ")] == []
    assert set(cures.ON_REQUEST) <= set(tables.ITEMS)


def test_the_steps_are_those_of_the_playbook():
    tasks = yaml.safe_load(STEPS.read_text())
    text = STEPS.read_text()
    assert [step for step in cures.STEPS if f"tag: {step}" not in text and f"'tag': '{step}'" not in text] == []
    assert tasks[0]["loop"], "the steps stand in its variables"
    assert {layer.policy for layer in layers.LAYERS} - {None} <= set(cures.OF_PART)


def info(ident, step):
    return {"id": ident, "severity": "info", "step": step}


FAILS, PASSES = ({"status": word, "items": ["disk.rules_d_mode.x"]} for word in ("fail", "pass"))


@pytest.mark.parametrize(("items", "verdicts", "unseen", "steps"), [
    ([], [], set(), []),
    ([{"id": "disk.rules_d.missing", "severity": "medium", "step": "audit_rules"}], [], set(), ["audit_rules"]),
    ([{"id": "disk.rules_d.skipped", "severity": "high", "step": ""}], [], set(), []),
    ([info("disk.rules_d_mode.x", "audit_rules")], [], set(), []),
    ([info("disk.rules_d_mode.x", "audit_rules")], [PASSES], set(), []),
    ([info("disk.rules_d_mode.x", "audit_rules")], [FAILS], set(), ["audit_rules"]),
    ([], [], {"audit_rotation", "auditd"}, ["audit_conf", "audit_rotation"]),
])
def test_what_a_remediation_has_to_do(items, verdicts, unseen, steps):
    assert cures.worth_taking(items, verdicts, unseen) == steps


def test_a_host_in_sync_needs_no_step(tree):
    assert drift(tree)["steps"] == []


def halts_by_audisp_remote(root):
    write(root, "/etc/audit/plugins.d/au-remote.conf", "active = yes\npath = /sbin/audisp-remote\ntype = always\n")
    write(root, "/etc/audit/audisp-remote.conf", "disk_low_action = halt now\n")


@pytest.mark.parametrize(("change", "ident", "step"), [
    (lambda root: write(root, "/etc/audit/rules.d/50-x.rules", "-a nonsense\n"), "disk.rules_d.aborts", "audit_rules"),
    (replace("/etc/audit/auditd.conf", "disk_full_action = SYSLOG", "disk_full_action = HALT"), "disk.auditd_conf.disk_full_action",
     "audit_conf"),
    (replace("/etc/audit/auditd.conf", "disk_full_action = SYSLOG", "disk_full_action = HALT"), "storage.disk_full_action", "audit_conf"),
    (halts_by_audisp_remote, "shipping.stops.disk_low_action", "audit_stop"),
    (lambda root: write(root, "/etc/default/grub", 'GRUB_CMDLINE_LINUX="audit=0"\n'), "boot.off", ""),
])
def test_each_finding_names_its_step(tree, change, ident, step):
    change(tree)
    result = drift(tree)
    assert found(result)[ident]["step"] == step
    assert (step in result["steps"]) == bool(step)


@pytest.mark.parametrize(("row", "wanted", "step"), [
    ("disk.rules_d.skipped", {"audit_rules": {"purge": "quarantine"}}, "audit_rules"),
    ("disk.rules_d.skipped", {"audit_rules": {"purge": "keep"}}, ""),
    ("disk.rules_d.skipped", {}, ""),
    ("boot.auditd_masked", {"audit_boot": {"service": "enabled"}}, "audit_boot"),
    ("boot.auditd_masked", {"audit_boot": {"service": "keep"}}, ""),
    ("boot.auditd_masked", {"audit_boot": None}, ""),
])
def test_what_is_cured_only_on_request(row, wanted, step):
    assert cures.step_of(row, wanted) == step


def test_what_was_not_seen_may_have_to_be_done(tree):
    """in_sync is not said of a part that nobody could look at, and its step is taken."""
    live, parsed = collect(tree)
    live["rotation"] = None
    live["unavailable"]["rotation"] = "the lock is held"
    result = document.compare(live, parsed, WANTED)
    assert result["status"] == "unknown" and result["steps"] == ["audit_rotation"]


@pytest.mark.parametrize("path", ["etc/audit/rules.d/99-x.rules", "etc/audit/auditd.conf"])
def test_a_mode_for_information_is_cured_where_a_control_fails_by_it(tmp_path, path):
    tree = Baked(tmp_path, "cis_rhel_9", "rhel_9")
    quiet = tree.document()
    tree.write(path, tree.conf().text if path.endswith("conf") else "", 0o644)
    result = tree.document()
    item = next(item for item in result["items"] if item["id"].endswith(("rules_d_mode.99-x.rules", "auditd_conf.mode")))
    step = "audit_conf" if path.endswith("conf") else "audit_rules"
    assert item["severity"] == "info" and item["step"] == step
    assert step in result["steps"] and step not in quiet["steps"]
