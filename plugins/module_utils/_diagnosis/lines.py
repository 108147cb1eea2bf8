# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of a log: when, where, who, what. Both forms of syslog, the journal's short-unix, a kernel's console."""

import calendar
import re
import time
from collections import namedtuple

# ``host`` and ``pid`` are texts, "" where the line does not say them
Line = namedtuple("Line", "time program text host pid")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OLD = re.compile(r"^(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) (?P<rest>.*)$")
ISO = re.compile(r"^(?P<date>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d:\d\d)(?:[.,]\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)? (?P<rest>.*)$")
UNIX = re.compile(r"^(?P<unix>\d{9,10}\.\d+) (?P<rest>.*)$")
TAG = re.compile(r"^(?:(?P<host>\S+) )?(?P<program>[A-Za-z][\w./@-]*?)(?:\([^)]*\))?(?:\[(?P<pid>\d+)\])?: (?P<text>.*)$")
STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+(?:\]|\s*T\d+\])\s*")


def parse(line: str, *, before: "float | None" = None, zone=None) -> Line:
    """``before``: the time of the file, which says the year where the line does not. ``zone(struct)``: the seconds of a local time, as
    time.mktime() gives them; None for UTC. What has no time has None."""
    seconds = zone or calendar.timegm
    for form, reader in ((ISO, _iso), (OLD, _old), (UNIX, _unix)):
        found = form.match(line)
        if found:
            return Line(reader(found, before, seconds), *_tag(found.group("rest")))
    bare = STAMP.sub("", line)
    if bare != line:
        return Line(None, "kernel", bare, "", "")
    found = TAG.match(line)
    return Line(None, *(_tag(line) if found and found.group("program") in ("kernel", "auditd", "systemd") else ("", line, "", "")))


def _tag(rest):
    found = TAG.match(rest)
    if not found:
        return "", rest, "", ""
    program = found.group("program").rsplit("/", 1)[-1]
    return program, STAMP.sub("", found.group("text")), found.group("host") or "", found.group("pid") or ""


def _iso(found, _before, seconds):
    local = time.strptime(found.group("date") + found.group("clock"), "%Y-%m-%d%H:%M:%S")
    zone = found.group("zone")
    if not zone:
        return float(seconds(local))
    digits = zone.replace(":", "").replace("Z", "+0000")
    offset = (int(digits[1:3]) * 60 + int(digits[3:5])) * 60
    return float(calendar.timegm(local) - (offset if digits[0] == "+" else -offset))


def _old(found, before, seconds):
    """No year: the newest one that does not lie behind the file's own time (a day is allowed for its clock)."""
    if found.group("month") not in MONTHS or before is None:
        return None
    hours, minutes, second = (int(word) for word in found.group("clock").split(":"))
    month, day = MONTHS.index(found.group("month")) + 1, int(found.group("day"))
    newest = time.gmtime(before).tm_year + 1
    for year in (newest, newest - 1, newest - 2):
        try:
            moment = float(seconds(time.struct_time((year, month, day, hours, minutes, second, 0, 1, -1))))
        except (ValueError, OverflowError):
            continue
        if moment <= before + 86400:
            return moment
    return None


def _unix(found, _before, _seconds):
    return float(found.group("unix"))
