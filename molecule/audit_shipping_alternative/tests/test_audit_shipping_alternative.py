# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_shipping with both targets, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest


@pytest.fixture(params=("debian-12", "rhel-8"))
def root(request):
    return hosts.roots()[request.param]


def lines(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def test_both_plugins_are_active(root):
    assert "args = LOG_NOTICE LOG_LOCAL3" in lines(root / "etc/audit/plugins.d/syslog.conf")
    assert "active = yes" in lines(root / "etc/audit/plugins.d/au-remote.conf")


def test_audisp_remote_has_what_was_set_and_stops_no_host(root):
    conf = dict(line.split(" = ") for line in lines(root / "etc/audit/audisp-remote.conf"))
    assert conf["remote_server"] == "logs.example.com" and conf["port"] == "1060" and conf["queue_depth"] == "500"
    assert conf["queue_file"] == "/var/spool/audit/web.log" and conf["network_failure_action"] == "warn_once_continue"
    assert not {"halt", "single", "suspend"} & set(conf.values())


def test_the_queue_has_its_directory(root):
    assert (root / "var/spool/audit").stat().st_mode & 0o777 == 0o700
