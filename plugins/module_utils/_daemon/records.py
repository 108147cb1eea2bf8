# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd's records about itself (DAEMON_START, DAEMON_CONFIG, DAEMON_ROTATE, ...), read from a log that may be gigabytes long."""

import os
import re

BLOCK = 1 << 18
SEARCH_LIMIT = 32 << 20  # bytes of log that last_record looks through, newest first
READ_LIMIT = 16 << 20  # bytes read at one look at a growing log; the rest waits for the next look
OLDER_FILES = 4  # audit.log.1 ... where a record may have gone with a rotation

# 2.8 and older leave out the colon after the stamp of DAEMON_CONFIG. A name_format puts "node=NAME " in front.
RECORD = re.compile(br"^(?:node=\S+ )?type=(\w+) msg=audit\((\d{1,18})\.(\d{1,18}):(\d{1,18})\):? (.*)$")
FIELD = re.compile(r"(?:^| )(op|state|ver|auid|pid|res)=(\S+)")
STAMPED_WHEN_SENT = re.compile(br"^type=(?:USER|CRED|SERVICE|DAEMON)\w* msg=audit\((\d+)\.", re.M)  # a system call is stamped at its entry
ENRICHED = b"\x1d"  # AUDIT_INTERP_SEPARATOR: what follows is the enriched reading of the fields before it


def parse_record(line: bytes) -> "dict | None":
    """One log line (bytes) as {type, time, serial, op, state, ver, auid, pid, res, text}; None where it is no record."""
    match = RECORD.match(line)
    if match is None:
        return None
    kind, seconds, milliseconds, serial, rest = match.groups()
    text = rest.split(ENRICHED)[0].decode("utf-8", "replace")
    record = dict.fromkeys(("op", "state", "ver", "auid", "pid", "res"))
    record.update(FIELD.findall(text))
    record.update(type=kind.decode("ascii"), time=float(seconds + b"." + milliseconds), serial=int(serial))
    record["text"] = line.split(ENRICHED)[0].decode("utf-8", "replace")
    return record


def last_record(host, log_file: str, types: "tuple[str, ...]", limit: int = SEARCH_LIMIT) -> "dict | None":
    """The newest record of one of ``types`` in ``log_file`` and what was rotated away from it; None where there is none.

    The files are read backwards in blocks, ``limit`` bytes at most. C(clock_went_back) is in it, True, where a record behind it has an
    earlier time: what was done before and after then cannot be known from times.
    """
    markers = [b"type=" + kind.encode("ascii") + b" " for kind in types]
    for path in [log_file] + ["%s.%d" % (log_file, number) for number in range(1, OLDER_FILES + 1)]:
        try:
            descriptor = os.open(host.path(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            found, limit = _search_backwards(descriptor, markers, limit)
        finally:
            os.close(descriptor)
        if found is not None or limit <= 0:
            return found
    return None


def _search_backwards(descriptor, markers, limit):
    end = _end_of_lines(descriptor)
    tail = b""  # the start of the block read before: the rest of a line that begins in the block read next
    while end > 0 and limit > 0:
        start = max(0, end - BLOCK)
        block = os.pread(descriptor, end - start, start) + tail
        limit -= end - start
        first = 0 if start == 0 else block.find(b"\n") + 1
        if start and not first:
            tail = block  # one line longer than the block
        else:
            lines = block[first:]
            if any(marker in lines for marker in markers):
                for line in reversed(lines.split(b"\n")):
                    if any(marker in line for marker in markers):
                        record = parse_record(line)
                        if record is not None and b"type=" + record["type"].encode("ascii") + b" " in markers:
                            if _went_back(record, lines[lines.rindex(line):]):
                                record["clock_went_back"] = True
                            return record, limit
            tail = block[:first]
        end = start
    return None, limit


def _went_back(record, later):
    return any(int(stamp) < int(record["time"]) for stamp in STAMPED_WHEN_SENT.findall(later))


def _end_of_lines(descriptor):
    """The offset behind the last newline: what follows it is still being written, or was cut off by a full disk."""
    end = os.fstat(descriptor).st_size
    start = max(0, end - BLOCK)
    return start + os.pread(descriptor, end - start, start).rfind(b"\n") + 1


class Follow(object):
    """The records that reach a log from now on, through rotations: note the place first, then act, then read.

    ``log_files`` are the paths where the record may appear: a reload that changes log_file confirms in the new one.
    """

    def __init__(self, host, log_files):
        self._host = host
        self._streams = {path: self._open(path, at_end=True) for path in log_files}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for stream in self._streams.values():
            stream.close()

    def _open(self, path, at_end=False):
        return _Stream(self._host.path(path), at_end)

    def records(self, types: "tuple[str, ...]") -> "list[dict]":
        """The complete records of ``types`` that have arrived since the last call."""
        found = []
        for path, stream in list(self._streams.items()):
            replaced = stream.is_replaced()  # asked before reading: the last lines of the old file are not to be missed
            lines = stream.lines()
            if replaced and stream.is_drained:
                stream.close()
                self._streams[path] = self._open(path)
                lines += self._streams[path].lines()
            for line in lines:
                if b"type=DAEMON_" in line:
                    record = parse_record(line)
                    if record is not None and record["type"] in types:
                        found.append(record)
        return found


class _Stream(object):
    def __init__(self, path, at_end):
        self.path = path
        self._rest = b""
        self._position = 0
        self.is_drained = True
        self._descriptor: "int | None" = None
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return
        if at_end:
            self._position = os.fstat(self._descriptor).st_size

    def close(self):
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_replaced(self):
        try:
            there = os.stat(self.path)
        except OSError:
            return False
        if self._descriptor is None:
            return True
        here = os.fstat(self._descriptor)
        return (here.st_ino, here.st_dev) != (there.st_ino, there.st_dev)

    def lines(self):
        """The complete lines that have arrived since the last call."""
        self.is_drained = True
        if self._descriptor is None:
            return []
        blocks = [self._rest]
        for _unused in range(READ_LIMIT // BLOCK):
            block = os.pread(self._descriptor, BLOCK, self._position)
            self._position += len(block)
            blocks.append(block)
            if len(block) < BLOCK:
                break
        else:
            self.is_drained = False
        lines = b"".join(blocks).split(b"\n")
        self._rest = lines.pop()
        return lines
