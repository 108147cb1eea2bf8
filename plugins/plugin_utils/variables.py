# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' variables, judged on the controller by one specification before any host is touched.

The specification is each role's own C(meta/argument_specs.yml), which Ansible applies too where a role runs alone, in the same words; and,
for what no type can say, the code that reads the value on the host. Whatever depends on the host is left to the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from . import judges, made_before, without_effect
from .fleet.refusals import REFUSED
from .own_files import ROLES, read_yaml
from .role_values import Values

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
WRONG_TYPE = re.compile(r"argument '(\w+)' is of type \S+ and we were unable to convert to (\w+)")  # as ansible-core has it
TYPES = {"int": "a whole number", "bool": "true or false", "list": "a list", "path": "a path", "str": "text"}
WHOLE = "audit_drift"  # the role that is part of every run which knows the whole policy
NEAR = 2  # letters that a mistyped name may differ in
BEGINNING = 9  # letters of a tag that only one step begins with: audit_rot, audit_shi
# of the steps, playbooks/tasks/apply.yml
TAGS = ("audit_stop", "audit_conf", "audit_rotation", "audit_rules", "audit_boot", "audit_check", "audit_shipping")
WITHOUT_BEGINNING = {tag.partition("_")[2]: tag for tag in TAGS}
OF_ANSIBLE = ("all", "always", "never", "tagged", "untagged")


