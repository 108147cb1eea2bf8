# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audit-rotate costs beside plain gzip -6, on the same audit text; and what one look of its guard costs.

    python benchmarks/bench_rotation.py [--megabytes 100] [--log FILE] [--rounds 3]

``--log`` is a real audit log to stretch to that size (its stamps and serial numbers move on, so no window sees a period); without it the
text is made up, which compresses worse than a real one. CPU is user + system time of the program and its children, the median of the
rounds; the ratios are what counts. The program's figures include reading back and comparing every byte, which gzip does not do.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1] / "roles/audit_rotation/files/audit-rotate"
GZIP = ("gzip -6", "gzip -6 + -t")  # the second reads its file back as we do, though it compares a checksum only
STAMP = re.compile(rb"msg=audit\((\d+)\.(\d+):(\d+)\)")
SYSCALLS = ((59, "exec"), (257, "access"), (87, "delete"), (90, "perm_mod"), (42, "network"))
COMMANDS = ("ls", "cat", "grep", "sed", "bash", "python3", "find", "ps", "sudo", "systemctl", "id", "git", "tar", "cp", "rm", "cron")
PLACES = ("/etc/passwd", "/etc/shadow", "/root", "/var/lib/app/data.db", "/srv/www/index.html", "/tmp", "/usr/share/doc")


def made_up(path: Path, size: int):
    """Audit text of that many bytes: system calls with their records, logins, from a seed."""
    dice = random.Random(7)
    when, serial, pid, written = 1760000000.0, 1000, 4000, 0
    with open(path, "wb") as stream:
        while written < size:
            when += dice.expovariate(50)
            serial += 1
            pid += 1
            number, key = dice.choice(SYSCALLS)
            command, place, user = dice.choice(COMMANDS), dice.choice(PLACES), dice.choice((0, 1000, 1001))
            stamp = f"msg=audit({when:.3f}:{serial}): "
            text = (
                f"type=SYSCALL {stamp}arch=c000003e syscall={number} success=yes exit=0 a0=5581e0{dice.randrange(4096):03x}0 a1=7ffd80b0 "
                f"a2=0 a3=8 items=1 ppid={pid - 1} pid={pid} auid={user} uid={user} gid={user} euid={user} suid={user} fsuid={user} "
                f"egid={user} sgid={user} fsgid={user} tty=pts0 ses={user % 7} comm=\"{command}\" exe=\"/usr/bin/{command}\" "
                f"subj=unconfined key=\"{key}\"\n"
                f"type=CWD {stamp}cwd=\"/root\"\n"
                f"type=PATH {stamp}item=0 name=\"{place}\" inode={200000 + len(place) * 7} dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 "
                "nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\n"
                f"type=PROCTITLE {stamp}proctitle={(command + chr(0) + place).encode().hex().upper()}\n").encode()
            stream.write(text)
            written += len(text)


def stretched(path: Path, size: int, log: Path):
    """A real log over and over, each time an hour and 60,000 events later."""
    lines = log.read_bytes().splitlines(keepends=True)
    written = turn = 0
    with open(path, "wb") as stream:
        while written < size:
            for line in lines:
                line = STAMP.sub(lambda m: b"msg=audit(%d.%s:%d)" % (
                    int(m[1]) + turn * 3600, m[2], int(m[3]) + turn * 60000), line, count=1)  # noqa: B023
                stream.write(line)
                written += len(line)
            turn += 1


def measured(argv: list[str], **options) -> tuple[float, float]:
    """(CPU seconds, peak MiB of the largest process) of a command, measured by a process of its own."""
    probe = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); u = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "sys.stderr.write('%f %f' % (u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)); sys.exit(code)")
    done = subprocess.run(["/usr/bin/env", "python3", "-IS", "-c", probe, *argv], stderr=subprocess.PIPE, check=True, **options)
    cpu, peak = done.stderr.split()[-2:]
    return float(cpu), float(peak)


def gzip(text: Path, work: Path, test: bool) -> tuple[float, float, int]:
    copy = work / "audit.log.1"
    shutil.copyfile(text, copy)
    cpu, peak = measured(["gzip", "-6", str(copy)])
    if test:
        cpu += measured(["gzip", "-t", f"{copy}.gz"])[0]
    return cpu, peak, (work / "audit.log.1.gz").stat().st_size


def ours(text: Path, work: Path, method: str) -> tuple[float, float, int]:
    log = work / "log"
    log.mkdir(mode=0o750)
    shutil.copyfile(text, log / "audit.log.1")
    conf = work / "rotate.conf"
    keys = {"log_file": log / "audit.log", "state_dir": work / "state", "compress": method, "min_free_megabytes": 0, "keep_megabytes": 0}
    conf.write_text("".join(f"{key} = {value}\n" for key, value in keys.items()))
    cpu, peak = measured([sys.executable, "-IS", str(PROGRAM), "--archive-only", "--config", str(conf)])
    return cpu, peak, sum(path.stat().st_size for path in log.iterdir())


def guard(rounds: int) -> tuple[float, float]:
    """(CPU ms of one look, of a Python that does nothing)."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "log").mkdir(mode=0o750)
        (work / "log" / "audit.log").write_bytes(b"")
        conf = work / "rotate.conf"
        conf.write_text(f"log_file = {work}/log/audit.log\nstate_dir = {work}/state\nmin_free_megabytes = 1\n")
        look = [sys.executable, "-IS", str(PROGRAM), "--guard", "--config", str(conf)]
        bare = [sys.executable, "-IS", "-c", "pass"]
        found = []
        for argv in (look, bare):
            subprocess.run(argv, check=True)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            for _unused in range(rounds):
                subprocess.run(argv, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / rounds)
        return found[0], found[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    methods = ["xz", "gzip", *(["zstd"] if shutil.which("zstd") else [])]
    figures: dict[str, list] = {name: [] for name in (*GZIP, *methods)}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        text = Path(name) / "text"
        size = options.megabytes * 1000000
        stretched(text, size, options.log) if options.log else made_up(text, size)
        for _unused in range(options.rounds):
            for method in figures:
                work = Path(name) / "work"
                work.mkdir()
                figures[method].append(gzip(text, work, method == GZIP[1]) if method in GZIP else ours(text, work, method))
                shutil.rmtree(work)
        total = text.stat().st_size
    base = [statistics.median(column) for column in zip(*figures[GZIP[0]], strict=True)]
    print(f"{total / 1e6:.0f} MB of {'real' if options.log else 'made-up'} audit text, {options.rounds} rounds, medians")
    print(f"{'':14}{'CPU s':>8}{'CPU x':>8}{'% size':>9}{'bytes x':>9}{'peak MiB':>10}")
    for method, rows in figures.items():
        cpu, peak, size = [statistics.median(column) for column in zip(*rows, strict=True)]
        label = method if method in GZIP else "ours " + method
        print(f"{label:14}{cpu:8.2f}{cpu / base[0]:8.2f}{100 * size / total:9.2f}{size / base[2]:9.2f}{peak:10.1f}")
    look, bare = guard(50)
    print(f"one look of the guard: {look:.1f} ms CPU, of which {bare:.1f} are Python itself")


if __name__ == "__main__":
    main()
