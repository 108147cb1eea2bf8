# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that a play is measured on, with the CPU time of all that it costs: this machine by the local connection, or one behind SSH."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LAB = Path(__file__).resolve().parents[1] / "molecule" / "lab"
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
TICKS = os.sysconf("SC_CLK_TCK")
LONGEST_END = 300  # seconds; a busy machine takes long over sixty connections


class ThisMachine:
    """All hosts of the inventory are this machine."""

    name = "local"

    def variables(self, number: int) -> dict:
        """Of the host with this number in the inventory."""
        return {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}

    def cpu(self) -> float:
        """Seconds of user and system time, of the controller and of the hosts, that have been used so far."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def close(self) -> None:
        """Between two plays."""


class BehindSSH(ThisMachine):
    """All hosts of the inventory are one sshd on loopback (molecule/lab/sshd_fleet.py), each by a connection of its own; sudo on it.

    ``keeps``: whether connections stay open from one play to the next; otherwise each play opens its own, as a run by night does.
    """

    name = "ssh"

    def __init__(self, directory: Path, start, *, keeps: bool = False) -> None:
        self.sockets, self.keeps = directory / "sockets", keeps
        host = directory / "hosts" / "one"  # where sshd_fleet.down looks
        self._variables = start(host)
        self._sshd = int((host / "pid").read_text(encoding="ascii"))
        self.sockets.mkdir()
        # ssh that stays in the background for the next task becomes a child of this process, so that its time is counted
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def variables(self, number: int) -> dict:
        persist = "-o ControlMaster=auto -o ControlPersist=600s"
        return {**self._variables, "ansible_control_path": str(self.sockets / f"{number}"), "ansible_ssh_args": persist}

    def cpu(self) -> float:
        while self._reaped():
            pass
        processes = _processes()
        return super().cpu() + sum(_tree(processes, pid) for pid in [self._sshd, *self._background(processes)])

    def close(self) -> None:
        if not self.keeps:
            self.end()

    def end(self) -> None:
        """End the connections that are open."""
        for pid in self._background(_processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + LONGEST_END
        while self._background(_processes()) or self._sessions():
            self._reaped()
            if time.monotonic() > end:
                sys.exit("connections of the play before have not ended")
            time.sleep(0.02)

    def _reaped(self) -> bool:
        try:
            return os.waitpid(-1, os.WNOHANG)[0] != 0
        except ChildProcessError:
            return False

    def _background(self, processes: dict) -> list[int]:
        return [pid for pid, (parent, _used) in processes.items() if parent == os.getpid() and pid != self._sshd]

    def _sessions(self) -> int:
        processes = _processes()
        listeners = [pid for pid, (parent, _used) in processes.items() if parent == self._sshd]
        return sum(parent in listeners for parent, _used in processes.values())


class Machine(ThisMachine):
    """The host is a machine that boots, under qemu (molecule/lab/vms.py); what it was busy for counts by its own clock."""

    name = "vm"

    def __init__(self, machine) -> None:
        self.machine = machine
        import vms

        self._variables = next(iter(vms.inventory([machine.name])["all"]["hosts"].values()))
        self._looks, self._look = 0, 0.0
        before = self.cpu()
        self._look = self.cpu() - before  # seconds that a look takes there itself

    def variables(self, number: int) -> dict:
        return self._variables

    def cpu(self) -> float:
        script = "awk '/^cpu / {print $2 + $3 + $4 + $7 + $8}' /proc/stat"  # proc_stat(5): user, nice, system, irq, softirq
        busy = float(self.machine.run(script=script).stdout)
        self._looks += 1
        return super().cpu() + busy / TICKS - self._looks * self._look


def _processes() -> dict[int, tuple[int, float]]:
    """{pid: (parent, seconds of it and of those of its children that have ended)} of this machine."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            found[int(path.parent.name)] = int(words[1]), sum(map(int, words[11:15])) / TICKS
    return found


def _tree(processes: dict, pid: int) -> float:
    """Seconds of a process and of all below it."""
    below = (one for one, (parent, _used) in processes.items() if parent == pid)
    return processes.get(pid, (0, 0.0))[1] + sum(_tree(processes, one) for one in below)


@contextlib.contextmanager
def hosts(connection: str, *, keeps: bool = False) -> Iterator[ThisMachine]:
    """The hosts of a connection: C(local), C(ssh) or C(vm); the latter two need root, and build their Debian 13 the first time."""
    if connection == ThisMachine.name:
        yield ThisMachine()
        return
    sys.path.insert(0, str(LAB))
    if connection == Machine.name:
        import vms

        machine = vms.fresh("debian13", 64, f"bench-{os.getpid()}")
        try:
            yield Machine(machine)
        finally:
            machine.remove()
        return
    import chroots
    import sshd_fleet

    directory = Path(tempfile.mkdtemp(prefix="auditops-bench-"))
    root = chroots.build(*sshd_fleet.ROOT)
    try:
        found = BehindSSH(directory / "fleet", lambda where: sshd_fleet.start("plain", where, root), keeps=keeps)
        yield found
        found.end()
    finally:
        sshd_fleet.down(directory / "fleet")
        directory.rmdir()
