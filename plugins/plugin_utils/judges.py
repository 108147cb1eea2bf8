# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no type can say about a role's variables: each judge asks the code that reads the value on the host, and names the variable.

A judge takes the variables of the roles twice, as the specification converts them and as they were set, and returns sentences. It refuses
only what every host would refuse. What costs much is judged once for all hosts that have the same values.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
from collections.abc import Callable, Mapping

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys as conf_keys
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._live import called
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as rotation_files
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import wanted as shipping_wanted
from ansible_collections.auditops.auditd.plugins.module_utils._storage import size as storage_size

from .demands import NAMING_LIBRARY
from .role_values import once

UINT32_MAX = 2 ** 32 - 1  # the kernel's struct audit_status, include/uapi/linux/audit.h
# variable: the lowest and the highest number it takes, and a word besides
RANGES = {
    "audit_rules_backlog_limit": (0, UINT32_MAX, ""),
    "audit_rules_backlog_wait_time": (0, UINT32_MAX, "auto"),
    "audit_rules_rate_limit": (0, UINT32_MAX, "keep"),
    "audit_storage_reaction_hours": (1, 720, ""),  # a month: what nobody does in that time nobody does
    "auditd_timeout": (1, 3600, ""),  # an hour: whatever takes longer has failed
}
LARGEST_EBS = 65536  # GB; Amazon EBS User Guide, quotas of gp3 and io2 (2025)
ROTATION = "audit_rotation_"
SHIPPING = "audit_shipping_"
# Options of the module audit_rotation; the others are keys of rotate.conf
OF_MODULE = ("schedule", "scheduler", "guard_minutes", "interpreter", "run", "replace")
OF_CONF = ("guard",)  # role auditd's: what auditd.conf says of the rotation
UNFINISHED = re.compile(r"(?:[0-9]+:)?v?[0-9.]+\.(?![0-9])")  # 3.x, 3.: a span of releases, of which no one can be judged
Judge = Callable[[Mapping, Mapping], list[str]]


def release(variables: Mapping, given: Mapping) -> list[str]:
    try:
        if variables.get("auditd_release"):
            conf_keys.version(variables["auditd_release"])
    except conf_keys.ConfError as error:
        return [f"auditd_{error}"]
    if UNFINISHED.match(str(variables.get("auditd_release") or "")):
        return [f"auditd_release: {variables['auditd_release']!r} is not a release of audit; give it like 3.0.9"]
    return []


def root(variables: Mapping, given: Mapping) -> list[str]:
    """Ansible takes a relative path of type path as it is, and the host would look for it in a directory of its own."""
    path = str(variables.get("audit_root") or "/")
    return [] if path.startswith("/") else [f"audit_root = {path}: give an absolute path, that of the top of the tree"]


def ranges(variables: Mapping, given: Mapping) -> list[str]:
    found = []
    for name, (lowest, highest, word) in RANGES.items():
        text = str(variables.get(name, word)).strip()
        if text != word and not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
            found.append(f"{name} = {text}: give a whole number from {lowest} to {highest}{f', or {word}' if word else ''}")
    return found


def conf(variables: Mapping, given: Mapping) -> list[str]:
    """auditd_conf, under the failure policy and the rotation that stand beside it."""
    if not variables.get("auditd_conf") or release(variables, given):
        return []
    names = ("auditd_conf", "auditd_release", "auditd_failure_policy", "auditd_unsupported_keys")
    asked = {name: variables[name] for name in names if name in variables}
    return once(["auditd_conf", asked], functools.partial(_conf, asked))


def _conf(variables: Mapping) -> list[str]:
    from . import settings_judges  # 80 ms that a run without such settings does not need (measured)

    return settings_judges.conf(variables)


def guard(variables: Mapping, given: Mapping) -> list[str]:
    """audit_rotation_guard = exec: what auditd calls needs the timed guard behind it, and nothing that says otherwise."""
    if variables.get("audit_rotation_guard") != "exec":
        return []
    named = {str(key).lower(): value for key, value in (variables.get("auditd_conf") or {}).items()}
    action = named.get(called.KEY, called.CALL)
    if variables.get("auditd_failure_policy") == "stop_host":
        return ["audit_rotation_guard = exec: auditd_failure_policy is stop_host, and auditd records nothing from its call of the program "
                "until it is resumed; set timed"]
    if action != called.CALL:
        return [f"audit_rotation_guard = exec: auditd_conf.{called.KEY} is {action}; leave it out, or set timed"]
    minutes = variables.get("audit_rotation_guard_minutes", 1)
    if minutes != 1:
        return [f"audit_rotation_guard = exec: audit_rotation_guard_minutes is {minutes}, and only a look each minute answers a call that "
                "failed; set 1, or audit_rotation_guard: timed"]
    return []


