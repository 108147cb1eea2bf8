# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_check with much set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

UNITS = "etc/systemd/system/"


@pytest.fixture(params=("amazon-2023",))
def root(request):
    return hosts.roots()[request.param]


def test_the_timer_is_enabled_and_cron_is_not_used(root):
    assert (root / UNITS / "timers.target.wants/audit-check.timer").is_symlink()
    assert "OnCalendar=*-*-* *:0,10,20,30,40,50:00\n" in (root / UNITS / "audit-check.timer").read_text()
    assert not (root / "etc/cron.d/audit-check").exists()


def test_the_service_writes_the_textfile(root):
    line = "ExecStart=/usr/local/sbin/audit-check --scheduled --textfile /var/lib/node_exporter/audit.prom\n"
    assert line in (root / UNITS / "audit-check.service").read_text()
