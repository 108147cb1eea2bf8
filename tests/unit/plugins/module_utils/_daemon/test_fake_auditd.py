# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake auditd against what real ones did: its reports and records, release by release."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import process, records

FIXTURES = Path(__file__).parents[1] / "fixtures"
REPORTS = {path.stem: path.read_text() for path in sorted((FIXTURES / "state_reports").glob("*.txt"))}
RECORDS = {path.stem: path.read_text() for path in sorted((FIXTURES / "daemon_records").glob("*.txt"))}


def shape(text):
    """A report without its figures and times, and without glibc's own."""
    return [re.sub(r"\d+", "0", line) for line in text.splitlines() if not line.startswith("glibc")]


@pytest.mark.parametrize(("fake", "release"), [(name, name) for name in REPORTS], indirect=["fake"])
def test_its_reports_are_those_of_the_release(fake, release):
    fake.auditd.start()
    found = [re.sub("^process priority = -0", "process priority = 0", line) for line in shape(fake.auditd.report())]
    assert found == shape(REPORTS[release])


def kinds(lines):
    found = [records.parse_record(line.encode()) for line in lines]
    return [(each["type"], each["op"], each["res"]) for each in found if each is not None]


@pytest.mark.parametrize(("fake", "release"), [(name, name) for name in RECORDS], indirect=["fake"])
def test_its_records_are_those_of_the_release(fake, release):
    auditd, good = fake.auditd, fake.conf.read_text()
    auditd.start()
    for number, text in ((signal.SIGUSR1, good), (signal.SIGHUP, good), (signal.SIGHUP, good + "num_logs = x\n"), (signal.SIGHUP, good),
                         (signal.SIGUSR2, good), (signal.SIGTERM, good)):
        fake.conf.write_text(text)
        auditd.signal(number)
        fake.clock.sleep(1)
    lines = [line for path in (fake.log.with_name("audit.log.1"), fake.log) for line in path.read_text().splitlines()]
    real = [line.strip() for line in RECORDS[release].splitlines() if line.strip().startswith("type=")]
    assert set(kinds(lines)) == set(kinds(real)) | {("DAEMON_START", "start", "success")}
    assert not auditd.alive


@pytest.mark.parametrize(("fake", "survives"), [("2.8.5", True), ("3.0", True), ("3.0.7", False), ("3.0.9", False), ("4.2.1", False)],
                         indirect=["fake"])
def test_a_reload_with_another_size_ends_one_that_has_closed_its_log(fake, survives):
    fake.conf.write_text(fake.conf.read_text() + "disk_full_action = SUSPEND\n")
    fake.auditd.start()
    fake.auditd.fill()
    fake.conf.write_text(fake.conf.read_text().replace("max_log_file = 8", "max_log_file = 9"))
    fake.auditd.signal(signal.SIGHUP)
    fake.clock.sleep(1)
    assert fake.auditd.alive is survives


@pytest.mark.parametrize(("fake", "node"), [("3.0.9", "host.example"), ("4.2.1", "(null)")], indirect=["fake"])
def test_a_reload_and_the_name_of_the_node(fake, node):
    fake.conf.write_text(fake.conf.read_text() + "name_format = FQD\n")
    fake.auditd.start()
    fake.auditd.signal(signal.SIGHUP)
    fake.clock.sleep(1)
    assert fake.auditd.node == node


@pytest.mark.parametrize("state", ["D", "T"])
def test_one_that_hangs_answers_at_the_thaw(fake, state):
    fake.auditd.start()
    fake.auditd.hang(state)
    for number in (signal.SIGCONT, signal.SIGTERM):
        fake.auditd.signal(number)
    fake.clock.sleep(5)
    assert fake.auditd.alive and fake.auditd.pending == [signal.SIGCONT, signal.SIGTERM]
    fake.auditd.thaw()
    assert not fake.auditd.alive


def test_it_is_found_and_passes_for_the_real_one(fake):
    assert process.find(fake.host) is None
    fake.auditd.start()
    assert process.find(fake.host) == fake.auditd.pid and process.is_auditd(fake.auditd.pid)
    fake.auditd.end()
    assert process.find(fake.host) is None
