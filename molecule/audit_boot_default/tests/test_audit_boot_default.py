# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_boot with nothing set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest


@pytest.fixture(params=("debian-12", "rhel-8"))
def root(request):
    return hosts.roots()[request.param]


def test_auditd_is_started_as_before(root):
    assert not (root / "etc/systemd/system/auditd.service").is_symlink()
    assert (root / "etc/systemd/system/multi-user.target.wants/auditd.service").is_symlink()


def test_nothing_is_recorded(root):
    assert not (root / "var/lib/auditops/boot").exists()
