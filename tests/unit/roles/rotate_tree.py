# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log directory with numbered records, the program run on it, and the count of what is there afterwards."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[3]
FILES = COLLECTION / "roles" / "audit_rotation" / "files"
HARNESS = Path(__file__).with_name("rotate_crash.py")
START = 1760000000
RECORDS = 200  # a log

if str(FILES) not in sys.path:
    sys.path.insert(0, str(FILES))

READERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def record(when: float, serial: int) -> bytes:
    return b"type=USER_CMD msg=audit(%d.%03d:%d): pid=7 uid=0 auid=1000 msg='cwd=\"/root\" cmd=6C73 n=%d res=success'\n" % (
        int(when), int(when * 1000) % 1000, serial, serial)


class Tree:
    """``log`` is the log directory, ``state`` the program's own; nothing outside ``root`` is touched."""

    def __init__(self, root: Path, **config):
        self.root = root
        self.log = root / "log"
        self.state = root / "state"
        self.auditd_conf = root / "auditd.conf"
        self.conf = root / "rotate.conf"
        self.log.mkdir(parents=True, exist_ok=True)
        self.log.chmod(0o750)
        self.state.mkdir(exist_ok=True)
        self.serial = 0
        self.when = float(START)
        self.written: list[int] = []
        self.auditd_conf.write_text("num_logs = 5\n")
        self.configure(**config)

    def configure(self, **config):
        """Write rotate.conf; free space of the machine that runs the tests is no matter of theirs."""
        settings = {
            "log_file": self.log / "audit.log", "state_dir": self.state, "auditd_conf": self.auditd_conf, "compress": "gzip",
            "min_free_megabytes": 0, "keep_megabytes": 0, **config}
        self.conf.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def add(self, name: str, records: int = RECORDS, step: float = 1.0, when: float | None = None, mode: int = 0o400) -> Path:
        """A log with the next records; its mtime is that of the last."""
        path = self.log / name
        self.when = self.when if when is None else when
        with open(path, "wb") as stream:
            for _unused in range(records):
                self.when += step
                self.serial += 1
                self.written.append(self.serial)
                stream.write(record(self.when, self.serial))
        os.utime(path, (self.when, self.when))
        path.chmod(mode)
        return path

    def rotated(self, count: int, **options) -> Tree:
        """audit.log.COUNT ... audit.log.1 and audit.log, as auditd leaves them."""
        for number in range(count, 0, -1):
            self.add(f"audit.log.{number}", **options)
        self.add("audit.log", mode=0o600)
        return self

    def run(self, *arguments: str, python: str = sys.executable, env: dict | None = None) -> subprocess.CompletedProcess:
        """audit-rotate --archive-only, unless the arguments say otherwise."""
        mode = [] if {"--guard", "--status", "--rotate"} & set(arguments) else ["--archive-only"]
        argv = [python, "-IS", str(FILES / "audit-rotate"), "--config", str(self.conf), *mode, *(a for a in arguments if a != "--rotate")]
        return subprocess.run(argv, check=False, capture_output=True, text=True, env=dict(os.environ, **(env or {})))

    def crash(self, at: int, *hooks: str) -> subprocess.CompletedProcess:
        """The same, killed (-9) before its system call number ``at``; its last line of output counts the calls where it was not."""
        argv = [sys.executable, str(HARNESS), str(FILES), str(at), ",".join(hooks), "--config", str(self.conf), "--archive-only"]
        return subprocess.run(argv, check=False, capture_output=True, text=True)

    def archive(self, command: str, *arguments: str) -> subprocess.CompletedProcess:
        argv = [sys.executable, "-IS", str(FILES / "audit-archive"), command, "--config", str(self.conf), *arguments]
        return subprocess.run(argv, check=False, capture_output=True)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.log.iterdir())

    def status(self) -> dict:
        return json.loads((self.state / "status.json").read_text())

    def everything(self) -> list[Path]:
        found = [path for path in self.log.iterdir() if path.name.startswith("audit.log") and path.is_file() and not path.is_symlink()]
        staging = self.state / "staging"
        return found + [path for path in staging.rglob("audit.log*") if path.is_file()]

    def serials(self) -> list[int]:
        """The serial numbers of all records in all logs, each log in its order, the logs in the order of their first record."""
        logs = [[int(number) for number in re.findall(rb"msg=audit\(\d+\.\d+:(\d+)\)", content(path))] for path in self.everything()]
        return [number for log in sorted(log for log in logs if log) for number in log]

    def check(self):
        """Every record exactly once and in order, no stray file."""
        assert self.serials() == self.written
        assert [name for name in self.names() if name.startswith(".")] == []
        assert [path for path in self.everything() if path.stat().st_size == 0] == []


def archives(tree: Tree) -> list[str]:
    """All names but that of the live log."""
    return [name for name in tree.names() if name.startswith("audit.log.")]


def content(path: Path) -> bytes:
    """What a log holds, whatever it was compressed with; raises where it is not whole."""
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True).stdout
    with READERS.get(path.suffix, open)(path, "rb") as stream:
        return stream.read()


@contextlib.contextmanager
def filesystem(where: Path, kilobytes: int, kind: str = "tmpfs"):
    """A small filesystem mounted at ``where``; needs root."""
    where.mkdir(parents=True, exist_ok=True)
    image = where.with_suffix(".img")
    if kind == "tmpfs":
        argv = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0750", "tmpfs", str(where)]
    else:
        with open(image, "wb") as stream:
            stream.truncate(kilobytes << 10)
        subprocess.run([f"mkfs.{kind}", "-q", str(image)], check=True, capture_output=True)
        argv = ["mount", "-o", "loop", str(image), str(where)]
    subprocess.run(argv, check=True)
    try:
        where.chmod(0o750)
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)
        image.unlink(missing_ok=True)
