# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that boot, halt and lose power, for stories that no other host can tell. ``make vm`` runs them; one takes minutes.

``AUDITOPS_VM_RECORD`` names a directory for what each test's machines wrote to their consoles, and for its figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "molecule" / "lab"))
import lab  # noqa: E402
import vms  # noqa: E402


class Host:
    """A machine and the playbooks of the collection, run on it as a user would."""

    def __init__(self, machine: vms.Machine, directory: Path, report: Path | None = None):
        self.machine = machine
        self.directory = directory
        self.report = report or directory / "report"
        self.figures: list[str] = []

    def play(self, name: str, **variables) -> subprocess.CompletedProcess:
        """Run a playbook over SSH."""
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps(vms.inventory([self.machine.name])))
        return self._playbook(name, inventory, variables)

    def play_offline(self, name: str, root: Path, **variables) -> subprocess.CompletedProcess:
        """Run a playbook on the root of the machine, which is off."""
        return self.play_offline_all(name, {self.machine.name: root}, **variables)

    def play_offline_all(self, name: str, roots: dict[str, Path], **variables) -> subprocess.CompletedProcess:
        """Run a playbook on the roots of machines that are off, by the machines' names."""
        inventory = self.directory / "offline.json"
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {host: {**local, "audit_root": str(root)} for host, root in roots.items()}
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        return self._playbook(name, inventory, variables)

    def of(self, machine: vms.Machine) -> Host:
        """The same for another machine."""
        return Host(machine, self.directory)

    def begin(self, name: str, **variables) -> subprocess.Popen:
        """A playbook on its way over SSH."""
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps(vms.inventory([self.machine.name])))
        argv, environment = self._command(name, inventory, variables)
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    def module(self, name: str, **arguments) -> None:
        """Run one module of the collection over SSH."""
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps(vms.inventory([self.machine.name])))
        _playbook, environment = self._command(name, inventory, {})
        lab.run(Path(sys.executable).with_name("ansible"), "-i", inventory, "all", "-m", f"auditops.auditd.{name}", "-a",
                json.dumps(arguments), env=environment)

    def _command(self, name: str, inventory: Path, variables: dict) -> tuple[list[str], dict]:
        argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), f"auditops.auditd.{name}",
                "-e", json.dumps({"audit_drift_report_dir": str(self.report), **variables})]
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(ROOT.parents[2]), ANSIBLE_NOCOLOR="1", ANSIBLE_TIMEOUT="120",
                           ANSIBLE_PIPELINING="True")
        return argv, environment

    def _playbook(self, name: str, inventory: Path, variables: dict) -> subprocess.CompletedProcess:
        argv, environment = self._command(name, inventory, variables)
        done = subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
        print(done.stdout[-4000:], done.stderr[-1000:])
        return done

    def document(self, name: str = "") -> dict:
        """The drift document of this machine, or of the one named."""
        return json.loads((self.report / "hosts" / f"{name or self.machine.name}.json").read_text())

    def is_audited(self) -> bool:
        """systemd says that auditd is active, and the kernel sends its records to it."""
        done = self.machine.run(script="systemctl is-active auditd && auditctl -s", check=False)
        print(done.stdout)
        return done.returncode == 0 and "\npid 0\n" not in done.stdout

    def lost(self) -> str:
        """What the kernel says it has lost since the boot."""
        return self.machine.run(script="auditctl -s | grep ^lost", check=False).stdout.strip()


def record(name: str, stories: list[Host], seconds: float) -> None:
    """Keep the consoles and the figures of a test."""
    directory = Path(os.environ["AUDITOPS_VM_RECORD"])
    directory.mkdir(parents=True, exist_ok=True)
    lines = [f"{seconds / 60:.1f} minutes", *(line for story in stories for line in story.figures)]
    lines += [f"{story.machine.name}: {story.lost()}" for story in stories if story.machine.pid]
    (directory / f"{name}.figures").write_text("\n".join([*lines, ""]), encoding="utf-8")
    for number, story in enumerate(stories):
        (directory / f"{name}.{number}.console").write_text(story.machine.console, encoding="utf-8")


@pytest.fixture
def host(request, tmp_path):
    """``host(IMAGE, log_disk_mb=0)`` gives a booted machine, which is gone when the test ends; a failed test shows its console."""
    made: list[vms.Machine] = []
    booted: list[Host] = []
    begin = time.monotonic()

    def boot(image: str, log_disk_mb: int = 0) -> Host:
        name = f"story-{os.getpid()}-{len(made)}"
        try:
            machine = vms.fresh(image, log_disk_mb, name)
        except lab.LabError as error:
            pytest.fail(str(error))
        made.append(machine)
        directory = tmp_path / name
        directory.mkdir()
        booted.append(Host(machine, directory))
        return booted[-1]

    yield boot
    if "AUDITOPS_VM_RECORD" in os.environ:
        record(request.node.name, booted, time.monotonic() - begin)
    for machine in made:
        print(f"--- console of {machine.name}\n{machine.console[-3000:]}")
        machine.remove()
