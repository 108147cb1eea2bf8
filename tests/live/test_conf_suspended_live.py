# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd_conf against real auditds that are suspended, dead, stopped, or without a file, a log or room."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from auditd_site import conf_text, fill, wait_for
from test_conf_apply_live import CONF, NEW, NEW_IN_REPORT, apply, assert_audited, text


def suspended_by_size(site, **changes):
    site.start(**dict({"max_log_file": 1, "max_log_file_action": "SUSPEND"}, **changes))
    site.fill_log(1.5)
    wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend logging")


def suspended_by_space(site, **changes):
    site.small_partition(16)
    site.start(**dict({
        "space_left": 14, "admin_space_left": 13, "admin_space_left_action": "SUSPEND", "disk_full_action": "SUSPEND",
        "disk_error_action": "SUSPEND", "space_left_action": "SYSLOG"}, **changes))
    site.fill_partition(leave_kilobytes=2048)
    site.fill_log(0.1)
    wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend logging")


KEEP_RUNNING = {
    "max_log_file": 8, "max_log_file_action": "IGNORE", "space_left": 4, "admin_space_left": 3, "space_left_action": "SYSLOG",
    "admin_space_left_action": "SYSLOG", "disk_full_action": "SYSLOG", "disk_error_action": "SYSLOG",
}


@pytest.mark.parametrize("suspend", [suspended_by_size, suspended_by_space])
@pytest.mark.parametrize("settings", [
    KEEP_RUNNING, {key: value for key, value in KEEP_RUNNING.items() if not key.startswith("max_log")},
], ids=["max_log_file too", "space keys only"])
def test_a_suspended_auditd_is_saved_not_killed(site, lost, suspend, settings):
    suspend(site)
    pid = site.pid
    kept = site.log()
    with site.load("meanwhile"):  # the old actions would suspend logging again at one of these events
        result = apply(site, settings)["result"]
    assert result["actions"] == ["write", "resume", "reload"]
    assert site.pid == pid, "it did not die"
    assert_audited(site, space_left_mb=4, admin_space_left_mb=3, **({"max_log_file_mb": 8} if "max_log_file" in settings else {}))
    assert result["proof"]["record"], "the reload was confirmed in the log that works again"
    assert site.log().startswith(kept), "every record that was there is still there"
    assert apply(site, settings)["result"]["changed"] is False


def test_the_published_recipe_kills_what_the_module_saves(site):
    """The control: a plain HUP in the same state. If this fails, auditd was mended and _conf_suspended can go."""
    suspended_by_size(site)
    pid = site.pid
    site.configure(**KEEP_RUNNING)
    os.kill(pid, signal.SIGHUP)
    if site.release == "3.0":
        time.sleep(0.5)
        assert site.pid == pid
    else:
        wait_for(lambda: site.pid is None, "the segmentation fault")


def test_a_suspended_auditd_without_room_is_left_alone(site, lost):
    """A full partition, and a policy that would suspend again: the reload would kill auditd, so there is none."""
    if site.release == "3.0":
        pytest.skip("3.0 keeps its log open and takes any reload")
    suspended_by_space(site)
    pid, before = site.pid, text(site)
    answer = apply(site, {"max_log_file": 4, "max_log_file_action": "SUSPEND", "admin_space_left_action": "SUSPEND", "num_logs": 4})
    assert site.pid == pid
    if "error" in answer:
        assert "free room" in answer["error"] and text(site) == before
    (site.log_dir / "blob").unlink()
    assert "result" in apply(site, KEEP_RUNNING)
    assert_audited(site, max_log_file_mb=8)


