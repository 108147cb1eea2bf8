# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floors of the house: an import points to its own package or to a floor below, and no two files import each other in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[2]
SHARED = COLLECTION / "plugins" / "module_utils"
PROGRAM = COLLECTION / "roles" / "audit_rotation" / "files" / "audit_rotate"
PREFIX = "ansible_collections.auditops.auditd.plugins.module_utils"

# The lowest first. A flat file of module_utils is ground, whatever its name.
FLOORS = (
    ("_host",),
    ("_conf", "_rules", "_daemon", "_rotation", "_storage", "_shipping", "_diagnosis"),
    ("_library", "_live"),
    ("_drift", "_apply"),
    ("_check",),
)
FLOOR = {package: number for number, packages in enumerate(FLOORS, 1) for package in packages}


def modules(home: Path) -> dict[str, Path]:
    """{dotted name below ``home``: file}"""
    return {".".join(path.relative_to(home).with_suffix("").parts): path for path in sorted(home.rglob("*.py"))}


def imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The modules among ``known`` that a file imports, at its top or in a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            above = name.split(".")[: -node.level]
        elif (node.module or "").startswith(PREFIX):
            above = []
        else:
            continue
        module = (node.module or "")[len(PREFIX) + 1:] if not node.level else node.module
        base = ".".join([*above, *([module] if module else [])])
        found.update(target for target in [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)] if target in known)
    return found - {name}


def graph(home: Path) -> dict[str, set[str]]:
    known = modules(home)
    return {name: imports(name, path, known) for name, path in known.items()}


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Each circle once, as the path around it."""
    found, done = [], set()

    def visit(name, path):
        if name in path:
            found.append([*path[path.index(name):], name])
        elif name not in done:
            for target in sorted(arrows.get(name, ())):
                visit(target, [*path, name])
            done.add(name)

    for name in sorted(arrows):
        visit(name, [])
    return found


def package(name: str) -> str | None:
    return name.split(".")[0] if "." in name else None


def by_package(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, targets in arrows.items():
        below = {package(target) for target in targets} - {package(name), None}
        if package(name):
            found.setdefault(package(name), set()).update(below)
    return found


def test_every_package_has_a_floor():
    assert {package(name) for name in modules(SHARED)} - {None} == set(FLOOR)


@pytest.mark.parametrize("home", [SHARED, PROGRAM], ids=lambda path: path.name)
def test_no_two_files_import_each_other(home):
    assert circles(graph(home)) == []


def test_no_two_packages_import_each_other():
    assert circles(by_package(graph(SHARED))) == []


def test_an_import_points_down():
    wrong = [
        f"{name} imports {target}"
        for name, targets in graph(SHARED).items()
        for target in targets
        if package(target) and package(target) != package(name) and FLOOR[package(target)] >= FLOOR.get(package(name), 0)
        and not (package(name) and FLOOR[package(target)] == FLOOR[package(name)])
    ]
    assert wrong == []


def test_comparing_and_changing_know_nothing_of_each_other():
    arrows = by_package(graph(SHARED))
    assert "_apply" not in arrows["_drift"] and "_drift" not in arrows["_apply"]


def test_the_test_sees_what_it_looks_for():
    arrows = {"_a.x": {"_b.y"}, "_b.y": {"_a.x"}, "_c.z": {"_a.x"}}
    assert circles(arrows) == [["_a.x", "_b.y", "_a.x"]]
    assert by_package(arrows) == {"_a": {"_b"}, "_b": {"_a"}, "_c": {"_a"}}
    assert len(modules(SHARED)) > 50 and graph(SHARED)["_live.conf"] >= {"_errors", "_live.system", "_conf.text"}
