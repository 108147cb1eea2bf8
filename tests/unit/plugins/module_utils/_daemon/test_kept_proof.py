# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kept proof that auditd runs with the file: what ends it, what does not."""

from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence, process, records

LOG = "/var/log/audit/audit.log"


def hup(fake, text=None):
    if text is not None:
        fake.conf.write_text(text)
    fake.auditd.signal(signal.SIGHUP)
    fake.clock.sleep(1)


def archive(fake):
    """The log is rotated and packed: no record of auditd about itself is left in a plain file."""
    fake.auditd.signal(signal.SIGUSR1)
    fake.clock.sleep(1)
    fake.log.with_name("audit.log.1").unlink()


def in_force(fake):
    record = records.last_record(fake.host, LOG, evidence.TYPES)
    return evidence.in_force(fake.host, fake.auditd.pid, record)


def remembered(fake, **waiting):
    evidence.remember(fake.host, fake.auditd.pid, fake.conf.read_bytes(), LOG, waiting)


def put_back_after_a_reload(fake):
    """Another file is loaded, then the old text stands there again, and the record is gone."""
    good = fake.conf.read_text()
    hup(fake, good.replace("ROTATE", "SUSPEND"))
    fake.conf.write_text(good)
    archive(fake)


def moved_away_and_back(fake):
    aside = fake.conf.with_name("auditd.conf.mine")
    fake.conf.rename(aside)
    hup(fake, aside.read_text().replace("ROTATE", "SUSPEND"))
    aside.rename(fake.conf)
    archive(fake)


def another_process(fake):
    fake.auditd.end()
    fake.conf.write_text(fake.conf.read_text() + "num_logs = 6\n")
    fake.auditd.start()
    fake.conf.write_text(fake.conf.read_text().replace("num_logs = 6\n", ""))
    archive(fake)


def another_boot(fake):
    (fake.root / "proc/sys/kernel/random/boot_id").write_text("another\n")
    fake.conf.touch()
    archive(fake)


def edited(fake):
    fake.conf.write_text(fake.conf.read_text() + "num_logs = 9\n")
    archive(fake)


def begun(fake):
    evidence.begin(fake.host, fake.auditd.pid)


def spoiled(fake):
    (fake.root / evidence.PROOF.lstrip("/")).write_text("{{{")
    fake.conf.touch()
    archive(fake)


@pytest.mark.parametrize("event", [
    put_back_after_a_reload, moved_away_and_back, another_process, another_boot, edited, begun, spoiled])
def test_what_may_have_changed_what_runs_ends_the_proof(fake, event):
    fake.auditd.start()
    remembered(fake)
    assert in_force(fake) is True
    event(fake)
    assert in_force(fake) is not True


@pytest.mark.parametrize("event", [
    lambda fake: None, archive, hup,
    lambda fake: fake.conf.chmod(0o600),  # the record is still there and still the last one
    lambda fake: fake.conf.write_text(fake.conf.read_text()),
])
def test_what_changes_nothing_leaves_it(fake, event):
    fake.auditd.start()
    remembered(fake)
    event(fake)
    assert in_force(fake) is True


def test_an_edit_that_nobody_loaded_is_known(fake):
    fake.auditd.start()
    remembered(fake)
    fake.conf.write_text(fake.conf.read_text() + "num_logs = 9\n")
    os.utime(fake.conf, (1, 1))
    assert in_force(fake) is False


def test_what_waits_is_part_of_it(fake):
    fake.auditd.start()
    remembered(fake, name_format="NONE")
    assert in_force(fake) is True and evidence.waiting(fake.host, fake.auditd.pid) == {"name_format": "NONE"}
    evidence.begin(fake.host, fake.auditd.pid)
    assert evidence.waiting(fake.host, fake.auditd.pid) == {"name_format": "NONE"}
    fake.auditd.end()
    fake.auditd.start()
    assert evidence.waiting(fake.host, fake.auditd.pid) == {}


def started_again(fake):
    fake.auditd.end()
    fake.auditd.start()


def booted_again(fake):
    """By chance the new auditd has the number and the age of the old one."""
    (fake.root / "proc/sys/kernel/random/boot_id").write_text("another\n")


@pytest.mark.parametrize("event", [started_again, booted_again])
def test_a_proof_is_of_one_process_of_one_boot(fake, event):
    fake.auditd.start()
    remembered(fake, name_format="NONE")
    data = fake.conf.read_bytes()
    assert evidence.is_remembered(fake.host, fake.auditd.pid, data)
    event(fake)
    assert not evidence.is_remembered(fake.host, fake.auditd.pid, data)
    assert evidence.waiting(fake.host, fake.auditd.pid) == {}


def step_before_the_edit(fake):
    """The clock ran ahead while auditd loaded the file, was set right, and then the file was edited."""
    fake.clock.stepped = 7200
    hup(fake)
    fake.clock.stepped = 0
    fake.conf.write_text(fake.conf.read_text() + "num_logs = 9\n")


def step_between_start_and_edit(fake):
    """Started by a clock that was years behind; the edit was stamped by that clock too."""
    os.utime(fake.auditd.pid_file, (1000, 1000))
    fake.log.write_text("")


def step_seen_by_a_later_record(fake):
    fake.clock.stepped = 7200
    hup(fake)
    fake.clock.stepped = 0
    fake.auditd.event("USER_LOGIN")
    fake.clock.stepped = 7200 + 60  # hours later
    fake.conf.write_text(fake.conf.read_text() + "num_logs = 9\n")


@pytest.mark.parametrize("step", [step_before_the_edit, step_between_start_and_edit, step_seen_by_a_later_record])
def test_a_clock_that_was_set_proves_nothing(fake, step):
    fake.auditd.start()
    step(fake)
    assert in_force(fake) is not True


def test_an_auditd_that_reads_another_file_is_not_in_sync_with_ours(fake):
    fake.auditd.start()
    (fake.root / f"proc/{fake.auditd.pid}/cmdline").write_bytes(b"/usr/sbin/auditd\0-c\0/etc/other/\0")
    assert process.conf_read_by(fake.auditd.pid) == "/etc/other/auditd.conf"
    assert in_force(fake) is False


@pytest.mark.parametrize("text", ["", "{{{", "[]", "{}", '{"proven_at": "now"}'])
def test_a_spoiled_proof_is_none(fake, text):
    fake.auditd.start()
    os.makedirs(fake.host.path("/var/lib/auditops"))
    with open(fake.host.path(evidence.PROOF), "w") as stream:
        stream.write(text)
    assert not evidence.is_remembered(fake.host, fake.auditd.pid, fake.conf.read_bytes())


def test_a_proof_that_cannot_be_kept_costs_nothing(fake):
    fake.auditd.start()
    (fake.root / "var/lib").write_text("")
    remembered(fake)


def test_the_proof_is_for_root_alone(fake):
    fake.auditd.start()
    remembered(fake)
    proof = fake.host.path(evidence.PROOF)
    assert os.stat(proof).st_mode & 0o777 == 0o600 and os.stat(os.path.dirname(proof)).st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["[1", "[" * 100000, "[]", "\udcff"])
def test_a_proof_that_is_none_proves_nothing(fake, text):
    fake.auditd.start()
    proof = fake.root / evidence.PROOF.lstrip("/")
    proof.parent.mkdir(parents=True, exist_ok=True)
    proof.write_text(text, errors="surrogateescape")
    assert evidence.waiting(fake.host, fake.auditd.pid) == {}
