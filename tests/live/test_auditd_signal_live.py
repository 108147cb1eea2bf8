# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module auditd_signal against real auditds."""

from __future__ import annotations

import os

import pytest
from auditd_site import conf_text, wait_for


def send(site, signal, **options):
    """The module's answer, after check mode: it predicts changed and refusal, and does nothing."""
    inode = os.stat(site.log_dir / "audit.log").st_ino if site.pid else None
    check = site.module("auditd_signal", check=True, signal=signal, **options)
    assert inode is None or os.stat(site.log_dir / "audit.log").st_ino == inode
    answer = site.module("auditd_signal", signal=signal, **options)
    if "result" in answer:
        assert check["result"]["changed"] == answer["result"]["changed"]
    return answer


def test_reload(site):
    site.start()
    site.configure(max_log_file=5)
    result = send(site, "reload")["result"]
    assert result["changed"] and result["pid"] == site.pid
    assert result["proof"]["record"] in site.log() and result["proof"]["report"]["max_log_file_mb"] == 5


@pytest.mark.parametrize("content, said", [(conf_text(num_logs="x"), "num_logs"), (None, "is missing")])
def test_what_would_hurt_auditd_is_not_reloaded(site, content, said):
    site.start()
    if content is None:
        site.path("/etc/audit/auditd.conf").unlink()
    else:
        site.configure(text=content)
    answer = send(site, "reload")
    assert said in answer["error"]
    assert site.records("DAEMON_CONFIG") == []
    assert site.report()["max_log_file_mb"] == 8


def test_rotate(site):
    site.start()
    result = send(site, "rotate")["result"]
    assert result["changed"]
    assert result["proof"]["inode_before"] == os.stat(site.log_dir / "audit.log.1").st_ino
    assert result["proof"]["inode_after"] == os.stat(site.log_dir / "audit.log").st_ino
    site.kill()
    site.start(num_logs=1)
    assert "num_logs = 1" in send(site, "rotate")["error"]


def test_resume(site):
    site.start(max_log_file=1, max_log_file_action="SUSPEND")
    assert send(site, "resume")["result"]["changed"] is False
    site.fill_log(1.5)
    wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend logging")
    assert "stays suspended" in send(site, "resume", timeout=1)["error"]
    assert send(site, "rotate")["result"]["changed"], "a suspended auditd rotates"
    result = send(site, "resume")["result"]
    assert result["changed"] and result["proof"]["report"]["logging_suspended"] is False


def test_a_suspended_auditd_is_not_killed_by_reload(site):
    site.start(max_log_file=1, max_log_file_action="SUSPEND")
    site.fill_log(1.5)
    wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend logging")
    pid = site.pid
    site.configure(max_log_file=8)
    send(site, "reload", timeout=1.5)
    assert site.pid == pid


def test_report(audited):
    audited.start()
    result = send(audited, "report")["result"]
    assert result["changed"] is False and result["proof"]["report"]["version"] == audited.release


def test_no_auditd(audited):
    for signal in ("reload", "rotate", "resume", "report"):
        assert "auditd is not running" in audited.module("auditd_signal", signal=signal)["error"]


def test_an_offline_tree(audited, tmp_path):
    answer = audited.module("auditd_signal", signal="report", root=str(tmp_path))
    assert answer["type"] == "NotAvailable" and "offline tree" in answer["error"]
