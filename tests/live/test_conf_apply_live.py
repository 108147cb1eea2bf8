# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd_conf against real auditds: whatever happens, the host ends audited, on the old or the new file as reported."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest
from auditd_site import conf_text, kernel_status, wait_for

CONF = "/etc/audit/auditd.conf"
NEW = {"max_log_file": 5, "space_left": 4, "admin_space_left": 2}
NEW_IN_REPORT = {"max_log_file_mb": 5, "space_left_mb": 4, "admin_space_left_mb": 2}


def text(site):
    return site.path(CONF).read_text()


def assert_audited(site, tag="probe", **running):
    """auditd runs, is the kernel's, logs what is sent now, and runs with these values."""
    assert site.pid and kernel_status()["pid"] == site.pid
    report = site.report()
    assert report["logging_suspended"] is False
    assert {key: report[key] for key in running} == running
    site.send(10, tag)
    wait_for(lambda: len(site.numbers(tag)) == 10, "the probes to be logged")


def apply(site, settings=None, predicted=True, **options):
    """The module's answer, after check mode: it has to predict a successful run exactly and to change nothing."""
    settings = NEW if settings is None else settings
    before = text(site) if site.path(CONF).exists() else None
    pid = site.pid
    check = site.module("auditd_conf", check=True, settings=settings, **options)
    assert (text(site) if site.path(CONF).exists() else None) == before and site.pid == pid, "check mode changed something"
    answer = site.module("auditd_conf", settings=settings, **options)
    if predicted and "result" in answer:
        for key in ("changed", "actions", "restart_required", "before", "after", "diff", "problems", "dropped"):
            assert check["result"][key] == answer["result"][key], key
        assert check["result"]["proof"] is None
    return answer


def test_a_good_change(site, lost):
    site.start()
    pid = site.pid
    with site.load() as sent:
        answer = apply(site, backup=True)
    result = answer["result"]
    assert result["actions"] == ["write", "reload"] and result["restart_required"] == []
    assert result["proof"]["how"] == "record and report" and result["proof"]["record"] in site.log()
    assert site.path(result["backup_file"]).read_text() == conf_text()
    assert site.pid == pid, "no restart"
    assert_audited(site, **NEW_IN_REPORT)
    assert site.numbers("load") == list(range(sent[0]))
    again = apply(site)["result"]
    assert (again["changed"], again["actions"]) == (False, [])


def test_a_refused_change_rolls_back(site, lost):
    """The validator knows what the parser refuses; here somebody spoils the file behind it."""
    before = site.start() and text(site)
    mtime = os.stat(site.path(CONF)).st_mtime_ns
    answer = apply(site, inject="break_before_reload", timeout=2)
    assert answer["type"] == "ApplyError" and answer["details"]["rolled_back"] and answer["details"]["audited"]
    assert "the old file is back" in answer["error"]
    assert text(site) == before and os.stat(site.path(CONF)).st_mtime_ns == mtime
    assert_audited(site, max_log_file_mb=8)
    assert apply(site)["result"]["changed"], "the next run succeeds"
    assert_audited(site, "again", **NEW_IN_REPORT)


def test_the_reason_of_a_refusal_is_read_from_syslog(site, lost):
    with site.syslog():
        site.start()
        answer = apply(site, inject="break_before_reload", timeout=1.5)
        assert "Value x should only be numbers - line" in answer["error"]
        site.kill()
        site.configure(text=conf_text(num_logs="x"))
        assert "Value x should only be numbers" in site.call("_daemon.control", "start")["error"]


@pytest.mark.parametrize("settings, said", [
    ({"num_logs": "x"}, "num_logs"),
    ({"space_left": 1, "admin_space_left": 5}, "space_left"),
    ({"no_such_key": 1}, "no_such_key"),
    ({"log_group": "nosuchgroup"}, "nosuchgroup"),
    ({"max_log_file": None, "space_left": None}, "space_left"),
])
def test_what_the_parser_would_refuse_is_never_written(site, settings, said):
    before = site.start() and text(site)
    answer = site.module("auditd_conf", settings=settings)
    assert said in answer["error"] and answer["details"]["problems"]
    assert text(site) == before
    assert_audited(site, max_log_file_mb=8)


def test_keys_that_need_a_restart(site, lost):
    site.start()
    pid = site.pid
    settings = dict(NEW, priority_boost=5)
    answer = apply(site, settings)
    assert answer["result"]["restart_required"] == ["priority_boost"] and answer["result"]["actions"] == ["write", "reload"]
    assert any("priority_boost" in warning for warning in answer["warnings"])
    assert site.pid == pid
    assert_audited(site, **NEW_IN_REPORT)


def test_a_restart_where_it_is_needed_and_allowed(site, lost):
    site.start()
    pid = site.pid
    result = apply(site, dict(NEW, priority_boost=5), restart="if_needed")["result"]
    assert result["actions"] == ["write", "restart"] and result["restart_required"] == []
    assert result["proof"]["record"].startswith("type=DAEMON_START") and result["proof"]["lost_after"] == result["proof"]["lost_before"]
    assert site.pid != pid
    assert_audited(site, **NEW_IN_REPORT)
    assert apply(site, NEW, restart="if_needed")["result"]["changed"] is False


