# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no type can say about auditd_conf and audit_rules_extra: the code that reads them on a host judges them.

Apart from the other judges, because it takes 80 ms to import (measured), and most runs set neither.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys as conf_keys
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as conf_text
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._live import capacity
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar, staging, tables
from ansible_collections.auditops.auditd.plugins.module_utils._rules import lines as rule_lines
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import RuleError

# One of each span of releases that accept the same, the newest first: a setting that all of them refuse is refused everywhere.
RELEASES = ("4.2.1", "4.1.4", "4.0.5", "4.0.3", "3.1.2", "3.0.9", "3.0", "2.8.5")


class AnyHost:
    """In the place of C(_conf.environment.Environment): a host that has whatever a setting needs."""

    owners_count = True

    def group_id(self, name: str) -> int:
        return 0 if name == "root" else 1

    def directory(self, path: str) -> bool:
        return True

    def stat(self, path: str) -> os.stat_result:
        return os.stat_result((stat.S_IFREG | 0o750, 0, 0, 1, 0, 0, 0, 0, 0, 0))

    def executable(self, path: str) -> bool:
        return True

    def build(self, feature: str) -> bool:
        return True


def conf(variables: Mapping) -> list[str]:
    """auditd_conf, under the failure policy and the rotation that stand beside it."""
    named = variables.get("auditd_release")
    try:
        settings = _with_thresholds({key.lower(): value for key, value in _once(variables["auditd_conf"]).items()})
        found: list[str] = []
        for one in (named,) if named else RELEASES:
            refused = _refused(settings, variables, one)
            if not refused:
                return []
            found = found or refused
    except conf_keys.ConfError as error:
        return [f"auditd_conf.{error}"]
    return found


def _with_thresholds(settings: dict) -> dict:
    """The settings with a number that each host could compute in the place of each C(auto)."""
    asked = capacity.automatic(settings)
    other = next((settings[key] for key in capacity.KEYS if key not in asked and str(settings.get(key)).isdecimal()), None)
    space, admin = (capacity.SMALLEST[key] for key in capacity.KEYS)
    if other is not None:
        space, admin = max(space, int(other) + 1), min(admin, max(int(other) - 1, 0))
    return {**settings, **{key: str({"space_left": space, "admin_space_left": admin}[key]) for key in asked}}


def _once(settings: dict) -> dict:
    """The settings, none of them twice in upper and lower case."""
    conf_text.render(dict.fromkeys(settings))
    return settings


def _refused(settings: dict, variables: Mapping, one: str) -> list[str]:
    """What a release refuses of these settings, on a host that has everything they need."""
    if variables.get("auditd_unsupported_keys") == "drop":
        settings = {key: value for key, value in settings.items() if key not in conf_text.unsupported(settings, one)}
    policy = variables.get("auditd_failure_policy") or "keep_running"
    beside = {key: value for key, value in _beside(settings).items() if key not in conf_text.unsupported([key], one)}
    base = {**FAILURE_POLICIES[policy]["settings"], "num_logs": "5", **beside}
    whole = conf_text.merge(conf_text.parse(conf_text.stock(one)), {**base, **settings}, one)
    found = validator.validate(whole, one, AnyHost(), rotation_wanted=True, failure_policy=policy, writing=True)
    return [validator.sentence(problem, settings) for problem in found if problem.fatal and problem.key in settings]


def _beside(settings: Mapping) -> dict[str, str]:
    """What a host could have in its file that makes a setting good which needs a second one."""
    beside = {}
    if "space_left" in settings and "admin_space_left" not in settings:
        beside["admin_space_left"] = "0"
    if "admin_space_left" in settings and "space_left" not in settings:
        beside["space_left"] = str(conf_keys.ULONG_MAX)
    if "freq" in settings and "flush" not in settings:
        beside["flush"] = "NONE"
    if "transport" in settings and not any(key.startswith("tls_") for key in settings):
        beside["tls_allowed_clients"] = "/etc/audit/clients"
    if "name_format" in settings and "name" not in settings:
        beside["name"] = "node"
    return beside


def rules(lines: list, failure: str, variables: Mapping) -> list[str]:
    """``lines``: audit_rules_extra as it was set. ``failure``: the kernel's failure flag, or the word auto."""
    policy = variables.get("auditd_failure_policy") or "keep_running"
    try:
        rule_lines.check(lines)
        staging.refuse_wanted_panic(str(FAILURE_POLICIES[policy]["failure"]) if failure == "auto" else failure, policy)
    except AuditError as error:
        return [str(error).removesuffix("; nothing was changed")]
    if variables.get("audit_rules_on_error") == "skip":
        return []
    reasons = [(rule_lines.name(place, line), _why_refused(line)) for place, line in enumerate(lines)]
    return [f"{name}: {reason}" for name, reason in reasons if reason]


def _why_refused(line: str) -> str | None:
    """Why auditctl refuses a line on every machine and for any user and group; None where one takes it."""
    first = None
    for machine in ("x86_64", *sorted(set(tables.MACHINES.values()) - {"x86_64"})):
        try:
            grammar.parse(line.replace("@UID_MIN@", "1000"), machine=machine, users=lambda name: 1, groups=lambda name: 1)
        except RuleError as error:
            first = first or error.reason
        else:
            return None
    return first
