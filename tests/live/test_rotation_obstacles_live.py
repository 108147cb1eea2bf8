# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes auditd suspend logging at a rotation is found before it is asked; what floods a small partition costs no new record."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from auditd_site import kernel_status, wait_for
from test_rotation_live import ROOMY, STATE, Rotation

FLOOD = 160_000  # records in 40 seconds
NEWEST = 20_000


@pytest.fixture
def here(audited):
    shutil.rmtree(audited.path(STATE), ignore_errors=True)
    yield Rotation(audited)
    shutil.rmtree(audited.path(STATE), ignore_errors=True)


def chattr(change: str, path: Path):
    subprocess.run(["chattr", change, str(path)], check=True)


@contextlib.contextmanager
def attribute(site, letter: str, where: str):
    path = site.log_dir if where == "directory" else site.log_dir / where
    chattr(f"+{letter}", path)
    try:
        yield f"chattr -{letter} {path}"
    finally:
        chattr(f"-{letter}", path)


@contextlib.contextmanager
def no_inodes(site):
    """Every inode of the partition taken by empty files."""
    made = []
    try:
        with contextlib.suppress(OSError):
            while True:
                made.append(site.log_dir / f"empty{len(made)}")
                made[-1].touch()
        yield "free inodes"
    finally:
        for path in made:
            path.unlink(missing_ok=True)


OBSTACLES = {
    "append-only log": lambda site: attribute(site, "a", "audit.log"),
    "immutable log": lambda site: attribute(site, "i", "audit.log"),
    "append-only directory": lambda site: attribute(site, "a", "directory"),
    "immutable directory": lambda site: attribute(site, "i", "directory"),
    "no inodes": no_inodes,
}


@pytest.mark.parametrize("mode", [(), ("--guard",)], ids=["rotation", "guard"])
@pytest.mark.parametrize("what", sorted(OBSTACLES))
def test_a_rotation_that_would_suspend_auditd_is_not_asked_for(here, what, mode):
    site = here.site
    site.small_partition(32)
    here.configure(ceiling_megabytes=1)
    site.start(**ROOMY)
    site.send(4000, "before", 400)
    wait_for(lambda: site.numbers("before")[-1:] == [3999], "the events")
    with OBSTACLES[what](site) as words:
        done = here.run(*mode)
        assert site.report()["logging_suspended"] is False, "auditd logged before"
        assert done.returncode == 16, done.stderr
        assert words in done.stderr and "space" not in done.stderr.replace("no_space", "")
        if what != "immutable log":
            site.send(5, "meanwhile")
            wait_for(lambda: site.numbers("meanwhile") == list(range(5)), "an event after the refusal")
    done = here.run(*mode)
    assert done.returncode == 0, done.stderr
    assert here.status()["rotated"] and here.status()["result"] == "success"
    assert here.numbers("before") == list(range(4000))


def test_an_auditd_that_an_attribute_suspended_is_woken_once_it_is_gone(here):
    site = here.site
    site.start(**ROOMY)
    with attribute(site, "a", "audit.log"):
        subprocess.run(["auditctl", "--signal", "USR1"], check=True)
        wait_for(lambda: site.report()["logging_suspended"], "auditd to suspend itself")
        done = here.run("--guard")
        assert done.returncode == 16 and "chattr -a" in done.stderr, done.stderr
    done = here.run("--guard")
    assert done.returncode == 0, done.stderr
    assert site.report()["logging_suspended"] is False


@contextlib.contextmanager
def watching(rotation):
    process = subprocess.Popen(rotation.argv("--watch", "1"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: (rotation.site.path(STATE) / "watch.lock").exists() or process.poll() is not None, "the guard")
        assert process.poll() is None, process.communicate()[1]
        yield process
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("policy", ["keep_running", "suspend_auditing"])  # stop_host: tests/vm/test_halt.py, where a host may stop
def test_a_flood_into_a_small_partition_keeps_the_newest_records(here, policy):
    site = here.site
    site.small_partition(64)
    here.configure(min_free_megabytes="auto", keep_megabytes="auto")
    site.start(**ROOMY, **FAILURE_POLICIES[policy]["settings"])
    subprocess.run(["auditctl", "-b", "65536"], check=True, capture_output=True)
    lost = kernel_status()["lost"]
    with watching(here):
        site.flood(FLOOD, "flood", 4000, 400)
        last = f"op=auditops-flood n={FLOOD - 1} ".encode()
        wait_for(lambda: any(last in path.read_bytes() for path in site.log_dir.glob("audit.log")) or FLOOD - 1 in here.numbers("flood"),
                 "the last record", 60)
    found = set(here.numbers("flood"))  # with the guard ended: a log that it moves between two looks is in neither
    missing = [number for number in range(FLOOD - NEWEST, FLOOD) if number not in found]
    assert len(missing) <= kernel_status()["lost"] - lost, f"{len(missing)} of the newest {NEWEST} records are in no log"
    assert here.status()["mode"] == "guard"
    assert site.report()["logging_suspended"] is False, "the room was made before auditd's own thresholds"


def test_a_guard_that_watches_writes_no_record(here):
    site = here.site
    here.configure(ceiling_megabytes=200)
    site.start(**ROOMY)
    subprocess.run(["auditctl", "-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-k", "auditops-guard"], check=True)
    with watching(here) as process:
        time.sleep(1)
        size = (site.log_dir / "audit.log").stat().st_size
        ticks = _cpu_ticks(process.pid)
        time.sleep(5)
        assert _cpu_ticks(process.pid) - ticks <= 0.01 * 5 * os.sysconf("SC_CLK_TCK")
        text = (site.log_dir / "audit.log").read_bytes()[size:]
    assert b"pid=%d " % process.pid not in text


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_the_program_for_exec_is_called_and_has_auditd_log_again(here):
    site = here.site
    site.small_partition(48)
    here.configure(min_free_megabytes=1)
    program = site.path("/var/tmp/auditops-audit-resume")
    program.write_text(f"#!/bin/sh\nexec {here.python} -IS {here.program}/audit-resume\n")
    program.chmod(0o750)
    try:
        site.start(**{**ROOMY, "space_left": 20, "admin_space_left": 2, "space_left_action": "EXEC /var/tmp/auditops-audit-resume"})
        blob = site.fill_partition(leave_kilobytes=21 << 10)
        site.send(8000, "crossing", 400)
        wait_for(lambda: here.site.path(STATE).exists() and (here.site.path(STATE) / "status.json").exists(), "the call", 60)
        wait_for(lambda: site.report()["logging_suspended"] is False, "auditd to log again", 60)
        site.send(5, "after")
        wait_for(lambda: here.numbers("after") == list(range(5)), "an event after the call", 60)
        blob.unlink()
    finally:
        program.unlink()
