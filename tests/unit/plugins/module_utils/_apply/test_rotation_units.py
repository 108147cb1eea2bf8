# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is started and stopped when the rotation is put on a running host, or taken off it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation_units
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import running

TIMER, GUARD = "audit-rotate.timer", "audit-rotate-guard.service"


class Running:
    """A live host that notes what is run."""

    is_live = True

    def __init__(self, has_systemd, texts=None, rc=0):
        self.has_systemd, self.texts, self.ran, self._rc = has_systemd, texts or {}, [], rc

    def which(self, program):
        return "/usr/bin/" + program

    def text(self, path):
        return self.texts.get(path)

    def run(self, argv):
        self.ran.append(argv[1:] if argv[0].endswith("systemctl") else argv)
        return self._rc, "", "no"


@pytest.mark.parametrize("touched, removed, expected", [
    ([_rotation.TIMER, _rotation.TIMER_LINK, _rotation.GUARD_SERVICE], [], [["daemon-reload"], ["restart", GUARD, TIMER]]),
    ([], [_rotation.TIMER], [["daemon-reload"]]),
    ([_rotation.CONF], [], []),
    ([_rotation.CRON, _rotation.GUARD_LINK], [], [["daemon-reload"], ["restart", GUARD]]),
])
def test_systemd_takes_over_what_was_touched(touched, removed, expected):
    host = Running(True)
    rotation_units.start(host, touched, removed)
    assert host.ran == expected


def test_what_systemd_refuses_is_an_error():
    with pytest.raises(AuditError, match="daemon-reload returned 1: no"):
        rotation_units.start(Running(True, rc=1), [_rotation.TIMER], [])


def test_units_stop_before_they_go():
    host = Running(True)
    rotation_units.stop(host, [_rotation.GUARD_SERVICE, _rotation.TIMER, _rotation.CONF])
    assert host.ran == [["stop", GUARD, TIMER]]


@pytest.mark.parametrize("minutes", [0, 5])
def test_without_systemd_the_guard_is_started_at_once(minutes):
    text = _rotation.desired_files({"guard_minutes": minutes}, "cron", 7)[_rotation.CRON][0]
    host = Running(False, {_rotation.CRON: text})
    rotation_units.start(host, [_rotation.CRON], [])
    assert host.ran == ([[_rotation.PROGRAM, "--watch", "5", "--detach"]] if minutes else [])


def test_the_guard_of_a_rotation_that_goes_is_ended():
    process = subprocess.Popen([sys.executable, "-IS", "-c", "import time; time.sleep(600)"])
    try:
        run = running.this_process(process.pid, time.time(), "watch")
        rotation_units.stop(Running(False, {_rotation.WATCH_LOCK: run.line}), [_rotation.CRON])
        assert process.wait(60) == -signal.SIGTERM
    finally:
        process.kill()
        process.wait()


def test_a_process_id_that_somebody_else_has_now_is_left_alone():
    process = subprocess.Popen([sys.executable, "-IS", "-c", "import time; time.sleep(600)"])
    try:
        rotation_units.stop(Running(False, {_rotation.WATCH_LOCK: f"{process.pid} 1 1760000000 watch\n"}), [_rotation.CRON])
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
