# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of shipping starts from."""

from __future__ import annotations

import pytest


@pytest.fixture
def tree(tmp_path):
    """A tree of audit 3.0.9; write(path, text) adds to it."""
    def write(path, text="", mode=0o644):
        real = tmp_path / path.lstrip("/")
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(text if isinstance(text, bytes) else text.encode())
        real.chmod(mode)
        return real

    write("/etc/audit/auditd.conf", "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\nflush = INCREMENTAL_ASYNC\nfreq = 50\n", 0o640)
    write("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    for program in ("auditd", "auditctl", "audisp-syslog", "audisp-remote"):
        write(f"/sbin/{program}", "", 0o755)
    write.root = tmp_path
    return write


@pytest.fixture
def rotating(tree):
    """The tree with what archives need: audit-ship, cron and the AWS command line."""
    for program in ("usr/local/sbin/audit-ship", "usr/sbin/cron", "usr/bin/aws"):
        tree("/" + program, "", 0o755)
    return tree
