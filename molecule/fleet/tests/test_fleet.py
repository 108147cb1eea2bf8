# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet over real SSH: what comes back from awkward hosts, and what the report says of those that nothing comes back from."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
INVENTORY = EPHEMERAL / "fleet" / "inventory.json"
REACHABLE = sorted(json.loads(INVENTORY.read_text())["all"]["children"]["reachable"]["hosts"])


@pytest.fixture(scope="module")
def everybody(tmp_path_factory):
    """A drift check of all hosts, also those that cannot answer: its exit code and its report."""
    report = tmp_path_factory.mktemp("report")
    argv = ["ansible-playbook", "-i", str(INVENTORY), "--forks", "10", "auditops.auditd.drift", "-e", f"audit_drift_report_dir={report}"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    print(done.stdout[-4000:])
    return done, report


@pytest.mark.parametrize("name", REACHABLE)
def test_each_host_that_answers_has_its_document(name):
    document = json.loads((EPHEMERAL / "report" / "hosts" / f"{name}.json").read_text())
    assert document["status"] == "drifted" and document["items"], document


@pytest.mark.parametrize("name", REACHABLE)
def test_the_host_itself_is_untouched(name):
    """Seen from outside, in the upper layer of its overlay: only what the scenario put there, Ansible's own scratch apart."""
    upper = EPHEMERAL / "fleet" / "hosts" / name / "upper"
    touched = {str(path.relative_to(upper)) for path in upper.rglob("*") if path.is_file()}
    assert not {path for path in touched if path.startswith(("etc/audit", "var/log/audit", "usr/local", "var/lib/auditops"))}, touched


@pytest.mark.parametrize("name", ["no-python", "unreachable"])
def test_a_host_that_cannot_answer_is_named_and_costs_the_others_nothing(everybody, name):
    done, report = everybody
    assert done.returncode != 0, "a host that was not seen is no success"
    page = (report / "index.html").read_text()
    assert name in page
    document = report / "hosts" / f"{name}.json"
    assert not document.exists() or json.loads(document.read_text())["status"] != "in_sync"
    for reached in REACHABLE:
        assert json.loads((report / "hosts" / f"{reached}.json").read_text())["status"] == "drifted"
