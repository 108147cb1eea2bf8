# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HALT goes out of force of an auditd whose auditd.conf it would refuse, and whose other lines are somebody else's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf_refused
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence, records
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.modules import auditd_conf

HALTS = "admin_space_left_action = HALT\ndisk_full_action = HALT\n"
POLICY = {"admin_space_left_action": "SYSLOG", "disk_full_action": "SYSLOG", "num_logs": 5}
LOG = "/var/log/audit/audit.log"

# name: (what somebody adds or changes, the line that stays)
FOREIGN = {
    "unknown key": (lambda conf: conf + "log_colour = red\n", "log_colour = red"),
    "no spaces": (lambda conf: conf + "flush=INCREMENTAL\n", "flush=INCREMENTAL"),
    "bad word": (lambda conf: conf + "log_format = FANCY\n", "log_format = FANCY"),
    "no key": (lambda conf: conf + "= 5\n", "= 5"),
    "behind a value": (lambda conf: conf + "freq = 50 # per second\n", "freq = 50 # per second"),
    "thresholds": (lambda conf: conf.replace("space_left = 75\n", "space_left = 20\n"), "space_left = 20"),
    "two at once": (lambda conf: conf + "log_colour = red\nfreq = x\n", "freq = x"),
}


@pytest.fixture
def module(fake, monkeypatch):
    """``module(**params)`` runs auditd_conf on the fake host and gives its result, with the warnings."""
    monkeypatch.setattr(auditd_conf, "Host", lambda root, run: fake.host)

    def run(**params):
        values = {name: spec.get("default") for name, spec in auditd_conf.ARGUMENT_SPEC.items()}
        values.update(scope="stops", failure_policy="keep_running", start=False, release=fake.auditd.version)
        values.update(params or {"settings": POLICY})
        warnings: list[str] = []
        result = auditd_conf.run(SimpleNamespace(params=values, check_mode=False, run_command=None, warn=warnings.append))
        return dict(result, warnings=warnings)
    return run


def broken(fake, change):
    """Somebody breaks the file behind a running auditd that halts; the text that stands there then."""
    fake.conf.write_text(fake.conf.read_text() + HALTS)
    fake.auditd.start()
    fake.conf.write_text(change(fake.conf.read_text()))
    return fake.conf.read_text()


@pytest.mark.parametrize("fake", ["3.0", "3.0.9", "4.0.2", "4.2.1"], indirect=True)
@pytest.mark.parametrize("name", FOREIGN)
def test_halt_goes_and_the_line_stays(fake, module, name):
    change, stays = FOREIGN[name]
    before = broken(fake, change)
    running = dict(fake.auditd.running)
    done = module()
    assert done["actions"] == ["write", "reload"]
    assert fake.auditd.running["disk_full_action"] == fake.auditd.running["admin_space_left_action"] == "SYSLOG"
    for key in ("max_log_file", "max_log_file_action", "num_logs", "space_left", "admin_space_left", "log_file"):
        assert fake.auditd.running[key] == running[key], key
    assert fake.conf.read_text() == before.replace("HALT", "SYSLOG") and stays in fake.conf.read_text().splitlines()
    assert [warning for warning in done["warnings"] if "auditd does not start with this file" in warning]
    record = records.last_record(fake.host, LOG, evidence.TYPES)
    assert evidence.in_force(fake.host, fake.auditd.pid, record) is False, "what runs is not what the file says"
    again = module()
    assert again["actions"] == [] and again["warnings"]


@pytest.mark.parametrize("line", ["num_logs = many", "log_file = /no/such/directory/audit.log"])
def test_what_holds_the_log_is_not_guessed(fake, module, line):
    key = line.partition(" ")[0]
    before = broken(fake, lambda conf: "".join(row + "\n" for row in conf.splitlines() if not row.startswith(key + " ")) + line + "\n")
    with pytest.raises(AuditError, match=key + ".*nothing was changed"):
        module()
    assert fake.conf.read_text() == before and "SIGHUP" not in fake.auditd.got


def test_a_reload_that_fails_leaves_the_file_and_the_daemon(fake, module):
    before = broken(fake, FOREIGN["unknown key"][0])
    fake.auditd.refuses = "Value x should only be numbers - line 9"
    with pytest.raises(AuditError, match="the old file is back, auditd still runs"):
        module()
    assert fake.conf.read_text() == before and fake.auditd.alive


def test_without_a_daemon_the_file_is_cured_all_the_same(fake, module):
    fake.conf.write_text(fake.conf.read_text() + HALTS + "log_colour = red\n")
    assert module()["actions"] == ["write"]
    assert "HALT" not in fake.conf.read_text() and "log_colour = red" in fake.conf.read_text()
    assert module()["actions"] == []


def test_a_mistake_of_the_policy_is_refused(fake, module):
    before = broken(fake, FOREIGN["unknown key"][0])
    with pytest.raises(AuditError, match="auditd_conf.disk_full_action = SYLOG"):
        module(settings=dict(POLICY, disk_full_action="SYLOG"))
    assert fake.conf.read_text() == before


def test_a_file_that_auditd_takes_needs_nothing_instead(fake):
    fake.auditd.start()
    conf = text.parse(fake.conf.read_text())
    assert conf_refused.loadable(fake.host, "3.0.9", conf, 5.0) == conf
