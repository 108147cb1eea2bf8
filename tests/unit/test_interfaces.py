# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces that a reader keeps in mind: few positional parameters, short functions and files, imports at the top."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for pattern in ("plugins/**/*.py", "roles/*/files/**/*.py", "roles/*/files/audit-*", "demo/*.py", "benchmarks/*.py", "tests/tools/*.py")
    for path in COLLECTION.glob(pattern)
)
MOST_POSITIONAL = 5
LONGEST_FUNCTION = 40  # lines without the docstring
LONGEST_FILE = 400  # lines without a module's documentation
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
OUR_OWN = "ansible_collections.auditops"
MEASURED = re.compile(r"#.*\bmeasured\b")  # beside what the import inside the function saves, with the figure


def name_of(path: Path) -> str:
    return "/".join(path.parts[-2:])


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or 0) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def file_lines(source: str) -> int:
    documentation = 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and {target.id for target in node.targets if isinstance(target, ast.Name)} & DOCUMENTATION:
            documentation += (node.end_lineno or 0) - node.lineno + 1
    return len(source.splitlines()) - documentation


def unmeasured_imports(source: str) -> list[str]:
    """The imports of our own code inside functions whose line does not say what they save."""
    lines = source.splitlines()
    found = []
    for function in functions(ast.parse(source)):
        for node in ast.walk(function):
            is_ours = isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith(OUR_OWN))
            if is_ours and not any(MEASURED.search(line) for line in lines[node.lineno - 1:node.end_lineno]):
                found.append(f"line {node.lineno}: {lines[node.lineno - 1].strip()}")
    return sorted(set(found))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_functions(path):
    tree = ast.parse(path.read_text())
    many = {f"{name_of(path)} {one.name}" for one in functions(tree) if len(positional(one)) > MOST_POSITIONAL}
    long = {f"{name_of(path)} {one.name}" for one in functions(tree) if code_lines(one) > LONGEST_FUNCTION}
    assert many == set(), "too many positional parameters: make them keyword-only, or a named request"
    assert long == set(), "too long"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files(path):
    source = path.read_text()
    assert file_lines(source) <= LONGEST_FILE
    assert unmeasured_imports(source) == []


def test_the_test_sees_what_it_looks_for():
    source = (
        "DOCUMENTATION = '''\nmany\nlines\n'''\n"
        "def few(self, a, b, c, d, e, *, f, g): pass\n"
        "def many(a, b, c, d, e, f): 'one'\n"
        "def inner():\n    from ..x import y\n    from ..x import z  # measured: saves 3 ms of 20\n    import os\n"
    )
    tree = ast.parse(source)
    assert [len(positional(one)) for one in functions(tree)] == [7 - 2, 6, 0]
    assert [code_lines(one) for one in functions(tree)] == [1, 0, 4]
    assert file_lines(source) == 6
    assert unmeasured_imports(source) == ["line 8: from ..x import y"]
    assert len(SOURCES) > 90
