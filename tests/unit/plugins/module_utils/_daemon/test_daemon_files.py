# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the files of a running auditd; this very process stands for it."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as _conf_apply
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence as _daemon_files
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

OK, REFUSED = {"res": "success", "time": 200.5}, {"res": "failed", "time": 400.0}


@pytest.mark.parametrize(
    ("modified_at", "changed_at", "record", "started_at", "steady", "expected"),
    [
        (100, 100, OK, None, True, True),
        (100, 100, OK, None, False, None),  # somebody set the clock: no time is later than another
        (300, 300, OK, None, True, False),
        (300, 300, OK, None, False, None),
        (100, 300, OK, None, True, None),  # the mtime was set back, or the mode changed
        (300, 300, OK, 400, True, True),
        (300, 300, OK, 400, False, None),
        (300, 300, REFUSED, 400, True, False),
        (300, 300, None, None, True, None),
        (300, 300, None, 200, True, None),
        (300, 300, None, 301, True, True),
        (300, 300, dict(OK, time=300.004), None, True, None),  # within one tick of the clock that stamps files
        (300.009, 300.009, dict(OK, time=300.001), None, True, None),
        (300, 300, None, 300.01, True, None),
        (100, 300, None, 200, True, None),
        (100, 100, {"res": "success", "time": time.time() + 86400}, None, True, None),  # from the future
        (100, 100, dict(OK, clock_went_back=True), None, True, None),
    ],
)
def test_judge(modified_at, changed_at, record, started_at, steady, expected):
    assert _daemon_files.judge(modified_at, changed_at, record, started_at, steady=steady) is expected


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_bytes(b"num_logs = 5\n")
    return Host(str(tmp_path))


def test_holds_log(host, tmp_path, monkeypatch):
    monkeypatch.setattr(_daemon_files, "SECOND_LOOK", 0)
    log = tmp_path / "audit.log"
    with open(log, "w"):
        assert _daemon_files.holds_log(host, os.getpid(), "/audit.log") is True
        log.rename(tmp_path / "audit.log.1")
        assert _daemon_files.holds_log(host, os.getpid(), "/audit.log") is False
        log.write_text("new")
        assert _daemon_files.holds_log(host, os.getpid(), "/audit.log") is False
    assert _daemon_files.holds_log(host, 1 << 30, "/audit.log") is None


@pytest.mark.parametrize("spoil, said", [
    (lambda tree: None, None),
    (lambda tree: (tree / "sbin/auditd").chmod(0o644), "no executable"),
    (lambda tree: (tree / "var/log/audit").rmdir(), "directory /var/log/audit"),
    (lambda tree: (tree / "etc/audit/auditd.conf").write_text("num_logs = x\n"), "would refuse the file"),
])
def test_unstartable(host, tmp_path, spoil, said):
    (tmp_path / "var/log/audit").mkdir(parents=True)
    (tmp_path / "sbin").mkdir()
    (tmp_path / "sbin/auditd").write_text("")
    (tmp_path / "sbin/auditd").chmod(0o755)
    (tmp_path / "etc/audit/auditd.conf").write_text("num_logs = 5\nspace_left = 75\nadmin_space_left = 50\n")
    spoil(tmp_path)
    reason = _conf_apply.unstartable(host, _conf.parse((tmp_path / "etc/audit/auditd.conf").read_text()), "3.0.9")
    assert said in reason if said else reason is None
