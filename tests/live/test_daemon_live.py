# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""_daemon against real auditds: what it says about them and what it does to them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from auditd_site import conf_text, kernel_status, wait_for

LOG = "/var/log/audit/audit.log"


def arguments(site, **more):
    return dict({"pid": site.pid, "release": site.release, "log_file": LOG}, **more)


def test_release_and_pid_of_the_running_daemon(site):
    pid = site.start()
    assert site.call("_host.audit_release", "release")["result"] == [site.release, None]
    assert site.call("_daemon.process", "find")["result"] == pid
    site.kill()
    assert site.call("_daemon.process", "find")["result"] is None


def test_find_does_without_the_pid_file_and_is_not_fooled_by_one(audited):
    pid = audited.start()
    pid_file = audited.path("/run/auditd.pid")
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(f"{sleeper.pid}\n")
        assert audited.call("_daemon.process", "find")["result"] == pid
        refused = audited.call("_daemon.process", "send", pid=sleeper.pid, what="stop")
        assert "not (or no longer) the auditd" in refused["error"]
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
        pid_file.write_text(f"{pid}\n")


def test_report_tells_what_the_daemon_runs_with(site):
    site.start(max_log_file=3, space_left=20, admin_space_left=10)
    report = site.report()
    assert report["max_log_file_mb"] == 3
    assert (report["space_left_mb"], report["admin_space_left_mb"]) == (20, 10)
    assert report["logging_suspended"] is False
    site.configure(max_log_file=5, space_left=20, admin_space_left=10)
    assert site.report()["max_log_file_mb"] == 3, "not reloaded yet"


def test_reports_in_quick_succession_are_all_fresh(audited):
    audited.start()
    for _unused in range(5):
        assert audited.report()["writing_to_logs"] is True


def test_reload_is_proven_by_record_and_values(site):
    site.start()
    site.configure(max_log_file=5, space_left=20, admin_space_left=10)
    proof = site.call("_daemon.control", "reload", **arguments(site, wanted={"max_log_file_mb": 5, "space_left_mb": 20}))["result"]
    assert proof["how"] == "record and report"
    assert proof["record"].startswith("type=DAEMON_CONFIG") and "res=success" in proof["record"]
    assert proof["record"] in site.log()
    assert proof["report"]["admin_space_left_mb"] == 10


def test_an_older_success_is_no_proof(site):
    site.start()
    assert "result" in site.call("_daemon.control", "reload", **arguments(site))
    site.configure(text=conf_text(num_logs="x"))
    refused = site.call("_daemon.control", "reload", **arguments(site, timeout=5))
    assert "did not confirm" in refused["error"], refused
    assert site.pid


def test_a_success_that_lies_is_found_out(site):
    if site.release != "3.0":
        pytest.skip("3.0 and older load compiled defaults at the reload after a refused one")
    good = site.configure(text=conf_text(max_log_file=8))
    site.start(text=good)
    site.configure(text=conf_text(num_logs="x"))
    site.call("_daemon.control", "reload", **arguments(site, timeout=1.5))
    site.configure(text=good)
    answer = site.call("_daemon.control", "reload", **arguments(site, wanted={"max_log_file_mb": 8}))
    assert "runs with max_log_file_mb 0 instead of 8" in answer["error"]


def test_rotate_is_proven_by_the_new_inode(site):
    site.start()
    before = os.stat(site.log_dir / "audit.log").st_ino
    proof = site.call("_daemon.control", "rotate", **arguments(site, num_logs=5))["result"]
    assert proof["inode_before"] == before == os.stat(site.log_dir / "audit.log.1").st_ino
    assert proof["inode_after"] == os.stat(site.log_dir / "audit.log").st_ino != before
    assert proof["record"].startswith("type=DAEMON_ROTATE")


def test_rotate_refuses_what_auditd_would_ignore(audited):
    audited.start(num_logs=1)
    assert "num_logs = 1" in audited.call("_daemon.control", "rotate", **arguments(audited, num_logs=1))["error"]
    ignored = audited.call("_daemon.control", "rotate", **arguments(audited, num_logs=5, timeout=1))
    assert "did not rotate" in ignored["error"]


def suspended(site, **changes):
    site.start(**dict({"max_log_file": 1, "max_log_file_action": "SUSPEND"}, **changes))
    site.fill_log(1.5)
    wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend logging")


def test_a_reload_that_would_kill_a_suspended_auditd_is_not_sent(site):
    suspended(site)
    pid = site.pid
    answer = site.call("_daemon.control", "reload", **arguments(site))
    assert site.pid == pid
    if site.release == "3.0":
        assert "result" in answer or "did not confirm" in answer["error"], "3.0 keeps the log open and survives"
    else:
        assert "would kill it" in answer["error"]


def test_resume_tells_whether_logging_resumed(site):
    suspended(site)
    stuck = site.call("_daemon.control", "resume", pid=site.pid, release=site.release, timeout=1)
    assert "stays suspended" in stuck["error"] and stuck["details"]["report"]["logging_suspended"] is True
    os.kill(site.pid, signal.SIGUSR1)
    wait_for((site.log_dir / "audit.log.1").exists, "the full log to be rotated")
    resumed = site.call("_daemon.control", "resume", pid=site.pid, release=site.release)["result"]
    assert resumed["report"]["logging_suspended"] is False


def test_start_restart_stop(site):
    site.configure()
    started = site.call("_daemon.control", "start")["result"]
    assert started["record"].startswith("type=DAEMON_START") and started["pid"] == site.pid
    assert site.call("_daemon.control", "start")["result"]["how"] == "it was running"
    lost = kernel_status()["lost"]
    restarted = site.call("_daemon.control", "restart", release=site.release)["result"]
    assert restarted["pid"] == site.pid != started["pid"]
    assert restarted["record"] != started["record"]
    assert restarted["lost_after"] == restarted["lost_before"] == lost
    site.call("_daemon.control", "stop")
    assert site.pid is None and kernel_status()["pid"] == 0


def test_start_says_that_the_configuration_was_refused(site):
    site.configure(text=conf_text(num_logs="x"))
    answer = site.call("_daemon.control", "start")
    assert "does not start" in answer["error"] and answer["details"]["rc"] == 6


def test_last_record_looks_behind_a_rotation(audited):
    audited.start()
    audited.fill_log(0.5)
    os.kill(audited.pid, signal.SIGUSR1)
    wait_for(lambda: (audited.log_dir / "audit.log.1").exists() and (audited.log_dir / "audit.log").exists(), "the rotation")
    record = audited.call("_daemon.records", "last_record", log_file=LOG, types=["DAEMON_START"])["result"]
    assert record["type"] == "DAEMON_START" and record["op"] == "start" and record["res"] == "success"
    assert record["text"] in audited.log()


def test_a_stopped_auditd_reports_again(audited):
    """SIGCONT, which asks for the report, also wakes a stopped process."""
    pid = audited.start()
    os.kill(pid, signal.SIGSTOP)
    assert audited.report()["writing_to_logs"] is True


def test_a_process_that_calls_itself_auditd_is_not_auditd(audited, tmp_path):
    """The process table of a host also shows the auditds of its containers, and anybody may take the name."""
    stranger = tmp_path / "auditd"
    shutil.copy("/bin/sleep", stranger)
    process = subprocess.Popen([str(stranger), "60"])
    try:
        wait_for(lambda: Path(f"/proc/{process.pid}/comm").read_text().strip() == "auditd", "the stranger")
        assert audited.call("_daemon.process", "find")["result"] is None
        assert "not (or no longer) the auditd" in audited.call("_daemon.process", "send", pid=process.pid, what="stop")["error"]
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
