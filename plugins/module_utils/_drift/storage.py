# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which a host can stop itself or stop auditing: a finding each, unless the policy itself asks for it."""

from collections.abc import Iterator

from . import cures, tables
from .finding import same

OPTIONS = {"kernel_failure": "-f", "backlog_limit": "-b"}  # what sets these, auditctl(8); the others are keys of auditd.conf

SEVERITY_NOW = {"info": "high", "low": "high", "medium": "high"}  # the partition is full: records are lost as they come
FLOOD = 50  # percent of the log that SELinux denials are
SOON = 7  # days; what stops the host sooner is a finding whoever chose it


def compare(sides) -> "Iterator[dict]":
    """The findings about the room for the log and about what happens without it."""
    yield from _full(sides)
    yield from _flood(sides)
    for risk in sides.risks:
        severity, fix, step = risk["severity"], tables.RISK_FIXES.get(risk["key"], tables.ROOM), _step(sides, risk)
        if risk["key"] == "disk_full_action" and risk["days"] == 0:
            severity, fix = SEVERITY_NOW.get(severity, severity), tables.ROOM
        elif _is_accepted(sides, risk):
            fix, step = tables.ROOM, ""
            if not (risk["effect"].startswith("stops_") and risk["days"] is not None and risk["days"] <= SOON):
                severity = "info"
        yield sides.item(risk["id"], "the host stays up and audited", risk["actual"], risk["key"], severity=severity, why=risk["sentence"],
                         fix=fix, step=step)


def _full(sides):
    """A partition that is at its last threshold now: whatever the policy does then, it is doing it."""
    storage = sides.live["storage"] or {}
    room, least = storage.get("partition"), storage.get("admin_space_left_mb")
    if room and least is not None and room["free_mb"] <= least:
        yield sides.item("storage.full", "more than %d MB free (admin_space_left)" % least, "%d MB free" % room["free_mb"])


def _flood(sides):
    """One domain's denials are most of the log: what they fill, other records do not have."""
    found = sides.live["selinux_denials"]
    if found and found["share_percent"] >= FLOOD:
        senders = ", ".join("%s (%s) %d%%" % (one["domain"], one["comm"] or "?", one["share_percent"]) for one in found["senders"])
        yield sides.item(
            "storage.selinux_denials", "less than %d%% of the log" % FLOOD, "%d%%: %s" % (found["share_percent"], senders),
            fix="give the domain what it needs (audit2allow), or role audit_rules: audit_rules_extra: ['%s'], which hides %s" % (
                found["filter"], found["hides"]))


def _is_accepted(sides, risk):
    """The policy itself asks for the value that makes the risk."""
    option = OPTIONS.get(risk["key"])
    if option:
        return str(sides.control.get(option)) == str(risk["actual"])
    key = _key(risk)
    return key in sides.settings and same(sides.settings[key], risk["actual"])


def _step(sides, risk):
    """The step of a remediation that sets another value; "" where the policy names none."""
    option = OPTIONS.get(risk["key"])
    if option:
        return cures.RULES if option in sides.control else ""
    return cures.CONF if _key(risk) in sides.settings else ""


def _key(risk):
    return risk["key"].replace("_mail", "")
