# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole drift play costs against a ping play, CPU and wall: by the checker that lies on the host, and by the module that is sent;
and the CPU of a run as a timer starts it, with a policy of 200 rules (BENCH_RULES), beside that of an interpreter that does nothing.

Needs root. This machine stands for all hosts of the inventory, by the local connection; the checker is installed for that and taken away
again with its policy and documents, nothing else is changed. BENCH_HOSTS: the sizes of the inventory. BENCH_PROFILES: profiles of rules
that are compared as well. Rounds are interleaved; the ratios count, not the seconds.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SIZES = [int(word) for word in os.environ.get("BENCH_HOSTS", "1,20,60").split(",")]
PROFILES = [word for word in os.environ.get("BENCH_PROFILES", "").split(",") if word]
RULES = int(os.environ.get("BENCH_RULES", "200"))
RUNS = 15
PROGRAM, DOCUMENTS = Path("/usr/local/sbin/audit-check"), Path("/var/lib/auditops/drift")
SELF_CHECK_AIM = 50  # ms of CPU
# hosts: times the CPU of a ping play
AIMS = {"resident": {1: 0.9, 20: 0.6, 60: 0.5}, "pushed": {1: 1.5, 20: 1.4, 60: 1.35}}
USE = {"resident": "always", "pushed": "never"}


def play(directory: Path, playbook: str, size: int, *arguments: str) -> tuple[float, float]:
    """(CPU seconds of ansible-playbook and all it starts, wall seconds)."""
    inventory = directory / f"{size}.json"
    hosts = {f"host{number}": {} for number in range(size)}
    variables = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    environment = dict(os.environ, ANSIBLE_PIPELINING="1", ANSIBLE_FORKS="10", ANSIBLE_LOCALHOST_WARNING="0")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.run(
        ["ansible-playbook", "-i", str(inventory), playbook, *arguments], check=False, env=environment, capture_output=True, text=True)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def measure(directory: Path, size: int) -> dict[str, list[tuple[float, float]]]:
    """{what: [(CPU, wall)] of each round}"""
    ping = directory / "ping.yml"
    ping.write_text("- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: {}}]\n")
    found: dict[str, list[tuple[float, float]]] = {}
    for number in range(ROUNDS + 1):
        rounds = {"ping": play(directory, str(ping), size)}
        for way, use in USE.items():
            variables = {"audit_check_use": use, "audit_drift_report_dir": str(directory / way), "audit_rules_profiles": PROFILES}
            rounds[way] = play(directory, "auditops.auditd.drift", size, "-e", json.dumps(variables))
        if number:  # the first round fills caches
            for name, figures in rounds.items():
                found.setdefault(name, []).append(figures)
    return found


def install(directory: Path, state: str) -> None:
    book = directory / "install.yml"
    task = {"auditops.auditd.audit_check": {"state": state}}
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    play(directory, str(book), 1)


def self_check(directory: Path) -> tuple[float, float]:
    """(ms of CPU of a run by the timer, of an interpreter that does nothing), medians of interleaved runs."""
    rules = [f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F uid={number} -k bench" for number in range(RULES)]
    variables = {"audit_check_install": True, "audit_check_schedule": "hourly", "audit_check_use": "always", "audit_rules_extra": rules,
                 "audit_rules_profiles": PROFILES, "audit_drift_report_dir": str(directory / "scheduled")}
    play(directory, "auditops.auditd.drift", 1, "-e", json.dumps(variables))
    commands = {"self": [str(PROGRAM), "--scheduled"], "bare": ["/usr/bin/python3", "-IS", "-c", ""]}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(RUNS + 2):  # the first two fill what is kept
        for name, argv in commands.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(argv, check=False, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if number > 1:
                found[name].append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    return statistics.median(found["self"]), statistics.median(found["bare"])


def main() -> int:
    if os.geteuid() or PROGRAM.exists():
        print("bench_check: skipped, it needs root and a machine without audit-check")
        return 0
    had_documents = DOCUMENTS.exists()
    with tempfile.TemporaryDirectory() as name:
        install(Path(name), "present")
        try:
            own, bare = self_check(Path(name))
            print(f"self-check, {RULES} rules: CPU {own:.1f} ms (aim {SELF_CHECK_AIM}), of an interpreter that does nothing {bare:.1f} ms")
            for size in SIZES:
                rounds = measure(Path(name), size)
                for way in USE:
                    cpu, wall = (
                        statistics.median(one[place] / ping[place] for one, ping in zip(rounds[way], rounds["ping"], strict=True))
                        for place in (0, 1))
                    seconds = statistics.median(one[0] for one in rounds[way])
                    aim = AIMS[way].get(size, "none")
                    print(f"{size:3} hosts {way:9} CPU {seconds:6.2f} s, {cpu:5.2f} x ping (aim {aim}), wall {wall:5.2f} x ping")
        finally:
            install(Path(name), "absent")
            if not had_documents:
                shutil.rmtree(DOCUMENTS, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
