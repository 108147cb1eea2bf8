# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_rules with much set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

TOUCHED = ("debian-12", "rhel-8")


@pytest.fixture(params=TOUCHED)
def root(request):
    return hosts.roots()[request.param]


def test_the_benchmark_is_there_and_what_was_left_out_is_not(root):
    lines = hosts.compiled(root)
    assert len([line for line in lines if line.startswith(("-a", "-w"))]) > 30, lines
    assert any("/etc/shadow" in line for line in lines)
    assert not any("/usr/bin/chcon" in line for line in lines)


def test_a_rule_of_our_own_is_there(root):
    assert [line for line in hosts.compiled(root) if line.endswith("payroll") and "/srv/payroll" in line]


def test_the_set_is_locked_by_its_last_line(root):
    lines = hosts.compiled(root)
    assert lines[-1] == "-e 2" and "-b 16384" in lines, lines


def test_files_of_others_are_moved_aside_not_deleted():
    root = hosts.roots()["rhel-8"]
    assert not (root / "etc/audit/rules.d/50-cis.rules").exists()
    assert [path for path in (root / "etc/audit").rglob("*50-cis.rules*") if "time-change" in path.read_text()]
