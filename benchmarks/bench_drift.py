# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drift check costs against ansible.builtin.ping on the same host: CPU and memory of the module, wall time of the task.

Needs root and an installed auditd; 300 rules are loaded for the measurement, and rules, configuration and daemon are put back. Run it
alone on the machine's audit system. Rounds are interleaved; the ratios count, not the seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
# Ansible's default. With pipelining Python reads the whole payload from a pipe, which costs 0.6 ms a KB on the host: both sides, ping less.
PIPELINING = os.environ.get("BENCH_PIPELINING", "0")
RULES = 300
AIMS = {"module CPU": 2.0, "task wall": 1.25}
MEMORY_AIM = 30  # MB
ETC = Path("/etc/audit")
MARK = "## Managed by auditops.auditd: changes made here are overwritten\n"
FINALIZE = MARK + "-D\n-b 8192\n-f 1\n"
PID_FILES = (Path("/run/auditd.pid"), Path("/run/audit/auditd.pid"))

WRAPPER = """#!{python}
import json, os, sys
pid = os.fork()
if not pid:
    os.execv({target!r}, [{target!r}] + sys.argv[1:])
status, usage = os.wait4(pid, 0)[1:]
with open({log!r}, "a") as stream:
    stream.write(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]) + "\\n")
sys.exit(os.WEXITSTATUS(status))
"""

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - {task}
"""


def rules() -> str:
    rule = "-a always,exit -F arch=b64 -F path=/etc/bench{} -F perm=wa -F auid>=1000 -F auid!=unset -F key=bench\n"
    return MARK + "".join(rule.format(number) for number in range(RULES))


def policy() -> dict:
    actions = dict.fromkeys(("space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action"), "SYSLOG")
    return {
        "auditd": {"settings": {**actions, "max_log_file_action": "IGNORE", "num_logs": 5}, "failure_policy": "keep_running"},
        "audit_rules": {"files": {"50-bench.rules": rules(), "zz-auditops-finalize.rules": FINALIZE}, "purge": "keep"},
        "audit_rotation": {"schedule": "daily"},
    }


class Host:
    """This machine with 300 rules and a running auditd; everything as before afterwards."""

    def __enter__(self) -> Host:
        self.saved = Path(tempfile.mkdtemp()) / "audit"
        shutil.copytree(ETC, self.saved, symlinks=True)
        self.ran = subprocess.run(["pidof", "auditd"], check=False, capture_output=True).returncode == 0
        for name, text in policy()["audit_rules"]["files"].items():
            (ETC / "rules.d" / name).write_text(text)
        if not self.ran:
            subprocess.run(["auditd"], check=True)
            time.sleep(1)
        subprocess.run(["augenrules", "--load"], check=True, capture_output=True)
        return self

    def __exit__(self, *unused) -> None:
        shutil.rmtree(ETC)
        shutil.copytree(self.saved, ETC, symlinks=True)
        subprocess.run(["auditctl", "-R", str(ETC / "audit.rules")], check=True, capture_output=True)
        if not self.ran:
            pid = next(int(path.read_text()) for path in PID_FILES if path.exists())
            os.kill(pid, signal.SIGTERM)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.05)
            subprocess.run(["auditctl", "-e", "0"], check=True, capture_output=True)


def measure(directory: Path, task: dict) -> tuple[float, float, float]:
    """(CPU seconds of the module, its peak MB, wall seconds of the whole ansible-playbook)."""
    log, wrapper, play = directory / "usage", directory / "python", directory / "play.yml"
    log.write_text("")
    wrapper.write_text(WRAPPER.format(python=sys.executable, target="/usr/bin/python3", log=str(log)))
    wrapper.chmod(0o755)
    play.write_text(PLAY.format(task=json.dumps(task)))
    environment = dict(os.environ, ANSIBLE_PIPELINING=PIPELINING, ANSIBLE_LOCALHOST_WARNING="0", ANSIBLE_INVENTORY_UNPARSED_WARNING="0")
    command = ["ansible-playbook", "-e", f"ansible_python_interpreter={wrapper}", str(play)]
    start = time.monotonic()
    run = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    wall = time.monotonic() - start
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    cpu, memory = json.loads(log.read_text().splitlines()[-1])
    return cpu, memory, wall


def main() -> int:
    if os.geteuid() or not shutil.which("auditd"):
        print("bench_drift: skipped, it needs root and auditd")
        return 0
    tasks = {
        "ping": {"ansible.builtin.ping": {}},
        "audit_drift": {"auditops.auditd.audit_drift": policy()},
    }
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in tasks}
    with tempfile.TemporaryDirectory() as directory, Host():
        for number in range(ROUNDS + 1):
            for name, task in tasks.items():
                result = measure(Path(directory), task)
                if number:  # the first round fills caches
                    found[name].append(result)
    median = {name: [statistics.median(values) for values in zip(*rounds, strict=True)] for name, rounds in found.items()}
    for name, (cpu, memory, wall) in median.items():
        print(f"{name:12} module CPU {cpu * 1000:6.0f} ms   peak {memory:5.1f} MB   ansible-playbook wall {wall:5.2f} s")
    best = {name: [min(values) for values in zip(*rounds, strict=True)] for name, rounds in found.items()}
    for name, place in (("module CPU", 0), ("task wall", 2)):
        middle, least = (figures["audit_drift"][place] / figures["ping"][place] for figures in (median, best))
        print(f"{name:12} {middle:5.2f} x ping by medians, {least:5.2f} x by the least disturbed rounds (aim {AIMS[name]})")
    print(f"pipelining   {'on' if PIPELINING == '1' else 'off'}")
    print(f"peak memory  {median['audit_drift'][1]:5.1f} MB (aim {MEMORY_AIM})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
