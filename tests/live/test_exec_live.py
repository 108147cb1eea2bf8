# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When auditd calls the program of space_left_action = EXEC, and when it does not.

auditd looks at the free room only behind some records: where the size of its log, in bytes, leaves a small enough remainder. Records of
one length that is a multiple of the divisor leave the same remainder each time: behind them auditd looks always, or never.
"""

from __future__ import annotations

import contextlib

import pytest
from auditd_site import _audit_socket, _send, wait_for
from test_rotation_live import ROOMY

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
