# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the one auditd of a host and sending it a signal; a process that is not proven to be it never gets one."""

import _signal as signal  # what the module signal wraps; that one imports enum, 4 ms of 50 for a whole comparison (measured)
import os
import re
import time

from .._errors import AuditError, NotAvailable
from .._host.host import PROGRAM_DIRS
from .._paths import AUDITD_CONF, PID_PATHS
from .._release import release_tuple

CLOCK_BOOTTIME = 7  # clock_gettime(2); Python has the name since 3.7. What field 22 of /proc/PID/stat counts by, proc(5)
CLOCK_TICK = 0.02  # seconds; times of a file, and the start of a process, are the kernel's last tick (4 or 10 ms)
PROGRAM = "auditd"
PROC = "/proc"
NAMESPACES = ("user", "pid")  # not mnt: the unit of auditd has one of its own, by its sandboxing
# What the kernel has a process wait in when the filesystem that it writes to is frozen: sb_start_write(), include/linux/fs.h
FREEZE = re.compile(r"percpu_rwsem|percpu_down_read|sb_start_write|freeze_super")

# what we ask for -> (signal, auditctl's word since 3.1.1 (None: kill(2) does), its word since 3.0), auditctl(8)
SIGNALS = {
    "reload": (signal.SIGHUP, "reload", "HUP"),
    "rotate": (signal.SIGUSR1, "rotate", "USR1"),
    "resume": (signal.SIGUSR2, "resume", "USR2"),
    "report": (signal.SIGCONT, None, "CONT"),
    "stop": (signal.SIGTERM, "stop", "TERM"),
}


def wait_for(check, timeout: float, first: float = 0.005, longest: float = 0.25):
    """The first true result of C(check()), None after ``timeout`` seconds. Sleeps in between, from ``first`` to ``longest`` seconds."""
    end = time.monotonic() + timeout
    pause = first
    while True:
        result = check()
        if result:
            return result
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, longest)


def proc(pid: "int | str", *names: str) -> str:
    """The path in /proc of what belongs to a process, C(stat) or C("fd", "3") for example."""
    return "/".join((PROC, str(pid)) + names)


def stat_number(pid: "int | str", field: int) -> "int | None":
    """A field of /proc/PID/stat, counted as proc(5) does, behind the second, the name; None where it cannot be read."""
    try:
        with open(proc(pid, "stat"), "rb") as stream:
            return int(stream.read().rpartition(b") ")[2].split()[field - 3])
    except (OSError, ValueError, IndexError):
        return None


def started_at(pid: "int | str") -> "float | None":
    """Seconds since the epoch, by the clock as it stands now, at which a process started: cut to a tick (0.01 seconds), and too late by
    what passes between two looks at the clock. None where that cannot be read.
    """
    ticks = stat_number(pid, 22)
    return None if ticks is None else time.time() - time.clock_gettime(CLOCK_BOOTTIME) + ticks / float(os.sysconf("SC_CLK_TCK"))


def is_auditd(pid: int) -> bool:
    """True where the process is auditd, in this system: its name, root's, a program where programs are, our namespaces and root directory.

    The last two distinguish it from the auditd of a container or chroot, which the process table of the host also shows; the owner tells it
    from a copy that some user runs, or holds stopped under a debugger.
    """
    try:
        with open(proc(pid, "comm")) as stream:
            if stream.read().strip() != PROGRAM or _owner(pid) != 0:
                return False
    except (OSError, ValueError):
        return False
    try:
        program, top = os.readlink(proc(pid, "exe")), os.readlink(proc(pid, "root"))
        root = os.stat(proc(pid, "root"))
        if not _in_our_namespaces(pid):
            return False
    except PermissionError:
        return True  # only root may look; without root nothing can be sent either
    except OSError:
        return False
    if program.startswith(top + "/"):  # a service with mounts of its own, in a container made without pivot_root
        program = program[len(top):]
    directory, name = os.path.split(program.split(" (deleted)")[0])  # deleted: the package was upgraded under it
    if name != PROGRAM or directory not in PROGRAM_DIRS:
        return False
    ours = os.stat("/")
    return (root.st_dev, root.st_ino) == (ours.st_dev, ours.st_ino) and not _is_zombie(pid)


def _owner(pid):
    """The effective user of a process; None where /proc does not say."""
    with open(proc(pid, "status")) as stream:
        found = re.search(r"^Uid:\s+\d+\s+(\d+)", stream.read(), re.M)
    return int(found.group(1)) if found else None


def _in_our_namespaces(pid):
    return all(_namespace(pid, kind) == _namespace("self", kind) for kind in NAMESPACES)


def _namespace(pid, kind):
    try:
        return os.readlink(proc(pid, "ns", kind))
    except FileNotFoundError:
        return None  # a kernel without this kind


