# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' variables, judged on the controller by one specification before any host is touched.

The specification is each role's own C(meta/argument_specs.yml), which Ansible applies too where a role runs alone, in the same words; and,
for what no type can say, the code that reads the value on the host. Whatever depends on the host is left to the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from . import judges
from .role_values import Values

ROLES_DIRECTORY = Path(__file__).resolve().parents[2] / "roles"
COLLECTION = "auditops.auditd"
PREFIXES = ("auditd_", "audit_")
# Variables of the playbooks; they are nobody's role option
OF_PLAYBOOKS = ("audit_hosts", "audit_serial", "audit_max_fail_percentage")
# Of one playbook: {playbook: {variable: its option}}
OF_PLAYBOOK: dict[str, dict[str, dict]] = {
    "diagnose": {
        "audit_root": {"type": "path"},
        "audit_diagnosis_console_file": {"type": "path"},
        "audit_diagnosis_state_reason": {"type": "str"},
        "audit_diagnosis_days": {"type": "int"},
    },
    "rescue_ec2": {
        "audit_ec2_instance": {"type": "str", "required": True},
        "audit_ec2_helper": {"type": "str", "required": True},
        "audit_ec2_region": {"type": "str", "required": True},
        "audit_ec2_stop": {"type": "bool"},
        "audit_ec2_start": {"type": "bool"},
        "audit_ec2_attach_as": {"type": "str"},
        "audit_ec2_helper_device": {"type": "str"},
        "audit_rescue_mount": {"type": "bool"},
        "audit_rescue_autorelabel": {"type": "bool"},
    },
    "rescue": {
        "audit_root": {"type": "path", "required": True},
        "audit_rescue": {"type": "str", "choices": ["cure", "undo"]},
        "audit_rescue_mount": {"type": "bool"},
        "audit_rescue_autorelabel": {"type": "bool"},
    },
    "adopt": {
        "audit_adopt_dest": {"type": "path"},
        "audit_from": {"type": "str", "choices": [
            "hosts", "linux_system_roles", "robertdebock", "juju4", "dev_sec", "ansible_lockdown", "simp"]},
        "audit_from_files": {"type": "list", "elements": "path"},
    },
    "compare": {
        "audit_left": {"type": "str", "required": True},
        "audit_right": {"type": "str", "required": True},
        "audit_compare_dest": {"type": "path"},
        "audit_compare_fail_on": {"type": "str", "choices": ["never", "different", "unknown"]},
    },
}
REFUSED = "; nothing was changed"  # how the sentence on refused variables ends
NEAR = 2  # letters that a mistyped name may differ in
BEGINNING = 9  # letters of a tag that only one step begins with: audit_rot, audit_shi
# of the steps, playbooks/tasks/apply.yml
TAGS = ("audit_stop", "audit_conf", "audit_rotation", "audit_rules", "audit_boot", "audit_check", "audit_shipping")


def specifications() -> dict[str, dict[str, dict]]:
    """{role: {variable: its option in meta/argument_specs.yml}}"""
    found = {}
    for path in sorted(ROLES_DIRECTORY.glob("*/meta/argument_specs.yml")):
        with path.open(encoding="utf-8") as stream:
            found[path.parent.parent.name] = yaml.load(stream, Loader=LOADER)["argument_specs"]["main"]["options"]
    return found


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast
# Once for a run: the strategy loads this before it forks a worker for each host.
SPECIFICATIONS = specifications()
VALIDATORS = {name: ArgumentSpecValidator(options) for name, options in {**SPECIFICATIONS, **OF_PLAYBOOK}.items()}
KNOWN = {name for options in SPECIFICATIONS.values() for name in options} | set(OF_PLAYBOOKS) | {
    name for options in OF_PLAYBOOK.values() for name in options}
LETTERS = {name: frozenset(name) for name in KNOWN}


def options_of(name: str) -> dict[str, dict]:
    """The options of a role, or of a playbook."""
    return SPECIFICATIONS[name] if name in SPECIFICATIONS else OF_PLAYBOOK[name]


