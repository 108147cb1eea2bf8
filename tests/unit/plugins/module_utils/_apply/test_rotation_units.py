# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is started and stopped when the rotation is put on a running host, or taken off it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rotation, rotation_units
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import running
from fake_host import FakeHost

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
    with pytest.raises(AuditError, match="daemon-reload failed with code 1: no"):
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


@pytest.mark.parametrize("refused", [0, 1], ids=["starts again", "does not start again"])
def test_a_change_that_fails_has_running_again_what_it_stopped(tmp_path, monkeypatch, refused):
    host = FakeHost(tmp_path)
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    called = []
    host.install("systemctl", lambda *words: called.append(list(words)) or (refused if words[0] == "restart" else 0, "", "no such unit"))
    for path in (_rotation.GUARD_SERVICE, _rotation.CONF):
        (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path[1:]).write_text("as it was\n")
    plan = rotation.Plan("systemd")
    plan.written, plan.removed = {_rotation.CONF: (b"new\n", 0o640)}, [_rotation.GUARD_SERVICE]

    def full(path, *_unused):
        raise AuditError("cannot write %s: No space left on device" % path)

    monkeypatch.setattr(rotation._io, "remove", full)
    says = "not put back: what runs it .systemctl restart .* no such unit" if refused else "all is as it was"
    with pytest.raises(AuditError, match="No space left on device; " + says.replace("systemctl", ".*systemctl")) as failed:
        rotation.apply(host, plan)
    assert failed.value.details["rolled_back"] is not bool(refused)
    assert called == [["stop", GUARD], ["daemon-reload"], ["restart", GUARD]]
    assert host.text(_rotation.CONF) == host.text(_rotation.GUARD_SERVICE) == "as it was\n"
