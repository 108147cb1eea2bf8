# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that can be adopted, with the value that they have where nobody sets them."""

from __future__ import annotations

import functools

from ansible_collections.auditops.auditd.plugins.plugin_utils.variables import SPECIFICATIONS

OF_ROLE = {
    "auditd": ("auditd_failure_policy", "auditd_conf", "auditd_mode"),
    "audit_rules": (
        "audit_rules_profiles", "audit_rules_skip", "audit_rules_privileged", "audit_rules_extra", "audit_rules_files",
        "audit_rules_backlog_limit", "audit_rules_backlog_wait_time", "audit_rules_rate_limit", "audit_rules_loginuid_immutable",
        "audit_rules_failure", "audit_rules_immutable", "audit_rules_on_error",
    ),
    "audit_rotation": (
        "audit_rotation_schedule", "audit_rotation_compress", "audit_rotation_level", "audit_rotation_threads",
        "audit_rotation_name_format", "audit_rotation_name_zone", "audit_rotation_keep", "audit_rotation_keep_days",
        "audit_rotation_keep_megabytes", "audit_rotation_min_free_megabytes", "audit_rotation_keep_days_min", "audit_rotation_when_full",
        "audit_rotation_ceiling_megabytes", "audit_rotation_adopt", "audit_rotation_shipped_stamp", "audit_rotation_shipped_command",
        "audit_rotation_ship_or_keep", "audit_rotation_textfile", "audit_rotation_timeout",
    ),
}


@functools.lru_cache(maxsize=1)
def _adoptable() -> dict:
    return {name: SPECIFICATIONS[role][name].get("default") for role, names in OF_ROLE.items() for name in names}


def adoptable() -> dict:
    return dict(_adoptable())
