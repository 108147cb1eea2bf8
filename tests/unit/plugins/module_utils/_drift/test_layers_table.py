# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of layers: a comparer never reads the host, every finding has its row, and a new layer is one file and one row."""

from __future__ import annotations

import ast
import builtins
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import cures, document, finding, layers, tables
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import collect
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

DRIFT = Path(document.__file__).parent
READS = ("open", "stat", "lstat", "readlink", "listdir", "scandir", "statvfs", "getxattr", "access", "uname", "geteuid")
EVERYTHING = {
    "auditd": {"settings": {"max_log_file_action": "IGNORE", "log_group": "adm", "space_left_action": "EMAIL"}, "mode": "0600"},
    "audit_rotation": {"config": {"keep_days": 30}, "schedule": "daily", "scheduler": "auto"},
    "program": {"/usr/local/sbin/audit-rotate": "0" * 64},
}
RULES = {"rules": ["-w /etc/sudoers -p wa -k scope", "-w /no/where -p wa -k x"], "control": {"failure": 1}, "purge": "quarantine"}


@pytest.fixture
def host(tmp_path):
    """A tree with something wrong everywhere."""
    files = {
        "etc/os-release": "ID=rhel\nVERSION_ID=9\n", "etc/audit/auditd.conf": "num_logs = 5\nspace_left = 25%\nadmin_space_left = 50\n",
        "etc/audit/rules.d/10-theirs.rules": "-a never,task\n-w /etc/x -p wa\n", "etc/audit/audit.rules": "-z\n",
        "usr/sbin/auditd": "", "usr/sbin/crond": "", "usr/local/sbin/audit-rotate": "#!/usr/bin/python3 -IS\n",
        "etc/cron.d/audit-rotate": "x\n", "etc/default/grub": 'GRUB_CMDLINE_LINUX="audit=0"\n', "etc/sudoers": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Host(str(tmp_path))


@pytest.mark.parametrize("profiles", [[], ["cis_rhel_9"], ["stig_rhel_9", "pci_dss"]])
def test_a_comparer_never_looks_at_the_host(host, monkeypatch, profiles):
    wanted = dict(EVERYTHING, audit_rules=controls.with_library(dict(RULES, profiles=profiles)))
    live, parsed = document.look(host, wanted, "3.1.5")

    def forbidden(*arguments, **options):
        raise AssertionError(f"the comparison read the host: {arguments}")

    for name in READS:
        monkeypatch.setattr(os, name, forbidden)
    for home, name in ((builtins, "open"), (subprocess, "Popen"), (os.path, "exists"), (os.path, "isdir"), (os.path, "islink")):
        monkeypatch.setattr(home, name, forbidden)
    for name in [name for name in vars(Host) if not name.startswith("__")]:
        monkeypatch.setattr(Host, name, forbidden)
    items = document.compare(live, parsed, wanted)["items"]
    monkeypatch.undo()
    assert {item["layer"] for item in items} >= {"disk", "compiled", "schedule", "storage", "boot"}


def test_a_comparer_imports_nothing_that_reads():
    readers = {"os", "subprocess", "socket", "io", "pathlib", "_kernel", "_host"}
    for path in DRIFT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)} if isinstance(
                node, (ast.Import, ast.ImportFrom)) else set()
            assert not names & readers, f"{path.name} imports {names & readers}"


def idents():
    """(file, beginning of an id) of every finding that a comparer writes: the constant before the first % or +."""
    for path in sorted(DRIFT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "item" and node.args:
                first = node.args[0]
                while isinstance(first, ast.BinOp):
                    first = first.left
                if isinstance(first, ast.Constant):
                    yield path.name, first.value.partition("%")[0]


def test_every_finding_has_its_row():
    found = list(idents())
    assert len(found) > 40
    for file, ident in found:
        if ident.endswith("."):  # what follows is a key, a file, a word
            assert any(name.startswith(ident) or name[-1] == "." and ident.startswith(name) for name in tables.ITEMS), (file, ident)
        elif ident:
            assert finding.row_of(ident), (file, ident)


def test_an_id_without_a_row_is_an_error():
    with pytest.raises(LookupError, match=r"disk\.unheard_of"):
        finding.row_of("disk.unheard_of")
    with pytest.raises(LookupError, match="elsewhere"):
        finding.row_of("elsewhere.x")


@pytest.mark.parametrize("layer", layers.LAYERS, ids=lambda layer: layer.fact)
def test_each_row_is_whole(layer):
    assert layer.compare and (layer.reader or layer.prepare)
    assert layer.policy in (None, "auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping")
    assert bool(layer.needs) <= bool(layer.policy) and set(layer.in_tree) <= set(layer.needs)
    known = dict(collect.READERS)
    assert layer.reader in (None, known.get(layer.fact, layer.reader)), "two readers of one fact"


def test_a_new_layer_is_a_file_and_a_row(host, monkeypatch):
    def read(reading):
        return {"target": reading.host.text("/etc/sudoers")}

    def compare(sides):
        if sides.live["upstream"]["target"] == "":
            yield sides.item("upstream.target", "a target", "none")

    row = layers.row("upstream", read, compare, bare=True)
    monkeypatch.setattr(document, "LAYERS", (*layers.LAYERS, row))
    monkeypatch.setattr(tables, "LAYERS", (*tables.LAYERS, "upstream"))
    monkeypatch.setitem(cures.STEP_OF, "upstream.target", "")
    monkeypatch.setitem(tables.ITEMS, "upstream.target", ("high", "", "Nothing leaves this host.", "role audit_shipping"))
    live, parsed = document.look(host, {}, "3.1.5")
    assert live["upstream"] == {"target": ""}
    found = {item["id"]: item for item in document.compare(live, parsed, {})["items"]}
    assert found["upstream.target"]["severity"] == "high" and found["upstream.target"]["layer"] == "upstream"
