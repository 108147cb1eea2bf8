# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation shows is what the modules take."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

COLLECTION = Path(__file__).resolve().parents[2]
PREFIX = "auditops.auditd."
MODULES = sorted(path.stem for path in (COLLECTION / "plugins/modules").glob("*.py"))
ACTION_ONLY = ("audit_adopt", "audit_compare", "audit_gate", "audit_report", "audit_variables")
ON_CONTROLLER = {"audit_drift": {"report_dir", "phase", "fail_on", "use", "collect", "max_age"}}


def documentation(name: str) -> dict:
    """The three documentation strings of a module, without importing it, with the options of its fragments."""
    wanted = ("DOCUMENTATION", "EXAMPLES", "RETURN")
    nodes = (node for node in ast.parse((COLLECTION / f"plugins/modules/{name}.py").read_text()).body if isinstance(node, ast.Assign))
    found = {node.targets[0].id: yaml.safe_load(node.value.value) for node in nodes if node.targets[0].id in wanted}
    for fragment in found["DOCUMENTATION"]["extends_documentation_fragment"]:
        shared = fragment_named(fragment.removeprefix(PREFIX))
        found["DOCUMENTATION"]["options"].update(shared["options"])
        for attribute, said in shared.get("attributes", {}).items():
            found["DOCUMENTATION"].setdefault("attributes", {}).setdefault(attribute, {}).update(said)
    return found


def fragment_named(name: str) -> dict:
    name, _dot, variable = name.partition(".")
    home = importlib.import_module(f"ansible_collections.auditops.auditd.plugins.doc_fragments.{name}")
    return yaml.safe_load(getattr(home.ModuleDocFragment, variable.upper() or "DOCUMENTATION"))


def examples() -> list:
    found = []
    for name in MODULES:
        for task in documentation(name)["EXAMPLES"]:
            for key, arguments in task.items():
                if key.startswith(PREFIX):
                    found.append(pytest.param(key[len(PREFIX):], arguments or {}, id=f"{name}: {task['name']}"))
    return found


def without_templates(arguments: dict) -> dict:
    return {key: value for key, value in arguments.items() if not (isinstance(value, str) and "{{" in value)}


def test_every_module_shows_examples():
    assert {name for name in MODULES if not documentation(name)["EXAMPLES"]} == set()


@pytest.mark.parametrize(("name", "arguments"), examples())
def test_example_is_taken(name, arguments):
    options = documentation(name)["DOCUMENTATION"]["options"]
    assert set(arguments) <= set(options)
    if name in ACTION_ONLY:
        return
    module = importlib.import_module(f"ansible_collections.auditops.auditd.plugins.modules.{name}")
    result = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(without_templates(arguments))
    assert result.error_messages == []


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ACTION_ONLY])
def test_documented_options_are_the_options(name):
    documented = documentation(name)["DOCUMENTATION"]["options"]
    compare_options(documented, importlib.import_module(f"ansible_collections.auditops.auditd.plugins.modules.{name}").ARGUMENT_SPEC)


def compare_options(documented: dict, spec: dict) -> None:
    assert set(documented) == set(spec)
    for option, entry in spec.items():
        assert (documented[option].get("default"), documented[option]["type"]) == (entry.get("default"), entry["type"]), option
        compare_options(documented[option].get("suboptions", {}), entry.get("options", {}))


@pytest.mark.parametrize("name", MODULES)
def test_check_mode_diff_and_idempotence_are_documented(name):
    attributes = documentation(name)["DOCUMENTATION"]["attributes"]
    assert all("support" in attributes[attribute] for attribute in ("check_mode", "diff_mode", "idempotent", "platform"))
