# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role auditd with much set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

TOUCHED = ("debian-12", "rhel-8")


@pytest.fixture(params=TOUCHED)
def root(request):
    return hosts.roots()[request.param]


def test_the_settings_are_the_policys(root):
    have = hosts.settings(root)
    wanted = {"log_format": "raw", "num_logs": "12", "space_left": "300", "admin_space_left": "100", "end_of_event_timeout": "3"}
    assert {key: have.get(key) for key in wanted} == wanted


def test_the_failure_policy_suspends_and_never_stops_the_host(root):
    actions = {key: value for key, value in hosts.settings(root).items() if key.endswith("_action")}
    assert actions["disk_full_action"] == actions["disk_error_action"] == "suspend", actions
    assert not {"halt", "single"} & set(actions.values()), actions


def test_the_old_file_is_kept_once(root):
    backups = [path for path in (root / "etc/audit").iterdir() if path.name.startswith("auditd.conf.")]
    assert len(backups) == 1, backups
    assert "log_format = RAW" not in backups[0].read_text()
