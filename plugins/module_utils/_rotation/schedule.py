# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the log is rotated, and by what: the schedule as cron and systemd spell it, and the scheduler of a host."""

import hashlib
import os

from .. import _utc
from .._errors import AuditError
from .._host.host import Host

UNITS = "/etc/systemd/system/"
CRON_UNITS = ("cron.service", "crond.service", "cronie.service")  # Debian, Red Hat, SUSE and Arch
UNIT_DIRECTORIES = ("/lib/systemd/system/", "/usr/lib/systemd/system/")

HOUR, DAY = 3600, 86400
# word: the five fields of crontab(5), M for the host's own minute; systemd's OnCalendar; the longest time between two runs
WORDS: "dict[str, tuple[tuple[str, ...], str | None, int]]" = {
    "hourly": (("M", "*", "*", "*", "*"), "hourly", HOUR),
    "daily": (("M", "0", "*", "*", "*"), "daily", DAY),
    "weekly": (("M", "0", "*", "*", "0"), "Sun *-*-* 00:00:00", 7 * DAY),
    "monthly": (("M", "0", "1", "*", "*"), "monthly", 31 * DAY),
}
SPREAD = 45 * 60  # seconds over which a fleet's timers are spread; FixedRandomDelay keeps each host's own (systemd 247)
CLOCKS_DIFFER = DAY  # seconds that a record may be ahead of now
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # of the months; datetime takes a comparison 2 ms to import (measured)
FIRST_WEEKDAY = 1  # the first of January 2024 is a Monday
NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "day of week": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}


class ScheduleError(AuditError):
    """The schedule is neither a word nor a cron expression."""


class Schedule(object):
    """``text`` as given, ``period`` the longest time between two runs in seconds; cron() and calendar() spell it."""

    def __init__(self, text):
        self.text = " ".join(str(text).split()).lower()
        if self.text in WORDS:
            self._fields, self._calendar, self.period = WORDS[self.text]
            return
        words = self.text.split(" ")
        if len(words) != 5:
            raise ScheduleError("schedule = %s: it is hourly, daily, weekly, monthly or the five fields of crontab(5)" % text)
        self._values = [_values(words[place], field, text) for place, field in enumerate(FIELDS)]
        self._fields, self._calendar = tuple(words), None
        self.period = _longest_gap(self._values)

    def cron(self, minute: int) -> str:
        """The five fields; ``minute`` (0 to 59) is the host's own, for the words."""
        return " ".join(str(minute) if field == "M" else field for field in self._fields)

    def calendar(self) -> "list[str]":
        """[OnCalendar expressions] of systemd.time(7)."""
        if self._calendar:
            return [self._calendar]
        minutes, hours, days, months, weekdays = self._values
        clock = "%s:%s:00" % (_listed(hours), _listed(minutes))
        by_day = "*-%s-%s %s" % (_listed(months), _listed(days), clock)
        if weekdays is None:
            return [by_day]
        names = ",".join(NAMES["day of week"][day].capitalize() for day in sorted({day % 7 for day in weekdays}))
        by_weekday = "%s *-%s-* %s" % (names, _listed(months), clock)
        # crontab(5): with both days given, either of them is enough
        return [by_weekday] if days is None else [by_day, by_weekday]

    @property
    def is_word(self) -> bool:
        """True where the host's own minute, or timer delay, spreads a fleet."""
        return self._calendar is not None


def _values(word, field, text):
    """The sorted values of one cron field, None for all of them."""
    name, lowest, highest = field
    names = NAMES.get(name, ())
    found = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            pace = int(step) if slash else 1
            if span == "*":
                first, last = lowest, highest if name != "day of week" else 6
            else:
                offset = lowest if name == "month" else 0
                first = names.index(first) + offset if first in names else int(first)
                last = (names.index(last) + offset if last in names else int(last)) if dash else highest if slash else first
        except ValueError:
            raise ScheduleError("schedule = %s: \"%s\" is no %s of crontab(5)" % (text, part, name))
        if not (lowest <= first <= last <= highest) or pace < 1:
            raise ScheduleError("schedule = %s: the %s \"%s\" is not within %d to %d" % (text, name, part, lowest, highest))
        found.update(range(first, last + 1, pace))
    return None if word == "*" else sorted(found)


