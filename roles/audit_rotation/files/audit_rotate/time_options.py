# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points in time that audit-archive takes, and how ausearch wants them."""

import calendar
import time

from .exits import Failure

FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
MINUTE, HOUR = 60, 3600


def epoch(text, now=None):
    """Epoch seconds of a date or one of ausearch's words (ausearch(8), --start); None for None."""
    if text is None:
        return None
    now = time.time() if now is None else now
    if text in WORDS:
        return WORDS[text](now, time.localtime(now))
    if text[:1] == "@" and text[1:].isdecimal():
        return int(text[1:])
    moment, is_utc = (text[:-1], True) if text.endswith("Z") else (text, False)
    for known in FORMATS:
        try:
            parsed = time.strptime(moment.replace(" ", "T"), known)
        except ValueError:
            continue
        return calendar.timegm(parsed) if is_utc else time.mktime(parsed[:8] + (-1,))
    raise Failure("usage", "%s is no date: 2026-11-23, 2026-11-23T05:00:00, with Z for UTC, @EPOCH, or %s" % (
        text, ", ".join(sorted(WORDS))))


def options(start, end):
    """ausearch's and aureport's options for that range, in the C locale and the local time they read."""
    found = []
    for name, when in (("--start", start), ("--end", end)):
        if when is not None:
            found += [name] + time.strftime("%m/%d/%y %H:%M:%S", time.localtime(when)).split()
    return found


def _midnight(local, days=0, month=None, day=None):
    return time.mktime((local.tm_year, month or local.tm_mon, (day or local.tm_mday) - days, 0, 0, 0, 0, 0, -1))


def _boot(now, unused):
    try:
        with open("/proc/stat") as stream:
            for line in stream:
                if line.startswith("btime "):
                    return int(line.split()[1])
    except OSError:
        pass
    return now


WORDS = {
    "now": lambda now, local: now,
    "recent": lambda now, local: now - 10 * MINUTE,
    "this-hour": lambda now, local: now - now % HOUR,
    "today": lambda now, local: _midnight(local),
    "yesterday": lambda now, local: _midnight(local, 1),
    "this-week": lambda now, local: _midnight(local, (local.tm_wday + 1) % 7),
    "week-ago": lambda now, local: _midnight(local, 7),
    "this-month": lambda now, local: _midnight(local, 0, None, 1),
    "this-year": lambda now, local: _midnight(local, 0, 1, 1),
    "boot": _boot,
}
