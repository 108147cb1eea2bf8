# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_rotation with nothing set, read from the files of the hosts."""

from __future__ import annotations

import hosts
import pytest

TOUCHED = ("debian-12", "rhel-8")


@pytest.fixture(params=TOUCHED)
def root(request):
    return hosts.roots()[request.param]


def test_exactly_one_scheduler_runs_the_installed_program(root):
    places = [root / "etc/cron.d/audit-rotate", root / "etc/systemd/system/audit-rotate.timer"]
    assert [path.exists() for path in places].count(True) == 1, places
    program = root / "usr/local/sbin/audit-rotate"
    assert program.read_text().startswith("#!/") and program.stat().st_mode & 0o777 in (0o755, 0o750, 0o700)


def test_every_record_is_still_there_exactly_once(root):
    have = hosts.serials(root)
    assert have == list(range(1, len(have) + 1)) and len(have) > 2000


def test_rotated_logs_are_compressed_under_the_time_of_their_last_record(root):
    names = [path.name for path in hosts.archives(root)]
    assert names and all(name.startswith("audit.log.2026-") and name.endswith((".zst", ".xz", ".gz")) for name in names), names
