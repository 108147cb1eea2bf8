# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook by ansible-rulebook itself: what drifted is remediated in the window, and outside of it nothing is touched."""

from __future__ import annotations

import contextlib
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
    pytest.mark.skipif(not PROGRAM, reason="ansible-rulebook is not installed here: make rulebook"),
    pytest.mark.skipif(not shutil.which("java"), reason="ansible-rulebook needs Java, which is not installed here"),
]


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.variables["audit_drift_report_dir"] = str(tmp_path / "report")
    site.write()
    return site


def end(process: subprocess.Popen, directory: Path) -> None:
    """End a rulebook, and the playbooks it began: each is in a session of its own, and knows the directory by its environment."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if f"TMPDIR={directory}\0".encode() in environment.read_bytes():
                os.kill(int(environment.parent.name), signal.SIGKILL)


@pytest.fixture
def rulebook(site, tmp_path):
    """A function that starts a rulebook over the hosts of the site, with its variables; it ends with the test."""
    started = []

    def start(name, **variables):
        (tmp_path / "variables.yml").write_text(yaml.safe_dump(variables))
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_NOCOLOR="1", TMPDIR=str(tmp_path),
                           PATH=os.pathsep.join([str(Path(PROGRAM).parent), str(Path(sys.executable).parent), os.environ["PATH"]]))
        argv = [PROGRAM, "-i", "hosts.json", "-r", f"auditops.auditd.{name}", "--vars", "variables.yml"]
        with open(tmp_path / "said", "w") as said:
            started.append(subprocess.Popen(argv, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                            start_new_session=True))

        return lambda: started[-1].poll() is None

    yield start
    for process in started:
        end(process, tmp_path)


@pytest.fixture
def drifted(site, rulebook, tmp_path):
    """A function that starts the rulebook that remediates in a window; all hosts have drifted."""
    def start(window):
        assert site.play("drift").returncode == 0
        return rulebook("remediate_drift", audit_report_hosts=str(tmp_path / "report/hosts"), audit_window=window)

    return start


def wait_for(condition, said: Path, runs, seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert runs() and time.monotonic() < end, said.read_text()[-3000:]
        time.sleep(0.5)


def test_in_the_window_what_drifted_is_remediated(site, drifted, tmp_path):
    runs = drifted(ALWAYS)

    def all_in_sync():
        documents = [json.loads((tmp_path / "report/hosts" / f"{name}.json").read_text()) for name in site.hosts]
        return all(document["status"] == "in_sync" for document in documents)

    wait_for(all_in_sync, tmp_path / "said", runs)


def test_outside_of_the_window_it_is_said_and_nothing_is_done(site, drifted, tmp_path):
    before = {path: path.read_bytes() for path in (tmp_path / "trees").rglob("*") if path.is_file()}
    runs = drifted(NEVER)
    said = tmp_path / "said"
    wait_for(lambda: all(f"'{name}'" in said.read_text() for name in site.hosts), said, runs)
    assert {path: path.read_bytes() for path in (tmp_path / "trees").rglob("*") if path.is_file()} == before


def test_a_host_whose_auditd_warns_is_looked_at_and_no_other(site, rulebook, tmp_path):
    log = tmp_path / "syslog"
    log.write_text("")
    runs = rulebook("look_at_warned_hosts", audit_syslog=str(log), audit_report_dir=str(tmp_path / "looked"))
    host, said = sorted(site.hosts)[0], tmp_path / "said"
    document = tmp_path / f"looked/hosts/{host}.json"

    def looked():
        with open(log, "a") as stream:  # again and again: what is there when the source starts is no event
            stream.write(f"Nov 26 14:00:01 {host} auditd[812]: Audit daemon is low on disk space for logging\n")
        return document.exists()

    wait_for(looked, said, runs)
    assert [path.stem for path in document.parent.iterdir()] == [host]
