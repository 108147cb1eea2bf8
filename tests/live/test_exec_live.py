# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When auditd calls the program of space_left_action = EXEC, and when it does not.

auditd looks at the free room only behind some records: where the size of its log, in bytes, leaves a small enough remainder. Records of
one length that is a multiple of the divisor leave the same remainder each time: behind them auditd looks always, or never.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker, files
from auditd_site import COLLECTION, _audit_socket, _send, wait_for
from test_rotation_live import ROOMY, Rotation

LIBRARY, SBIN, STATE = "/usr/local/lib/audit-rotate", "/usr/local/sbin", "/var/lib/audit-rotate"
RESUME = f"{SBIN}/audit-resume"
CALL = f"EXEC {RESUME}"
SOURCES = ("import json; from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library as library; "
           "print(json.dumps(library.sources()))")

PROGRAM = "/var/tmp/auditops-called"
CALLED = "/var/tmp/auditops-called.log"
UNSEEN = 60  # records
# release -> (divisor, remainders at which auditd looks), src/auditd-event.c and tried here
LOOKS = {"3.0": (3, 2), "3.0.9": (8, 3), "4.0.2": (8, 3)}


@pytest.fixture
def caller(site):
    """A site on a partition of 48 MB whose auditd is to call a program at 20 MB, and the file that the program writes to."""
    site.small_partition(48)
    program, called = site.path(PROGRAM), site.path(CALLED)
    program.write_text(f"#!/bin/sh\necho called >> {CALLED}\n")
    program.chmod(0o750)
    called.unlink(missing_ok=True)
    site.start(**{**ROOMY, "log_format": "RAW", "space_left": 20, "admin_space_left": 2, "space_left_action": f"EXEC {PROGRAM}"})
    yield site, called
    program.unlink()
    called.unlink(missing_ok=True)


class Sender:
    """Sends one record at a time, so long that the size of the log leaves a wanted remainder."""

    def __init__(self, site, channel, divisor):
        self.log, self.channel, self.divisor = site.log_dir / "audit.log", channel, divisor
        self.number, self.length, self.padding = 100000, 0, 100

    def send(self, remainder: int | None = None) -> int:
        """The remainder that the log's size leaves behind the record; None: as it comes."""
        before = self.log.stat().st_size
        if remainder is not None:
            more = (remainder - before - self.length) % self.divisor
            self.padding += more - (self.divisor if self.padding + more > 150 else 0)
        self.number += 1
        _send(self.channel, "exec", self.number, self.padding)
        wait_for(lambda: f" n={self.number} ".encode() in self.log.read_bytes()[before:], "the record")
        size = self.log.stat().st_size
        self.length = size - before
        return size % self.divisor


def test_records_of_one_length_can_hide_a_crossing_and_the_first_other_one_shows_it(caller):
    site, called = caller
    divisor, looked_at = LOOKS[site.release]
    hidden = divisor - 1
    assert hidden >= looked_at
    with contextlib.closing(_audit_socket()) as channel:
        sender = Sender(site, channel, divisor)
        sender.send()
        sender.send(hidden)
        blob = site.fill_partition(leave_kilobytes=15 << 10)
        assert {sender.send(hidden) for _unused in range(UNSEEN)} == {hidden}
        assert not called.exists() and site.report()["logging_suspended"] is False, "auditd has not looked"
        sender.send(0)
        wait_for(called.exists, "the call, at the first record behind which auditd looks")
        assert site.report()["logging_suspended"] is True, "the log is closed until SIGUSR2"
    blob.unlink()


def install(site, python):
    """The programs of role audit_rotation, without a schedule."""
    done = subprocess.run([sys.executable, "-c", SOURCES], capture_output=True, text=True, cwd=COLLECTION.parents[2], check=True)
    for name, text in json.loads(done.stdout).items():
        path = site.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{python} -IS\n" + text if name.startswith(SBIN) else text)
        path.chmod(0o750 if name.startswith(SBIN) else 0o644)


@pytest.fixture
def guarded(site):
    """A site on a partition of 48 MB; its auditd is told by audit_rotation_guard = exec to call audit-resume at 20 MB."""
    if any(site.path(path).exists() for path in (LIBRARY, RESUME)):
        pytest.skip("the rotation is installed on this machine")
    site.small_partition(48)
    rotation = Rotation(site)
    rotation.configure(state_dir=STATE)
    try:
        install(site, rotation.python)
        site.start(**{**ROOMY, "log_format": "RAW", "space_left": 20, "admin_space_left": 2})
        answer = site.module("auditd_conf", settings={"space_left_action": CALL}, guard="exec", own_keys=["space_left_action"],
                             failure_policy="keep_running", release=site.release)
        assert answer["result"]["proof"] and answer["result"]["after"]["space_left_action"] == CALL, answer
        yield site, rotation
    finally:
        site.kill()
        for name in (*files.LAUNCHERS, checker.PROGRAM):
            site.path(name).unlink(missing_ok=True)
        for directory in (LIBRARY, STATE):
            shutil.rmtree(site.path(directory), ignore_errors=True)


def cross(site):
    """Have the free room pass below space_left, and send records of many lengths until auditd has looked."""
    site.send(2000, "before", 400)
    wait_for(lambda: site.numbers("before")[-1:] == [1999], "the events")
    (site.log_dir / "blob").unlink(missing_ok=True)
    blob = site.fill_partition(leave_kilobytes=15 << 10)
    for padding in range(40):
        site.send(1, "cross", padding)
    return blob


def test_auditd_calls_for_room_and_goes_on_by_itself(guarded):
    site, rotation = guarded
    blob = cross(site)
    called = site.path(f"{STATE}/called")
    wait_for(called.exists, "the call, noted by the program when auditd logs again", 60)
    wait_for(lambda: [name for name in rotation.names() if name.startswith("audit.log.2")], "an archive", 60)
    wait_for(lambda: site.report()["logging_suspended"] is False, "auditd to log again", 60)
    blob.unlink()
    site.send(50, "after")
    wait_for(lambda: site.numbers("after")[-1:] == [49], "the events after it")
    refused = site.module("audit_rotation", state="absent")
    assert refused["failed"] if "failed" in refused else "without the program auditd refuses the file" in json.dumps(refused)
    assert site.path(RESUME).exists()


def test_a_call_that_nobody_answers_is_answered_by_the_guard(guarded):
    site, rotation = guarded
    site.path(RESUME).write_text("#!/bin/sh\nexit 1\n")
    blob = cross(site)
    wait_for(lambda: site.report()["logging_suspended"] is True, "the call, after which auditd waits for SIGUSR2")
    blob.unlink()
    start = time.monotonic()
    done = rotation.run("--guard")  # as the guard looks each minute
    assert done.returncode == 0 and time.monotonic() - start < 60, done.stderr
    assert site.report()["logging_suspended"] is False
    site.send(50, "after")
    wait_for(lambda: site.numbers("after")[-1:] == [49], "the events after it")
    assert not site.path(f"{STATE}/called").exists(), "a call that was not answered proves nothing"