def rules(variables: Mapping, given: Mapping) -> list[str]:
    """audit_rules_extra as it was set (a list, no text that Ansible would split), and the kernel's failure flag."""
    lines = given.get("audit_rules_extra") or []
    failure = str(variables.get("audit_rules_failure") or "auto")
    if not lines and failure == "auto":
        return []
    asked = {name: variables[name] for name in ("auditd_failure_policy", "audit_rules_on_error") if name in variables}
    return once(["audit_rules_extra", lines, failure, asked], functools.partial(_rules, lines, failure, asked))


def _rules(lines: list, failure: str, variables: Mapping) -> list[str]:
    from . import settings_judges  # 80 ms that a run without such settings does not need (measured)

    return settings_judges.rules(lines, failure, variables)


def rotation(variables: Mapping, given: Mapping) -> list[str]:
    policy: dict = {"schedule": "daily", "scheduler": "systemd", "guard_minutes": 10, "config": {}}
    for name, value in variables.items():
        option = name.removeprefix(ROTATION)
        if name.startswith(ROTATION) and option in OF_MODULE:
            policy[option] = value
        elif name.startswith(ROTATION) and option not in OF_CONF:
            policy["config"][option] = value
    try:
        rotation_files.desired_files(policy, "systemd", 0)  # with systemd it looks at everything
    except AuditError as error:
        return [ROTATION + str(error)]
    return []


def report(variables: Mapping, given: Mapping) -> list[str]:
    """A report has a directory, and what is new is known from the run before only."""
    if not str(variables.get("audit_drift_report_dir", "audit-report")).strip():
        return ["audit_drift_report_dir is empty: name a directory on the controller, or leave it out for audit-report"]
    forget = str(variables.get("audit_drift_forget", "never"))
    if forget != "never" and not forget.isdigit():
        return [f"audit_drift_forget = {forget}: give never, or a number of days"]
    if variables.get("audit_drift_fail_on") == "new" and variables.get("audit_drift_history") is False:
        return ["audit_drift_fail_on = new: with audit_drift_history = false nothing is ever new; give another word, or keep the history"]
    return []


def adopt(variables: Mapping, given: Mapping) -> list[str]:
    if not str(variables.get("audit_adopt_dest", "audit-adopted")).strip():
        return ["audit_adopt_dest is empty: name a directory on the controller for the variables, or leave it out for audit-adopted"]
    return []


def boot(variables: Mapping, given: Mapping) -> list[str]:
    words = variables.get("audit_boot_line")
    return once(["audit_boot_line", words], functools.partial(_boot, words)) if words else []


def _boot(words: list) -> list[str]:
    from ansible_collections.auditops.auditd.plugins.module_utils._apply import boot_line  # 11 ms that no other run needs (measured)

    try:
        boot_line.wanted_words(words)
    except AuditError as error:
        return [f"audit_boot_{error}"]
    return []


def storage(variables: Mapping, given: Mapping) -> list[str]:
    size, path = (str(variables.get(f"audit_storage_{name}") or "") for name in ("size", "path"))
    found = []
    try:
        if size:
            storage_size.parse(size)
    except AuditError as error:
        found.append(f"audit_storage_{error}")
    if path and not path.startswith("/"):
        found.append(f"audit_storage_path = {path}: give an absolute path, as the host has it")
    if variables.get("audit_storage_separate"):
        if not size:
            found.append("audit_storage_separate = true: audit_storage_size says how large the new volume is to be; give 10G, 40%VG or max")
        if path:
            found.append("audit_storage_separate = true: it is about the log alone; leave audit_storage_path empty")
    return found + (_ebs(variables) if variables.get("audit_storage_ebs") else [])


def _ebs(variables: Mapping) -> list[str]:
    size, volume, timeout = (variables.get(f"audit_storage_ebs_{name}") for name in ("size", "volume", "timeout"))
    found = []
    if not 1 <= int(size or 0) <= LARGEST_EBS:
        found.append(f"audit_storage_ebs_size = {size or 0}: give the size of the EBS volume in GB, 1 to {LARGEST_EBS}")
    if volume and not re.fullmatch("vol-[0-9a-f]{8,17}", str(volume)):
        found.append(f"audit_storage_ebs_volume = {volume}: give the id of a volume, such as vol-0123456789abcdef0")
    if int(timeout if timeout is not None else 600) < 1:
        found.append(f"audit_storage_ebs_timeout = {timeout}: give a number of seconds, 1 or more")
    if not found and not _is_installed("ansible_collections.amazon", "ansible_collections.amazon.aws"):
        found.append("audit_storage_ebs = true needs the collection amazon.aws on the controller, and boto3: ansible-galaxy collection "
                     "install amazon.aws; or enlarge the volume by hand and run grow without audit_storage_ebs")
    return found


