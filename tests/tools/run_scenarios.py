# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``molecule test`` for each scenario, with its time, and a look at what it leaves behind: ``run_scenarios.py TREE SCENARIO...``

Before and after each scenario this machine is looked at: mounts, the processes of the scenario, the kernel's audit rules and switches, the
files of the checkout and of the directories that a role could write to by mistake. A scenario that leaves anything there fails, though all
its steps passed. A scenario that this machine cannot run, or not in time, is skipped, with the reason.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))
import auditd_site  # noqa: E402

COLLECTION = Path("ansible_collections/auditops/auditd")
OUTSIDE = ("/etc", "/var/lib/auditops", "/var/lib/audit-rotate", "/var/log/audit", "/usr/local", "/run/auditops-lab")
# What other programs of any host write at their own time
NOISE = ("/etc/mtab", "/etc/ld.so.cache", "/etc/resolv.conf", "/var/log/audit")
NEEDS = {"chroot": ("mmdebstrap", "zstd"), "container": ("podman", "runc", "ssh", "mmdebstrap"), "fleet": ("ssh", "mmdebstrap"),
         "vm": ("qemu-system-x86_64", "qemu-img", "ssh", "mmdebstrap")}
AS_ROOT = ("chroot", "container", "fleet", "vm")
CONTAINER = Path(__file__).resolve().parents[2] / "molecule/lab/container.py"
PATIENCE = 420  # seconds for a container, with its root where that is not built yet
LONGEST = {"container": 600, "vm": 5400}  # seconds for a scenario, by its name: one in .ci/run must not take long, a machine may
LONGEST_OF_OTHERS = 1200
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


class TooSlow(Exception):
    """A scenario that did not end in time, in one sentence."""


def call(argv: list[str], seconds: float, **options) -> int:
    """Run a program and all that it starts; TooSlow where that does not end in time, and it is ended."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, **options) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            for what in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(process.pid, what)
                    process.wait(30)
            raise TooSlow(f"{' '.join(argv[:2])} did not end within {seconds:g} s here") from None


def obstacle(scenario: str) -> str | None:
    """Why this machine cannot run a scenario; None where it can."""
    if scenario in AS_ROOT and os.geteuid():
        return "it needs root"
    missing = [program for program in NEEDS.get(scenario, ()) if not shutil.which(program)]
    if missing:
        return f"not installed here: {', '.join(missing)}"
    if scenario == "chroot":
        return auditd_site.why_not()
    return no_container() if scenario == "container" else None


def no_container() -> str | None:
    """Why no container of the lab starts here: not each machine lets podman, systemd in it and the root's builder work."""
    with tempfile.TemporaryDirectory(prefix="container-") as scratch:
        def container(command: str) -> str | None:
            with open(f"{scratch}/log", "w+", encoding="utf-8", errors="replace") as log:
                argv = [sys.executable, str(CONTAINER), command, f"{scratch}/fleet"]
                try:
                    failed = call(argv, PATIENCE, stdout=log, stderr=log)
                except TooSlow:
                    return f"a container with systemd did not come {command} within {PATIENCE} s"
                log.seek(0)
                return f"no container with systemd starts here: {' '.join(log.read().split())[-300:]}" if failed else None

        up, down = container("up"), container("down")  # also one that came up only by half
        return up or down


def run(checkout: Path, scenario: str, molecule: Callable[..., int] = call, outside: tuple[str, ...] = OUTSIDE,
        seconds: float | None = None) -> list[str]:
    """What is wrong with a scenario: that it failed, and what it left behind. TooSlow where it did not end in time."""
    seconds = seconds or LONGEST.get(scenario, LONGEST_OF_OTHERS)
    with tempfile.TemporaryDirectory(prefix="scenario-") as scratch:
        directory = Path(scratch)
        options = {"cwd": checkout, "env": {**os.environ, "MOLECULE_EPHEMERAL_DIRECTORY": f"{directory}/ephemeral"}}
        before = look(checkout, outside)
        try:
            failed = molecule(["molecule", "test", "--scenario-name", scenario], seconds, **options)
        except TooSlow:
            with contextlib.suppress(TooSlow):
                molecule(["molecule", "destroy", "--scenario-name", scenario], PATIENCE, **options)
            raise
        wrong = [f"molecule test returned {failed}"] if failed else []
        return wrong + differences(before, {**look(checkout, outside), **processes(directory)})


def result(checkout: Path, scenario: str) -> str:
    """How a scenario ended, with its time. A machine that is too slow for one with hosts of its own is no fault of the collection."""
    begin, wrong = time.monotonic(), []
    reason = obstacle(scenario)
    try:
        wrong = [] if reason else run(checkout, scenario)
    except TooSlow as error:
        if scenario in AS_ROOT:
            reason = str(error)
        else:
            wrong = [str(error)]
    seconds = f"{time.monotonic() - begin:.0f} s"
    if reason:
        return f"skipped: {reason}"
    return "\n  ".join([f"FAILED, {seconds}", *wrong]) if wrong else f"passed, {seconds}"


def main() -> int:
    checkout, results = Path(sys.argv[1]).resolve() / COLLECTION, {}
    for scenario in sys.argv[2:]:
        results[scenario] = result(checkout, scenario)
        print(f"{scenario}: {results[scenario]}", flush=True)
    print("\n".join(["", "Scenarios:", *(f"{name}: {ended}" for name, ended in results.items())]))
    return int(any(ended.startswith("FAILED") for ended in results.values()))


if __name__ == "__main__":
    sys.exit(main())