def test_a_node_name_is_not_lost_by_a_reload(site, lost):
    site.start()
    settings = {"name_format": "HOSTNAME"}
    answer = apply(site, settings)
    assert answer["result"]["actions"] == ["write"] and answer["result"]["restart_required"] == ["name_format"]
    assert "node=(null)" not in site.log()
    answer = apply(site, settings, restart="if_needed")
    assert answer["result"]["actions"] == ["restart"], "the file waits since the run before"
    assert_audited(site)
    assert "node=(null)" not in site.log() and site.log().rstrip("\n").split("\n")[-1].startswith("node=")


def test_what_can_be_loaded_is_loaded_whatever_waits(site, lost):
    """A key that waits for a restart keeps none of the others from auditd: with HALT among those, a flood powered hosts off."""
    site.start()
    settings = dict(NEW, name_format="HOSTNAME", priority_boost=6)
    result = apply(site, settings)["result"]
    assert result["actions"] == ["write", "reload"] and sorted(result["restart_required"]) == ["name_format", "priority_boost"]
    assert_audited(site, **NEW_IN_REPORT)
    assert "node=" not in site.log() and site.report()["process_priority"] == -4, "auditd kept what it has for what waits"
    again = apply(site, settings)["result"]
    assert (again["changed"], sorted(again["restart_required"])) == (False, ["name_format", "priority_boost"])
    answer = site.module("auditd_signal", signal="reload")["result"]
    assert answer["proof"]["record"] and "node=" not in site.log() and site.report()["process_priority"] == -4
    assert apply(site, settings, restart="if_needed")["result"]["actions"] == ["restart"]
    assert site.log().rstrip("\n").split("\n")[-1].startswith("node=") and site.report()["process_priority"] == -6
    assert apply(site, settings, restart="if_needed")["result"]["changed"] is False


def test_a_proof_ends_with_whatever_may_have_been_loaded_since(site, lost):
    """Another file is loaded by hand, the old text is put back, and the record of it goes with the log into an archive."""
    site.start(num_logs=3)
    settings = {"num_logs": 3}
    apply(site, settings)
    assert apply(site, settings)["result"]["changed"] is False
    good = text(site)
    site.configure(text=good.replace("max_log_file_action = ROTATE", "max_log_file_action = KEEP_LOGS"))
    os.kill(site.pid, signal.SIGHUP)
    wait_for(lambda: len(site.records("DAEMON_CONFIG")) >= 1, "the reload")
    site.configure(text=good)
    for _archive in range(2):
        rotated = len(site.records("DAEMON_ROTATE"))
        os.kill(site.pid, signal.SIGUSR1)
        wait_for(lambda before=rotated: len(site.records("DAEMON_ROTATE")) > before, "the rotation")
        for path in site.log_dir.glob("audit.log.*"):
            path.unlink()
    assert apply(site, settings)["result"]["actions"] == ["reload"]
    assert_audited(site)


@pytest.mark.skipif(not shutil.which("setfacl"), reason="needs setfacl (acl)")
def test_an_acl_survives(site, lost):
    site.start()
    subprocess.run(["setfacl", "-m", "u:daemon:r", site.path(CONF)], check=True)
    acl = os.getxattr(site.path(CONF), "system.posix_acl_access")
    apply(site, mode="0600")
    assert os.getxattr(site.path(CONF), "system.posix_acl_access") == acl
    assert apply(site, mode="0600")["result"]["changed"] is False


def test_a_file_that_was_edited_but_not_reloaded_is_reloaded(site, lost):
    site.start()
    site.configure(**NEW)
    result = apply(site)["result"]
    assert result["actions"] == ["reload"] and result["changed"]
    assert_audited(site, **NEW_IN_REPORT)
    site.configure(**dict(NEW, num_logs=4))
    assert apply(site, {"num_logs": 4})["result"]["actions"] == ["reload"], "a value that no report shows"
    assert apply(site, {"num_logs": 4})["result"]["changed"] is False


def test_after_a_refused_reload_of_somebody_else(site, lost):
    """On 3.0 and older auditd is then a trap: the next good reload loads compiled defaults and says success."""
    with site.syslog() as syslog:  # up to 4.1.1 a refused reload leaves no record
        site.start()
        site.configure(text=conf_text(num_logs="x"))
        os.kill(site.pid, signal.SIGHUP)
        wait_for(lambda: syslog.exists() and "only be numbers" in syslog.read_text(), "the reload to be refused")
    answer = apply(site, dict(NEW, num_logs=5))
    if site.release == "3.0":
        assert "max_log_file_mb 0 instead of 5" in answer["error"] and answer["details"]["rolled_back"]
    else:
        assert answer["result"]["actions"] == ["write", "reload"]
        assert_audited(site, **NEW_IN_REPORT)


def test_the_log_moves(site, lost):
    site.start()
    site.path("/var/log/audit/new").mkdir()
    result = apply(site, {"log_file": "/var/log/audit/new/audit.log"})["result"]
    assert result["proof"]["how"] == "record and report"
    assert result["proof"]["record"] in site.path("/var/log/audit/new/audit.log").read_text()