def test_logs_are_moved_up_not_dropped_when_the_full_one_is_set_aside(site):
    suspended_by_size(site, num_logs=3)
    if site.release == "3.0":
        pytest.skip("3.0 needs no new log")
    for number in (1, 2):
        (site.log_dir / f"audit.log.{number}").write_text(f"old {number}\n")
    answer = apply(site, KEEP_RUNNING)["result"]
    assert answer["proof"]["set_aside"] == "/var/log/audit/audit.log.1"
    assert [(site.log_dir / f"audit.log.{number}").read_text() for number in (2, 3)] == ["old 1\n", "old 2\n"]
    assert "DAEMON_START" in (site.log_dir / "audit.log.1").read_text()


def test_the_file_is_missing(site, lost):
    site.start()
    site.path(CONF).unlink()
    result = apply(site)["result"]
    assert result["before"] == {} and result["actions"][0] == "write"
    assert_audited(site, **NEW_IN_REPORT)


def test_auditd_is_dead(site, lost):
    site.configure()
    result = apply(site)["result"]
    assert result["actions"] == ["write", "start"] and result["proof"]["record"].startswith("type=DAEMON_START")
    assert_audited(site, **NEW_IN_REPORT)


def test_auditd_is_dead_and_is_to_stay_so(site):
    site.configure()
    answer = apply(site, start=False)
    assert answer["result"]["actions"] == ["write"] and site.pid is None
    assert any("not running" in warning for warning in answer["warnings"])


def test_auditd_is_dead_because_its_file_is_broken(site, lost):
    site.configure(text=conf_text(num_logs="x"))
    result = apply(site, dict(NEW, num_logs=5))["result"]
    assert result["actions"] == ["write", "start"]
    assert_audited(site, **NEW_IN_REPORT)


def test_auditd_is_killed_between_write_and_reload(site, lost):
    site.start()
    before = text(site)
    answer = apply(site, inject="kill_before_reload", timeout=3)
    assert answer["details"]["rolled_back"] and answer["details"]["audited"]
    assert text(site) == before
    assert_audited(site, max_log_file_mb=8)


def test_the_reload_is_ignored(site, lost):
    site.start()
    before = text(site)
    answer = apply(site, inject="ignore_reload", timeout=1.5)
    assert "did not confirm the reload" in answer["error"] and answer["details"]["audited"]
    assert text(site) == before
    assert_audited(site, max_log_file_mb=8)


def test_a_stopped_auditd_is_woken_by_the_question(site, lost):
    """SIGSTOP just before the HUP: the SIGCONT that asks for a report lets the process run, and the HUP that waited arrives."""
    site.start()
    answer = apply(site, inject="stop_before_reload", timeout=2)
    if "result" in answer:
        assert_audited(site, **NEW_IN_REPORT)
    else:
        assert answer["details"]["audited"]
        assert_audited(site, max_log_file_mb=8)


def test_the_partition_of_the_log_is_full(site, lost):
    """Where no record fits into the log any more, the values that changed are the proof."""
    site.small_partition(16)
    site.start()
    blob = site.fill_partition()
    site.fill_log(0.02)
    site.send(20, "rest")
    before = text(site)
    answer = apply(site, timeout=2)
    blob.unlink()
    if "result" in answer:
        assert answer["result"]["proof"]["how"] in ("report only: auditd does not write its log at the moment", "record and report")
        assert_audited(site, **NEW_IN_REPORT)
    else:
        assert text(site) == before and answer["details"]["audited"]
        assert_audited(site, max_log_file_mb=8)


def test_the_partition_of_the_file_is_full(audited, lost):
    image = audited.path("/var/tmp/auditops-etc.img")
    with open(image, "wb") as stream:
        stream.truncate(1 << 20)
    audited.stack.callback(image.unlink)
    subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", image, "/etc/audit"], check=True)
    audited.stack.callback(subprocess.run, ["umount", "/etc/audit"], check=True)
    audited.start()
    before = text(audited)
    fill(audited.path("/etc/audit"))
    answer = apply(audited, backup=False)
    assert "cannot write /etc/audit/auditd.conf: No space left on device" in answer["error"]
    assert text(audited) == before and [name for name in os.listdir("/etc/audit") if "auditops" in name] == []
    audited.kill()
