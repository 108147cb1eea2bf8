# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The times of the first and last record of a log: what an archive is named after and judged by."""

import os

from ._daemon.records import parse_record

BLOCK = 1 << 16
LONGEST_SEARCH = 1 << 22  # bytes from either end; a record is 8970 bytes at most (MAX_AUDIT_MESSAGE_LENGTH, libaudit.h)


def first_of(descriptor):
    """Epoch seconds (float) of the first record, None where the first 4 MB hold none."""
    rest, position = b"", 0
    while position < LONGEST_SEARCH:
        block = os.pread(descriptor, BLOCK, position)
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines if block else [rest]:
            found = _time(line)
            if found is not None:
                return found
        if not block:
            return None
        position += len(block)
    return None


def last_of(descriptor, size):
    """Epoch seconds of the last whole record in the first ``size`` bytes, None where their last 4 MB hold none."""
    rest, end = b"", size
    while end > 0 and size - end < LONGEST_SEARCH:
        start = max(0, end - BLOCK)
        lines = (os.pread(descriptor, end - start, start) + rest).split(b"\n")
        rest = lines.pop(0)
        for line in reversed(lines if start else [rest] + lines):
            found = _time(line)
            if found is not None:
                return found
        end = start
    return None


class Times(object):
    """The same of a stream that passes in blocks: ``first`` and ``last``, None until a record came by."""

    def __init__(self):
        self.first = None
        self.last = None
        self._rest = b""

    def feed(self, block):
        """Look at the next block. Only its first and its last lines are read."""
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop()[-BLOCK:]
        if self.first is None:
            self.first = _first_time(lines)
        last = _first_time(reversed(lines))
        if last is not None:
            self.last = last

    def end(self):
        """The stream is over: a last line without an end counts too."""
        last = _time(self._rest)
        if last is not None:
            self.last = last
            self.first = last if self.first is None else self.first


def _first_time(lines):
    for line in lines:
        found = _time(line)
        if found is not None:
            return found
    return None


def _time(line):
    # the stamp counts only where auditd puts it: a user's message may hold the text of another one
    record = parse_record(line) if b"type=" in line[:320] else None
    return record["time"] if record else None
