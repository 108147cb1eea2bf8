# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of one comparison, from the variables of the roles: for drift, which compares now, and for a host that compares itself."""

from __future__ import annotations

import functools

from ansible.errors import AnsibleActionFail
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

from . import demands, host_library, made_before
from .fleet import document
from .role_values import Values, once

# Once for a run: the strategy loads this before it forks a worker for each host.
PROGRAM = made_before.value("digests", host_library.digests)
BENCHMARKS = made_before.text("demands", demands.packed)
# What a task of our role does not say itself. {option: the variable that has it}
OF_ROLES = {
    "root": "audit_root",
    "release": "auditd_release",
    "auditd": "auditd_policy",
    "audit_rules": "audit_rules_policy",
    "audit_rotation": "audit_rotation_policy",
    "audit_boot": "audit_boot_policy",
    "audit_check": "audit_check_policy",
    "audit_shipping": "audit_shipping_policy",
    "use": "audit_check_use",
    "collect": "audit_check_collect",
    "max_age": "audit_check_max_age",
    "report_dir": "audit_drift_report_dir",
    "phase": "__audit_drift_phase",
}
ON_CONTROLLER = ("report_dir", "phase", "fail_on", "use", "collect", "max_age")
OF_LIBRARY = (*demands.NAMING_LIBRARY, "exceptions", "rules")  # what the library judges of a policy of rules
NOT_SHIPPED: dict = {"to": []}  # as the role has it: what was set up earlier is still looked for
POLICY = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping", "program")


def of_roles(values: Values) -> dict:
    """The options as the variables of the roles give them."""
    given = {option: NOT_SHIPPED if _ships_nothing(name, values) else values.named(name)
             for option, name in OF_ROLES.items() if name in values.variables}
    return {option: value for option, value in given.items() if value != "" and value is not None}


def _ships_nothing(name: str, values: Values) -> bool:
    """Whether a policy is known unread: that of shipping names the host, so that each would pay for an empty one (12 ms, measured)."""
    return name == "audit_shipping_policy" and "audit_shipping_to" in values.variables and not values.named("audit_shipping_to")


def for_host(args: dict) -> dict:
    """The policy for the module on the host, with the digest of the program where it is needed, and that of the benchmark library, which
    whole() puts in its place.
    """
    arguments = {name: value for name, value in args.items() if name not in ON_CONTROLLER}
    for name in ("audit_check", "audit_shipping"):
        if not arguments.get(name):
            arguments.pop(name, None)  # an empty policy asks for nothing
    if (arguments.get("audit_rotation") or arguments.get("audit_check")) and not arguments.get("program"):
        arguments["program"] = PROGRAM
    arguments.setdefault("benchmarks", BENCHMARKS)
    rules = arguments.get("audit_rules") or {}
    if _chooses_profiles(rules) or isinstance(rules.get("rules"), str):
        arguments["audit_rules"] = _with_library(rules)
    return arguments


def _chooses_profiles(rules: dict) -> bool:
    return any(rules.get(name) for name in demands.NAMING_LIBRARY)


def whole(arguments: dict) -> dict:
    """The arguments for a host that has no library: with all of it."""
    rules = arguments.get("audit_rules") or {}
    if "sha256" not in (rules.get("library") or {}):
        return arguments
    return {**arguments, "audit_rules": {**rules, "library": host_library.library()}}


def _with_library(policy: dict) -> dict:
    """Judged once for all hosts that choose the same, and only where something of the library is chosen."""
    chosen = {name: policy[name] for name in OF_LIBRARY if name in policy}
    return {**policy, **once(chosen, functools.partial(_chosen, chosen))}


def _chosen(chosen: dict) -> dict:
    from ansible_collections.auditops.auditd.plugins.plugin_utils import controls  # 33 ms that no other run needs (measured)

    try:
        found = controls.with_library(chosen)
    except AuditError as error:
        raise AnsibleActionFail(str(error)) from error
    judged = {name: found[name] for name in demands.NAMING_LIBRARY if name in found}
    return {**judged, "library": {"sha256": host_library.benchmarks_digest()}} if "library" in found else judged


def identity(arguments: dict) -> dict:
    """What identifies the policy of these arguments in a document."""
    return {"digest": document.digest({name: arguments[name] for name in POLICY if arguments.get(name)})}
