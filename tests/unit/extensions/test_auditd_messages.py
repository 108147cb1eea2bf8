# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source over a system log: one event per warning of auditd, through rotations, and none of what others write."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._diagnosis import messages

SOURCE = Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source/auditd_messages.py"
SPEC = importlib.util.spec_from_file_location("auditd_messages", SOURCE)
auditd_messages = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(auditd_messages)
LOW = "Audit daemon is low on disk space for logging"
HEAD = "Nov 26 14:00:01 web1 auditd[812]: "


@pytest.mark.parametrize("message", messages.AUDITD, ids=lambda message: f"{message.what} {message.until}")
def test_what_the_diagnosis_knows_of_auditd_is_an_event(message):
    event = auditd_messages.event_of(HEAD + message.text)
    assert event == {"auditd": {"host": "web1", "what": message.what, "message": message.text}}


@pytest.mark.parametrize("head, host", [
    ("Nov  6 04:00:01 web1 auditd[812]: ", "web1"), ("2026-11-26T14:00:01.123456+00:00 db-1.example.org auditd[9]: ", "db-1.example.org"),
    ("2026-11-26T14:00:01Z 192.0.2.7 auditd: ", "192.0.2.7"), ("Nov  6 04:00:01 web1 audispd: ", "web1"),
])
def test_the_formats_of_syslog(head, host):
    assert auditd_messages.event_of(head + LOW)["auditd"]["host"] == host


@pytest.mark.parametrize("line", [
    "", LOW, "Nov 26 14:00:01 web1 backup[1]: " + LOW, "Nov 26 14:00:01 web1 audisp-auditd[1]: " + LOW,
    "Nov 26 14:00:01 all auditd[1]: " + LOW, "Nov 26 14:00:01 web1,db* auditd[1]: " + LOW,
    HEAD + "The audit daemon is now changing its log", HEAD + "he said: " + LOW,
])
def test_what_is_no_warning_of_an_auditd(line):
    assert auditd_messages.event_of(line) is None


def append(path: Path, *numbers: int) -> None:
    with open(path, "a") as log:
        log.writelines(f"{HEAD}{LOW} {number}\n" for number in numbers)


def rotate(path: Path) -> None:
    append(path, 2)
    path.rename(path.with_suffix(".1"))
    append(path, 3)


def rotate_late(path: Path) -> None:
    path.rename(path.with_suffix(".1"))
    append(path.with_suffix(".1"), 2)
    append(path, 3)


def empty_in_place(path: Path) -> None:
    path.write_text("")
    append(path, 2, 3)


def write_in_pieces(path: Path) -> None:
    with open(path, "a", buffering=1) as log:
        log.write(HEAD)
        log.flush()
        log.write(f"{LOW} 2\n")
    append(path, 3)


@pytest.mark.parametrize("change", [rotate, rotate_late, empty_in_place, write_in_pieces])
def test_each_new_line_once_whatever_happens_to_the_log(tmp_path, change):
    async def events() -> list[str]:
        queue: asyncio.Queue = asyncio.Queue()
        source = asyncio.create_task(auditd_messages.main(queue, {"path": str(log), "delay": 0.01}))
        try:
            await asyncio.sleep(0.05)  # it has looked at what was there
            append(log, 1)
            found = [await asyncio.wait_for(queue.get(), 30)]
            change(log)
            found += [await asyncio.wait_for(queue.get(), 30) for _each in range(2)]
            await asyncio.sleep(0.05)
            assert queue.empty()
        finally:
            source.cancel()
        return [event["auditd"]["message"].split()[-1] for event in found]

    log = tmp_path / "syslog"
    log.write_text(f"{HEAD}{LOW} 0\n" * 20)
    assert asyncio.run(events()) == ["1", "2", "3"]


def test_a_log_that_appears_later_is_read_from_its_beginning(tmp_path):
    follower = auditd_messages.Follower(str(tmp_path / "syslog"))
    assert follower.lines() == []
    append(tmp_path / "syslog", 1)
    assert len(follower.lines()) == 1 and follower.lines() == []
