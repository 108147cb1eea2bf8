# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_rules with nothing set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

TOUCHED = ("debian-12", "rhel-8")


@pytest.fixture(params=TOUCHED)
def root(request):
    return hosts.roots()[request.param]


def test_the_next_boot_neither_panics_nor_drops(root):
    lines = hosts.compiled(root)
    assert [line for line in lines if line.startswith(("-f", "-b"))] == ["-b 8192", "-f 1"], lines


def test_the_rules_of_others_are_kept():
    lines = hosts.compiled(hosts.roots()["rhel-8"])
    assert any("/etc/shadow" in line and "identity" in line for line in lines), lines


def test_the_set_is_not_locked(root):
    assert "-e 2" not in hosts.compiled(root)