def shipping(variables: Mapping, given: Mapping) -> list[str]:
    policy = {name.removeprefix(SHIPPING): value for name, value in variables.items() if name.startswith(SHIPPING)}
    usual = {"to": [], "syslog_priority": "LOG_INFO", "syslog_facility": "LOG_LOCAL6", "schedule": "hourly",
             "cloudwatch_log_stream": "{instance_id}"}
    policy = {**usual, **policy}
    policy.update(priority=policy["syslog_priority"], facility=policy["syslog_facility"])  # as the module calls them
    try:
        shipping_wanted.check({**policy, "failure_policy": variables.get("auditd_failure_policy")}, variables.get("auditd_release"))
    except AuditError as error:
        return [str(error)]
    return []


def diagnose(variables: Mapping, given: Mapping) -> list[str]:
    path = variables.get("audit_diagnosis_console_file")
    found = [f"audit_diagnosis_console_file = {path}: there is no such file on the controller"] if path and not os.path.isfile(path) else []
    if int(variables.get("audit_diagnosis_days", 1)) < 1:
        found.append(f"audit_diagnosis_days = {variables['audit_diagnosis_days']}: give a whole number of days, 1 or more")
    return found


def rescue(variables: Mapping, given: Mapping) -> list[str]:
    """The host of the inventory is the helper, never the patient."""
    root = str(variables.get("audit_root") or "/")
    if os.path.normpath(root).lstrip("/") in ("", "."):
        return [f"audit_root = {root} is the machine that helps, and not the one that stopped: attach the volume of that one, mount it, "
                "and set audit_root to its mount point"]
    return []


def _is_installed(*packages: str) -> bool:
    """Whether packages can be imported, the outermost first."""
    return all(importlib.util.find_spec(package) is not None for package in packages)


def rescue_ec2(variables: Mapping, given: Mapping) -> list[str]:
    if not _is_installed("ansible_collections.amazon", "ansible_collections.amazon.aws"):
        return ["rescue_ec2 needs the collection amazon.aws on the controller, and boto3: ansible-galaxy collection install amazon.aws; "
                "without it, the guide \"My instance stops by itself\" has the same steps by hand"]
    if variables.get("audit_ec2_instance") == variables.get("audit_ec2_helper"):
        return [f"audit_ec2_helper = {variables.get('audit_ec2_helper')} is the instance that stopped; name the one that helps"]
    return []


def library(variables: Mapping, given: Mapping) -> list[str]:
    """The words that name something of the benchmark library."""
    words = {name: variables.get(f"audit_rules_{name}") for name in NAMING_LIBRARY}
    return _asked_of_library("check_words", words) if any(words.values()) else []


def register(variables: Mapping, given: Mapping) -> list[str]:
    """audit_exceptions: each entry with its record, and about something that a benchmark has."""
    entries = variables.get("audit_exceptions") or []
    return _asked_of_library("check_exceptions", entries) if entries else []


def _asked_of_library(check: str, value: Mapping | list) -> list[str]:
    return once([check, value], functools.partial(_said_by_library, check, value))


def _said_by_library(check: str, value: Mapping | list) -> list[str]:
    from . import controls  # 33 ms that no run needs which names nothing of it (measured)

    try:
        getattr(controls, check)(value)
    except AuditError as error:
        return [str(error)]
    return []


def check(variables: Mapping, given: Mapping) -> list[str]:
    """The schedule and textfile of audit-check; a schedule needs a policy on the host, which only drift by audit-check leaves there."""
    policy = {"schedule": variables.get("audit_check_schedule"), "textfile": variables.get("audit_check_textfile")}
    try:
        checker.desired_files(policy, "systemd", 0)
    except AuditError as error:
        return [str(error)]
    if checker.is_scheduled(policy) and variables.get("audit_check_use") == "never":
        return ["audit_check_use = never: with audit_check_schedule the host needs the policy that drift leaves there; set auto or always"]
    if variables.get("audit_check_max_age", 0) < 0:
        return [f"audit_check_max_age = {variables['audit_check_max_age']}: give a number of seconds, 0 or more"]
    return []


# of a role, or of a playbook that has variables of its own
OF_ROLE: dict[str, tuple[Judge, ...]] = {
    "auditd": (root, release, ranges, conf, guard),
    "audit_rules": (root, release, ranges, rules, library, register),
    "audit_rotation": (root, rotation),
    "audit_check": (root, check),
    "audit_drift": (root, report),
    "audit_boot": (root, boot),
    "audit_shipping": (root, shipping),
    "audit_storage": (root, ranges, storage),
    "adopt": (adopt,),
    "diagnose": (root, diagnose),
    "rescue": (root, rescue),
    "rescue_ec2": (rescue_ec2,),
}
