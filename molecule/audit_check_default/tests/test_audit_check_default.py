# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_check with nothing set, read from the files of the hosts."""

from __future__ import annotations

import json
import subprocess
import sys

import hosts
import pytest

START = ("import sys; sys.path.insert(0, sys.argv[1]); from audit_rotate import comparison; "
         "sys.exit(comparison.main(sys.argv[1], sys.argv[2:]))")


@pytest.fixture(params=("debian-12", "rhel-8"))
def root(request):
    return hosts.roots()[request.param]


def test_the_program_is_there_and_nothing_starts_it(root):
    program = root / "usr/local/sbin/audit-check"
    assert program.read_text().startswith("#!/") and program.stat().st_mode & 0o777 == 0o755
    assert not (root / "etc/cron.d/audit-check").exists() and not (root / "etc/systemd/system/audit-check.timer").exists()


def test_what_is_installed_compares_the_host(root):
    policy = {"host": root.name, "options": {"root": str(root), "auditd": {"settings": {"num_logs": "5"}}}}
    argv = [sys.executable, "-ISB", "-c", START, str(root / "usr/local/lib/audit-rotate"), "--policy", "-"]
    done = subprocess.run(argv, check=False, input=json.dumps(policy), capture_output=True, text=True)
    document = json.loads(done.stdout)
    assert done.returncode in (0, 1, 2) and document["host"] == root.name and document["root"] == str(root)
