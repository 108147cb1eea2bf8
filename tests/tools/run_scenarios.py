# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``molecule test`` for each scenario, with its time, and a look at what it leaves behind: ``run_scenarios.py TREE SCENARIO...``

Before and after each scenario this machine is looked at: mounts, the processes of the scenario, the kernel's audit rules and switches, the
files of the checkout and of the directories that a role could write to by mistake. A scenario that leaves anything there fails, though all
its steps passed. A scenario that this machine cannot run is skipped, with the reason.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

COLLECTION = Path("ansible_collections/auditops/auditd")
OUTSIDE = ("/etc", "/var/lib/auditops", "/var/lib/audit-rotate", "/var/log/audit", "/usr/local", "/run/auditops-lab")
# What other programs of any host write at their own time
NOISE = ("/etc/mtab", "/etc/ld.so.cache", "/etc/resolv.conf", "/var/log/audit")
NEEDS = {"container": ("podman", "runc", "ssh", "mmdebstrap"), "fleet": ("ssh", "mmdebstrap"),
         "vm": ("qemu-system-x86_64", "qemu-img", "ssh", "mmdebstrap")}
AS_ROOT = ("container", "fleet", "vm")
CONTAINER = Path(__file__).resolve().parents[2] / "molecule/lab/container.py"
PATIENCE = 600  # seconds for a container, with its root where that is not built yet
STATUS = ("enabled", "failure", "backlog_limit", "backlog_wait_time")  # the switches of auditctl -s that are set, not counted


def content(path: Path) -> str:
    """Where a link leads, or the digest of a file; "" for what is neither."""
    if path.is_symlink():
        return os.readlink(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


def files(directory: Path) -> dict[str, str]:
    """Kind, mode and content of what lies below a directory."""
    found = {}
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink() and path.is_dir():
            found[str(path)] = f"directory {path.stat().st_mode:o}"
        elif "__pycache__" not in path.parts and not str(path).startswith(NOISE):
            with contextlib.suppress(OSError):  # it was removed meanwhile
                found[str(path)] = f"{path.lstat().st_mode:o} {content(path)}"
    return found


def mounts() -> dict[str, str]:
    """What is mounted, but for the images and machines of the lab, which another checkout may build or run at the same time."""
    lab = os.environ.get("AUDITOPS_LAB", "/var/tmp/auditops-lab")
    fields = (line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines())
    elsewhere = (f"{lab}/images/", f"{lab}/machines/")
    return {f"mount {where}": f"{what} {kind}" for what, where, kind, *_rest in fields if not where.startswith(elsewhere)}


def processes(directory: Path) -> dict[str, str]:
    """The processes that were started with the scenario's directory in their environment or command line."""
    mark, found = os.fsencode(directory), {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if mark in command or mark in (process / "environ").read_bytes():
                found[f"process {process.name}"] = command.replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue  # it has ended, or is another user's
    return found


def kernel() -> dict[str, str]:
    """The loaded rules and the switches, where audit can be asked here."""
    auditctl = shutil.which("auditctl", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if os.geteuid() or not auditctl:
        return {}
    rules, status = (subprocess.run([auditctl, option], check=False, capture_output=True, text=True).stdout for option in ("-l", "-s"))
    switches = [line for line in status.splitlines() if line.partition(" ")[0] in STATUS]
    return {"kernel rules": rules, "kernel switches": "\n".join(switches)}


def look(checkout: Path, outside: tuple[str, ...] = OUTSIDE) -> dict[str, str]:
    """Everything of this machine that a scenario must leave as it was."""
    found = {**mounts(), **kernel()}
    for directory in (checkout, *map(Path, outside)):
        if directory.is_dir():
            found.update(files(directory))
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What is new, gone or changed, a line each."""
    new = [f"left behind: {name} ({after[name]})" for name in after if name not in before]
    gone = [f"gone: {name}" for name in before if name not in after]
    changed = [f"changed: {name}: {before[name]} -> {after[name]}" for name in before if name in after and before[name] != after[name]]
    return new + gone + changed


def obstacle(scenario: str) -> str | None:
    """Why this machine cannot run a scenario; None where it can."""
    if scenario in AS_ROOT and os.geteuid():
        return "it needs root"
    missing = [program for program in NEEDS.get(scenario, ()) if not shutil.which(program)]
    if missing:
        return f"not installed here: {', '.join(missing)}"
    return no_container() if scenario == "container" else None


def no_container() -> str | None:
    """Why no container of the lab starts here: not each machine lets podman, systemd in it and the root's builder work."""
    with tempfile.TemporaryDirectory(prefix="container-") as scratch:
        directory = f"{scratch}/fleet"
        for command in ("up", "down"):
            argv = [sys.executable, str(CONTAINER), command, directory]
            try:
                done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                return f"a container with systemd did not come {command} within {PATIENCE} s"
            if done.returncode:
                return f"no container with systemd starts here: {' '.join(done.stderr.split())[-300:]}"
    return None


def run(checkout: Path, scenario: str, molecule: Callable[..., int], outside: tuple[str, ...] = OUTSIDE) -> list[str]:
    """What is wrong with a scenario: that it failed, and what it left behind."""
    with tempfile.TemporaryDirectory(prefix="scenario-") as scratch:
        directory = Path(scratch)
        before = look(checkout, outside)
        failed = molecule(["molecule", "test", "--scenario-name", scenario], cwd=checkout,
                          env={**os.environ, "MOLECULE_EPHEMERAL_DIRECTORY": f"{directory}/ephemeral"})
        wrong = [f"molecule test returned {failed}"] if failed else []
        return wrong + differences(before, {**look(checkout, outside), **processes(directory)})


def main() -> int:
    checkout, results = Path(sys.argv[1]).resolve() / COLLECTION, {}
    for scenario in sys.argv[2:]:
        begin = time.monotonic()
        reason = obstacle(scenario)
        wrong = [] if reason else run(checkout, scenario, subprocess.call)
        seconds = f"{time.monotonic() - begin:.0f} s"
        ended = "\n  ".join([f"FAILED, {seconds}", *wrong]) if wrong else f"passed, {seconds}"
        results[scenario] = f"skipped: {reason}" if reason else ended
        print(f"{scenario}: {results[scenario]}", flush=True)
    print("\n".join(["", "Scenarios:", *(f"{name}: {result}" for name, result in results.items())]))
    return int(any(result.startswith("FAILED") for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
