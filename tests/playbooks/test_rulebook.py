# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook by ansible-rulebook itself: what drifted is remediated in the window, and outside of it nothing is touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from test_fleet_runs import COLLECTION, Site

ALWAYS, NEVER = "00:00-23:59:59.999999", "00:00-00:00"
# in the environment of the tests, or in one of its own: AUDITOPS_RULEBOOK=/path/to/ansible-rulebook
PROGRAM = os.environ.get("AUDITOPS_RULEBOOK") or shutil.which(
    "ansible-rulebook", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="ansible-rulebook is not installed here"),
    pytest.mark.skipif(not shutil.which("java"), reason="ansible-rulebook needs Java, which is not installed here"),
]


@pytest.fixture
def rulebook(tmp_path):
    """A function that starts the rulebook over three hosts that drifted, with a window; it ends with the test."""
    site = Site(tmp_path)
    site.variables["audit_drift_report_dir"] = str(tmp_path / "report")
    site.write()
    assert site.play("drift").returncode == 0
    started = []

    def start(window):
        (tmp_path / "window.yml").write_text(yaml.safe_dump({"audit_report_hosts": str(tmp_path / "report/hosts"), "audit_window": window}))
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1",
                           PATH=f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}")
        argv = [PROGRAM, "-i", "hosts.json", "-r", "auditops.auditd.remediate_drift", "--vars", "window.yml"]
        with open(tmp_path / "said", "w") as said:
            started.append(subprocess.Popen(argv, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                            start_new_session=True))
        return site

    yield start
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition, said: Path, seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, said.read_text()[-3000:]
        time.sleep(0.5)


def test_in_the_window_what_drifted_is_remediated(rulebook, tmp_path):
    site = rulebook(ALWAYS)

    def all_in_sync():
        documents = [json.loads((tmp_path / "report/hosts" / f"{name}.json").read_text()) for name in site.hosts]
        return all(document["status"] == "in_sync" for document in documents)

    wait_for(all_in_sync, tmp_path / "said")


def test_outside_of_the_window_it_is_said_and_nothing_is_done(rulebook, tmp_path):
    before = {path: path.read_bytes() for path in (tmp_path / "trees").rglob("*") if path.is_file()}
    site = rulebook(NEVER)
    said = tmp_path / "said"
    wait_for(lambda: all(f"'{name}'" in said.read_text() for name in site.hosts), said)
    assert {path: path.read_bytes() for path in (tmp_path / "trees").rglob("*") if path.is_file()} == before
