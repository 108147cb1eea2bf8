# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role reads what another role documents, and nothing else of it: neither its private variables nor what it registers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.auditops.auditd.plugins.plugin_utils import drift_arguments

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())
WITH_POLICY = sorted(path.parts[-3] for path in ROLES.glob("*/tasks/policy.yml"))
WORD = re.compile(r"\b[a-z_][a-z0-9_]*\b")


def words(role: str) -> dict[str, set[str]]:
    """{file: every word in it} of the role's YAML, comments left out."""
    files = [path for part in ("tasks", "vars", "defaults", "handlers", "templates") for path in (ROLES / role / part).glob("*")]
    return {str(path.relative_to(ROLES)): set(WORD.findall(re.sub(r"(?m)^\s*#.*$", "", path.read_text()))) for path in files}


def own(role: str) -> set[str]:
    """What is the role's alone: its private variables and what its tasks register."""
    text = "".join(path.read_text() for part in ("tasks", "vars") for path in sorted((ROLES / role / part).glob("*.yml")))
    return set(re.findall(r"(?m)^\s*(__\w+):", text)) | set(re.findall(r"(?m)^\s*register: (\w+)", text))


@pytest.mark.parametrize("role", NAMES)
def test_no_other_role_reads_what_is_the_roles_alone(role):
    taken = own(role)
    readers = {name: found & taken for other in NAMES if other != role for name, found in words(other).items()}
    assert {name: found for name, found in readers.items() if found} == {}


@pytest.mark.parametrize("role", WITH_POLICY)
def test_each_policy_is_documented_and_computed_from_documented_options(role):
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    name = f"{role}_policy"
    assert name in str(specs["policy"]["description"]) and specs["policy"]["options"] == {}
    assert name in yaml.safe_load((ROLES / role / "vars/main.yml").read_text())
    assert yaml.safe_load((ROLES / role / "tasks/policy.yml").read_text()) == []


def test_the_check_takes_every_policy_there_is():
    imports = yaml.safe_load((ROLES / "audit_drift/tasks/compare.yml").read_text())
    roles = {task["ansible.builtin.import_role"]["name"].rpartition(".")[2] for task in imports if "ansible.builtin.import_role" in task}
    assert roles == set(WITH_POLICY) == {role for role in WITH_POLICY if drift_arguments.OF_ROLES.get(role) == f"{role}_policy"}
