# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence that is mixed: two causes at once, logs rotated in between, and the words of the systems of today."""

from __future__ import annotations

import subprocess

import pytest
import stories
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import diagnosis
from stories import BOOT, FULL, GOES_ON, HALTING, HALTS, LOW, ordinary

STOP = HALTING + " due to no space left on logging partition"
# what systemd 252 of RHEL 9 writes, which describes its targets in other words than before
RHEL_9 = ("systemd[1]: Stopping Security Auditing Service...", "auditd[600]: The audit daemon is exiting.",
          "systemd[1]: Stopped Security Auditing Service.", "systemd[1]: Reached target System Shutdown.",
          "systemd[1]: Reached target Late Shutdown Services.", "systemd[1]: Finished System Power Off.",
          "systemd[1]: Reached target System Power Off.")
RHEL_8 = ("systemd[1]: Stopped Security Auditing Service.", "systemd[1]: Reached target Shutdown.",
          "systemd[1]: Reached target Final Step.", "systemd[1]: Starting Power-Off...")
AMAZON_2023 = ("systemd[1]: Reached target shutdown.target - System Shutdown.",
               "systemd[1]: Reached target poweroff.target - System Power Off.")


def halted(story, *ending, words=(FULL, STOP)):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(*words, *ending)
    story.write_syslog()


def rhel_9_halted(story):
    halted(story, *RHEL_9)


def rhel_8_halted(story):
    halted(story, *RHEL_8, words=(LOW, HALTING))


def amazon_linux_2023_halted(story):
    halted(story, *AMAZON_2023, words=(LOW, HALTING))


def rhel_9_shut_down_in_order(story):
    """init 0 of an administrator: no sudo, no logind."""
    halted(story, *RHEL_9, words=("systemd[1]: Received SIGRTMIN+4 from PID 4242 (init).",))


def rhel_9_in_single_user_mode(story):
    words = "auditd[600]: The audit daemon is now changing the system to single user mode due to no space left on logging partition"
    halted(story, "systemd[1]: Reached target rescue.target - Rescue Mode.", words=(FULL, words))


