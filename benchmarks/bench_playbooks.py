# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole playbook runs on one host, as ratios to a play of one ping task in the same run: drift, converged remediate, first apply.

usage: bench_playbooks.py [ROUNDS] [--live]     --live: this machine and the auditd that runs on it, as root; else an offline tree
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(COLLECTION / "demo"))
import fleet  # noqa: E402

HOST = "debian-12"
PING = "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n"


def timed(argv: list[str], directory: Path) -> float:
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_LOCALHOST_WARNING": "False", "ANSIBLE_PIPELINING": "True"}
    environment = os.environ | settings
    start = time.perf_counter()
    done = subprocess.run(argv, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start


def main() -> None:
    live = "--live" in sys.argv
    rounds = int(next((word for word in sys.argv[1:] if word.isdigit()), "5"))
    directory = Path(tempfile.mkdtemp(prefix="auditops-bench-"))
    (directory / "ping.yml").write_text(PING)
    playbook = [str(Path(sys.executable).with_name("ansible-playbook"))]

    def on_host() -> list[str]:
        if live:
            return [*playbook, "-i", f"{HOST},", "-c", "local", "-e", "ansible_python_interpreter=/usr/bin/python3"]
        return [*playbook, "-i", str(fleet.build(directory / "fleet")), "--limit", HOST]

    arguments = on_host()
    report = ["-e", f"audit_drift_report_dir={directory / 'report'}"]
    runs = {
        "ping": [*arguments, "ping.yml"],
        "drift": [*arguments, "auditops.auditd.drift", *report],
        "converged remediate": [*arguments, "auditops.auditd.remediate", *report],
    }
    first = timed(runs["converged remediate"], directory)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _round in range(rounds):
        for name, argv in runs.items():
            times[name].append(timed(argv, directory))
    ping = statistics.median(times["ping"])
    print(f"ping play {ping:.2f} s, {rounds} rounds, {'this machine' if live else 'offline tree'}")
    for name in ("drift", "converged remediate"):
        print(f"{name:20} {statistics.median(times[name]) / ping:.2f}x a ping play")
    print(f"{'first apply':20} {first / ping:.2f}x a ping play (one run)")
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