def read(values: Values, roles: Iterable[str]) -> dict[str, object]:
    """{variable: value} of the variables of these roles (and playbooks) that are set."""
    names = {name for role in roles for name in options_of(role)}
    return {name: values.named(name) for name in sorted(names) if name in values.variables}


def problems(values: Mapping[str, object], roles: Iterable[str]) -> list[str]:
    """What is wrong with the variables of these roles, one sentence each; what has a wrong type is not judged any further."""
    found: list[str] = []
    judged = dict(values)
    for role in roles:
        options = options_of(role)
        result = VALIDATORS[role].validate({name: values[name] for name in options if name in values})
        found += [message for message in result.error_messages if message not in found]
        judged.update((name, result.validated_parameters[name]) for name in options if name in values)
    if found:
        return found
    for role in roles:
        for judge in judges.OF_ROLE.get(role, ()):
            found += [sentence for sentence in judge(judged, values) if sentence not in found]
    return found


def near_misses(names: Iterable[str], others: frozenset[str] = frozenset()) -> list[str]:
    """A sentence for each variable whose name is nearly one of ours. ``others``: names that other roles of the play define."""
    found = []
    for name in sorted(set(names) - KNOWN - others):
        if name.startswith(PREFIXES):
            nearest = _nearest(name)
            if nearest:
                found.append(f"{name} is set, and no role of auditops.auditd has such a variable; did you mean {nearest}?")
    return found


def _nearest(name: str) -> str | None:
    """The variable of ours that a name is nearly, None for none. Each letter that differs changes the set of letters by two at most."""
    letters = frozenset(name)
    near = [(_distance(name, known), known) for known in KNOWN if len(letters ^ LETTERS[known]) <= 2 * NEAR]
    distance, known = min(near, default=(NEAR + 1, ""))
    return known if distance <= NEAR else None


def mistyped_tags(tags: Iterable[object]) -> str:
    """The sentence for a tag of the run that is nearly one of a step, "" for none: Ansible takes it for one that no task has."""
    for tag in map(str, tags):
        if tag in TAGS:
            continue
        begins = [known for known in TAGS if tag.startswith(known[:BEGINNING])]
        nearest = min(begins or TAGS, key=lambda known: (_distance(tag, known), known))
        if begins or _distance(tag, nearest) <= NEAR:
            return f"the tag {tag} is given, and no step of a remediation has it; did you mean {nearest}? Nothing was changed"
    return ""


def _distance(one: str, other: str) -> int:
    """How many letters have to be added, left out or changed; more than NEAR is not counted any further."""
    if abs(len(one) - len(other)) > NEAR:
        return NEAR + 1
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row = row, [place]
        for column, wanted in enumerate(other, 1):
            row.append(min(above[column] + 1, row[column - 1] + 1, above[column - 1] + (letter != wanted)))
        if min(row) > NEAR:
            return NEAR + 1
    return row[-1]


def judge(task, values: Values, roles: Iterable[str], playbook: str | None = None) -> dict:
    """The part of an action plugin's result that says what is wrong: failed and msg, or nothing; warnings for mistyped names."""
    judged = [*roles, playbook] if playbook else list(roles)
    found = problems(read(values, judged), judged)
    result: dict = {}
    warnings = near_misses(values.variables, _of_other_roles(task))
    if warnings:
        result["warnings"] = warnings
    if found:
        result.update(failed=True, msg="; ".join(found) + REFUSED)
    return result


def is_of_our_role(task) -> bool:
    """Whether the variables of our roles are what a task means; a task of somebody else brings its own arguments."""
    role = getattr(task, "_role", None)
    return role is not None and role._role_collection == COLLECTION


def _of_other_roles(task) -> frozenset[str]:
    """The variables that the other roles of the play define."""
    play = task.get_play() if hasattr(task, "get_play") else None
    roles = play.get_roles() if play is not None else []
    return frozenset(name for role in roles if role._role_name not in SPECIFICATIONS for name in role.get_default_vars())
