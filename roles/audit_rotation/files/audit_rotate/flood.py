# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who made the records of a log: named where a flood costs archives, because it can be somebody who rolls out his traces."""

import re

SAMPLE = 4 << 20  # bytes from the end of the log
SMALLEST = 1 << 16  # bytes of a log that says something
NAMED = 3  # of each kind
UNSET = b"4294967295"
LOGIN_UID = re.compile(br" auid=(\d+)")
USER = re.compile(br" uid=(\d+)")
KEY = re.compile(br' key="([^"\n]{1,64})"')


def tail_of(blocks):
    """The last 4 MB of a log's blocks, from the start of a record."""
    tail, size, is_cut = [], 0, False
    for block in blocks:
        tail.append(block)
        size += len(block)
        while size - len(tail[0]) > SAMPLE:
            size -= len(tail.pop(0))
            is_cut = True
    text = b"".join(tail)
    return text.partition(b"\n")[2] if is_cut else text


def makers(text):
    """{records, seconds, auid, uid, key} of the text (bytes) of a log.

    ``auid``, ``uid`` and ``key`` are [[value, records]] with the largest first; ``seconds`` is None where the sample has no two records.
    """
    counts = {"auid": {}, "uid": {}, "key": {}}
    times = []
    for line in text.split(b"\n"):
        stamp = line.find(b"msg=audit(")
        if stamp < 0:
            continue
        times.append(line[stamp + 10:stamp + 20])
        for name, pattern in (("auid", LOGIN_UID), ("uid", USER), ("key", KEY)):
            found = pattern.search(line)
            if found and found.group(1) != UNSET:
                counts[name][found.group(1)] = counts[name].get(found.group(1), 0) + 1
    found = {name: _largest(count) for name, count in counts.items()}
    found.update(records=len(times), seconds=_seconds(times))
    return found


def sentence(found):
    """The same in words, for syslog."""
    parts = ["%s %s" % (name, ", ".join("%s (%d)" % (value, count) for value, count in found[name])) for name in ("auid", "uid", "key")
             if found[name]]
    span = "" if found["seconds"] is None else " of %d seconds" % found["seconds"]
    return "the newest %d records%s are by %s" % (found["records"], span, "; ".join(parts) or "no user and no key")


def _largest(count):
    ordered = sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
    return [[value.decode("ascii", "replace"), number] for value, number in ordered[:NAMED]]


def _seconds(times):
    numbers = [int(when) for when in times if when.isdigit()]
    return max(numbers) - min(numbers) if len(numbers) > 1 else None
