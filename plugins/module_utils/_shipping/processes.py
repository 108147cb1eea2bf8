# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes by which auditd passes records on: its children, and those of audispd before 3.0."""

import os
import time

from .._daemon.process import CLOCK_TICK, proc, started_at, stat_number

LISTEN = "0A"  # TCP_LISTEN of include/net/tcp_states.h


def words_of(pid: "int | str") -> "list[str]":
    """The command line of a process, [] where it is gone."""
    try:
        with open(proc(pid, "cmdline"), "rb") as stream:
            return [os.fsdecode(word) for word in stream.read().split(b"\0") if word]
    except OSError:
        return []


def listens(pid: int, port: int) -> "bool | None":
    """Whether a process itself listens on a TCP port; None where that cannot be seen."""
    sockets = set()
    try:
        for table in ("tcp", "tcp6"):
            path = proc(pid, "net", table)
            if os.path.exists(path):
                with open(path) as stream:
                    sockets.update("socket:[%s]" % inode for inode in _listening(stream, port))
        return any(_leads_to(proc(pid, "fd", number)) in sockets for number in os.listdir(proc(pid, "fd")))
    except OSError:
        return None


def _listening(lines, port):
    """Inodes of a table of /proc/net, proc_net_tcp(5): "sl local_address rem_address st ... inode"."""
    for words in (line.split() for line in lines):
        if len(words) > 9 and words[3] == LISTEN and words[1].endswith(":%04X" % port):
            yield words[9]


def _leads_to(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return None  # it was closed meanwhile


def below(pid: int) -> "dict[int, list[str]]":
    """{pid: command line} of the children of a process, and of theirs."""
    parents = {}
    for name in os.listdir(proc("")):
        if name.isdigit():
            parent = stat_number(name, 4)
            if parent:
                parents.setdefault(parent, []).append(int(name))
    children = parents.get(pid, [])
    everyone = children + [one for child in children for one in parents.get(child, [])]
    return {one: words_of(one) for one in everyone}


def running(pid: int, program: str) -> "tuple[int, list[str]] | None":
    """(pid, its arguments) of the plugin that auditd ``pid`` runs; of one that is compiled into audispd, audispd itself. None for none."""
    name = "audispd" if program.startswith("builtin_") else program.rpartition("/")[2]
    for one, words in sorted(below(pid).items()):
        if words and words[0].rpartition("/")[2] == name:
            return one, words[1:]
    return None


def has_read(host, pid: int, path: str) -> "bool | None":
    """Whether a process that reads a file when it starts, and only then, has read the file that lies there: it was neither written nor
    put there after that. None where the times do not tell: the process is gone, or the file has a time that is still to come.

    A change of mode or owner counts as well: only the time of last change cannot be set, and it does not tell one from the other.
    """
    stamps = [found.st_ctime for found in (host.stat(path), host.lstat(path)) if found]
    started = started_at(pid)
    if started is None or not stamps or max(stamps) > time.time():
        return None
    return max(stamps) + CLOCK_TICK < started
