# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with the programs of Debian 11, 12 and 13 and this machine's kernel, each with a real auditd of its own release and a real cron.

``chroot_hosts.py up DIRECTORY`` makes them, with an inventory; ``down DIRECTORY`` ends them and gives the kernel back as it was. A kernel
has one auditd: ``boot DIRECTORY HOST`` loads a host's rules and starts its auditd and its cron, ``halt DIRECTORY HOST`` ends all that runs
there. A host is an overlay over its root in the lab's cache, so that root stays as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import chroots
import lab

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/live"))
import auditd_site as sites  # noqa: E402
import kernel_state  # noqa: E402

HOSTS = {"debian11": "bullseye", "debian12": "bookworm", "debian13": "trixie"}
# What a benchmark prescribes, with SUSPEND in the place of HALT: this kernel is that of the machine the test runs on.
HARDENED = sites.conf_text(max_log_file_action="KEEP_LOGS", space_left=30, space_left_action="SUSPEND", admin_space_left=20,
                           admin_space_left_action="SUSPEND", disk_full_action="SUSPEND", disk_error_action="SUSPEND")
KERNEL = "kernel.json"
PATIENCE = 30  # seconds for a program to begin or to end


def root_of(directory: Path, host: str) -> Path:
    return directory / "hosts" / host / "merged"


def up(directory: Path) -> None:
    lab.need("mmdebstrap")
    reason = sites.why_not()
    if reason:
        raise lab.LabError(f"no auditd of another release can run on this kernel: {reason}")
    down(directory)
    directory.mkdir(parents=True)
    (directory / KERNEL).write_text(json.dumps(kernel_state.as_it_is()), encoding="utf-8")
    hosts = {}
    for host, suite in HOSTS.items():
        root = root_of(directory, host)
        for part in ("upper", "work", "merged"):
            root.with_name(part).mkdir(parents=True)
        layers = f"lowerdir={chroots.build(suite)},upperdir={root.with_name('upper')},workdir={root.with_name('work')}"
        lab.run("mount", "-t", "overlay", "overlay", "-o", layers, root)
        lab.run("mount", "--bind", "/proc", root / "proc")
        (root / "etc/audit/auditd.conf").write_text(HARDENED, encoding="ascii")
        hosts[host] = {"ansible_connection": "lab_chroot", "ansible_host": str(root), "ansible_python_interpreter": "/usr/bin/python3"}
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}, indent=2), encoding="utf-8")


def boot(directory: Path, host: str) -> None:
    """As a boot does it: a kernel without rules, those of the host's files, its auditd, its cron."""
    root = root_of(directory, host)
    running = sites.kernel_status()["pid"]
    if running:
        raise lab.LabError(f"{host} cannot boot: process {running} is this kernel's auditd")
    kernel_state.empty()
    for left in ("run/auditd.pid", "run/audit/auditd.pid", "run/crond.pid", "run/crond.reboot"):
        (root / left).unlink(missing_ok=True)
    for program in ("augenrules --load", "auditd", "cron"):
        lab.run("chroot", root, "/bin/sh", "-c", f"exec {program}", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    _wait(lambda: sites.kernel_status()["pid"] in processes(root), f"auditd of {host} did not become the kernel's")


def halt(directory: Path, host: str) -> None:
    """Nothing of the host runs any more; its auditd goes first, as it still has records to write."""
    root = root_of(directory, host)
    auditd = sites.kernel_status().get("pid")
    if auditd in processes(root):
        os.kill(auditd, signal.SIGTERM)
        _wait(lambda: auditd not in processes(root), f"auditd of {host} did not end")
    for what in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes(root):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)
        with contextlib.suppress(lab.LabError):
            _wait(lambda: not processes(root), "")
            return
    raise lab.LabError(f"these processes of {host} do not end: {processes(root)}")


def down(directory: Path) -> None:
    for host in HOSTS:
        root = root_of(directory, host)
        if root.is_dir():
            halt(directory, host)
            for point in (root / "proc", root):
                if os.path.ismount(point):
                    lab.run("umount", point)
    if (directory / KERNEL).exists():
        kernel_state.put_back(json.loads((directory / KERNEL).read_text(encoding="utf-8")))
    lab.discard(directory)


def processes(root: Path) -> list[int]:
    """The processes whose root this is, without those that have ended and wait for their parent."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "root") == str(root) and (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(int(process.name))
    return found


def _wait(check, otherwise: str) -> None:
    end = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > end:
            raise lab.LabError(otherwise)
        time.sleep(0.05)


COMMANDS = {"up": up, "down": down, "boot": boot, "halt": halt}


def main() -> int:
    words = sys.argv[1:]
    if not words or len(words) != {"up": 2, "down": 2, "boot": 3, "halt": 3}.get(words[0]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        COMMANDS[words[0]](Path(words[1]).resolve(), *words[2:])
    except (lab.LabError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