def rotated_between_the_words_and_the_shutdown(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(FULL, STOP)
    before = len(story.syslog)
    story.lines(*RHEL_9)
    story.write_syslog(packed=before)


def a_clock_an_hour_ahead_at_the_boot(story):
    story.conf(**HALTS)
    story.later(3600)
    story.lines(BOOT)
    story.later(-3600)
    story.lines(GOES_ON, FULL, STOP, *RHEL_9)
    story.write_syslog()
    story.wtmp(("reboot", stories.START + 3600))


def the_disk_ran_full_while_it_was_shutting_down(story):
    """Two causes at once: what somebody asked for was under way when auditd spoke."""
    halted(story, *RHEL_9, words=("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/poweroff",
                                  "systemd-logind[7]: System is powering down.", FULL, STOP))


def halted_before_the_shutdown_that_somebody_had_planned(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/shutdown -h +600")
    story.later(120)
    story.lines(FULL, STOP, *RHEL_9)
    story.write_syslog()


def the_words_and_ten_minutes_of_work_behind_them(story):
    """No shutdown was seen, and the host wrote on: that it halted all the same is a suspicion."""
    story.conf(**HALTS)
    ordinary(story)
    story.lines(FULL, STOP)
    story.later(600)
    story.lines(GOES_ON)
    story.write_syslog()


def auditd_crashed_and_the_hypervisor_stopped_it(story):
    halted(story, "qemu-ga[7]: info: guest-shutdown called, mode: powerdown", "systemd-logind[8]: System is powering down.", *RHEL_9,
           words=("systemd[1]: auditd.service: Main process exited, code=dumped, status=11/SEGV",))


def auditd_killed_for_memory_and_the_power_cut(story):
    ordinary(story)
    story.lines("kernel: Out of memory: Killed process 600 (auditd) total-vm:1kB",
                "systemd[1]: auditd.service: Main process exited, code=killed, status=9/KILL")
    story.later(3600)
    story.lines(GOES_ON)
    story.write_syslog()


def records_lost_and_then_a_crash_by_sysrq(story):
    story.rules("-D\n-f 2\n")
    ordinary(story)
    story.lines("kernel: audit: audit_backlog=65 > audit_backlog_limit=64")
    story.write_syslog()
    story.put("var/crash/127.0.0.1-x/vmcore-dmesg.txt", "[ 7211.1] sysrq: Trigger a crash\n[ 7211.2] Kernel panic - not syncing: sysrq "
              "triggered crash\n", story.now)


def records_lost_and_then_nothing(story):
    story.rules("-D\n-f 2\n")
    ordinary(story)
    story.lines("kernel: audit: audit_backlog=65 > audit_backlog_limit=64", "kernel: audit: kauditd hold queue overflow")
    story.write_syslog()


def too_hot(story):
    halted(story, "kernel: reboot: Power down", words=(
        "kernel: audit: rate limit exceeded", "kernel: thermal thermal_zone0: acpitz: critical temperature reached, shutting down"))


def a_cron_job_that_reboots(story):
    halted(story, "systemd-logind[7]: The system will reboot now!", "systemd-logind[7]: System is rebooting.",
           "systemd[1]: Reached target System Reboot.", words=("CRON[99]: (root) CMD (/sbin/shutdown -r now)",))


def a_file_that_is_called_reboot_required(story):
    halted(story, words=("sudo[9]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/cat /var/run/reboot-required",))


def auditd_conf_was_mended_behind_it(story):
    halted(story, *RHEL_9)
    story.conf(**stories.MILD)


def only_wtmp_says_that_it_shut_down(story):
    story.conf(**HALTS)
    story.wtmp(("reboot", stories.START), ("shutdown", stories.START + 4000))


def the_root_that_was_not_found(story):
    story.rules("-f 2\n")
    ordinary(story)
    story.lines("kernel: Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)")
    story.write_syslog()


# story: (stopped_by, confidence, part of the cause)
MIXED = {
    rhel_9_halted: ("auditd", "high", "no room left"),
    rhel_8_halted: ("auditd", "high", "less room"),
    amazon_linux_2023_halted: ("auditd", "high", "less room"),
    rhel_9_shut_down_in_order: ("unknown", "low", "nothing says who asked"),
    rhel_9_in_single_user_mode: ("auditd", "high", "single user mode"),
    rotated_between_the_words_and_the_shutdown: ("auditd", "high", "no room left"),
    a_clock_an_hour_ahead_at_the_boot: ("auditd", "high", "no room left"),
    the_disk_ran_full_while_it_was_shutting_down: ("not_auditd", "high", "somebody asked for it"),
    halted_before_the_shutdown_that_somebody_had_planned: ("auditd", "medium", "no room left"),
    the_words_and_ten_minutes_of_work_behind_them: ("auditd", "low", "no room left"),
    auditd_crashed_and_the_hypervisor_stopped_it: ("not_auditd", "high", "guest agent"),
    auditd_killed_for_memory_and_the_power_cut: ("not_auditd", "medium", "without a shutdown"),
    records_lost_and_then_a_crash_by_sysrq: ("not_auditd", "high", "sysrq triggered crash"),
    records_lost_and_then_nothing: ("unknown", "low", "a panic of audit's is possible"),
    too_hot: ("unknown", "low", "nothing says who asked"),
    a_cron_job_that_reboots: ("unknown", "low", "nothing says who asked"),
    a_file_that_is_called_reboot_required: ("not_auditd", "medium", "without a shutdown"),
    auditd_conf_was_mended_behind_it: ("auditd", "high", "no room left"),
    only_wtmp_says_that_it_shut_down: ("unknown", "low", "nothing says who asked"),
    the_root_that_was_not_found: ("not_auditd", "high", "Unable to mount root"),
}


def run(argv):
    done = subprocess.run(argv, check=False, capture_output=True)
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()


@pytest.mark.parametrize("tell", MIXED, ids=lambda tell: tell.__name__)
def test_what_is_mixed(tmp_path, tell):
    tell(stories.Story(tmp_path))
    found = diagnosis.diagnose(Host(str(tmp_path)), run)["diagnosis"]
    by, confidence, cause = MIXED[tell]
    assert (found["stopped_by"], found["confidence"]) == (by, confidence) and cause in found["cause"], found


JOURNALS = {
    "the plugin that ships": ("audisp-remote: remote logging halting system due to network failure", "audisp-remote.conf"),
    "the queue of audit 2": ("audispd: Audispd is now halting the system due to overflowing its queue", "overflow_action"),
    "auditd": ("auditd[600]: " + STOP.partition(": ")[2], "disk_full_action"),
}


@pytest.mark.parametrize("name", JOURNALS)
def test_whoever_can_stop_a_host_is_asked_for_in_a_journal(tmp_path, name):
    """Amazon Linux 2023 has a journal and no syslog: a program that is not asked for says nothing there."""
    line, key = JOURNALS[name]
    story = stories.Story(tmp_path)
    story.conf(**HALTS)
    story.put("etc/audit/audisp-remote.conf", "remote_server = log.example\nnetwork_failure_action = HALT\n")
    story.lines(BOOT, GOES_ON, line, *AMAZON_2023)
    story.put("var/log/journal/abc/system.journal", b"LPKSHHRH")

    def journalctl(argv):
        """journalctl -t NAME shows the lines of that program alone."""
        asked = {argv[place + 1] for place, word in enumerate(argv) if word == "-t"}
        lines = [(moment, text) for moment, text in story.syslog if text.partition(":")[0].partition("[")[0] in asked]
        return 0, "".join(f"{moment}.000000 host {text}\n" for moment, text in lines), ""

    found = diagnosis.diagnose(Host(str(tmp_path)), journalctl)["diagnosis"]
    assert (found["stopped_by"], found["key"], found["confidence"]) == ("auditd", key, "high"), found


def test_an_auditd_conf_that_cannot_be_read_is_named(tmp_path):
    story = stories.Story(tmp_path)
    halted(story, *RHEL_9)
    (tmp_path / "etc/audit/auditd.conf").unlink()
    (tmp_path / "etc/audit/auditd.conf").mkdir()
    result = diagnosis.diagnose(Host(str(tmp_path)), run)
    assert result["diagnosis"]["stopped_by"] == "auditd" and "/etc/audit/auditd.conf" in result["not_read"]
