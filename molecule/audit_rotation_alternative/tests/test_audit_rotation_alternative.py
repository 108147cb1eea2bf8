# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_rotation with much set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

TOUCHED = ("debian-12", "rhel-8")


@pytest.fixture(params=TOUCHED)
def root(request):
    return hosts.roots()[request.param]


def test_cron_runs_it_at_the_time_asked_for_and_nothing_else_does(root):
    lines = [line for line in (root / "etc/cron.d/audit-rotate").read_text().splitlines() if line[:1].isdigit() or line[:1] == "*"]
    assert [line for line in lines if line.startswith("17 4 * * 0 root")], lines
    assert [line for line in lines if "--watch 5" in line or ("*/5" in line and "--guard" in line)], lines
    assert not (root / "etc/systemd/system/audit-rotate.timer").exists()


def test_the_newest_three_archives_are_kept_in_our_form(root):
    names = [path.name for path in hosts.archives(root)]
    assert names and len(names) <= 3 and all(name.endswith(".xz") for name in names), names
    assert all(name[len("audit.log."):].split(".")[0].replace("-", "").isdigit() for name in names), names


def test_the_newest_records_are_the_ones_that_are_kept(root):
    have = hosts.serials(root)
    assert have == list(range(have[0], have[0] + len(have)))
