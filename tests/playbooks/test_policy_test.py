# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "Test your own policy with Molecule", taken literally: its files, its commands, and a policy that is broken as it says."""

from __future__ import annotations

import re
import subprocess

import pytest
from test_fleet_runs import COLLECTION, Site
from test_recipes import shell

GUIDE = COLLECTION / "docs/docsite/rst/policy_tests.rst"
FILE = re.compile(
    r"``((?:group_vars|molecule)/\S+\.yml)``(?:(?!``group_vars|``molecule/).)*?\.\. code-block:: yaml\n\n(.*?)\n(?=\S)", re.DOTALL)


@pytest.fixture
def place(tmp_path):
    """A directory with the files of the guide."""
    for name, text in FILE.findall(GUIDE.read_text()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line[3:] + "\n" for line in text.splitlines()))
    assert len(list(tmp_path.rglob("*.yml"))) == 7
    return tmp_path


def molecule(place) -> subprocess.CompletedProcess:
    site = Site(place / "site")
    site.directory = place
    return shell(site, "molecule test", MOLECULE_EPHEMERAL_DIRECTORY=str(place / "ephemeral"))


def test_the_policy_of_the_guide_passes(place):
    run = molecule(place)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert not (place / "ephemeral/debian-12").exists()


@pytest.mark.parametrize("change", [
    ("auditd_failure_policy: keep_running", "auditd_failure_policy: stop_host\nauditd_conf: {space_left_action: SYSLOG}"),
    ("-w /etc/myapp -p wa -k myapp", "-a always,exit -F arch=b64 -S no_such_call -k myapp"),
])
def test_a_broken_policy_fails(place, change):
    policy = place / "group_vars/all.yml"
    policy.write_text(policy.read_text().replace(*change))
    assert molecule(place).returncode != 0
