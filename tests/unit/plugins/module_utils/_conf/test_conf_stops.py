# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings take a stop away from a host, and what of the host's own file does not stay."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import stops
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf

FULL = "disk_full_action"
MILDER = [  # the file, the policy, what is applied first
    (f"{FULL} = HALT\n", {FULL: "SYSLOG"}, {FULL: "SYSLOG"}),
    (f"{FULL} = halt\n", {FULL: "SUSPEND"}, {FULL: "SUSPEND"}),
    (f"{FULL} = SINGLE\n", {FULL: "HALT"}, {}),
    (f"{FULL} = SUSPEND\n", {FULL: "SYSLOG"}, {FULL: "SYSLOG"}),
    (f"{FULL} = SYSLOG\n", {FULL: "SUSPEND"}, {}),
    (f"{FULL} = SUSPEND\n", {FULL: "HALT"}, {}),
    (f"{FULL} = HALT\n", {FULL: "exec /sbin/page"}, {FULL: "exec /sbin/page"}),
    (f"{FULL} = HALT\n", {"DISK_FULL_ACTION": "SYSLOG"}, {"DISK_FULL_ACTION": "SYSLOG"}),
    ("max_log_file_action = SUSPEND\n", {"max_log_file_action": "IGNORE"}, {}),  # waits for the rotation
    (f"{FULL} = HALT\nnum_logs = 1\n", {"num_logs": "5"}, {}),
    (f"{FULL} = HALT\r\nnum_logs = 5\r\n", {FULL: "SYSLOG"}, {FULL: "SYSLOG"}),  # auditd refuses it; written again it would halt
    ("typo = 1\n", {"typo": None, "num_logs": "5"}, {"typo": None}),
]


@pytest.mark.parametrize(("text", "settings", "first"), MILDER)
def test_milder(text, settings, first):
    assert stops.milder(_conf.parse(text), settings, "3.0.9") == first


def test_no_file_stops_nothing():
    assert stops.milder(None, {FULL: "SYSLOG"}, "3.0.9") == {} and stops.completed(None, {}, "keep_running", "3.0.9") == {}


@pytest.mark.parametrize(("text", "settings", "policy", "added"), [
    ("overflow_action = HALT\n", {}, "keep_running", {"overflow_action": "SYSLOG"}),
    ("overflow_action = single\n", {}, "suspend_auditing", {"overflow_action": "SYSLOG"}),
    ("overflow_action = HALT\n", {"Overflow_Action": "HALT"}, "keep_running", {}),  # the policy's own: it is refused, not mended
    ("overflow_action = HALT\r\n", {}, "keep_running", {"overflow_action": "SYSLOG"}),
    ("overflow_action = HALT\n", {}, "stop_host", {}),
    ("overflow_action = SUSPEND\n", {}, "keep_running", {}),
    (f"{FULL} = HALT\n", {}, None, {}),
])
def test_completed(text, settings, policy, added):
    assert stops.completed(_conf.parse(text), settings, policy, "3.0.9") == dict(settings, **added)