def _listed(values):
    return "*" if values is None else ",".join(str(value) for value in values)


def _longest_gap(values):
    """Seconds of the longest time between two runs, over eight years: a leap day is among them."""
    minutes, hours, days, months, weekdays = values
    clock = sorted(hour * HOUR + minute * 60 for hour in (range(24) if hours is None else hours)
                   for minute in (range(60) if minutes is None else minutes))
    weekdays = None if weekdays is None else {day % 7 for day in weekdays}
    within = max(_steps(clock) or [0])
    return max(within, _days_between(days, months, weekdays) * DAY - clock[-1] + clock[0])


def _days_between(days, months, weekdays):
    """The longest time between two days that match, in days."""
    if days is None and months is None and weekdays is None:
        return 1  # most schedules; to count the days of eight years takes 5 ms (measured)
    matching, number = [], 0
    for year, month in ((year, month) for year in range(2024, 2032) for month in range(1, 13)):
        for day in range(1, DAYS[month - 1] + (month == 2 and year % 4 == 0) + 1):
            by_day = days is None or day in days
            by_weekday = weekdays is None or (number + FIRST_WEEKDAY) % 7 in weekdays
            either = days is not None and weekdays is not None
            if (months is None or month in months) and ((by_day or by_weekday) if either else (by_day and by_weekday)):
                matching.append(number)
            number += 1
    if not matching:
        raise ScheduleError("schedule: that day never comes")
    return max(_steps(matching) or [number])


def _steps(numbers):
    return [numbers[place] - numbers[place - 1] for place in range(1, len(numbers))]


def overdue(last_success: object, installed_at: float, period: int, now: float) -> "tuple[str, str] | None":
    """(expected, actual) where there was no success for two periods (``period``: seconds), None where there was.

    ``last_success``: as audit-rotate records it. A rotation that never ran counts from its installation (epoch seconds, as ``now``).
    """
    try:
        succeeded = None if last_success is None else _utc.epoch(last_success or "no date")
    except (TypeError, ValueError):
        return "a date", str(last_success)[:40]
    if (succeeded or 0) > now + CLOCKS_DIFFER:
        return "not after now", str(last_success)
    if now - (succeeded or installed_at) <= 2 * period:
        return None
    return "within %d seconds" % (2 * period), str(last_success or "never")


def minute_of(host: Host) -> int:
    """0 to 59, the same at each run and different from host to host: from machine-id, else from the name."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostname"):
        text = (host.text(path) or "").strip()
        if text and text != "uninitialized":
            return _spread(text)
    if host.is_live:
        return _spread(os.uname()[1])
    return _spread("")


def _spread(text):
    return int(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(), 16) % 60


def scheduler_of(host: Host, wanted: str = "auto") -> str:
    """"cron" or "systemd": what ``wanted`` (auto, cron, systemd) means on this host. AuditError where it is not there."""
    has_cron = host.which("cron") is not None or host.which("crond") is not None
    if wanted == "cron" and not has_cron:
        raise AuditError("audit_rotation_scheduler = cron: no cron daemon is installed (neither cron nor crond)")
    if wanted == "systemd" and not host.has_systemd:
        reason = "systemd is not the init of this host" if host.is_live else "systemd is not installed in this tree"
        raise AuditError("audit_rotation_scheduler = systemd: %s; give cron or auto" % reason)
    if wanted != "auto":
        return wanted
    if has_cron and not (host.has_systemd and cron_is_off(host)):
        return "cron"
    if host.has_systemd:
        return "systemd"
    raise AuditError("audit_rotation_scheduler = auto: there is neither a cron daemon nor systemd; install one of them")


def cron_is_off(host) -> bool:
    """True where systemd knows cron's unit and nothing starts it, or it is masked."""
    if any(host.lstat(UNITS + unit) is not None and os.path.realpath(host.path(UNITS + unit, follow=False)) == os.devnull
           for unit in CRON_UNITS):
        return True
    known = any(host.lstat(place + unit) is not None for place in UNIT_DIRECTORIES for unit in CRON_UNITS)
    wanted = any(
        host.lstat("%s%s/%s" % (UNITS, name, unit)) is not None
        for name in host.listdir(UNITS.rstrip("/")) if name.endswith(".wants") for unit in CRON_UNITS)
    return known and not wanted