def test_percentages_are_proven_too(site, lost):
    site.small_partition(64)
    site.start()
    result = apply(site, {"space_left": "25%", "admin_space_left": "10%"})["result"]
    assert result["proof"]["how"] == "record and report"
    assert result["proof"]["report"]["space_left_mb"] in range(12, 17)


def test_no_logs_are_written(site, lost):
    site.start(write_logs="no")
    answer = apply(site, {"num_logs": 4})
    assert answer["result"]["proof"]["how"].startswith("report only")
    assert site.pid


def test_a_killed_writer_leaves_the_old_or_the_new_file(audited, lost):
    """kill -9 at moments spread over the write of a long file and what follows; the next run finishes whatever was begun."""
    comments = f"# {'x' * 60}\n" * 3000
    old, new = comments + conf_text(), comments + conf_text(**NEW)
    audited.start(text=old)
    directory = audited.path("/etc/audit")
    seen = []
    for step in range(30):
        audited.configure(text=old)
        before = os.stat(audited.path(CONF))
        leftovers = set(directory.glob(".auditd.conf.*"))
        process = audited.module_process("auditd_conf", state="replaced", content=new)
        while process.poll() is None:
            now = os.stat(audited.path(CONF))
            if (now.st_ino, now.st_size) != (before.st_ino, before.st_size) or set(directory.glob(".auditd.conf.*")) - leftovers:
                break
            time.sleep(0.0002)
        time.sleep(0.0005 * step)
        process.kill()
        process.wait()
        assert text(audited) in (old, new)
        assert audited.pid
        seen.append(text(audited) == new)
    print("new file after the kill:", seen)
    assert True in seen, "the kills were not spread over the write"
    result = audited.module("auditd_conf", state="replaced", content=new)["result"]
    assert result["proof"]["record"] or result["changed"] is False
    assert_audited(audited, **NEW_IN_REPORT)
    assert [name for name in os.listdir(directory) if name.endswith(".auditops-new")] == []


def test_a_log_that_was_deleted_under_auditd_is_opened_anew(site, lost):
    site.start()
    pid = site.pid
    assert apply(site, {"max_log_file": 8})["result"]["actions"] == []
    (site.log_dir / "audit.log").unlink()
    result = apply(site, {"max_log_file": 8})["result"]
    assert result["actions"] == ["reopen"] and result["changed"] and site.pid == pid
    assert_audited(site)
    assert apply(site, {"max_log_file": 8})["result"]["actions"] == []


def test_an_auditd_whose_log_directory_is_gone_is_left_alive(site):
    site.start()
    pid, gone = site.pid, site.log_dir.with_name("audit.gone")
    site.log_dir.rename(gone)
    try:
        answer = site.module("auditd_conf", settings={"max_log_file": 9}, timeout=2)
        assert site.pid == pid and answer["details"]["rolled_back"] and answer["details"]["audited"] is False
        assert "auditd still runs" in answer["error"] and "could not be restarted because" in answer["error"]
        refused = site.module("auditd_conf", settings={"local_events": "no"}, restart="if_needed", timeout=2)
        assert site.pid == pid and "left running" in refused["error"]
    finally:
        gone.rename(site.log_dir)


def test_a_broken_old_file_and_a_deleted_log_do_not_end_auditd(site):
    site.start()
    pid = site.pid
    site.configure(num_logs="x")
    (site.log_dir / "audit.log").unlink()
    answer = site.module("auditd_conf", state="replaced", content=conf_text(max_log_file=9), timeout=2)
    assert site.pid == pid and "result" in answer, answer
    assert_audited(site, max_log_file_mb=9)


def test_a_program_that_cannot_be_executed_is_not_needed_to_live(audited):
    audited.start()
    pid = audited.pid
    program = os.path.realpath("/sbin/auditd")
    mode = os.stat(program).st_mode & 0o7777
    os.chmod(program, 0o644)
    try:
        answer = audited.module("auditd_conf", settings={"local_events": "no"}, restart="if_needed", timeout=2)
    finally:
        os.chmod(program, mode)
    assert audited.pid == pid and "left running" in answer["error"] and "no executable program" in answer["error"]


def test_a_file_whose_time_was_set_back_and_whose_record_is_archived_is_loaded(site, lost):
    site.start()
    assert apply(site, {"num_logs": 5})["result"]["actions"] == []
    path = site.path(CONF)
    before = os.stat(path)
    path.write_text(conf_text(disk_full_action="SUSPEND"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert apply(site, {"disk_full_action": "SUSPEND"})["result"]["actions"] == ["reload"]
    os.kill(site.pid, signal.SIGUSR1)
    wait_for((site.log_dir / "audit.log.1").exists, "the rotation")
    (site.log_dir / "audit.log.1").unlink()
    os.chmod(path, 0o640)
    assert apply(site, {"disk_full_action": "SUSPEND"})["result"]["actions"] == ["reload"], "it was touched since its proof"
    assert apply(site, {"disk_full_action": "SUSPEND"})["result"]["actions"] == []
