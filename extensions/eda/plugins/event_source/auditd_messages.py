# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event for each warning that auditd writes to the system log: what ansible-rulebook needs to look at a host before it stops."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Any, BinaryIO

DOCUMENTATION = r"""
---
short_description: Watch a system log for what auditd warns of
description:
  - An event for each new line in which auditd says that room runs out, that it suspends or halts, or that it ends. The log is one that
    a syslog daemon writes, also that of a log server with the lines of many hosts.
  - The event is C(auditd) with C(host) (as the line names it), C(what) (V(low), V(full), V(error), V(suspend), V(single), V(halt) or
    V(ended)) and C(message). Lines that are there at the start are no events.
  - Any user of a host can write such a line with C(logger). It is a reason to look at the host, and no proof of anything.
options:
  path:
    description: The log, in the traditional format of syslog or with RFC 3339 times. It may be rotated, and may appear later.
    type: path
    required: true
  delay:
    description: Seconds between two looks.
    type: float
    default: 5
"""

EXAMPLES = r"""
- auditops.auditd.auditd_messages:
    path: /var/log/syslog
"""

# How auditd's lines begin, src/auditd-event.c and audisp/queue.c of audit 2.8 to 4.2
WARNINGS = (
    ("halt", "The audit daemon is now halting the system"),
    ("halt", "Auditd is now halting the system"),
    ("single", "The audit daemon is now changing the system to single user mode"),
    ("single", "Auditd is now changing the system to single user mode"),
    ("halt", "Audispd is now halting the system"),  # up to 2.8.5 a program of its own
    ("single", "Audisp is now changing the system to single user mode"),
    ("suspend", "Audit daemon is suspending logging"),
    ("full", "Audit daemon has no space left on logging partition"),
    ("low", "Audit daemon is very low on disk space for logging"),
    ("low", "Audit daemon is low on disk space for logging"),
    ("error", "Audit daemon detected an error writing an event to disk"),
    ("ended", "The audit daemon is exiting."),
)
LINE = re.compile(r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) ([\w.:-]+) (?:auditd|audispd)(?:\[\d+\])?: (.*)")
AT_ONCE = 1 << 20  # bytes of a log that are read before others have their turn
LONGEST_LINE = 8192
EVERYBODY = ("all", "ungrouped")  # words that mean more than one host to whoever uses the event


def event_of(line: str) -> dict[str, Any] | None:
    """The event of a line; None where it is no warning of an auditd."""
    found = LINE.match(line)
    if not found or found.group(1) in EVERYBODY:
        return None
    host, message = found.groups()
    for what, begin in WARNINGS:
        if message.startswith(begin):
            return {"auditd": {"host": host, "what": what, "message": message.rstrip()}}
    return None


class Follower:
    """New lines of a log that may be rotated: the rest of the old file comes before the new one."""

    def __init__(self, path: str):
        self._path = path
        self._stream: BinaryIO | None = None
        self._begun = b""
        self._open()
        if self._stream:
            self._stream.seek(0, os.SEEK_END)

    def _open(self) -> None:
        try:
            self._stream = open(self._path, "rb")  # noqa: SIM115, it stays open
        except OSError:
            self._stream = None
        self._begun = b""

    def _is_another_file(self) -> bool:
        """Whether the path leads elsewhere now, or the file was emptied in place."""
        assert self._stream
        try:
            there, here = os.stat(self._path), os.fstat(self._stream.fileno())
        except OSError:
            return False  # it was moved away, and the new one is still to come
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino) or there.st_size < self._stream.tell()

    def lines(self) -> list[str]:
        """The whole lines that came since; not all of them where there are many."""
        if not self._stream:
            self._open()
        if not self._stream:
            return []
        read = self._stream.read(AT_ONCE)
        if not read and self._is_another_file():
            self._stream.close()
            self._open()
            read = self._stream.read(AT_ONCE) if self._stream else b""
        *whole, begun = (self._begun + read).split(b"\n")
        self._begun = begun[:LONGEST_LINE]
        return [line.decode("utf-8", "replace") for line in whole]


async def main(queue: asyncio.Queue, args: dict[str, Any]) -> None:
    """Called by ansible-rulebook; runs until it is cancelled."""
    log = Follower(args["path"])
    while True:
        lines = log.lines()
        for event in map(event_of, lines):
            if event:
                await queue.put(event)
        await asyncio.sleep(0 if lines else float(args.get("delay", 5)))
