# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of hosts that stopped, each as its story left it. The words of auditd are those of the release that the story names."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

START = 1_790_000_000  # 2026-09-21T14:13:20Z
RECORD = struct.Struct("<hxxi32s4s32s256shhiii16s20x")
CONF = "log_file = /var/log/audit/audit.log\nspace_left = 75\nspace_left_action = SYSLOG\nadmin_space_left = 50\n"
MILD = {"admin_space_left_action": "SUSPEND", "disk_full_action": "SUSPEND", "disk_error_action": "SUSPEND"}
HALTS = {"admin_space_left_action": "HALT", "disk_full_action": "HALT", "disk_error_action": "HALT"}
BOOT = "kernel: [    0.000000] Linux version 6.1.0 (gcc) #1 SMP"
GOES_ON = "cron[99]: (root) CMD (run-parts /etc/cron.hourly)"
SHUTDOWN = ("systemd[1]: Reached target Shutdown.", "systemd[1]: Reached target Power-Off.")
ORDERLY = ("systemd-logind[512]: System is powering down.", *SHUTDOWN)
LOW = "auditd[600]: Audit daemon is low on disk space for logging"
FULL = "auditd[600]: Audit daemon has no space left on logging partition"
HALTING = "auditd[600]: The audit daemon is now halting the system"


class Story:
    """A tree below ``root``."""

    def __init__(self, root: Path):
        self.root, self.now, self.syslog = root, START, []
        self.conf(**MILD)
        self.rules("-D\n-b 8192\n-f 1\n")
        self.put("etc/localtime-is-utc", "")

    def put(self, path: str, data: str | bytes, modified: float | None = None) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)
        if modified is not None:
            os.utime(target, (modified, modified))
        return target

    def conf(self, **actions: str) -> None:
        self.put("etc/audit/auditd.conf", CONF + "".join(f"{key} = {word}\n" for key, word in actions.items()))

    def rules(self, text: str) -> None:
        self.put("etc/audit/audit.rules", text)

    def later(self, seconds: float) -> None:
        self.now += seconds

    def lines(self, *texts: str, every: float = 1) -> None:
        """Lines of syslog, one after the other."""
        for text in texts:
            self.syslog.append((self.now, text))
            self.now += every

    def write_syslog(self, name: str = "messages", form: str = "iso", packed: int = 0) -> None:
        """``packed``: so many of the first lines lie in a rotated and compressed file."""
        import time

        def stamp(moment):
            layout = {"iso": "%Y-%m-%dT%H:%M:%S.000000+00:00", "old": "%b %d %H:%M:%S"}[form]
            return time.strftime(layout, time.gmtime(moment))

        written = [f"{stamp(moment)} host {text}" for moment, text in self.syslog]
        if packed:
            self.put(f"var/log/{name}.1.gz", gzip.compress(("\n".join(written[:packed]) + "\n").encode()), self.syslog[packed - 1][0])
        self.put(f"var/log/{name}", "\n".join(written[packed:]) + "\n", self.now)

    def wtmp(self, *events: tuple[str, float]) -> None:
        data = b""
        for user, moment in events:
            kind = {"reboot": 2, "shutdown": 1}[user]
            data += RECORD.pack(kind, 0, b"~", b"~~", user.encode(), b"6.1.0", 0, 0, 0, int(moment), 0, b"")
        self.put("var/log/wtmp", data, self.now)

    def audit(self, *records: str) -> None:
        """Records of the audit log at the present moment."""
        path = self.root / "var/log/audit/audit.log"
        before = path.read_bytes() if path.exists() else b""
        self.put("var/log/audit/audit.log", before + "".join(f"type={record}\n" for record in (
            text.replace(" ", f" msg=audit({int(self.now)}.000:1): ", 1) for text in records)).encode(), self.now)


def ordinary(story: Story) -> None:
    """A boot and some hours of work."""
    story.lines(BOOT, "systemd[1]: Started Security Auditing Service.", GOES_ON)
    story.audit("DAEMON_START op=start ver=3.0.9 res=success", "SYSCALL arch=c000003e syscall=257")
    story.later(7200)
    story.lines(GOES_ON)


