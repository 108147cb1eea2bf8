# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that wait for a restart, beside keys that do not: what can be loaded is loaded now, what waits is known to wait."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence, records
from ansible_collections.auditops.auditd.plugins.module_utils._live import conf as live_conf
from ansible_collections.auditops.auditd.plugins.module_utils._live import daemon as live_daemon
from ansible_collections.auditops.auditd.plugins.module_utils._live.reading import Parsed, Reading
from test_conf_fake_auditd import applied, refused

LOG = "/var/log/audit/audit.log"
HALTS = "admin_space_left_action = HALT\ndisk_full_action = HALT\n"
CURE = {"admin_space_left_action": "SYSLOG", "disk_full_action": "SYSLOG", "name_format": "HOSTNAME"}


def nodes(fake):
    """What stands in front of the records, in their order, each once."""
    found = []
    for line in fake.log.read_text().splitlines():
        node = line.partition(" ")[0] if line.startswith("node=") else ""
        found += [node] if found[-1:] != [node] else []
    return found


def in_force(fake):
    return evidence.in_force(fake.host, fake.auditd.pid, records.last_record(fake.host, LOG, evidence.TYPES))


@pytest.mark.parametrize("fake", ["3.0.9", "4.0.2", "4.2.1"], indirect=True)
def test_halt_goes_now_whatever_waits(fake):
    fake.conf.write_text(fake.conf.read_text() + HALTS)
    fake.auditd.start()
    done = applied(fake, CURE)
    assert done.actions == ["write", "reload"] and done.plan.restart_required == ["name_format"]
    assert fake.auditd.running["disk_full_action"].upper() == fake.auditd.running["admin_space_left_action"].upper() == "SYSLOG"
    assert "name_format = HOSTNAME" in fake.conf.read_text()
    assert nodes(fake) == [""], "auditd kept what it has for the name"
    assert evidence.waiting(fake.host, fake.auditd.pid) == {"name_format": "NONE"}
    again = applied(fake, CURE)
    assert (again.actions, again.plan.restart_required) == ([], ["name_format"])
    assert in_force(fake) is True
    later = applied(fake, dict(CURE, num_logs=7))
    assert later.actions == ["write", "reload"] and later.plan.restart_required == ["name_format"] and nodes(fake) == [""]
    assert fake.auditd.running["num_logs"] == "7"
    assert applied(fake, CURE, restart="if_needed").actions == ["restart"]
    assert nodes(fake)[-1] == "node=host.example" and evidence.waiting(fake.host, fake.auditd.pid) == {}
    assert applied(fake, CURE, restart="if_needed").actions == []


def test_a_name_that_waits_alone_is_written_and_nothing_is_sent(fake):
    fake.auditd.start()
    done = applied(fake, {"name_format": "FQD"})
    assert done.actions == ["write"] and done.plan.restart_required == ["name_format"] and "SIGHUP" not in fake.auditd.got
    assert evidence.waiting(fake.host, fake.auditd.pid) == {"name_format": "NONE"}
    assert applied(fake, {"name_format": "FQD"}).actions == []


def test_the_false_proof_that_powered_a_host_off(fake):
    """What an earlier release left: the file is written, nothing was loaded, and its record has been archived since."""
    fake.conf.write_text(fake.conf.read_text() + HALTS)
    fake.auditd.start()
    fake.conf.write_text(fake.conf.read_text().replace("HALT", "SYSLOG") + "name_format = HOSTNAME\n")
    done = applied(fake, CURE)
    assert done.actions == ["reload"] and fake.auditd.running["disk_full_action"] == "SYSLOG" and nodes(fake) == [""]


@pytest.mark.parametrize("fake", ["4.2.1"], indirect=True)
def test_a_name_that_every_reload_would_lose_is_kept(fake):
    fake.conf.write_text(fake.conf.read_text() + "name_format = FQD\n" + HALTS)
    fake.auditd.start()
    done = applied(fake, {"disk_full_action": "SYSLOG"})
    assert done.actions == ["write", "reload"] and done.plan.restart_required == []
    assert nodes(fake) == ["node=host.example"] and fake.auditd.running["disk_full_action"] == "SYSLOG"
    assert "name_format = FQD" in fake.conf.read_text() and "USER" not in fake.conf.read_text()
    assert applied(fake, {"disk_full_action": "SYSLOG"}).actions == []


def test_a_priority_does_not_add_up(fake):
    fake.auditd.start()
    for _again in range(2):
        applied(fake, {"priority_boost": 6, "num_logs": 5 + _again})
    assert fake.auditd.priority == -4 and evidence.waiting(fake.host, fake.auditd.pid) == {"priority_boost": "4"}


@pytest.mark.parametrize("behave", [{"lies": True}, {"mute": True}, {"refuses": "no"}])
def test_the_way_back_keeps_the_name_too(fake, behave):
    fake.auditd.start()
    applied(fake, {"name_format": "HOSTNAME"})
    vars(fake.auditd).update(behave)
    refused(fake, {"max_log_file": 9})
    assert nodes(fake)[0] == "" and "node=(null)" not in nodes(fake)


def test_a_reload_by_hand_keeps_the_name_too(fake):
    fake.auditd.start()
    applied(fake, {"name_format": "HOSTNAME"})
    proof = conf.reload_file(fake.host, "3.0.9", text.parse(fake.conf.read_text()), 10.0)
    assert proof["record"] and nodes(fake) == [""] and "name_format = HOSTNAME" in fake.conf.read_text()
    assert evidence.waiting(fake.host, fake.auditd.pid) == {"name_format": "NONE"}


@pytest.mark.parametrize("settings", [{"name_format": "USER", "name": "web1"}, {"name_format": "NONE", "name": None}])
def test_a_name_that_nobody_has_to_look_up_is_loaded(fake, settings):
    fake.conf.write_text(fake.conf.read_text() + ("name_format = USER\nname = old\n" if settings["name_format"] == "NONE" else ""))
    fake.auditd.start()
    done = applied(fake, settings)
    assert done.actions == ["write", "reload"] and done.plan.restart_required == []
    assert nodes(fake)[-1] == ("node=web1" if settings["name"] else "") and applied(fake, settings).actions == []


def test_the_reader_of_a_host_sees_what_waits(fake):
    fake.auditd.start()
    applied(fake, dict(CURE, num_logs=7))
    reading = Reading(fake.host, "3.0.9", {}, Parsed())
    reading.live["version"] = "3.0.9"
    reading.live["auditd_conf"] = live_conf.read(reading)
    found = live_daemon.read(reading)
    assert found["older_settings"] is False and found["waiting"] == {"name_format": "NONE"}
