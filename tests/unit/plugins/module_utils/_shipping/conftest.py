# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of shipping starts from."""

from __future__ import annotations

import subprocess
import sys

import cloudwatch_agent
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import cloudwatch


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


@pytest.fixture
def root(tmp_path):
    """A directory with an auditd.conf, a log, and an agent's control program."""
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text("space_left = 75\nadmin_space_left = 50\nlog_file = /var/log/audit/audit.log\n")
    control = tmp_path / cloudwatch.CONTROL.lstrip("/")
    control.parent.mkdir(parents=True)
    control.write_text(cloudwatch_agent.CONTROL.format(root=str(tmp_path), python=sys.executable))
    control.chmod(0o755)
    (tmp_path / "var/log/audit").mkdir(parents=True)
    (tmp_path / "var/log/audit/audit.log").write_text("type=A msg=audit(1795410116.1:7): x\n")
    return tmp_path


@pytest.fixture
def host(root, monkeypatch):
    """A live host whose files lie below a directory."""
    def run(argv, **_options):
        done = subprocess.run([str(root) + argv[0], *argv[1:]], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    host = Host(str(root), run)
    host.is_live = True
    monkeypatch.setattr(host, "path", lambda path, follow=True: str(root) + path)
    return host
