# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control that the running and the on-disk configuration are the same, by rules.d, audit.rules and the kernel's own list."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _compiled
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands
from baked import Baked

# As the benchmarks number it; ComplianceAsCode's controls files and the ansible-lockdown roles agree. SLE 15 v1.1.1 has no such control.
NUMBERS = [
    ("cis_rhel_8", "rhel_8", "6.3.3.22"), ("cis_rhel_9", "rhel_9", "6.3.3.21"), ("cis_rhel_10", "rhel_10", "6.3.3.37"),
    ("cis_amazon_2023", "amazon_2023", "5.2.3.21"), ("cis_debian_12", "debian_12", "6.2.3.21"), ("cis_debian_13", "debian_13", "6.2.3.37"),
    ("cis_ubuntu_22_04", "ubuntu_22_04", "6.3.3.21"), ("cis_ubuntu_24_04", "ubuntu_24_04", "6.2.3.21"),
]
FOREIGN = "etc/audit/rules.d/50-foreign.rules"


@pytest.mark.parametrize(("profile", "product", "number"), NUMBERS)
def test_each_benchmark_that_has_it(tmp_path, profile, product, number):
    control = Baked(tmp_path, profile, product).verdicts()[number]
    assert control["title"] == "the running and the on-disk configuration are the same"
    assert control["status"] == "not_checked" and "the kernel could not be asked" in control["why"], "a tree has no kernel"


def rules(text):
    return _compiled.parse_rules_file(text).rules


def not_compiled(tree):
    tree.write(FOREIGN, "-w /etc/x -p wa -k x\n", 0o600)


def compiled_by_hand(tree):
    path = tree.root / "etc/audit/audit.rules"
    path.write_text(path.read_text() + "-w /etc/y -p wa -k y\n")


def switched(tree):
    path = tree.root / "etc/audit/audit.rules"
    path.write_text(path.read_text().replace("-f 2\n", "-f 1\n"))


def commented(tree):
    path = tree.root / "etc/audit/audit.rules"
    path.write_text("# by hand\n" + path.read_text())


CASES = {
    # what is done to the tree, what the kernel has (None: nobody can ask it), status, words
    "the same": (None, list, "pass", ""),
    "a comment in audit.rules": (commented, list, "pass", "the same rules, written otherwise"),
    "rules.d was changed": (not_compiled, list, "fail", "audit.rules lacks, compared with rules.d: -w /etc/x"),
    "a file that nobody compiled, in a tree": (not_compiled, None, "fail", "audit.rules lacks"),
    "audit.rules was changed": (compiled_by_hand, list, "fail", "audit.rules has besides, compared with rules.d: -w /etc/y"),
    "another switch": (switched, list, "fail", "audit.rules and rules.d differ in -f"),
    "no audit.rules": (lambda tree: (tree.root / "etc/audit/audit.rules").unlink(), list, "fail", "augenrules --load was never run"),
    "one rule fewer": (None, lambda disk: disk[1:], "fail", "the kernel lacks, compared with rules.d"),
    "no rule at all": (None, lambda disk: [], "fail", "and "),
    "one rule more": (None, lambda disk: [*disk, *rules("-w /etc/z -p wa -k z\n")], "fail", "the kernel has besides"),
    "another key": (None, lambda disk: [*rules("-w /etc/sudoers -p wa -k mine\n"), *disk[1:]], "fail", "the kernel lacks"),
    "nobody can ask the kernel": (None, None, "not_checked", "the kernel could not be asked"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict(tmp_path, name):
    change, loaded, status, words = CASES[name]
    tree = Baked(tmp_path, "cis_debian_12", "debian_12")
    if change:
        change(tree)
    wanted = {"audit_rules": tree.policy, "benchmarks": demands.packed()}
    live, parsed = _drift.look(Host(str(tree.root)), wanted, tree.release)
    if loaded is not None:
        parsed.loaded = loaded(parsed.disk.rules)
    document = _drift.compare(live, parsed, wanted)
    control = {control["id"]: control for control in document["controls"]}["6.2.3.21"]
    assert (control["status"], words in control["why"]) == (status, True), control
    spoken_of = {ident for item in document["items"] if item["severity"] != "info" for ident in item["controls"]}
    assert ("cis_debian_12:6.2.3.21" in spoken_of) is (status == "fail"), "what fails is a finding too"
