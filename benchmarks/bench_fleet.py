# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift over a fleet by ansible-playbook: the controller's memory as a ratio between fleet sizes, and what publishing costs for a host.

usage: bench_fleet.py [FEW [MANY]]     20 and 100 hosts without any; names in an inventory over the trees of the demo
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(COLLECTION / "demo"))
import fleet  # noqa: E402

PUBLISH = "Publish the report"
# Writes the CPU seconds of the controller and of all its workers that have ended, at the start of each task and at the end.
CALLBACK = '''
import json
import multiprocessing
import os
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "cpu_of_tasks"

    def note(self, name):
        # a worker that nobody has waited for yet would count for the task that comes
        for worker in multiprocessing.active_children():
            worker.join(5)
        with open(os.environ["CPU_OF_TASKS"], "a") as stream:
            stream.write(json.dumps([name, sum(os.times()[:4])]) + "\\n")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.note(task.get_name())

    def v2_playbook_on_stats(self, stats):
        self.note("end")
'''


def inventory(directory: Path, hosts: int) -> Path:
    """As many names as asked for, over one tree for each release of the demo."""
    trees = {name: str(directory / "trees" / name) for name in fleet.FLEET}
    for name, root in trees.items():
        if not Path(root).exists():
            fleet.build_tree(Path(root), name, fleet.FLEET[name])
    found = {f"host{number:05}": {"audit_root": trees[name], "auditd_release": fleet.FLEET[name].release}
             for number, name in zip(range(hosts), itertools.cycle(fleet.FLEET), strict=False)}
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path = directory / f"{hosts}.json"
    path.write_text(json.dumps({"all": {"hosts": found, "vars": variables}}))
    return path


def measure(directory: Path, hosts: int) -> tuple[float, float, float]:
    """MB of the largest process of the run, CPU seconds of the run, and CPU seconds of publishing."""
    (directory / "callbacks").mkdir(exist_ok=True)
    (directory / "callbacks/cpu_of_tasks.py").write_text(CALLBACK)
    notes = directory / f"{hosts}.cpu"
    environment = {
        **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_CALLBACK_PLUGINS": str(directory / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "cpu_of_tasks", "CPU_OF_TASKS": str(notes), "ANSIBLE_PIPELINING": "True", "ANSIBLE_FORKS": "5",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory(directory, hosts)), "auditops.auditd.drift",
               "-e", f"audit_drift_report_dir={directory / f'report{hosts}'}"]
    with open(directory / f"{hosts}.log", "w") as log:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=log, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit((directory / f"{hosts}.log").read_text()[-4000:])
    marks = [json.loads(line) for line in notes.read_text().splitlines()]
    publishing = sum(after[1] - mark[1] for mark, after in zip(marks, marks[1:], strict=False) if mark[0].endswith(PUBLISH))
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, publishing


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:3]]
    few, many = (*sizes, *(20, 100)[len(sizes):])
    directory = Path(tempfile.mkdtemp(prefix="auditops-bench-"))
    found = {hosts: measure(directory, hosts) for hosts in (few, many)}
    for hosts, (peak, seconds, publishing) in found.items():
        share = 1000 * publishing / hosts
        print(f"{hosts} hosts: largest process {peak:.0f} MB, {seconds:.1f} s CPU, of it publishing {share:.2f} ms a host")
    print(f"memory of {many} hosts: {found[many][0] / found[few][0]:.2f}x that of {few}")
    print(f"publishing costs {1000 * (found[many][2] - found[few][2]) / (many - few):.2f} ms for each further host")
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