def halt_by_admin_space(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(LOW, HALTING, *SHUTDOWN)
    story.audit("DAEMON_END op=terminate auid=0 pid=1 res=success")
    story.write_syslog()


def halt_by_admin_space_4(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(LOW, HALTING + " and exiting due to low disk space", *SHUTDOWN)
    story.write_syslog("syslog", "old")


def halt_by_disk_full(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines(FULL, HALTING + " due to no space left on logging partition", *SHUTDOWN)
    story.write_syslog("messages", "old", packed=3)


def halt_by_disk_error(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines("auditd[600]: Audit daemon detected an error writing an event to disk (Input/output error)",
                HALTING + " due to previously mentioned write error.", *SHUTDOWN)
    story.write_syslog()


def single(story):
    story.conf(**{**HALTS, "admin_space_left_action": "SINGLE"})
    ordinary(story)
    story.lines(LOW, "auditd[600]: The audit daemon is now changing the system to single user mode",
                "systemd[1]: Reached target Rescue Mode.")
    story.write_syslog()


def suspended_then_rebooted_by_somebody(story):
    ordinary(story)
    story.lines("auditd[600]: Audit daemon is suspending logging due to no space left on logging partition.")
    story.later(86400)
    story.lines(GOES_ON, "sudo[900]: kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/sbin/reboot", "systemd-logind[1]: System is rebooting.",
                *SHUTDOWN[:1])
    story.write_syslog()


def suspended_then_cut_off(story):
    ordinary(story)
    story.lines("auditd[600]: Audit daemon is suspending logging due to low disk space.")
    story.later(86400)
    story.lines(GOES_ON, "systemd[1]: auditd.service: Main process exited, code=killed, status=9/KILL")
    story.write_syslog()


def panic_with_pstore(story):
    story.rules("-D\n-f 2\n")
    ordinary(story)
    story.write_syslog()
    story.put("var/lib/systemd/pstore/179/dmesg.txt", "<0>[ 7211.1] audit: audit_backlog=65 > audit_backlog_limit=64\n"
              "<0>[ 7211.2] Kernel panic - not syncing: audit: backlog limit exceeded\n", story.now)


def panic_without_pstore(story):
    story.rules("-D\n-f 2\n")
    ordinary(story)
    story.lines("kernel: audit: backlog limit exceeded")
    story.write_syslog()


def out_of_memory(story):
    ordinary(story)
    story.lines("kernel: Out of memory: Killed process 812 (java) total-vm:1kB")
    story.write_syslog()
    story.put("var/crash/127.0.0.1-2026/vmcore-dmesg.txt", "[ 9.1] Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is "
              "enabled\n", story.now)


def poweroff_by_hand(story):
    story.conf(**HALTS)
    ordinary(story)
    story.audit("USER_CMD pid=900 uid=1000 msg='cwd=\"/\" cmd=706F7765726F6666 exe=\"/usr/bin/sudo\" res=success'")
    story.lines("sudo[900]: kim : TTY=pts/0 ; PWD=/home/kim ; USER=root ; COMMAND=/usr/sbin/poweroff", *ORDERLY)
    story.write_syslog()


def stopped_by_the_cloud(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines("systemd-logind[512]: Power key pressed short.", *ORDERLY)
    story.write_syslog()


def power_cut(story):
    ordinary(story)
    story.later(600)
    story.lines(GOES_ON)
    story.write_syslog()
    story.wtmp(("reboot", START))


def script_that_halts(story):
    story.conf(**{**MILD, "admin_space_left_action": "EXEC /usr/local/sbin/full"})
    story.put("usr/local/sbin/full", "#!/bin/sh\nlogger log is full\n/sbin/poweroff\n")
    ordinary(story)
    story.lines(LOW, *ORDERLY)
    story.write_syslog()


def filled_by_another_program(story):
    halt_by_disk_full(story)


def auditd_killed(story):
    story.conf(**HALTS)
    ordinary(story)
    story.lines("systemd[1]: auditd.service: Main process exited, code=killed, status=9/KILL")
    story.later(3600)
    story.lines(GOES_ON, "sudo[9]: root : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl poweroff", *ORDERLY)
    story.write_syslog()


def words_that_are_only_quoted(story):
    """Somebody's own log line cites what auditd says."""
    story.conf(**HALTS)
    ordinary(story)
    story.lines("myapp[7]: help text: The audit daemon is now halting the system",
                "sudo[900]: kim : USER=root ; COMMAND=/bin/grep poweroff /x")
    story.later(30)
    story.lines(GOES_ON)
    story.write_syslog()


def halted_yesterday_and_cut_off_today(story):
    """An old halt is not why it stopped today."""
    halt_by_admin_space(story)
    story.later(3600)
    ordinary(story)
    story.write_syslog()


def halt_by_the_plugin_that_ships(story):
    """audisp-remote, which writes no process id, lost its server."""
    story.put("etc/audit/audisp-remote.conf", "remote_server = log.example\nnetwork_failure_action = HALT\n")
    ordinary(story)
    story.lines("audisp-remote: remote logging halting system due to network failure", *SHUTDOWN)
    story.write_syslog()


def words_of_the_plugin_that_its_file_does_not_say(story):
    ordinary(story)
    story.lines("audisp-remote: remote logging halting system due to network failure", *SHUTDOWN)
    story.write_syslog()


def halt_by_the_queue_of_audit_2(story):
    """Up to 2.8.5 the queue is audispd's, a program of its own, which writes no process id."""
    ordinary(story)
    story.lines("audispd: Audispd is now halting the system due to overflowing its queue", *SHUTDOWN)
    story.write_syslog()


def orderly_and_nobody_asked(story):
    ordinary(story)
    story.conf(admin_space_left_action="SYSLOG", disk_full_action="SYSLOG", disk_error_action="SYSLOG")
    story.lines(*SHUTDOWN)
    story.write_syslog()


def only_the_audit_log(story):
    story.conf(**HALTS)
    story.audit("DAEMON_START op=start res=success", "SYSCALL x=1")
    story.later(50)
    story.audit("SYSTEM_SHUTDOWN pid=9 msg='comm=\"systemd-update-utmp\" res=success'", "DAEMON_END op=terminate res=success")


def nothing_left(story):
    (story.root / "etc/audit/audit.rules").unlink()


# story: (stopped_by, key, confidence, part of the cause, whether logging was suspended)
EXPECTED = {
    halt_by_the_plugin_that_ships: (
        "auditd", "audisp-remote.conf", "high", "/etc/audit/audisp-remote.conf says network_failure_action = HALT", False),
    words_of_the_plugin_that_its_file_does_not_say: (
        "auditd", "audisp-remote.conf", "medium", "no audisp-remote.conf that was seen says so", False),
    halt_by_the_queue_of_audit_2: ("auditd", "overflow_action", "high", "queue overflowed", False),
    halt_by_admin_space: ("auditd", "admin_space_left_action", "high", "less room than admin_space_left", False),
    halt_by_admin_space_4: ("auditd", "admin_space_left_action", "high", "powered the host off", False),
    halt_by_disk_full: ("auditd", "disk_full_action", "high", "no room left", False),
    halt_by_disk_error: ("auditd", "disk_error_action", "high", "writing to the log failed", False),
    single: ("auditd", "admin_space_left_action", "high", "single user mode", False),
    suspended_then_rebooted_by_somebody: ("not_auditd", None, "high", "somebody asked for it", True),
    suspended_then_cut_off: ("not_auditd", None, "medium", "without a shutdown", True),
    panic_with_pstore: ("kernel_audit", "backlog_limit", "high", "-f 2", False),
    panic_without_pstore: ("unknown", None, "low", "a panic of audit's is possible", False),
    out_of_memory: ("not_auditd", None, "high", "out of memory", False),
    poweroff_by_hand: ("not_auditd", None, "high", "poweroff", False),
    stopped_by_the_cloud: ("not_auditd", None, "high", "power button", False),
    power_cut: ("not_auditd", None, "medium", "the power was cut", False),
    script_that_halts: ("auditd", "admin_space_left_action", "medium", "/usr/local/sbin/full", False),
    auditd_killed: ("not_auditd", None, "high", "systemctl poweroff", False),
    words_that_are_only_quoted: ("not_auditd", None, "medium", "without a shutdown", False),
    halted_yesterday_and_cut_off_today: ("not_auditd", None, "medium", "without a shutdown", False),
    orderly_and_nobody_asked: ("not_auditd", None, "medium", "no action in auditd.conf stops the host", False),
    only_the_audit_log: ("unknown", None, "low", "nothing says who asked", False),
    nothing_left: ("unknown", None, "low", "no log that was read", False),
}
