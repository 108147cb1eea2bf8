# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue that audisp-remote keeps in a file: how much of it waits, and the oldest record that does. Source: its queue.c, version 0."""

import os
import re
import struct
from collections import namedtuple

MAGIC = b"\0audisp-remote"
HEADER = struct.Struct(">14sBBIIII")  # magic, version, 0, entries, bytes of an entry, place of the first, how many wait
ENTRY_BYTES = 8971  # MAX_AUDIT_MESSAGE_LENGTH + 1, libaudit.h
STAMP = re.compile(br"msg=audit\((\d+)\.(\d+):(\d+)\)")

Queue = namedtuple("Queue", "entries waiting oldest")
Queue.__doc__ = "``entries``: how many it can hold; ``waiting``: how many it has; ``oldest``: (epoch seconds, serial) of the next one."


def megabytes(depth: int) -> int:
    """What a queue of so many records takes on disk, at once: the file is allocated whole."""
    return (depth + 1) * ENTRY_BYTES // 2 ** 20 + 1


def read(path: str) -> "Queue | None":
    """The queue in this file of this machine, None where it is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as stream:
        return _read(stream)


def _read(stream):
    try:
        head = stream.read(HEADER.size)
        if len(head) < HEADER.size:
            return None
        magic, version, _reserved, entries, size, first, waiting = HEADER.unpack(head)
        if magic != MAGIC or version or waiting > entries or first >= entries:
            return None
        if not waiting:
            return Queue(entries, 0, None)
        stream.seek((first + 1) * size)
        found = STAMP.search(stream.read(min(size, ENTRY_BYTES)))
        return Queue(entries, waiting, (int(found.group(1)), int(found.group(3))) if found else None)
    except OSError:
        return None
