# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_shipping with one target, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest


@pytest.fixture(params=("debian-12", "rhel-8"))
def root(request):
    return hosts.roots()[request.param]


def lines(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def test_the_plugin_of_syslog_is_active(root):
    assert lines(root / "etc/audit/plugins.d/syslog.conf") == [
        "active = yes", "direction = out", "path = /usr/sbin/audisp-syslog", "type = always", "args = LOG_INFO LOG_LOCAL6",
        "format = string"]


def test_nothing_is_sent_to_another_host(root):
    assert not (root / "etc/audit/audisp-remote.conf").exists() and not (root / "var/spool/audit").exists()