def _is_zombie(pid):
    return state_of(pid) in ("Z", "X", None)


def state_of(pid: int) -> "str | None":
    """The state of a process, one letter of proc(5): D is uninterruptible sleep, T and t are stopped. None where it is gone."""
    try:
        with open(proc(pid, "stat"), "rb") as stream:
            return stream.read().rpartition(b") ")[2][:1].decode("ascii", "replace") or None
    except OSError:
        return None


def why_silent(pid: int) -> "str | None":
    """Why a living process does not answer, as far as /proc shows: a frozen filesystem, a disk that does not answer, a stopped process."""
    state = state_of(pid)
    if state in ("T", "t"):
        return "the process is stopped (state %s, by SIGSTOP or a debugger): let it go on with SIGCONT or end the debugger" % state
    if state != "D":
        return None
    if FREEZE.search(_waits_in(pid)):
        return "it waits for a frozen filesystem (state D): thaw the one that holds its log (fsfreeze --unfreeze)"
    return "it waits for a disk that does not answer (state D): look at the one that holds its log"


def _waits_in(pid):
    """The kernel functions in which a process sleeps; the stack is for root, the last of them for all."""
    found = []
    for name in ("wchan", "stack"):
        try:
            with open(proc(pid, name)) as stream:
                found.append(stream.read())
        except (OSError, ValueError):
            continue
    return " ".join(found)


def conf_read_by(pid: int) -> "str | None":
    """The auditd.conf that this auditd reads: below the directory that C(-c) names, auditd(8). None where /proc does not say."""
    try:
        with open(proc(pid, "cmdline"), "rb") as stream:
            words = [os.fsdecode(word) for word in stream.read().split(b"\0")[1:]]
    except OSError:
        return None
    for number, word in enumerate(words):
        if word == "-c":
            return "/".join((words[number + 1].rstrip("/"), os.path.basename(AUDITD_CONF))) if words[number + 1:] else None
        if word.startswith("-c"):
            return "/".join((word[2:].rstrip("/"), os.path.basename(AUDITD_CONF)))
    return AUDITD_CONF


def find(host) -> "int | None":
    """The pid of the auditd that runs on this host, None where none does (or the host is an offline tree)."""
    if not host.is_live:
        return None
    for path in PID_PATHS:
        try:
            pid = int(host.text(path) or 0)
        except (AuditError, ValueError):
            continue
        if pid > 1 and is_auditd(pid):
            return pid
    found = [pid for pid in _processes() if is_auditd(pid)]
    if len(found) > 1:
        kernels = kernel_status(host).get("pid")
        found = [pid for pid in found if pid == kernels] or found
    return found[0] if found else None


def _processes():
    return sorted(int(name) for name in os.listdir(PROC) if name.isdigit())


def kernel_status(host) -> dict:
    """_kernel.status(), empty where it cannot be read (container, no privilege, offline tree)."""
    if not host.is_live:
        return {}
    from .. import _kernel  # measured: 6 of the 31 ms of CPU that importing costs the guard, which asks the kernel nothing

    try:
        return _kernel.status(host.run)
    except AuditError:
        return {}


def send(host, pid: int, what: str, release: "str | None" = None) -> str:
    """Send the signal for ``what`` (a key of SIGNALS) to auditd and return the way it went, in words.

    By C(auditctl --signal) where the release has it and the kernel's audit pid is this very process, else with kill(2). A state report
    needs no auditctl: it changes nothing, so nobody misses who asked.
    """
    if not host.is_live:
        raise NotAvailable("no signal is sent: %s is an offline tree" % host.root)
    if not is_auditd(pid):
        raise AuditError("no signal is sent: process %s is not (or no longer) the auditd of this system" % pid)
    number, word, old_word = SIGNALS[what]
    have = release_tuple(release)
    program = host.which("auditctl") if word and have >= (3, 0) else None
    # auditctl signals whatever pid the kernel has, and 3.0 to 3.1.2 return 0 where there is none
    if program and kernel_status(host).get("pid") == pid:
        argv = [program, "--signal", word if have >= (3, 1, 1) else old_word]
        rc, _unused, _unused = host.run(argv)
        if rc == 0:
            return " ".join(["auditctl"] + argv[1:])
    _kill(pid, number)
    return "kill -%s %d" % (old_word, pid)


def _kill(pid, number):
    descriptor = _pidfd(pid)
    try:
        if not is_auditd(pid):
            raise AuditError("no signal is sent: auditd (process %d) has just ended" % pid)
        if descriptor is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(descriptor, number)
    except OSError as error:
        raise AuditError("auditd (process %d) cannot be signalled: %s" % (pid, error.strerror))
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _pidfd(pid):
    """A descriptor that keeps meaning this process when its number passes on; None before Python 3.9 or Linux 5.3."""
    if not (hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal")):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
