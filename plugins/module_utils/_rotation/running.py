# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run that holds the lock of audit-rotate, as the lock file shows it: under way, stuck, or cut off before its end.

A run writes one line into the lock file when it begins and empties the file when it ends. A line that stays after its process has gone
is a run that began and never ended.
"""

LOCK_FILE = "lock"  # below state_dir
WATCH_LOCK_FILE = "watch.lock"
LONGEST_RUN = 2 * 3600  # seconds; 100 GB of logs take less

WAITS = {"D": "it waits in the kernel for a disk or a mount that does not answer", "T": "it was stopped by a signal"}


class Run(object):
    """One line of a lock file: ``pid``, ``started`` (clock ticks after boot, proc(5)), ``began`` (epoch seconds, int), ``mode``."""

    def __init__(self, pid: int, started: str, began: int, mode: str):
        self.pid = pid
        self.started = started
        self.began = began
        self.mode = mode

    @property
    def line(self) -> str:
        """The text of the lock file."""
        return "%d %s %d %s\n" % (self.pid, self.started, self.began, self.mode)

    @property
    def state(self) -> "str | None":
        """The process's state letter of proc(5); None where that process has ended."""
        state, started = _process(self.pid)
        return state if started == self.started and state not in ("Z", "X") else None

    def trouble(self, now: float) -> "tuple[str, str] | None":
        """("cut_off" or "stuck", sentence) where this run did not end as it should; None while it is under way."""
        state = self.state
        if state is None:
            return "cut_off", "a run (%s, process %d) began and never ended: it was killed, or the host went down" % (self.mode, self.pid)
        if now - self.began > LONGEST_RUN:
            return "stuck", "process %d (%s) has held the lock for %d hours%s" % (
                self.pid, self.mode, (now - self.began) // 3600, "; " + WAITS[state] if state in WAITS else "")
        return None


def this_process(pid: int, began: float, mode: str) -> Run:
    """The Run that process ``pid`` begins now."""
    return Run(pid, _process(pid)[1] or "0", int(began), mode)


def parse(text: "str | None") -> "Run | None":
    """The Run of a lock file's text; None for an empty file, no file, or one that an earlier release left."""
    words = (text or "").split()
    if len(words) != 4 or not all(word.isdecimal() for word in words[:3]):
        return None
    return Run(int(words[0]), words[1], int(words[2]), words[3])


def _process(pid):
    """(state letter, start time) of a process, (None, None) where there is none."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as stream:
            fields = stream.read().decode("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None, None
    return fields[0], fields[19]
