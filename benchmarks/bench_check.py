# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole drift play costs against a ping play, CPU and wall: by the checker that lies on the host, and by the module that is sent;
and the CPU of a run as a timer starts it, with a policy of 200 rules (BENCH_RULES), beside that of an interpreter that does nothing.

Needs root. This machine stands for all hosts of the inventory, by the local connection; the checker is installed for that and taken away
again with its policy and documents, nothing else is changed. BENCH_CONNECTION=ssh: a host behind real SSH does instead, by as many
connections; each play opens its own, with BENCH_SSH=open they stay open between plays; and with BENCH_CONNECTION=vm a machine that boots
(BENCH_HOSTS=1). BENCH_PIPELINING=0: without pipelining.
BENCH_HOSTS: the sizes of the inventory. BENCH_PROFILES: profiles of rules that are compared as well, BENCH_POLICY_RULES: how many other
rules. Rounds are interleaved; the ratios count, not the seconds.
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

import compared_hosts

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SIZES = [int(word) for word in os.environ.get("BENCH_HOSTS", "1,20,60").split(",")]
PROFILES = [word for word in os.environ.get("BENCH_PROFILES", "").split(",") if word]
RULES = int(os.environ.get("BENCH_RULES", "200"))
POLICY_RULES = int(os.environ.get("BENCH_POLICY_RULES", "0"))
CONNECTION = os.environ.get("BENCH_CONNECTION", "local")
PIPELINING = os.environ.get("BENCH_PIPELINING", "1")
RUNS = 15
PROGRAM, DOCUMENTS = Path("/usr/local/sbin/audit-check"), Path("/var/lib/auditops/drift")
SELF_CHECK_AIM = 50  # ms of CPU
# hosts: times the CPU of a ping play
AIMS = {"resident": {1: 0.9, 20: 0.6, 60: 0.5}, "pushed": {1: 1.5, 20: 1.4, 60: 1.35}}
Hosts = compared_hosts.ThisMachine
USE = {"resident": "always", "pushed": "never"}


def rules(count: int) -> list[str]:
    return [f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F uid={number} -k bench" for number in range(count)]


def play(hosts: Hosts, directory: Path, playbook: str, size: int, *arguments: str) -> tuple[float, float]:
    """(CPU seconds of ansible-playbook and of all that it starts here and on the hosts, wall seconds)."""
    inventory = directory / f"{size}.json"
    inventory.write_text(json.dumps({"all": {"hosts": {f"host{number}": hosts.variables(number) for number in range(size)}}}))
    environment = dict(os.environ, ANSIBLE_PIPELINING=PIPELINING, ANSIBLE_FORKS="10", ANSIBLE_LOCALHOST_WARNING="0")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, start = hosts.cpu(), time.monotonic()
    run = subprocess.run(
        ["ansible-playbook", "-i", str(inventory), playbook, *arguments], check=False, env=environment, capture_output=True, text=True)
    wall = time.monotonic() - start
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    hosts.close()
    return hosts.cpu() - before, wall


def measure(hosts: Hosts, directory: Path, size: int) -> dict[str, list[tuple[float, float]]]:
    """{what: [(CPU, wall)] of each round}"""
    ping = directory / "ping.yml"
    ping.write_text("- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: {}}]\n")
    found: dict[str, list[tuple[float, float]]] = {}
    for number in range(ROUNDS + 1):
        rounds = {"ping": play(hosts, directory, str(ping), size)}
        for way, use in USE.items():
            variables = {"audit_check_use": use, "audit_drift_report_dir": str(directory / way), "audit_rules_profiles": PROFILES,
                         "audit_rules_extra": rules(POLICY_RULES)}
            rounds[way] = play(hosts, directory, "auditops.auditd.drift", size, "-e", json.dumps(variables))
        if number:  # the first round fills caches
            for name, figures in rounds.items():
                found.setdefault(name, []).append(figures)
    return found


def install(hosts: Hosts, directory: Path, state: str) -> None:
    book = directory / "install.yml"
    task = {"auditops.auditd.audit_check": {"state": state}}
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    play(hosts, directory, str(book), 1)


def self_check(hosts: Hosts, directory: Path) -> tuple[float, float]:
    """(ms of CPU of a run by the timer, of an interpreter that does nothing), medians of interleaved runs."""
    variables = {"audit_check_install": True, "audit_check_schedule": "hourly", "audit_check_use": "always",
                 "audit_rules_extra": rules(RULES), "audit_rules_profiles": PROFILES,
                 "audit_drift_report_dir": str(directory / "scheduled")}
    play(hosts, directory, "auditops.auditd.drift", 1, "-e", json.dumps(variables))
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


def report(hosts: Hosts, directory: Path) -> None:
    for size in SIZES:
        rounds = measure(hosts, directory, size)
        for way in USE:
            pairs = list(zip(rounds[way], rounds["ping"], strict=True))
            cpu, wall = (statistics.median(one[place] / ping[place] for one, ping in pairs) for place in (0, 1))
            least = min(one[0] for one, _ping in pairs) / min(ping[0] for _one, ping in pairs)
            seconds = statistics.median(one[0] for one, _ping in pairs)
            aim = AIMS[way].get(size, "none")
            print(f"{size:3} hosts {way:9} CPU {seconds:6.2f} s, {cpu:5.2f} x ping ({least:.2f} by the least, aim {aim}), "
                  f"wall {wall:5.2f} x ping", flush=True)


def main() -> int:
    is_local = Hosts.name == CONNECTION
    if os.geteuid() or (is_local and PROGRAM.exists()):
        print("bench_check: skipped, it needs root and a machine without audit-check")
        return 0
    had_documents = DOCUMENTS.exists()
    print(f"connection {CONNECTION}, pipelining {'off' if PIPELINING == '0' else 'on'}, {POLICY_RULES} rules, profiles {PROFILES}")
    keeps = os.environ.get("BENCH_SSH") == "open"
    with tempfile.TemporaryDirectory() as name, compared_hosts.hosts(CONNECTION, keeps=keeps) as hosts:
        install(hosts, Path(name), "present")
        try:
            if is_local and RULES:
                own, bare = self_check(hosts, Path(name))
                print(f"self-check, {RULES} rules: CPU {own:.1f} ms (aim {SELF_CHECK_AIM}), of a bare interpreter {bare:.1f} ms")
            report(hosts, Path(name))
        finally:
            install(hosts, Path(name), "absent")
            if is_local and not had_documents:
                shutil.rmtree(DOCUMENTS, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
