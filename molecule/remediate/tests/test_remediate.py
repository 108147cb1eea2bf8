# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host looks like after the remediation, read from its files: nothing here asks the collection's own code."""

from __future__ import annotations

import os

import hosts
import pytest

RECORDS_PER_LOG = 2000
FAILURE_ACTIONS = ("space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action")


@pytest.fixture(params=sorted(hosts.roots()))
def root(request):
    return hosts.roots()[request.param]


def test_no_setting_stops_the_host(root):
    have = hosts.settings(root)
    actions = {key: value for key, value in have.items() if key.endswith("_action")}
    assert not {"halt", "single"} & set(actions.values()), actions
    assert {actions[key] for key in FAILURE_ACTIONS} == {"syslog"}, "audited and up: nothing suspends"
    assert have["max_log_file_action"] == "ignore"
    assert int(have["num_logs"]) >= 2


def test_kernel_does_not_panic_at_the_next_boot(root):
    assert [line for line in hosts.compiled(root) if line.startswith("-f")] == ["-f 1"]


def test_rotation_is_scheduled_by_exactly_one_scheduler(root):
    cron = (root / "etc/cron.d/audit-rotate").exists()
    timer = (root / "etc/systemd/system/audit-rotate.timer").exists()
    assert cron != timer
    assert os.access(root / "usr/local/sbin/audit-rotate", os.X_OK)


def test_every_record_is_still_there_exactly_once(root):
    serials = hosts.serials(root)
    assert serials == list(range(1, len(serials) + 1))
    assert len(serials) % RECORDS_PER_LOG == 0
    assert len(serials) > 0


def test_rotated_logs_are_compressed_under_the_time_of_their_last_record(root):
    names = {path.name for path in hosts.archives(root)}
    assert not {name for name in names if name.rsplit(".", 1)[1].isdigit()}, "plain rotated logs are left"
    assert all(name.startswith("audit.log.2026-") for name in names)


def test_report_says_in_sync(root):
    assert hosts.document(root.name)["status"] == "in_sync"
