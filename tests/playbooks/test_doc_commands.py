# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the documentation that are marked "run over trees", as they stand there: one of each that is the same everywhere."""

from __future__ import annotations

import re
import sys

import pytest
import test_remediation_steps as hardened
import yaml
from test_fleet_runs import COLLECTION, Site
from test_recipes import shell

sys.path.insert(0, str(COLLECTION / "tests/tools"))
import doc_commands  # noqa: E402

# What a page says for what its reader has -> what this site has. No root is needed for trees.
NAMES = {
    r"-i (HOSTS|hosts\.yml|inventory)\b": "-i hosts.json", r"-i HELPER,": "-i localhost, -c local", r" -b ": " ",
    r"/mnt/before": "$PWD/trees/web1", r"/mnt/after": "$PWD/trees/web2", r"/mnt/\w+": "$PWD/patient",
}
HERE = {"ANSIBLE_PYTHON_INTERPRETER": sys.executable}
# A variable of each role from which the guides of adoption translate
OF_OTHERS = {
    "linux_system_roles": {"auditd_num_logs": 9}, "robertdebock": {"auditd_flush": "incremental_async"},
    "juju4": {"auditd_extra_rules": ["-w /srv/x -p wa -k x"]}, "dev_sec": {"os_auditd_space_left": 500},
    "ansible_lockdown": {"rhel9cis_auditd_max_log_file_size": 32}, "simp": {"auditd::num_logs": 9},
}


def translated(command: str) -> str:
    for pattern, name in NAMES.items():
        command = re.sub(pattern, name, command)
    return command


def once() -> list[doc_commands.Block]:
    """The blocks, longest first, without those whose commands are all among those of another one."""
    found: dict[str, list] = {}
    blocks = [block for block in doc_commands.everything() if block.mark in (doc_commands.OVER_TREES, doc_commands.FAILS)]
    for block in sorted(blocks, key=lambda block: -len(block.commands)):
        seen = found.setdefault(block.mark, [])
        commands = set(map(translated, block.commands))
        if not any(commands <= set(map(translated, other.commands)) for other in seen):
            seen.append(block)
    return [block for blocks in found.values() for block in blocks]


@pytest.fixture
def site(tmp_path):
    """Three hosts in the inventory, the tree of one that halts, and the variables of every role that is translated."""
    site = Site(tmp_path)
    for host in site.hosts.values():
        host.update({name: value for variables in OF_OTHERS.values() for name, value in variables.items()})
    site.variables.pop("audit_drift_report_dir")
    site.write()
    hardened.hardened_to_halt(tmp_path / "patient")
    (tmp_path / "vars").mkdir()
    for origin, variables in OF_OTHERS.items():
        (tmp_path / "vars" / f"{origin}.yml").write_text(yaml.safe_dump(variables))
    return site


@pytest.mark.parametrize("block", once(), ids=lambda block: block.name)
def test_the_commands_of(site, block):
    *before, last = [translated(command) for command in block.commands]
    for command in before:
        run = shell(site, command, **HERE)
        assert run.returncode == 0, command + run.stdout + run.stderr
    run = shell(site, last, **HERE)
    assert run.returncode == (2 if block.mark == doc_commands.FAILS else 0), last + run.stdout + run.stderr
