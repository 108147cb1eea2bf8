# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits by which a log daemon drops what comes too fast: journald.conf(5), and imjournal and imuxsock of rsyslog."""

import re

JOURNALD = "systemd/journald.conf"
JOURNALD_ROOTS = ("/usr/lib", "/usr/local/lib", "/run", "/etc")  # of two drop-ins with one name the last counts
RSYSLOG, RSYSLOG_D = "/etc/rsyslog.conf", "/etc/rsyslog.d"
ASSIGNMENT = re.compile(r"^\s*(RateLimitIntervalSec|RateLimitInterval|RateLimitBurst)\s*=\s*(\S*)\s*$", re.M)
COMMENT = re.compile(r"^\s*#.*$", re.M)
# module: its parameters, the directives of before, and what holds where nothing is said (seconds, messages)
MODULES = {
    "imjournal": (r"ratelimit", r"\$imjournalRatelimit", (600, 20000)),
    "imuxsock": (r"syssock\.ratelimit", r"\$SystemLogRateLimit", (0, 200)),
}


def journald(host) -> "str | None":
    """The limit of journald in words, None where it has none or does not run here."""
    if not host.has_systemd:
        return None
    paths = ["/etc/" + JOURNALD]
    named = {}
    for root in JOURNALD_ROOTS:
        directory = "%s/%s.d" % (root, JOURNALD)
        named.update((name, "%s/%s" % (directory, name)) for name in host.listdir(directory) if name.endswith(".conf"))
    values = {}
    for path in paths + [named[name] for name in sorted(named)]:
        values.update((key.replace("Sec", ""), value) for key, value in ASSIGNMENT.findall(host.text(path) or ""))
    interval, burst = values.get("RateLimitInterval") or "30s", values.get("RateLimitBurst") or "10000"
    return None if re.match(r"0+\D*\Z", interval) or burst == "0" else "%s messages in %s" % (burst, interval)


def rsyslog(host) -> "str | None":
    """The limit of rsyslog's inputs in words, None where it has none or is not configured here."""
    paths = [RSYSLOG] + ["%s/%s" % (RSYSLOG_D, name) for name in host.listdir(RSYSLOG_D) if name.endswith(".conf")]
    text = COMMENT.sub("", "\n".join(host.text(path) or "" for path in paths))
    found = []
    for module, (parameter, directive, (interval, burst)) in MODULES.items():
        if not re.search(r"load=[\"']%s[\"']|\$ModLoad\s+%s\b" % (module, module), text, re.I):
            continue
        seconds = _number(text, parameter + r"\.interval", directive + "Interval", interval)
        messages = _number(text, parameter + r"\.burst", directive + "Burst", burst)
        if seconds and messages:
            found.append("%s: %d messages in %d s" % (module, messages, seconds))
    return ", ".join(found) or None


def _number(text, parameter, directive, default):
    found = re.findall(r"(?<![\w.])%s\s*=\s*[\"']?(\d+)|%s\s+(\d+)" % (parameter, directive), text, re.I)
    return int(found[-1][0] or found[-1][1]) if found else default
