# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the files of a running auditd; this very process stands for it."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as _conf_apply
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence as _daemon_files
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

OK, REFUSED = {"res": "success", "time": 200.5}, {"res": "failed", "time": 400.0}


@pytest.mark.parametrize(
    ("modified_at", "changed_at", "record", "started_at", "proven_at", "expected"),
    [
        (100, 100, OK, None, None, True),
        (300, 300, OK, None, None, False),
        (100, 300, OK, None, None, None),  # the mtime was set back, or the mode changed
        (100, 300, OK, None, 201, True),
        (300, 300, OK, None, 150, False),  # loaded something else after the proof
        (300, 300, OK, 400, None, True),
        (300, 300, REFUSED, None, 150, False),
        (300, 300, None, None, None, None),
        (300, 300, None, None, 301, True),
        (300, 300, None, 200, None, None),
        (300, 300, None, 301, None, True),
        (100, 300, None, 200, None, None),
    ],
)
def test_judge(modified_at, changed_at, record, started_at, proven_at, expected):
    assert _daemon_files.judge(modified_at, changed_at, record, started_at, proven_at) is expected


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_bytes(b"num_logs = 5\n")
    return Host(str(tmp_path))


def test_the_proof_outlives_the_record(host, monkeypatch):
    monkeypatch.setattr(_daemon_files, "_started_at", lambda pid: 1.0)
    conf, proof = host.path("/etc/audit/auditd.conf"), host.path(_daemon_files.PROOF)
    assert _daemon_files.in_force(host, os.getpid(), None) is None
    _daemon_files.remember(host, os.getpid(), b"num_logs = 5\n")
    assert os.stat(proof).st_mode & 0o777 == 0o600 and os.stat(os.path.dirname(proof)).st_mode & 0o777 == 0o700
    assert _daemon_files.in_force(host, os.getpid(), None) is True
    os.chmod(conf, 0o600)
    assert _daemon_files.in_force(host, os.getpid(), None) is True
    assert _daemon_files.in_force(host, os.getppid(), None) is None, "another process"
    with open(conf, "ab") as stream:
        stream.write(b"freq = 9\n")
    os.utime(conf, (1, 1))
    assert _daemon_files.in_force(host, os.getpid(), None) is None, "another file"


@pytest.mark.parametrize("text", ["", "{{{", "[]", "{}", '{"proven_at": "now"}'])
def test_a_spoiled_proof_is_none(host, text):
    os.makedirs(host.path("/var/lib/auditops"))
    with open(host.path(_daemon_files.PROOF), "w") as stream:
        stream.write(text)
    assert not _daemon_files.is_remembered(host, os.getpid(), b"num_logs = 5\n")


def test_a_proof_that_cannot_be_kept_costs_nothing(host):
    os.makedirs(host.path("/var"))
    with open(host.path("/var/lib"), "w"):
        pass
    _daemon_files.remember(host, os.getpid(), b"")


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
