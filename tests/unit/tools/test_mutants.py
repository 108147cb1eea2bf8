# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of mutants.yml still breaks a line, by tests that are there: make mutants runs nightly, and lines change by day."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
MUTANTS = yaml.safe_load((COLLECTION / "tests/tools/mutants.yml").read_text())


def test_the_names_are_unique():
    names = [mutant["name"] for mutant in MUTANTS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant["name"] for mutant in MUTANTS])
def test_the_line_it_breaks_is_there_once(mutant):
    text = (COLLECTION / mutant["file"]).read_text()
    for edit in mutant.get("edits") or [mutant]:
        assert text.count(edit["old"]) == 1, edit["old"]
        text = text.replace(edit["old"], edit["new"])
    assert text != (COLLECTION / mutant["file"]).read_text()
    if mutant["file"].endswith(".py"):
        ast.parse(text)  # one that does not compile is noticed by any test, and shows nothing


@pytest.mark.parametrize("test", sorted({test for mutant in MUTANTS for test in mutant["tests"]}))
def test_a_test_that_must_fail_is_there(test):
    file, _colons, name = test.partition("::")
    tree = ast.parse((COLLECTION / file).read_text())
    if name:
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name.split("[")[0].split("::")[-1] in functions