def _specifications() -> dict[str, dict[str, dict]]:
    """{role: {variable: its option in meta/argument_specs.yml}}"""
    found = {}
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        found[path.parent.parent.name] = read_yaml(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    return found


# Once for a run: the strategy loads this before it forks a worker for each host.
SPECIFICATIONS = made_before.value("specifications", _specifications)
VALIDATORS = {name: ArgumentSpecValidator(options) for name, options in {**SPECIFICATIONS, **OF_PLAYBOOK}.items()}
KNOWN = {name for options in SPECIFICATIONS.values() for name in options} | set(OF_PLAYBOOKS) | {
    name for options in OF_PLAYBOOK.values() for name in options}
LETTERS = {name: frozenset(name) for name in KNOWN}
ONE_WORD_LESS: dict[str, set[str]] = {}
for _known in KNOWN:
    _words = _known.split("_")
    for _place in range(1, len(_words)):
        ONE_WORD_LESS.setdefault("_".join(_words[:_place] + _words[_place + 1:]), set()).add(_known)
# Facts of our own roles and playbooks that are nearly an option
SET_BY_ROLES = frozenset(("audit_adopt_host", "audit_drift_report", "audit_not_done", "auditd_policy"))
MOST_MEANT = 3  # a name that could be more of them is a word of its own, such as audit_rules


def options_of(name: str) -> dict[str, dict]:
    """The options of a role, or of a playbook."""
    return SPECIFICATIONS[name] if name in SPECIFICATIONS else OF_PLAYBOOK[name]


def read(values: Values, roles: Iterable[str]) -> dict[str, object]:
    """{variable: value} of the variables of these roles (and playbooks) that are set."""
    names = {name for role in roles for name in options_of(role)}
    return {name: values.named(name) for name in sorted(names) if name in values.variables}


def converted(values: Mapping[str, object], roles: Iterable[str]) -> tuple[dict[str, object], list[str]]:
    """(the values as the specifications of these roles convert them, a sentence for each that has a wrong type or word)"""
    found: list[str] = []
    judged = dict(values)
    for role in roles:
        options = options_of(role)
        result = VALIDATORS[role].validate({name: values[name] for name in options if name in values})
        messages = [_of_playbook(message, values) for message in result.error_messages] if role in OF_PLAYBOOK else result.error_messages
        found += [message for message in messages if message not in found]
        judged.update((name, result.validated_parameters[name]) for name in options if name in values)
    return judged, found


def _of_playbook(message: str, values: Mapping[str, object]) -> str:
    """A sentence of ours on a wrong type of a playbook's variable. For a role's, Ansible's own sentence stays, which a role that is called
    alone is refused with.
    """
    match = WRONG_TYPE.match(message)
    return f"{match[1]} = {values[match[1]]}: give {TYPES.get(match[2], match[2])}" if match else message


def problems(values: Mapping[str, object], roles: Iterable[str]) -> list[str]:
    """What is wrong with the variables of these roles, one sentence each; what has a wrong type is not judged any further."""
    judged, found = converted(values, roles)
    return found or said_by_judges(judged, values, roles)


def said_by_judges(judged: Mapping[str, object], values: Mapping[str, object], roles: Iterable[str]) -> list[str]:
    """What is wrong with variables that have their types. ``judged``: as they were converted; ``values``: as they were set."""
    found: list[str] = []
    for role in roles:
        for judge in judges.OF_ROLE.get(role, ()):
            found += [sentence for sentence in judge(judged, values) if sentence not in found]
    return found


def near_misses(names: Iterable[str], defined: frozenset[str] = frozenset()) -> list[str]:
    """A sentence for each variable whose name is nearly one of ours. ``defined``: names that the roles of the play define themselves."""
    found = []
    for name in sorted(set(names) - KNOWN - SET_BY_ROLES - defined):
        if name.startswith(PREFIXES):
            meant = _nearest(name) or _with_one_word_more(name)
            if meant:
                found.append(f"{name} is set, and no role of auditops.auditd has such a variable; did you mean {meant}?")
    return found


def _nearest(name: str) -> str | None:
    """The variable of ours that a name is nearly, None for none. Each letter that differs changes the set of letters by two at most."""
    letters = frozenset(name)
    near = [(_distance(name, known), known) for known in KNOWN if len(letters ^ LETTERS[known]) <= 2 * NEAR]
    distance, known = min(near, default=(NEAR + 1, ""))
    return known if distance <= NEAR else None


def _with_one_word_more(name: str) -> str | None:
    """The variables of ours, three at most, whose name has one word more: audit_rules_backlog_limit for audit_backlog_limit."""
    found = sorted(ONE_WORD_LESS.get(name, ()))
    return " or ".join(found) if 0 < len(found) <= MOST_MEANT else None


def mistyped_tags(tags: Iterable[object], *, are_all_ours: bool = False) -> str:
    """The sentence for a tag of the run that is nearly one of a step, "" for none: Ansible takes it for one that no task has.

    ``are_all_ours``: the run has no plays but those of a remediation, so that a tag of no step is a mistake, too.
    """
    for tag in map(str, tags):
        if tag in TAGS:
            continue
        meant = _step_meant(tag)
        is_wrong = tag not in OF_ANSIBLE if are_all_ours else bool(meant) and tag not in WITHOUT_BEGINNING
        if is_wrong:
            hint = f"did you mean {meant}?" if meant else f"these have: {', '.join(TAGS)}."
            return f"the tag {tag} is given, and no step of a remediation has it; {hint} Nothing was changed"
    return ""


def _step_meant(tag: str) -> str:
    """The tag of a step that another tag is nearly, or without its beginning; "" for none."""
    if tag in WITHOUT_BEGINNING:
        return WITHOUT_BEGINNING[tag]
    begins = [known for known in TAGS if tag.startswith(known[:BEGINNING])]
    nearest = min(begins or TAGS, key=lambda known: (_distance(tag, known), known))
    return nearest if begins or _distance(tag, nearest) <= NEAR else ""


def tags_of_no_step(run_tags: Iterable[object], skip_tags: Iterable[object] = ()) -> str:
    """The sentence for tags that may be meant for the steps of a remediation and choose none, "" for any other: nobody should take the
    green of such a run for a cure.
    """
    given = [str(tag) for tag in run_tags]
    if given and not {*TAGS, "all", "tagged"} & set(given):
        return (f"--tags {','.join(given)} chooses no step of the remediation, so hosts are only compared; the tags of its steps are "
                f"{', '.join(TAGS)}")
    short = next((tag for tag in [*given, *map(str, skip_tags)] if tag in WITHOUT_BEGINNING), None)
    return f"the tag {short} is of no step of the remediation; did you mean {WITHOUT_BEGINNING[short]}?" if short else ""


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
    parts = [*roles, playbook] if playbook else list(roles)
    given = read(values, parts)
    judged, found = converted(given, parts)
    found = found or said_by_judges(judged, given, parts)
    result: dict = {}
    warnings = near_misses(values.variables, _of_roles(task))
    if WHOLE in roles:  # a role that runs alone may be given what is meant for others
        warnings += [said for said in without_effect.sentences(judged)
                     if not any(refusal.startswith(said.partition(" ")[0]) for refusal in found)]  # one sentence a variable
    if warnings:
        result["warnings"] = warnings
    if found:
        result.update(failed=True, msg="; ".join(found) + REFUSED)
    return result


def is_of_our_role(task) -> bool:
    """Whether the variables of our roles are what a task means; a task of somebody else brings its own arguments."""
    role = getattr(task, "_role", None)
    return role is not None and role._role_collection == COLLECTION


def _of_roles(task) -> frozenset[str]:
    """The variables that the files of the play's roles define, of which none is a mistake; what a play gives a role may be one."""
    play = task.get_play() if hasattr(task, "get_play") else None
    roles = play.get_roles() if play is not None else []
    return frozenset(name for role in roles for defined in (role.get_default_vars(), role._role_vars) for name in defined)
