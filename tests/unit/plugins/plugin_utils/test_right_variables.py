# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are right: none of them is refused."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import variables

RIGHT = {
    "auditd_conf": {"NUM_LOGS": 6, "space_left": "25%", "admin_space_left": 50, "name": "münchen", "write_logs": True, "disp_qos": None,
                    "transport": "TLS", "space_left_action": "exec /usr/local/sbin/space", "log_group": "adm"},
    "audit_rules_extra": ["-a always,exit -F arch=b64 -S open -F auid>=@UID_MIN@ -F uid=nobodyhere -k x", "-w /etc/sudoers -p wa -k a"],
    "audit_rules_immutable": "yes", "audit_rules_failure": 1, "audit_rules_privileged": False, "audit_rotation_keep_days": "90",
    "audit_rotation_keep_megabytes": 2048, "audit_drift_formats": "json", "auditd_release": "4.2.1",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_taken(name):
    given = {"auditd_release": "4.2.1", name: RIGHT[name]}
    assert variables.problems(given, variables.SPECIFICATIONS) == []


@pytest.mark.parametrize("given", [
    {"space_left": "auto", "admin_space_left": "AUTO"}, {"SPACE_LEFT": "auto"}, {"space_left": "25%", "admin_space_left": "auto"},
    {"space_left": "auto", "admin_space_left": 4000}, {"space_left": 200, "admin_space_left": "auto"},
])
def test_thresholds_may_be_left_to_the_host(given):
    assert variables.problems({"auditd_conf": given}, variables.SPECIFICATIONS) == []


def test_the_defaults_are_right():
    defaults = {
        name: option["default"] for options in variables.SPECIFICATIONS.values() for name, option in options.items() if "default" in option
    }
    assert variables.problems(defaults, variables.SPECIFICATIONS) == []
