# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a path is called on which a host stops itself, in documents as a comparison writes them."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import figures
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import stops

NAMES = [
    ("disk_full_action", "halt", "disk_full_action = HALT"), ("disk_error_action", "EXEC /sbin/Off", "disk_error_action = EXEC /sbin/Off"),
    ("kernel_failure", 2, "auditctl -f 2"), ("space_left_action", None, "space_left_action"),
]


@pytest.mark.parametrize(("key", "actual", "name"), NAMES)
def test_a_document_names_the_setting_and_its_value(key, actual, name):
    risk = {"id": "storage." + key, "key": key, "actual": actual, "effect": "stops_host", "severity": "high", "days": 3, "sentence": "It."}
    parts = dict.fromkeys(("kernel", "daemon", "rules", "rotation", "boot", "version", "distribution", "selinux_denials", "unavailable"))
    live = figures.of({**parts, "storage": {}, "unavailable": {}}, [risk])
    (path,) = stops.paths(None, stops.stopping_risks(live))
    assert (path.name, path.days) == (name, 3)


def test_a_document_without_the_setting_is_named_by_its_id():
    risk = {"id": "storage.disk_full_action", "effect": "stops_host", "severity": "high", "days": None, "sentence": "It stops."}
    assert [path.name for path in stops.paths(None, [risk])] == ["disk_full_action"]
