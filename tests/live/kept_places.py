# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a live test may change of a machine or of a root, copied aside before the test and put back after it.

The copy outlives a run that is killed: the next run finds it and puts everything back before its first test, also the auditd that was left
running and what is mounted there. A machine on which a run was killed is thus the same for the next run as one on which it was not.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

SAVED = "var/tmp/auditops-live-saved"  # what stood there before, below it one directory each of KINDS; it counts once COMPLETE is in it
KINDS = ("test", "module")  # what a fixture of a module changes holds for its tests, so the copies of a test go back first
COMPLETE = "complete"
STARTED = Path("/var/tmp/auditops-live-started")  # the processes that live tests started, a line each: pid and start time
ATTEMPTS = 50  # to remove or to unmount something that is still in use, a tenth of a second apart
PLACES = (
    "etc/audit", "var/log/audit", "etc/cron.d", "etc/cron.daily", "etc/fstab", "etc/systemd/system", "var/spool/cron", "usr/local/sbin",
    "usr/local/lib/audit-rotate", "usr/sbin/audisp-remote", "var/lib/audit-rotate", "var/lib/auditops", "var/log/syslog", "dev/log",
    "var/tmp/auditops-audit-resume", "var/tmp/auditops-elsewhere", "var/tmp/auditops-etc.img", "var/tmp/auditops-file",
    "var/tmp/auditops-live.img", "var/tmp/auditops-setuid",
)


def save(root: Path, kind: str = "test") -> None:
    """Copy PLACES of this root aside. What a killed run left must have been put back before: see put_back_all()."""
    saved = root / SAVED / kind
    shutil.rmtree(saved, ignore_errors=True)
    saved.mkdir(parents=True, mode=0o700)
    for place in PLACES:
        if _is_kept(root / place):
            (saved / place).parent.mkdir(parents=True, exist_ok=True)
            _copy(root / place, saved / place)
    there = [place for place in PLACES if os.path.lexists(root / place)]
    (saved / COMPLETE).write_text(json.dumps(there))


def put_back(root: Path, kind: str = "test") -> None:
    """Make PLACES what they were at save(), where they differ; nothing where nothing is saved."""
    saved = root / SAVED / kind
    if (saved / COMPLETE).exists():
        there = json.loads((saved / COMPLETE).read_text())
        for place in PLACES:
            _unmount_below(root / place)
            if place not in there:
                _remove(root / place)
            elif _is_kept(saved / place) and _state(saved / place) != _state(root / place):
                _remove_below(root / place)
                _copy(saved / place, root / place)
    shutil.rmtree(saved, ignore_errors=True)
    with contextlib.suppress(OSError):  # another kind's copy is there, or nothing ever was
        (root / SAVED).rmdir()


def put_back_all(root: Path) -> None:
    """What any run has left, before the first test of this one."""
    for kind in KINDS:
        put_back(root, kind)


@contextlib.contextmanager
def kept(root: Path, kind: str):
    """PLACES as they were, afterwards."""
    save(root, kind)
    try:
        yield
    finally:
        put_back(root, kind)


def note_started(pid: int) -> None:
    """Remember a process that a test started, for end_what_was_started() of a later run."""
    with STARTED.open("a") as stream:
        stream.write(f"{pid} {_start_time(pid)}\n")


def end_what_was_started() -> None:
    """End the processes of a killed run that still run; no other process that has the number of one by now."""
    for line in STARTED.read_text().splitlines() if STARTED.exists() else []:
        pid, started = line.split()
        for number in (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(OSError):
                if _start_time(int(pid)) == started:
                    os.kill(int(pid), number)
                    _wait_for_end(int(pid), started, 5 if number == signal.SIGTERM else 0)
    STARTED.unlink(missing_ok=True)


def empty(directory: Path) -> None:
    """A directory with nothing in it, whatever was there and whatever chattr made of it."""
    directory.mkdir(parents=True, exist_ok=True)
    _remove_below(directory)


def unmount(point: Path | str) -> None:
    """Also where a program that is about to end still has something open there."""
    _until_it_goes(lambda: subprocess.run(["umount", str(point)], check=True))


def _is_kept(path: Path) -> bool:
    return path.is_symlink() or path.is_dir() or path.is_file()


def _copy(source: Path, target: Path) -> None:
    """With modes, times and owners."""
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=_neither_file_nor_directory)
    else:
        _remove(target)
        shutil.copy2(source, target, follow_symlinks=False)
    for path in _all_of(source):  # copytree keeps modes and times, not owners
        at = target / path.relative_to(source)
        if os.path.lexists(at):
            os.lchown(at, path.lstat().st_uid, path.lstat().st_gid)


def _neither_file_nor_directory(directory: str, names: list[str]) -> list[str]:
    return [name for name in names if not _is_kept(Path(directory, name))]


def _all_of(path: Path) -> list[Path]:
    return [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]


def _state(path: Path) -> dict[str, tuple]:
    """What _copy() keeps of a place, but for the times of directories, which each entry made and gone in them changes."""
    found = {}
    for each in _all_of(path) if os.path.lexists(path) else []:
        if _is_kept(each):
            status, directory = each.lstat(), each.is_dir() and not each.is_symlink()
            content = os.readlink(each) if each.is_symlink() else "" if directory else (status.st_size, status.st_mtime_ns)
            found[str(each.relative_to(path))] = (status.st_mode, status.st_uid, status.st_gid, content)
    return found


def _remove_below(path: Path) -> None:
    """Everything below a directory, or the file itself."""
    if path.is_dir() and not path.is_symlink():
        for entry in path.iterdir():
            _remove(entry)
    else:
        _remove(path)


def _remove(path: Path) -> None:
    """Also what chattr has locked, and where a program that is about to end still writes."""
    def remove() -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif os.path.lexists(path):
            path.unlink()
    _until_it_goes(remove, lambda: subprocess.run(["chattr", "-R", "-f", "-i", "-a", str(path)], check=False, capture_output=True))


def _until_it_goes(step: Callable[[], object], cure: Callable[[], object] = lambda: None) -> None:
    for left in reversed(range(ATTEMPTS)):
        try:
            step()
            return
        except (OSError, subprocess.CalledProcessError):
            if not left:
                raise
            cure()
            time.sleep(0.1)


def _unmount_below(place: Path) -> None:
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in reversed([one for one in mounted if one == str(place) or one.startswith(f"{place}/")]):
        unmount(point)


def _start_time(pid: int) -> str:
    """Field 22 of /proc/PID/stat (proc(5)): no later process of the same number has the same."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def _wait_for_end(pid: int, started: str, seconds: int) -> None:
    until = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while time.monotonic() < until and _start_time(pid) == started:
            time.sleep(0.05)
