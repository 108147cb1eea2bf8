# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that audits already, adopted and compared, and its rules taken over, with a real auditd of each release and the kernel's rules."""

from __future__ import annotations

import json
import os
import shutil

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.auditops.auditd.plugins.plugin_utils import drift_arguments, role_values
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import host as adoption
from ansible_collections.auditops.auditd.plugins.plugin_utils.compare import hosts as comparison

SITE_RULES = """# who may become root: {{ not a template }}
-w /etc/sudoers -p wa -k scope
-a never,exit -F arch=b64 -S adjtimex -F auid=-1 -k quiet

-a always,exit -F arch=b64 -S mount,umount2 -F auid>=1000 -F auid!=unset -k mounts
"""
RULES_D, AUDIT_RULES, PREVIOUS = "/etc/audit/rules.d", "/etc/audit/audit.rules", "/etc/audit/audit.rules.prev"
STOCK_RULES = "-D\n-b 8192\n--backlog_wait_time 60000\n-f 1\n"
# what no variable takes away: the rotation of this collection is not there yet
NOT_INSTALLED = {"schedule.installed", "storage.rotated_logs", "storage.max_log_file_action"}
# what role audit_rules asks with nothing set
NOTHING_SET = {
    "rules": [], "failure_policy": "keep_running", "control": {"failure": 1},
    "control_defaults": {"backlog_limit": 8192, "backlog_wait_time": 60000}, "immutable": "keep",
}
LAYERS = ("daemon.", "kernel.", "disk.", "compiled.", "loaded.")


def policy_of(adopted) -> dict:
    """The arguments of a comparison with the adopted variables, and otherwise with the roles' defaults."""
    found: dict = {}
    for role in (*role_values.OF_HOSTS, "audit_boot", "audit_drift"):
        for part in ("defaults", "vars"):
            found.update(yaml.safe_load((role_values.ROLES / role / part / "main.yml").read_text()))
    variables = _trusted(found)
    variables.update({name: variable.value for name, variable in adopted.variables.items()})
    values = role_values.Values(variables, Templar(DataLoader(), variables=variables).template)
    arguments = drift_arguments.of_roles(values)
    wanted = ("auditd", "audit_rules", "audit_rotation")
    return {**dict.fromkeys(("program", "code", "release")), **drift_arguments.for_host({name: arguments[name] for name in wanted}),
            "root": "/"}


def _trusted(value):
    if isinstance(value, dict):
        return {key: _trusted(one) for key, one in value.items()}
    return trust_as_template(value) if isinstance(value, str) else [_trusted(one) for one in value] if isinstance(value, list) else value


def load(site, text: str = SITE_RULES) -> None:
    """Rules in rules.d, as they are, loaded by augenrules."""
    shutil.rmtree(site.path(RULES_D), ignore_errors=True)
    site.path(RULES_D).mkdir()
    for name, content in {"audit.rules": STOCK_RULES, "50-site.rules": text}.items():
        site.path(f"{RULES_D}/{name}").write_text(content)
        site.path(f"{RULES_D}/{name}").chmod(0o640)
    done = site.command("augenrules", "--load")
    assert done.returncode == 0, done.stdout + done.stderr


def document_of(site) -> dict:
    return site.call("_live.collect", "collect", release=site.release)["result"]


def findings(document) -> set[str]:
    return {item["id"] for item in document["items"] if item["severity"] != "info"}


@pytest.fixture(autouse=True)
def directory_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("ansible.constants.DEFAULT_LOCAL_TMP", str(tmp_path))


def test_a_running_host_is_in_sync_with_what_was_adopted_of_it(site):
    site.start()
    load(site)
    document = document_of(site)
    one = adoption.adopt("here", document)
    assert one.variables["audit_rules_extra"].value == [line for line in SITE_RULES.split("\n") if line]
    assert not any("stands in no file" in sentence for sentence in one.listed), "the kernel has what the files say"
    answer = site.module("audit_drift", **policy_of(one))
    left = findings(answer["result"]["drift"])
    assert {ident for ident in left - NOT_INSTALLED if ident.startswith(LAYERS)} == set(), left


def test_a_running_host_against_its_document_and_against_what_was_changed(site):
    site.start()
    load(site)
    before = json.loads(json.dumps(document_of(site)))
    same = comparison.compare("here", "document", (document_of(site), before))
    assert (same.differences, same.unknown) == ([], []), "nothing differs, and everything was seen"
    site.command("auditctl", "-w", "/etc/hosts", "-p", "wa", "-k", "by-hand")
    site.command("auditctl", "-b", "4096")
    layers = {(one.layer, one.name) for one in comparison.compare("here", "document", (document_of(site), before)).differences}
    assert ("kernel", "backlog_limit") in layers and any(layer == "loaded rules" for layer, _name in layers), layers


def test_a_host_whose_rules_stand_in_audit_rules_alone(site):
    """As on a host whose unit loads them by auditctl -R: they stay loaded, and augenrules finds them in rules.d from now on."""
    site.start()
    shutil.rmtree(site.path(RULES_D), ignore_errors=True)
    site.path(RULES_D).mkdir()
    written = "-D\n-b 8192\n-f 1\n-w /etc/passwd -p wa -k id\n"
    site.path(AUDIT_RULES).write_text(written)
    site.path(AUDIT_RULES).chmod(0o640)
    assert site.command("auditctl", "-R", AUDIT_RULES).returncode == 0
    result = site.module("audit_rules", **NOTHING_SET)["result"]
    kept = site.path(result["taken_over"]).read_text()
    assert "-w /etc/passwd -p wa -k id\n" in kept and site.path(PREVIOUS).read_text() == written
    assert "-w /etc/passwd -p wa -k id" in site.command("auditctl", "-l").stdout
    assert site.command("augenrules", "--load").returncode == 0
    assert "-w /etc/passwd -p wa -k id" in site.command("auditctl", "-l").stdout, "augenrules loads it too"
    again = site.module("audit_rules", **NOTHING_SET)["result"]
    assert (again["changed"], again["taken_over"]) == (False, None)


def test_audit_rules_prev_is_what_augenrules_writes(site):
    """augenrules keeps the file that it replaces beside it, byte for byte; so does the role."""
    site.start()
    load(site)
    site.path(AUDIT_RULES).write_text("-w /etc/hosts -p wa -k net\n")
    before = site.path(AUDIT_RULES).read_bytes()
    site.command("augenrules", "--load")
    by_augenrules = site.path(PREVIOUS).read_bytes()
    site.path(AUDIT_RULES).write_bytes(before)
    site.path(PREVIOUS).unlink()
    site.module("audit_rules", **NOTHING_SET)
    assert site.path(PREVIOUS).read_bytes() == by_augenrules == before


def test_hand_edits_below_the_header_are_kept(site):
    site.start()
    load(site)
    path = site.path(AUDIT_RULES)
    os.utime(site.path(RULES_D), (1, 1))
    for each in site.path(RULES_D).iterdir():
        os.utime(each, (1, 1))
    path.write_text(path.read_text() + "-w /etc/hosts -p wa -k by-hand\n")
    one = adoption.adopt("here", document_of(site))
    assert "-w /etc/hosts -p wa -k by-hand" in one.variables["audit_rules_extra"].value
    result = site.module("audit_rules", **NOTHING_SET)["result"]
    assert "-w /etc/hosts -p wa -k by-hand" in site.path(result["taken_over"]).read_text()
    assert "-k by-hand" in site.command("auditctl", "-l").stdout
