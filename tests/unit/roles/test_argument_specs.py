# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role's documented defaults are the defaults it has, and each default says why."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())
SHARED = {"audit_root"}  # one variable for all roles, so that a tree is named once


def load(role: str, part: str) -> dict:
    return yaml.safe_load((ROLES / role / part / "main.yml").read_text())


def options(role: str) -> dict:
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text()
    return yaml.safe_load(text)["argument_specs"]["main"]["options"]


@pytest.mark.parametrize("role", NAMES)
def test_documented_defaults_are_the_defaults(role):
    documented = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert documented == load(role, "defaults")


# Variables that other roles read too, with the role that has their default
OF_SEVERAL = {
    "auditd": {"audit_benchmark_conf", "audit_rotation_guard", "audit_storage_reaction_hours"}, "audit_rules": {"audit_exceptions"},
}


@pytest.mark.parametrize("role", NAMES)
def test_every_option_is_prefixed_by_its_role(role):
    assert {name for name in options(role) if not name.startswith(role + "_")} == SHARED | OF_SEVERAL.get(role, set())


# Options of a module that are no variable of its role: how the role calls it, and what its action plugin fills in
OF_THE_CALL = {
    "auditd_conf": {"benchmarks", "path", "scope", "state", "root"},
    "audit_rules": {"content", "library", "state", "root"},
    "audit_rotation": {"program", "state", "root"},
    "audit_check": {"program", "policy", "root"},
}


@pytest.mark.parametrize(("module", "tasks"), [
    ("auditd_conf", "auditd/tasks/conf.yml"),
    ("audit_rules", "audit_rules/tasks/main.yml"),
    ("audit_rotation", "audit_rotation/tasks/main.yml"),
    ("audit_check", "audit_check/tasks/main.yml"),
])
def test_every_option_of_a_module_has_a_variable(module, tasks):
    specification = importlib.import_module(f"ansible_collections.auditops.auditd.plugins.modules.{module}").ARGUMENT_SPEC
    name = f"auditops.auditd.{module}"
    (given,) = [task[name] for task in yaml.safe_load((ROLES / tasks).read_text()) if name in task]
    assert set(specification) - set(given) - OF_THE_CALL[module] == set()


@pytest.mark.parametrize("role", NAMES)
def test_every_default_says_why(role):
    lines = (ROLES / role / "defaults" / "main.yml").read_text().splitlines()
    unexplained = [line for above, line in zip(lines, lines[1:], strict=False) if re.match(r"\w+:", line) and not above.startswith("#")]
    assert unexplained == []
