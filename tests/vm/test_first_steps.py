# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "First steps" on a machine that boots: the tarball in an empty path, drift, remediate and drift over SSH, as the guide says.

CI runs this one, beside its other steps. ``AUDITOPS_VM_MINUTES`` is how long it may take in all, and half of that until the machine has
booted; a machine that is slower is no fault of the collection, and the test skips with that reason.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import lab
import pytest
import vms
from conftest import ROOT, Host
from test_stories import left

sys.path.insert(0, str(ROOT / "tests/tools"))
import doc_commands  # noqa: E402

MINUTES = float(os.environ.get("AUDITOPS_VM_MINUTES", "0")) or 24 * 60
UNREACHABLE = 4  # ansible-playbook's exit code
GUIDE = ROOT / "docs/docsite/rst/first_steps.rst"


def within(argv, what: str, seconds: float, **options) -> subprocess.CompletedProcess:
    """Run a program; skip where it takes longer than this machine is given."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True, **options) as process:
        try:
            said, _none = process.communicate(timeout=max(seconds, 0))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate()
            pytest.skip(f"too slow here: {what} had not ended after {seconds:.0f} s (of AUDITOPS_VM_MINUTES={MINUTES:g})")
    print(said[-4000:])
    return subprocess.CompletedProcess(argv, process.returncode, said)


@pytest.fixture
def booted(tmp_path):
    """A machine with Debian 13 that has just booted, over SSH, in the inventory of the guide."""
    name = f"first-steps-{os.getpid()}"
    machine = vms.Machine(name)
    try:
        done = within([sys.executable, str(ROOT / "molecule/lab/vms.py"), "new", name, "debian13"],
                      "building and booting a machine", MINUTES * 60 / 2)
        if done.returncode:
            pytest.skip(f"no machine boots here: {done.stdout.strip()[-300:]}")
        (tmp_path / "hosts.yml").write_text(json.dumps(vms.inventory([name])))
        yield Host(machine, tmp_path, tmp_path / "audit-report")
    finally:
        try:
            print(f"--- console of {name}\n{machine.console[-2000:]}")
        finally:
            machine.remove()


def test_first_steps(booted, tmp_path):
    end = time.monotonic() + MINUTES * 60 / 2
    programs = Path(sys.executable).parent
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(tmp_path / "collections"), ANSIBLE_NOCOLOR="1", ANSIBLE_TIMEOUT="120",
                       PATH=f"{programs}{os.pathsep}{os.environ['PATH']}", HOME=str(tmp_path))
    lab.run(programs / "ansible-galaxy", "collection", "build", ROOT, "--output-path", tmp_path)
    commands = [command for block in doc_commands.blocks(GUIDE) if block.mark != doc_commands.FAILS for command in block.commands]
    assert [command.split()[0] for command in commands] == ["ansible-galaxy", *["ansible-playbook"] * 3]
    for command in commands:
        done = within(["sh", "-c", command], command, end - time.monotonic(), cwd=tmp_path, env=environment)
        if done.returncode == UNREACHABLE:
            pytest.skip(f"the machine did not answer in time: {command}")
        assert done.returncode == 0, command
    assert (tmp_path / "audit-report/index.html").exists()
    assert booted.is_audited() and left(booted) == set()
    status = json.loads(booted.machine.run("cat", "/var/lib/audit-rotate/status.json").stdout)
    assert status["result"] == "success", "the guide says where the rotation tells how it is"
