# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd, the kernel and the system write when a host stops, or stops auditing: one table, with the source of each line.

The words of auditd were read in its source, from 2.4 to 4.2.1 (src/auditd-event.c, audisp/queue.c, audisp/plugins/remote/
audisp-remote.c), and are compared by a test with the binaries of the releases at hand. Up to 3.1.5 a halt for want of room says no reason;
4.0 and later say "and exiting due to ...". Up to 2.8.5 the queue is that of a program of its own, audispd. What takes the host down without
auditd having a word in it is audisp-remote, whose actions stand in its own file.
"""

import re
from collections import namedtuple

# ``by``: auditd, kernel_audit, kernel, person, platform, system; ``what``: halt, single, suspend, resume, full, low, error, panic, oom,
# off, restart, killed, started, boot, ...; ``key`` of auditd.conf or word of the kernel; ``since``, ``until``: releases of audit.
Message = namedtuple("Message", "by what key text since until source")
EVENT, QUEUE, KERNEL = "src/auditd-event.c", "audisp/queue.c", "kernel/audit.c"
REMOTE = "audisp/plugins/remote/audisp-remote.c"
HALTING, SINGLE = "The audit daemon is now halting the system", "The audit daemon is now changing the system to single user mode"
NO_ROOM, LOW, WRITE_ERROR = "no space left on logging partition", "low disk space", "previously mentioned write error"
SPACE, FULL, ERROR, QUEUE_KEY = "admin_space_left_action", "disk_full_action", "disk_error_action", "overflow_action"
REMOTE_CONF = "audisp-remote.conf"

AUDITD = (
    Message("auditd", "halt", FULL, HALTING + " due to " + NO_ROOM, None, "3.1.5", EVENT),
    Message("auditd", "halt", FULL, HALTING + " and exiting due to " + NO_ROOM, "4.0", None, EVENT),
    Message("auditd", "halt", ERROR, HALTING + " due to " + WRITE_ERROR, None, "3.1.5", EVENT),
    Message("auditd", "halt", ERROR, HALTING + " and exiting due to " + WRITE_ERROR, "4.0", None, EVENT),
    Message("auditd", "halt", SPACE, HALTING + " and exiting due to " + LOW, "4.0", None, EVENT),
    Message("auditd", "halt", SPACE, HALTING, None, "3.1.5", EVENT),
    Message("auditd", "single", FULL, SINGLE + " due to " + NO_ROOM, None, "3.1.5", EVENT),
    Message("auditd", "single", FULL, SINGLE + " and exiting due to " + NO_ROOM, "4.0", None, EVENT),
    Message("auditd", "single", ERROR, SINGLE + " due to " + WRITE_ERROR, None, "3.1.5", EVENT),
    Message("auditd", "single", ERROR, SINGLE + " and exiting due to " + WRITE_ERROR, "4.0", None, EVENT),
    Message("auditd", "single", SPACE, SINGLE + " and exiting due to " + LOW, "4.0", None, EVENT),
    Message("auditd", "single", SPACE, SINGLE, None, "3.1.5", EVENT),
    Message("auditd", "halt", QUEUE_KEY, "Auditd is now halting the system due to overflowing its queue", "3.0", None, QUEUE),
    Message("auditd", "single", QUEUE_KEY, "Auditd is now changing the system to single user mode due to overflowing its queue", "3.0",
            None, QUEUE),
    Message("auditd", "halt", QUEUE_KEY, "Audispd is now halting the system due to overflowing its queue", None, "2.8.5", QUEUE),
    Message("auditd", "single", QUEUE_KEY, "Audisp is now changing the system to single user mode due to overflowing its queue", None,
            "2.8.5", QUEUE),
    Message("auditd", "suspend", SPACE, "Audit daemon is suspending logging due to low disk space", None, None, EVENT),
    Message("auditd", "suspend", FULL, "Audit daemon is suspending logging due to " + NO_ROOM, None, None, EVENT),
    Message("auditd", "suspend", ERROR, "Audit daemon is suspending logging due to " + WRITE_ERROR, None, None, EVENT),
    Message("auditd", "suspend", "max_log_file_action", "Audit daemon is suspending logging due to logfile size", None, None, EVENT),
    Message("auditd", "full", FULL, "Audit daemon has no space left on logging partition", None, None, EVENT),
    Message("auditd", "low", SPACE, "Audit daemon is very low on disk space for logging", None, None, EVENT),
    Message("auditd", "low", "space_left_action", "Audit daemon is low on disk space for logging", None, None, EVENT),
    Message("auditd", "error", ERROR, "Audit daemon detected an error writing an event to disk", None, None, EVENT),
    Message("auditd", "ended", "", "The audit daemon is exiting.", None, None, "src/auditd.c"),
)
OF_REMOTE = (
    Message("auditd", "halt", REMOTE_CONF, "remote logging halting system due to ", None, None, REMOTE),
    Message("auditd", "single", REMOTE_CONF, "remote logging is switching system to single user mode due to ", None, None, REMOTE),
    Message("auditd", "halt", REMOTE_CONF, "Audisp-remote is now halting the system due to overflowing its queue", None, None, REMOTE),
    Message("auditd", "single", REMOTE_CONF, "Audisp-remote is now changing the system to single user mode due to overflowing its queue",
            None, None, REMOTE),
)
OTHERS = (
    Message("kernel_audit", "panic", "backlog_limit", "Kernel panic - not syncing: audit: backlog limit exceeded", None, None, KERNEL),
    Message("kernel_audit", "panic", "rate_limit", "Kernel panic - not syncing: audit: rate limit exceeded", None, None, KERNEL),
    Message("kernel_audit", "panic", "failure", "Kernel panic - not syncing: audit: ", None, None, KERNEL),
    Message("kernel", "lost", "backlog_limit", "audit: backlog limit exceeded", None, None, KERNEL),
    Message("kernel", "lost", "backlog_limit", "audit: audit_backlog=", None, None, KERNEL),
    Message("kernel", "oom_panic", "", "Kernel panic - not syncing: Out of memory", None, None, "mm/oom_kill.c"),
    Message("kernel", "oom_panic", "", "Kernel panic - not syncing: System is deadlocked on memory", None, None, "mm/oom_kill.c"),
    Message("kernel", "panic", "", "Kernel panic - not syncing", None, None, "kernel/panic.c"),
    Message("kernel", "oom", "", "Out of memory: Kill", None, None, "mm/oom_kill.c"),
    Message("kernel", "boot", "", "Linux version ", None, None, "init/main.c"),
    Message("kernel", "off", "", "reboot: Power down", None, None, "kernel/reboot.c"),
    Message("kernel", "off", "", "reboot: System halted", None, None, "kernel/reboot.c"),
    Message("kernel", "restart", "", "reboot: Restarting system", None, None, "kernel/reboot.c"),
    Message("kernel", "off", "", "ACPI: Preparing to enter system sleep state S5", None, None, "drivers/acpi/sleep.c"),
    Message("kernel", "off", "", "ACPI: PM: Preparing to enter system sleep state S5", None, None, "drivers/acpi/sleep.c"),
    Message("platform", "button", "", "Power key pressed", None, None, "systemd src/login"),
    Message("platform", "agent", "", "guest-shutdown called", None, None, "qemu qga/commands-posix.c"),
    Message("system", "off", "", "System is powering down", None, None, "systemd src/login"),
    Message("system", "off", "", "System is halting", None, None, "systemd src/login"),
    Message("system", "off", "", "The system will power off now", None, None, "systemd src/login"),
    Message("system", "restart", "", "System is rebooting", None, None, "systemd src/login"),
    Message("system", "restart", "", "The system will reboot now", None, None, "systemd src/login"),
    Message("system", "off", "", "Powering off.", None, None, "systemd-shutdown"),
    Message("system", "off", "", "Reached target Power-Off", None, None, "systemd poweroff.target"),
    Message("system", "off", "", "Reached target poweroff.target", None, None, "systemd poweroff.target"),
    Message("system", "off", "", "Reached target Shutdown", None, None, "systemd shutdown.target"),
    Message("system", "off", "", "Reached target shutdown.target", None, None, "systemd shutdown.target"),
    # as 249 and later describe these targets, where the log has descriptions alone: RHEL 9 and 10, Ubuntu 22.04
    Message("system", "off", "", "Reached target System Shutdown", None, None, "systemd shutdown.target"),
    Message("system", "off", "", "Reached target System Power Off", None, None, "systemd poweroff.target"),
    Message("system", "off", "", "Reached target System Halt", None, None, "systemd halt.target"),
    Message("system", "restart", "", "Reached target System Reboot", None, None, "systemd reboot.target"),
    Message("system", "off", "", "shutting down for system halt", None, None, "sysvinit shutdown"),
    Message("system", "single", "", "Reached target Rescue", None, None, "systemd rescue.target"),
    Message("system", "single", "", "Reached target rescue.target", None, None, "systemd rescue.target"),
    Message("system", "killed", "", "auditd.service: Main process exited, code=killed", None, None, "systemd"),
    Message("system", "killed", "", "auditd.service: Main process exited, code=dumped", None, None, "systemd"),
)
TABLE = AUDITD + OF_REMOTE + OTHERS
SUDO = ("sudo", "su", "doas", "")
NOT_RUN = re.compile(r"command not allowed|NOT in sudoers|incorrect password|a password is required|authentication failure")
COMMAND = re.compile(r"COMMAND=(\S*/)?(?:(?:sh|bash) -c )?(\S*/)?"
                     r"(poweroff|halt|shutdown|reboot|init [016]|systemctl(?: -\S+)* (?:poweroff|halt|reboot|kexec)|telinit [016])\b"
                     r"(?! +(?:-c\b|--help|--show|--version))")
PREFIXES = sorted({row.text[:14] for row in TABLE} | {"COMMAND="})
QUICK = re.compile("|".join(re.escape(prefix) for prefix in PREFIXES))


def classify(text: str, program: str = "", pid: "str | None" = None) -> "Message | None":
    """The row that a line of a log is, None for any other line. ``program``: who wrote it, where the log says so; ``pid``: its process, ""
    where a line of a log has none.

    A line that only cites the words is none: auditd's words count from auditd alone, which always writes its process id (openlog(3) with
    LOG_PID; audispd and audisp-remote write none), and those of systemd from process 1, for the manager of each user reaches a target
    Shutdown as well.
    """
    if not QUICK.search(text):
        return None
    found = COMMAND.search(text)
    if found:
        if program not in SUDO or NOT_RUN.search(text):
            return None
        return Message("person", "command", found.group(3), found.group(0), None, None, "sudo(8)")
    for row in TABLE:
        if row.text in text and _may_say(row, program, pid) and (row.by != "auditd" or text.lstrip().startswith(row.text)):
            return row
    return None


def _may_say(row, program, pid):
    if row.source == REMOTE:
        return program in ("", "audisp-remote")
    if row.by == "auditd":
        return program == "" or program in ("auditd", "audisp") and pid != "" or program == "audispd"
    if row.by in ("kernel", "kernel_audit"):
        return program in ("", "kernel") and not pid
    if row.by == "platform":
        return program in ("", "systemd-logind", "acpid", "qemu-ga")
    return program in ("", "init", "shutdown", "systemd-logind", "systemd-shutdown") or program == "systemd" and pid in ("1", "", None)
