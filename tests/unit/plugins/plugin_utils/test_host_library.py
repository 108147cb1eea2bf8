# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that is sent to hosts: whole, the same program as in the checkout, and nothing that a comparison cannot use."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library

MODULES = sorted(host_library.SHARED.rglob("*.py"))
DOCUMENTED = (ast.Module, ast.FunctionDef, ast.ClassDef)
RUN = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.auditops.auditd.plugins.module_utils import _parcel
_parcel.Importer(_parcel.NAME, _parcel.unpack(sys.stdin.readline())).install()
answer = importlib.import_module(_parcel.NAME + "._check.answer").answer(json.loads(sys.stdin.readline()), None)
print(json.dumps([answer, sorted(name for name in sys.modules if name.startswith("ansible"))]))
"""


def undocumented(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        first = node.body[0] if isinstance(node, DOCUMENTED) and node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            first.value.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(host_library.SHARED)))
def test_a_program_without_its_documentation_is_the_same_program(path):
    text = path.read_text()
    bare = host_library.bare(text)
    assert undocumented(bare) == undocumented(text) and bare.count("\n") == text.count("\n")


@pytest.mark.parametrize(("text", "bare"), [
    ('"""Of the module."""\nX = 1  # why\n', '""\nX = 1  \n'),
    ('# a licence\n"""Of\nthe module."""\n', '\n""\n\n'),
    ('X = """\n# no comment\n"""\n', 'X = """\n# no comment\n"""\n'),
    ("X = '#'  # a \"comment\"\n", "X = '#'  \n"),
    ('def f():\n    """Says."""\n    return "\\"#"\n', 'def f():\n    ""\n    return "\\"#"\n'),
])
def test_what_counts_as_documentation(text, bare):
    assert host_library.bare(text) == bare


def test_nothing_that_changes_a_host_is_sent():
    names = set(_parcel.unpack(host_library.comparison()))
    assert {"_check/answer.py", "_check/cli.py", "_library/profiles.py"} <= names
    assert not [name for name in names if name.startswith("_apply/")]


def test_what_is_sent_compares_a_host_without_a_collection_there(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text("disk_full_action = HALT\n")
    request = dict.fromkeys(("release", "audit_rules", "audit_rotation", "program", "benchmarks"))
    request.update(root=str(tmp_path), auditd={"settings": {"disk_full_action": "SYSLOG"}})
    sent = host_library.comparison() + "\n" + json.dumps(request)
    argv = [sys.executable, "-c", RUN, str(host_library.COLLECTION.parents[2])]
    process = subprocess.run(argv, input=sent, check=True, capture_output=True, text=True)
    answer, modules = json.loads(process.stdout)
    assert "disk.auditd_conf.disk_full_action" in {item["id"] for item in answer["drift"]["items"]}
    own = "ansible_collections.auditops.auditd.plugins.module_utils."
    assert {name for name in modules if name.startswith(own)} == {own + name for name in ("_parcel", "_errors", "_hashes", "_json_text")}


def test_what_is_sent_is_half_of_its_sources():
    texts = _parcel.unpack(host_library.comparison())
    whole = sum((host_library.SHARED / name).stat().st_size for name in texts)
    assert len(host_library.comparison()) < whole / 3


@pytest.mark.parametrize("packed", ["", "no base64!", _parcel.pack({"a": "b"})[:-8], "W10=", _parcel.pack({})[4:]])
def test_what_did_not_arrive_whole_is_one_sentence(packed):
    with pytest.raises(AuditError, match="did not arrive whole"):
        _parcel.unpack(packed)


def test_a_module_that_is_not_there_is_not_found():
    importer = _parcel.Importer("sent", {"_a/b.py": "X = 1\n"})
    assert importer.find_spec("sentence") is None and importer.find_spec("sent._a.c") is None and importer.find_spec("json") is None
    assert importer.find_spec("sent._a.b").submodule_search_locations is None
    assert importer.find_spec("sent._a").submodule_search_locations == []
