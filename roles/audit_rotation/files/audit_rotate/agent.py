# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an agent that follows the live log has come, by the file in which it remembers that: the Amazon CloudWatch agent's.

The agent reads a log that was rotated to its end before it opens the new one, while it runs. One that was started after the last record of
an archive may never have seen that end, so such an archive does not count as sent by this.
"""

import os
import re

from . import open_files
from ._host.host import read_regular
from .store import identity

STAMP = re.compile(br"msg=audit\((\d+)\.")
BEFORE = 1 << 16  # bytes before the place where the agent is, in which the time of a record stands
COMM = 15  # letters of a process's name that the kernel keeps


def has_sent(when, target):
    """Whether the agent has sent everything up to ``when`` (epoch seconds), as far as its own file shows."""
    sent, started = _sent_until(target), _started(target["process"])
    return sent is not None and started is not None and started < when <= sent


def started_after(when, target):
    """Whether the running agent was started after ``when`` (epoch seconds): its files never show whether an archive that ended before was
    sent.
    """
    started = _started(target["process"])
    return started is not None and started >= when


def _sent_until(target):
    """The time of the last record before the place where the agent is; None where that is not known.

    Its file says a number of bytes, not of which log: that counts for the log that lies there only while the agent holds this one alone.
    """
    try:
        with open(target["log"], "rb") as stream:
            read = _read_of(stream, target)  # before its file: what it leaves behind meanwhile is this log
            first = read_regular(target["state"]).partition(b"\n")[0].strip()
            if read is None or not first.isdigit() or int(first) > read:
                return None
            place = int(first)
            stream.seek(max(0, place - BEFORE))
            found = STAMP.findall(stream.read(min(place, BEFORE)))
    except (OSError, ValueError):
        return None
    return int(found[-1]) if found else None


def _read_of(stream, target):
    """How many bytes of this open log the agent has read; None where it is still in the log before it, or in none."""
    directory, name = os.path.split(os.path.realpath(target["log"]))
    held = [one for pid in _processes(target["process"]) for one in open_files.held_by(pid, directory, name)]
    live = identity(os.fstat(stream.fileno()))
    if not held or any(here != live for here, _position in held):
        return None
    return max(position for _here, position in held)


def _started(name):
    """When the oldest process of this name was started, epoch seconds; None where none runs."""
    times = [_start_of(pid) for pid in _processes(name)]
    return min([when for when in times if when is not None], default=None)


def _processes(name):
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and _comm(pid) == name[:COMM]]


def _comm(pid):
    try:
        with open("/proc/%s/comm" % pid) as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return None


def _start_of(pid):
    try:
        with open("/proc/%s/stat" % pid, "rb") as stream:
            ticks = int(stream.read().rpartition(b") ")[2].split()[19])
        with open("/proc/stat") as stream:
            booted = next(int(line.split()[1]) for line in stream if line.startswith("btime "))
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return booted + ticks / float(os.sysconf("SC_CLK_TCK"))
