# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the checker on a host: what the module audit_check installs and what the drift reader expects, from one table.

Its code is part of the rotation's library, so that there is one installer and one digest; its program, policy and schedule are its own.
"""

from .._errors import AuditError
from . import files as _files
from .schedule import SPREAD, UNITS, Schedule

PROGRAM = "/usr/local/sbin/audit-check"
COMPARISON = _files.LIBRARY + "/comparison.parcel"
BENCHMARKS = _files.LIBRARY + "/benchmarks.json"
POLICY = "/etc/audit/auditops-policy.json"
DOCUMENTS = "/var/lib/auditops/drift"
KNOWN = "/var/lib/auditops/audit-check.known"  # what audit-check made of the rules in its last run
CRON = "/etc/cron.d/audit-check"
SERVICE, TIMER = UNITS + "audit-check.service", UNITS + "audit-check.timer"
TIMER_LINK = UNITS + "timers.target.wants/audit-check.timer"
STAMP = "/var/lib/systemd/timers/stamp-audit-check.timer"
SCHEDULED = (CRON, SERVICE, TIMER, TIMER_LINK, STAMP)
NEVER = "never"
HEADER = "# Managed by Ansible (auditops.auditd.audit_check): changes here are lost.\n"


def is_scheduled(policy: dict) -> bool:
    """Whether the host compares itself by its own clock."""
    return policy.get("state") != "absent" and (policy.get("schedule") or NEVER) != NEVER


def period(policy: dict) -> int:
    """The longest time between two comparisons, in seconds."""
    return _schedule(policy).period


def _schedule(policy):
    try:
        return Schedule(policy["schedule"])
    except AuditError as error:
        raise AuditError("audit_check_%s" % error)


def desired_files(policy: dict, scheduler: "str | None", minute: int) -> "dict[str, tuple[str, int]]":
    """{path: (text, mode)} of the schedule. ``policy``: schedule, textfile. ``scheduler``: cron or systemd. ``minute``: the host's own."""
    if not is_scheduled(policy):
        return {}
    schedule = _schedule(policy)
    textfile = policy.get("textfile") or ""
    if textfile and (not textfile.startswith("/") or len(textfile.split()) > 1):
        raise AuditError("audit_check_textfile = %s: give an absolute path without blanks" % textfile)
    command = PROGRAM + " --scheduled" + (" --textfile " + textfile if textfile else "")
    if scheduler == "cron":
        line = "%s root %s\n" % (schedule.cron(minute), command.replace("%", "\\%"))
        return {CRON: (HEADER + "SHELL=/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n" + line, 0o600)}
    calendar = "".join("OnCalendar=%s\n" % one for one in schedule.calendar())
    delay = "RandomizedDelaySec=%d\nFixedRandomDelay=true\n" % SPREAD if schedule.is_word else ""
    timer = HEADER + "[Unit]\nDescription=Compare the audit settings with the policy (%s)\n\n[Timer]\n%sAccuracySec=1s\n%s\n" \
        "[Install]\nWantedBy=timers.target\n" % (schedule.text, calendar, delay)
    return {SERVICE: (SERVICE_TEXT % command.replace("%", "%%"), 0o644), TIMER: (timer, 0o644)}


def desired_links(policy: dict, scheduler: "str | None") -> "dict[str, str]":
    """{link: target} that enable the timer."""
    return {TIMER_LINK: TIMER} if is_scheduled(policy) and scheduler == "systemd" else {}


def stale_files(policy: dict, scheduler: "str | None") -> "list[str]":
    """Paths of ours that must not be there: another scheduler's, or all where nothing is scheduled."""
    wanted = set(desired_files(policy, scheduler, 0)) | set(desired_links(policy, scheduler))
    return [path for path in SCHEDULED if path not in wanted and not (path == STAMP and TIMER in wanted)]


# No mount namespace of its own: a process is told to be the host's own by its namespaces, and the service has to see what is mounted.
# 1 and 2 say what was found (drifted, unknown), which is no failure of the unit.
SERVICE_TEXT = HEADER + """[Unit]
Description=Compare the audit settings with the policy
Documentation=man:auditd(8)
After=auditd.service

[Service]
Type=oneshot
ExecStart=%s
SuccessExitStatus=1 2
Nice=5
TimeoutStartSec=120
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK
RestrictRealtime=yes
SystemCallArchitectures=native
"""
