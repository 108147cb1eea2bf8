# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence that misleads: lines that somebody typed, lines of other hosts and containers, clocks that jump, logs cut short."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess

import pytest
import stories
from ansible_collections.auditops.auditd.plugins.module_utils._diagnosis import messages
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import diagnosis
from stories import BOOT, FULL, GOES_ON, HALTING, HALTS, LOW, ORDERLY, SHUTDOWN, ordinary

STOP = HALTING + " due to no space left on logging partition"
PANIC = "Kernel panic - not syncing: audit: backlog limit exceeded"
PSTORE = "var/lib/systemd/pstore/179/dmesg.txt"


def run(argv):
    done = subprocess.run(argv, check=False, capture_output=True)
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()


def hours(story, count=5):
    for _hour in range(count):
        story.later(3600)
        story.lines(GOES_ON)


def typed_by_a_user(story):
    """logger -t auditd writes no process id, auditd always does; and the host went on."""
    story.conf(**HALTS)
    ordinary(story)
    story.lines("auditd: The audit daemon is now halting the system due to no space left on logging partition")
    story.write_syslog()


def typed_by_a_user_with_an_id_and_the_host_went_on(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(STOP)
    hours(story)
    story.write_syslog()


def typed_by_another_process(story):
    """logger -i: the audit log says that auditd is another process."""
    story.conf(**HALTS)
    story.lines(BOOT)
    story.audit("DAEMON_START op=start ver=3.0.9 auid=4294967295 pid=600 res=success")
    story.lines(GOES_ON, STOP.replace("600", "4711"), *SHUTDOWN)
    story.write_syslog()


def a_panic_that_was_typed(story):
    story.rules("-f 2\n")
    ordinary(story)
    story.lines("kernel: " + PANIC)
    hours(story)
    story.lines("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/poweroff", *ORDERLY)
    story.write_syslog()


def a_panic_of_the_boot_before(story):
    """systemd-pstore puts it into a file at the next boot; this boot was ended by somebody."""
    story.rules("-f 2\n")
    ordinary(story)
    story.later(60)
    story.put(PSTORE, "<0>[ 7211.2] " + PANIC + "\n", story.now + 20)
    story.lines(BOOT)
    hours(story)
    story.lines("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/poweroff", *ORDERLY)
    story.write_syslog()


def the_line_of_another_host(story):
    """A log server keeps the lines of all hosts in its own files."""
    story.conf(**HALTS)
    story.put("etc/hostname", "host\n")
    ordinary(story)
    story.write_syslog()
    path = story.root / "var/log/messages"
    lines = path.read_text().splitlines()
    foreign = lines[-1].replace("host cron[99]: (root) CMD (run-parts /etc/cron.hourly)", f"web7 {STOP}")
    path.write_text("\n".join([*lines, foreign, foreign.replace(STOP, SHUTDOWN[0])]) + "\n")


def the_user_manager_ends_at_a_logout(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines("systemd[1023]: Reached target Shutdown.", "systemd[1023]: Reached target Power-Off.")
    hours(story)
    story.write_syslog()


def a_shutdown_that_was_called_off(story):
    ordinary(story)
    story.lines("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/shutdown -c")
    story.write_syslog()


def a_shutdown_that_sudo_refused(story):
    ordinary(story)
    story.lines("sudo[9]: eve : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/poweroff")
    story.write_syslog()


def a_power_off_asked_for_long_ago(story):
    """Something kept it from being carried out, and weeks later the power failed."""
    ordinary(story)
    story.lines("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/poweroff")
    hours(story)
    story.write_syslog()


def a_package_upgrade_and_then_the_power(story):
    story.conf(**HALTS)
    ordinary(story)
    story.audit("DAEMON_END op=terminate auid=0 pid=1 res=success")
    story.lines("auditd[600]: The audit daemon is exiting.")
    hours(story)
    story.write_syslog()


def only_an_audit_log_that_ends_in_order(story):
    """A shutdown, or a package that was replaced before the power failed: nothing tells them apart."""
    story.conf(**HALTS)
    story.audit("DAEMON_START op=start res=success", "SYSCALL x=1")
    story.later(50)
    story.audit("DAEMON_END op=terminate res=success")


def the_end_is_in_a_log_cut_short(story):
    story.conf(**HALTS)
    ordinary(story)
    hours(story, 200)
    story.lines(FULL, STOP, *SHUTDOWN)
    story.write_syslog()
    path = story.root / "var/log/messages"
    data = gzip.compress(path.read_bytes())
    story.put("var/log/messages-20260921.gz", data[:len(data) * 2 // 3], story.now)
    path.unlink()


def the_clock_was_set_back_during_the_stop(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(LOW, HALTING)
    story.later(-7200)
    story.lines(*SHUTDOWN)
    story.write_syslog()


def the_clock_jumped_from_1970(story):
    story.conf(**HALTS)
    story.now = 100
    story.lines(BOOT)
    story.now = stories.START
    story.wtmp(("reboot", 100))
    story.lines(GOES_ON, FULL, STOP, *SHUTDOWN)
    story.write_syslog()


def two_boots_within_a_minute(story):
    """The second one ended before its syslog began: only wtmp knows of it."""
    story.conf(**HALTS)
    story.lines(BOOT, FULL, STOP, *SHUTDOWN)
    story.write_syslog()
    story.wtmp(("reboot", stories.START), ("reboot", story.now + 30))


def a_line_without_a_host(story):
    """The host says no name of its own, and one of its lines has none."""
    story.put("etc/hostname", "localhost\n")
    story.conf(**HALTS)
    ordinary(story)
    story.lines(FULL, STOP, *SHUTDOWN)
    story.write_syslog()
    path = story.root / "var/log/messages"
    path.write_text("[    0.000000] Linux version 6.1.0\n" + path.read_text())


def debian_writes_auditd_to_syslog_and_the_rest_to_messages(story):
    story.conf(**HALTS)
    ordinary(story)
    whole = list(story.syslog)
    story.lines(FULL, STOP, *SHUTDOWN)
    story.write_syslog("syslog")
    story.syslog = whole
    story.write_syslog("messages")


# story: (stopped_by, confidence, part of the cause)
MISLEADING = {
    typed_by_a_user: ("not_auditd", "medium", "without a shutdown"),
    typed_by_a_user_with_an_id_and_the_host_went_on: ("not_auditd", "medium", "without a shutdown"),
    typed_by_another_process: ("unknown", "low", "nothing says who asked"),
    a_panic_that_was_typed: ("not_auditd", "high", "somebody asked for it"),
    a_panic_of_the_boot_before: ("not_auditd", "high", "somebody asked for it"),
    the_line_of_another_host: ("not_auditd", "medium", "without a shutdown"),
    the_user_manager_ends_at_a_logout: ("not_auditd", "medium", "without a shutdown"),
    a_shutdown_that_was_called_off: ("not_auditd", "medium", "without a shutdown"),
    a_shutdown_that_sudo_refused: ("not_auditd", "medium", "without a shutdown"),
    a_power_off_asked_for_long_ago: ("not_auditd", "medium", "without a shutdown"),
    a_package_upgrade_and_then_the_power: ("not_auditd", "medium", "without a shutdown"),
    only_an_audit_log_that_ends_in_order: ("unknown", "low", "when its package is replaced"),
    the_end_is_in_a_log_cut_short: ("unknown", "low", "messages-20260921.gz"),
    the_clock_was_set_back_during_the_stop: ("auditd", "high", "less room"),
    the_clock_jumped_from_1970: ("auditd", "high", "no room left"),
    two_boots_within_a_minute: ("not_auditd", "medium", "without a shutdown"),
    a_line_without_a_host: ("auditd", "high", "no room left"),
    debian_writes_auditd_to_syslog_and_the_rest_to_messages: ("auditd", "high", "no room left"),
}


@pytest.mark.parametrize("tell", MISLEADING, ids=lambda tell: tell.__name__)
def test_what_misleads(tmp_path, tell):
    tell(stories.Story(tmp_path))
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    by, confidence, cause = MISLEADING[tell]
    assert (found["stopped_by"], found["confidence"]) == (by, confidence) and cause in found["cause"], found


def test_the_panic_before_the_last_boot_is_what_stopped_a_running_host(tmp_path):
    story = stories.Story(tmp_path)
    a_panic_of_the_boot_before(story)
    host = Host(str(tmp_path))
    host.is_live, host.path = True, lambda path, follow=True: str(tmp_path) + path
    found = diagnosis.diagnose(host, lambda argv: (1, "", ""))["diagnosis"]
    assert (found["stopped_by"], found["key"]) == ("kernel_audit", "backlog_limit"), found


def test_a_foreign_text_on_the_console_is_no_proof(tmp_path):
    story = stories.Story(tmp_path)
    story.conf(**HALTS)
    ordinary(story)
    story.write_syslog()
    for text in ("web: auditd: halt\n", "backup says: auditd: The audit daemon is now halting the system\n"):
        assert diagnosis.diagnose(Host(str(tmp_path)), run, console_text=text)["diagnosis"]["stopped_by"] == "not_auditd"
    text = "The audit daemon is now halting the system\n"
    assert diagnosis.diagnose(Host(str(tmp_path)), run, console_text=text)["diagnosis"]["confidence"] == "medium"
    text += "[ 99.2] reboot: Power down\n"
    assert diagnosis.diagnose(Host(str(tmp_path)), run, console_text=text)["diagnosis"]["confidence"] == "high"


def test_the_journals_of_containers_are_not_the_hosts(tmp_path):
    """journalctl --directory reads every machine below it; the host's own has the name of its machine-id."""
    story = stories.Story(tmp_path)
    story.put("etc/machine-id", "abc\n")
    for machine in ("abc", "def"):
        story.put(f"var/log/journal/{machine}/system.journal", b"LPKSHHRH")
    asked = []
    diagnosis.diagnose(Host(str(tmp_path)), lambda argv: asked.append(argv) or (0, "", ""))
    assert asked[0][2] == str(tmp_path / "var/log/journal/abc")


def test_a_machine_id_that_cannot_be_read_keeps_no_journal_from_being_read(tmp_path):
    story = stories.Story(tmp_path)
    story.put("var/log/journal/abc/system.journal", b"LPKSHHRH")
    (tmp_path / "etc/machine-id").mkdir(parents=True)
    asked = []
    diagnosis.diagnose(Host(str(tmp_path)), lambda argv: asked.append(argv) or (0, "", ""))
    assert asked[0][2] == str(tmp_path / "var/log/journal")


@pytest.mark.parametrize("ending, pack", [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_what_can_be_read_of_a_log_cut_short_is_read(tmp_path, ending, pack):
    story = stories.Story(tmp_path)
    story.conf(**HALTS)
    story.lines(BOOT, FULL, STOP, *SHUTDOWN)
    story.lines(*(f"cron[{number}]: {os.urandom(300).hex()}" for number in range(3000)), every=0)
    story.write_syslog()
    path = story.root / "var/log/messages"
    data = pack(path.read_bytes())
    story.put(f"var/log/messages-1{ending}", data[:-1000], story.now)
    path.unlink()
    result = diagnosis.diagnose(Host(str(tmp_path)), run)
    assert "cut short" in result["not_read"][f"/var/log/messages-1{ending}"]
    assert result["diagnosis"]["stopped_by"] == "auditd"


@pytest.mark.parametrize("text, program, pid, by", [
    ("The audit daemon is now halting the system", "auditd", "", None),
    ("The audit daemon is now halting the system", "auditd", "600", "auditd"),
    ("The audit daemon is now halting the system", "docker", "600", None),
    ("remote logging halting system due to network failure", "audisp-remote", "", "auditd"),
    ("remote logging halting system due to network failure", "auditd", "600", None),
    ("I saw: remote logging halting system due to network failure", "audisp-remote", "", None),
    ("Audispd is now halting the system due to overflowing its queue", "audispd", "", "auditd"),
    ("Audispd is now halting the system due to overflowing its queue", "myapp", "9", None),
    (PANIC, "kernel", "", "kernel_audit"), (PANIC, "kernel", "77", None), (PANIC, "myapp", "", None),
    ("Reached target Shutdown.", "systemd", "1", "system"), ("Reached target Shutdown.", "systemd", "900", None),
    ("Power key pressed.", "systemd-logind", "5", "platform"), ("Power key pressed.", "kim", "5", None),
    ("System is powering down.", "logger", "", None),
    ("kim : USER=root ; COMMAND=/sbin/reboot", "sudo", "5", "person"), ("x COMMAND=/sbin/reboot", "myapp", "5", None),
])
def test_who_may_say_what(text, program, pid, by):
    row = messages.classify(text, program, pid)
    assert (row and row.by) == by
