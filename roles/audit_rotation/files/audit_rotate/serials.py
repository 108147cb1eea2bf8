# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that are in no log, from when to when: while the disk was full, or logging was suspended.

The kernel numbers its events one by one (audit_serial(), kernel/audit.c) and a healthy auditd writes each of them, if not quite in their
order. Numbers that never come are events that were made and not written. auditd numbers its own records (DAEMON_*) by itself.
"""

import bisect
import re

from ._utc import epoch, iso

EVENT = re.compile(br"^(?:node=\S+ )?type=(?:(DAEMON_START)|(?!DAEMON_)\w+) msg=audit\((\d{1,18})\.\d+:(\d{1,18})\):", re.M)
LATE = 20000  # numbers by which an event may come later than others: what the kernel's and auditd's queues hold
LONGEST = 65536  # bytes of a line that are looked at; what stands at its start tells which event it is
SMALLEST = 10  # numbers in a row: less is no suspension
REMEMBERED = 30 * 86400  # seconds in which somebody is to see it
LISTED = 20  # times that are remembered, the newest


class Serials(object):
    """Follows the numbers of events through a log. ``missing`` is [[first number, last number, from, to]], times in epoch seconds.

    ``boot`` (epoch seconds, None: not known) is when this kernel began to count.
    """

    def __init__(self, boot=None, last=None):
        self._boot = boot
        self._highest, self._time = last or (None, 0)
        self._started = False
        self._open = []
        self._closed = []

    @property
    def last(self):
        """(highest number, its time), None before the first event."""
        return None if self._highest is None else (self._highest, self._time)

    @property
    def missing(self):
        """The times, in their order."""
        return [hole for hole in self._closed + self._open if hole[1] - hole[0] + 1 >= SMALLEST]

    def feed(self, text):
        """Look at the next whole lines (bytes)."""
        previous = None
        for match in EVENT.finditer(text):
            started, seconds, number = match.groups()
            if started:
                self._started = True
            elif number != previous:
                previous = number
                self._event(int(number), int(seconds))

    def _event(self, number, seconds):
        if self._highest is None or self._is_another_boot(number):
            self._closed, self._open = self.missing, []
            self._highest, self._time = number, seconds
        elif number > self._highest:
            if number > self._highest + 1:
                self._forget_old(number)
                self._open.append([self._highest + 1, number - 1, self._time, seconds])
            self._highest, self._time = number, seconds
        else:
            self._fill(number)
        self._started = False

    def _is_another_boot(self, number):
        """Numbers begin again at a boot; between an end and a start of auditd only the times say whether there was one."""
        if number <= self._highest - LATE:
            return True
        return self._started and (number < self._highest or self._boot is None or self._time < self._boot)

    def _forget_old(self, number):
        """The holes stand in the order of their numbers, so the old ones are the first."""
        old = 0
        while old < len(self._open) and self._open[old][1] < number - LATE:
            old += 1
        self._closed += [hole for hole in self._open[:old] if hole[1] - hole[0] + 1 >= SMALLEST]
        del self._open[:old]

    def _fill(self, number):
        place = bisect.bisect_right(self._open, [number, self._highest, 0, 0]) - 1
        if place < 0:
            return
        first, last, start, end = self._open[place]
        if first <= number <= last:
            rest = [[first, number - 1, start, end], [number + 1, last, start, end]]
            self._open[place:place + 1] = [hole for hole in rest if hole[0] <= hole[1]]


def follow(job, entry, blocks):
    """Look through a finished log of a host's own events, before it is compressed."""
    if job.settings.auditd.get("tcp_listen_port"):
        return  # other hosts' events are among them, with numbers of their own
    serials = Serials(job.clock.boot_time if job.settings.root == "/" else None, _continued(job, entry))
    rest = b""
    for block in blocks:
        text, newline, tail = (rest + block).rpartition(b"\n")
        serials.feed(text)
        rest = tail[:LONGEST]
    job.serials = {"stem": entry.stem, "last": list(serials.last)} if serials.last else None
    job.missing += [{"from": start, "to": end, "events": last - first + 1} for first, last, start, end in serials.missing]


def _continued(job, entry):
    """Where the log before this one ended, if that was the last one looked through."""
    note = job.serials
    if not note:
        return None
    stems = [other.stem for other in job.archives()]
    place = stems.index(entry.stem) if entry.stem in stems else 0
    return tuple(note["last"]) if place and stems[place - 1] == note["stem"] else None


def account(job):
    """[{from, to, events, seen}] for status.json: of this run, and of the last month; ``events`` is None where nobody can count them."""
    known = [one for one in job.previous.get("missing") or () if job.now - epoch(one["seen"]) < REMEMBERED]
    found = [dict(one, seen=iso(job.now)) for one in job.missing if job.now - one["to"] < REMEMBERED]
    return _joined(known + found)[-LISTED:]


def _joined(times):
    """Times of the same gap are one: a resume says when it ended, and the numbers behind it, later, how much is missing."""
    joined = []
    for one in sorted(times, key=_begin):
        same = joined and one["from"] <= joined[-1]["to"] and None in (one["events"], joined[-1]["events"])
        if same:
            before = joined[-1]
            counted = [other["events"] for other in (before, one) if other["events"] is not None]
            joined[-1] = {"from": before["from"], "to": max(before["to"], one["to"]), "events": sum(counted) if counted else None,
                          "seen": min(before["seen"], one["seen"])}
        else:
            joined.append(one)
    return joined


def _begin(one):
    return one["from"]


def is_account(value):
    """Whether this is what account() returns."""
    return isinstance(value, list) and all(
        isinstance(one, dict) and all(isinstance(one.get(key), (int, float)) for key in ("from", "to"))
        and (one.get("events", "") is None or isinstance(one.get("events"), int)) and isinstance(one.get("seen"), str) for one in value)


def is_note(value):
    """Whether this is what follow() leaves for the next log."""
    return isinstance(value, dict) and isinstance(value.get("stem"), str) and isinstance(value.get("last"), list) \
        and len(value["last"]) == 2 and all(isinstance(number, int) for number in value["last"])
