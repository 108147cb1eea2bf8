# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role auditd with nothing set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

TOUCHED = ("debian-12", "rhel-8")


@pytest.fixture(params=TOUCHED)
def root(request):
    return hosts.roots()[request.param]


def test_no_setting_stops_the_host(root):
    actions = {key: value for key, value in hosts.settings(root).items() if key.endswith("_action")}
    assert not {"halt", "single", "suspend"} & set(actions.values()), actions


def test_the_bound_of_size_stays_until_a_rotation_is_proven_to_run(root):
    have = hosts.settings(root)
    bound = {"debian-12": "rotate", "rhel-8": "keep_logs"}[root.name]
    assert have["max_log_file_action"] == bound and int(have["num_logs"]) >= 2, have


def test_what_the_policy_does_not_name_is_kept(root):
    shipped = {"debian-12": "adm", "rhel-8": "root"}[root.name]
    assert hosts.settings(root)["log_group"] == shipped


def test_the_untouched_hosts_are_as_they_were():
    assert hosts.settings(hosts.roots()["rhel-9"])["max_log_file_action"] == "rotate"
