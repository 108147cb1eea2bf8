# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf brought into force on an auditd that lies, hangs, dies and suspends: the result is proven, or everything is back."""

from __future__ import annotations

import signal
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as apply_conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as conf_text
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

NEW = {"max_log_file": 9}


def applied(fake, settings=None, **options):
    """{actions, proof, ...} of one run, as the module does it."""
    before = conf_text.parse(fake.conf.read_text()) if fake.conf.exists() else None
    after = conf_text.merge(before if before is not None else conf_text.parse(None), NEW if settings is None else settings)
    change = apply_conf.Change(fake.host, fake.auditd.version, before, after, **options)
    plan = apply_conf.plan(change)
    return SimpleNamespace(plan=plan, actions=plan.actions, **apply_conf.apply(change, plan))


def refused(fake, settings=None, **options):
    """The error of a run that fails, after which the old file is in place and auditd is alive."""
    old = fake.conf.read_text()
    with pytest.raises(AuditError) as caught:
        applied(fake, settings, **options)
    assert fake.conf.read_text() == old and fake.auditd.alive
    return caught.value


def test_a_good_change_is_proven_by_record_and_report(fake):
    fake.auditd.start()
    done = applied(fake)
    assert done.actions == ["write", "reload"] and done.proof["how"] == "record and report"
    assert fake.auditd.running["max_log_file"] == "9"
    assert applied(fake).actions == []


@pytest.mark.parametrize(("behave", "said"), [
    ({"mute": True}, "did not confirm the reload"),
    ({"lies": True}, "it runs with max_log_file_mb 8 instead of 9"),
    ({"lies": True, "mute": True}, "did not confirm the reload"),
    ({"refuses": "Value x should only be numbers - line 9"}, "Value x should only be numbers"),
    ({"deaf": {signal.SIGHUP}}, "did not confirm the reload"),
    ({"dies_of": {signal.SIGHUP}}, "died of the reload"),
])
def test_what_is_not_proven_is_rolled_back(fake, behave, said):
    fake.auditd.start()
    vars(fake.auditd).update(behave)
    original = fake.auditd.start

    def start():
        vars(fake.auditd).update(dies_of=set())
        return original()

    fake.auditd.start = start
    assert said in str(refused(fake))
    assert fake.auditd.running["max_log_file"] == "8"


def test_a_value_that_no_report_shows_needs_the_record(fake):
    fake.auditd.start()
    fake.auditd.mute = True
    assert "did not confirm" in str(refused(fake, {"num_logs": 6}))


@pytest.mark.parametrize("settings", [{"disk_full_action": "SYSLOG"}, NEW])
def test_a_full_disk_keeps_the_record_out(fake, settings):
    fake.conf.write_text(fake.conf.read_text() + "disk_full_action = SUSPEND\n")
    fake.auditd.start()
    fake.auditd.fill()
    fake.host.free_mb = 200  # somebody made room
    done = applied(fake, settings)
    assert fake.auditd.alive and not fake.auditd.suspended
    assert done.proof["record"]


def test_nothing_is_sent_to_a_suspended_one_that_would_die_of_it(fake):
    fake.conf.write_text(fake.conf.read_text() + "disk_full_action = SUSPEND\n")
    fake.auditd.start()
    fake.auditd.fill()
    with pytest.raises(control.ReloadError, match="would kill it"):
        control.reload(fake.host, fake.auditd.pid, "3.0.9", "/var/log/audit/audit.log")
    assert "SIGHUP" not in fake.auditd.got
