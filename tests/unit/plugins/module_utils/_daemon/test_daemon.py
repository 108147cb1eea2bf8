# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What _daemon does without an auditd: releases of trees, refusals, waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control as _daemon
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError, NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

DPKG = "Package: {name}\nStatus: {status}\nArchitecture: amd64\nVersion: {version}\nDescription: x\n more\n\nPackage: zzz\nVersion: 9.9\n"


def tree(tmp_path, files, program=b"\x7fELF"):
    for path, data in dict({"sbin/auditctl": program}, **files).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data if isinstance(data, bytes) else data.encode())
        (tmp_path / path).chmod(0o755)
    return Host(str(tmp_path))


def dpkg(version, name="auditd", status="install ok installed"):
    return {"var/lib/dpkg/status": DPKG.format(name=name, version=version, status=status)}


@pytest.mark.parametrize("files, program, release", [
    (dpkg("1:3.0.9-1"), b"", "3.0.9"),
    (dpkg("1:3.0-2"), b"", "3.0"),
    (dpkg("1:4.0.2-2+deb13u1"), b"", "4.0.2"),
    (dpkg("1:2.8.5-2ubuntu6"), b"", "2.8.5"),
    (dpkg("1:3.0.9-1", status="deinstall ok config-files"), b"", None),
    (dpkg("1:3.0.9-1", name="auditd-plugins"), b"", None),
    ({"usr/share/doc/audit-2.8.5/README": ""}, b"", "2.8.5"),
    ({}, b"\x00x\x003.1.5\x00auditctl version %s\n\x00", "3.1.5"),
    ({}, b"\x004.0\x00auditctl version %s\n\x00", "4.0"),
    ({}, b"\x001.2.3\x003.1.5\x00auditctl version %s\n\x00", None),
    ({}, b"no version here", None),
])
def test_release_of_a_tree(tmp_path, files, program, release):
    found, reason = _daemon.release(tree(tmp_path, files, program))
    assert found == release
    assert (reason is None) == (release is not None)


def test_release_where_audit_is_not_installed(tmp_path):
    found, reason = _daemon.release(Host(str(tmp_path)))
    assert found is None and "audit is not installed" in reason


@pytest.mark.parametrize("output, release", [
    ("auditctl version 3.0.9\n", "3.0.9"), ("auditctl version 4.2\n", "4.2"), ("auditctl version 4.1.4-rc1\n", "4.1.4"),
])
def test_release_of_the_live_host_is_asked_of_auditctl(output, release, monkeypatch):
    host = Host("/", lambda argv, **options: (0, output, ""))
    monkeypatch.setattr(Host, "which", lambda self, program: "/sbin/" + program)
    assert _daemon.release(host) == (release, None)


@pytest.mark.parametrize("act", [
    lambda host: _daemon.send(host, 1, "reload"), _daemon.start, lambda host: _daemon.report(host, 1),
])
def test_nothing_is_signalled_or_started_in_a_tree(tmp_path, act):
    with pytest.raises(NotAvailable, match="offline tree"):
        act(Host(str(tmp_path)))
    assert _daemon.find(Host(str(tmp_path))) is None


def test_a_process_that_is_not_auditd_gets_no_signal():
    host = Host("/", lambda argv, **options: (1, "", ""))
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as process:
        with pytest.raises(AuditError, match="is not \\(or no longer\\) the auditd"):
            _daemon.send(host, process.pid, "stop")
        assert process.poll() is None
        process.kill()
    assert not _daemon.is_auditd(os.getpid())
    assert not _daemon.is_auditd(process.pid), "ended"


@pytest.mark.parametrize("text, release", [
    ("3.0.9", (3, 0, 9)), ("3.0", (3, 0, 0)), ("3.0.9-1.el9", (3, 0, 9)), ("1:3.0.9-1", (3, 0, 9)), (None, ()), ("", ()), ("x", ())])
def test_release_tuple(text, release):
    assert _daemon.release_tuple(text) == release


def test_wait_for_is_bounded_and_sleeps():
    looks = []
    began, used = time.monotonic(), time.process_time()
    assert _daemon.wait_for(lambda: looks.append(1), 0.5) is None
    assert 0.5 <= time.monotonic() - began < 2
    assert time.process_time() - used < 0.25 and len(looks) < 30
    assert _daemon.wait_for(lambda: "at once", 0) == "at once"


def test_a_rotation_auditd_would_skip_is_refused_before_any_signal():
    with pytest.raises(AuditError, match="num_logs = 1; set num_logs to 2 or more"):
        _daemon.rotate(Host("/"), os.getpid(), "3.0.9", "/nonexistent", num_logs=1)


def test_start_by_systemd_is_asked_twice_where_it_had_not_noticed_the_end(tmp_path, monkeypatch):
    ran, state = [], {"pid": None}

    def run_command(argv, **options):
        ran.append(argv[1:])
        if [call for call in ran if call[0] == "start"] == [["start", "auditd.service"]] * 2:
            state["pid"] = 77
        return 0, "", ""

    monkeypatch.setattr(Host, "has_systemd", True)
    monkeypatch.setattr(_daemon, "SYSTEMD_NOTICES", 0.05)
    monkeypatch.setattr(_daemon, "UNWRITTEN_SETTLE", 0.01)
    monkeypatch.setattr(_daemon, "find", lambda host: state["pid"])
    monkeypatch.setattr(_daemon, "is_auditd", lambda pid: True)
    monkeypatch.setattr(_daemon, "report", lambda host, pid, timeout: {"writing_to_logs": False, "logging_suspended": None})
    monkeypatch.setattr(Host, "which", lambda self, program: "/usr/sbin/" + program)
    started = _daemon.start(Host("/", run_command), str(tmp_path / "audit.log"))
    assert started["pid"] == 77 and started["how"] == "/usr/sbin/systemctl start auditd.service"
    assert ran == [["reset-failed", "auditd.service"], ["start", "auditd.service"], ["start", "auditd.service"]]
