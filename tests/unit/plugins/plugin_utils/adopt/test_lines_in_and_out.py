# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line that a host has has a fate: counted when it is read, counted when it is adopted, and the two numbers are equal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import trees
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import host

sys.path.insert(0, str(Path(controls.__file__).parents[2] / "demo"))
import fleet

RELEASES = {name: tree.release for name, tree in fleet.FLEET.items()}
AUDIT_RULES = "etc/audit/audit.rules"


def count(path: Path) -> int:
    """Lines of a file; a last one without a newline is one."""
    return len(path.read_bytes().splitlines()) if path.is_file() else 0


def lines_of(root: Path, document: dict) -> int:
    rules = sum(count(path) for path in (root / "etc/audit/rules.d").glob("[!.]*.rules"))
    alone = count(root / AUDIT_RULES) if (document["rules"]["compiled"] or {}).get("text") else 0
    return count(root / "etc/audit/auditd.conf") + rules + alone


@pytest.mark.parametrize("name", fleet.FLEET)
def test_trees_of_the_demo(tmp_path, name):
    fleet.build_tree(tmp_path / name, name, fleet.FLEET[name])
    document = trees.document(tmp_path / name, RELEASES[name])
    assert sum(host.adopt(name, document).lines.values()) == lines_of(tmp_path / name, document)


def test_a_host_with_the_lines_of_all_controls(tmp_path):
    entries = controls.shipped()["controls"].values()
    lines = [line for entry in entries for one in (entry, *entry.get("variants", ())) for line in one.get("lines", ())]
    root = trees.build(tmp_path / "web1", rules={"50-all.rules": "\n".join(["# all of them", *lines, ""])})
    document = trees.document(root)
    one = host.adopt("web1", document)
    assert len(lines) > 150 and sum(one.lines.values()) == lines_of(root, document)


# what stands in audit.rules -> (rules that are taken from there, sentences that name what is not, part of a danger)
ALONE = {
    "by hand": ("-D\n-b 320\n\n# id\n-w /etc/passwd -p wa -k id\n-f 1\n", ["# id", "-w /etc/passwd -p wa -k id"], [], ""),
    "below the header": (compiled.HEADER + "\n-D\n-b 8192\n-f 1\n--backlog_wait_time 60000\n-w /etc/hosts -p wa -k net\n-e 2\n",
                         ["-w /etc/hosts -p wa -k net"], ["audit.rules line 7: -e 2: it stands below the line of augenrules"], ""),
    "refused": ("-D\n-a always,exit -F nofield=1 -k x\n", None, ["audit.rules line 2: -a always,exit -F nofield=1 -k x: auditctl refuses"],
                ""),
    "another failure flag": ("-D\n-f 2\n", None, ["audit.rules line 2: -f 2: /etc/audit/rules.d/audit.rules line 6 sets -f 1"],
                             "-f 2 in /etc/audit/audit.rules lets the kernel panic"),
    "a comment at the end": ("-D\n-w /etc/hosts -p wa -k net\n# the end", ["-w /etc/hosts -p wa -k net"], [], ""),
    "a delete": ("-D\n-W /etc/hosts -p wa -k net\n", None, ["it deletes a rule"], ""),
}


@pytest.mark.parametrize("name", ALONE)
def test_lines_of_audit_rules_alone(tmp_path, name):
    text, taken, named, danger = ALONE[name]
    root = trees.build(tmp_path / "web1")
    (root / AUDIT_RULES).write_text(text)
    document = trees.document(root)
    one = host.adopt("web1", document)
    extra = one.variables.get("audit_rules_extra")
    assert (list(extra.value) if extra else None) == taken
    assert all(any(sentence in listed for listed in one.listed) for sentence in named), one.listed
    assert any(danger in sentence for sentence in one.dangers) if danger else not one.dangers
    assert sum(one.lines.values()) == lines_of(root, document)


@pytest.mark.parametrize("name", [".hidden.rules", "50-site.rules.rpmsave", "site.conf"])
def test_a_file_that_augenrules_passes_over_is_named(tmp_path, name):
    root = trees.build(tmp_path / "web1", rules={name: "-w /etc/hosts -p wa -k net\n"})
    one = host.adopt("web1", trees.document(root))
    assert any(sentence.startswith(f"/etc/audit/rules.d/{name}: augenrules does not read it") for sentence in one.listed)
    assert "audit_rules_extra" not in one.variables
