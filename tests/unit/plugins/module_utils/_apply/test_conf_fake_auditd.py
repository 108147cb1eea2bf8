# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf brought into force on an auditd that lies, hangs, dies and suspends: the result is proven, or everything is back."""

from __future__ import annotations

import os
import signal
import struct
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as apply_conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as conf_text
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control, evidence, records
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import attributes, files

NEW = {"max_log_file": 9}
NOBODY = 0xFFFFFFFF  # no id: posix_acl_xattr.h


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


# a daemon that does not answer


@pytest.mark.parametrize("wakes_after", [None, 1, 8, 12, 18, 40])
@pytest.mark.parametrize("state", ["D", "T"])
def test_one_that_does_not_answer_is_never_ended(fake, state, wakes_after):
    """Frozen just before the reload is sent; it goes on while we wait, while we put the file back, or later."""
    fake.auditd.start()
    hangs(fake, state)
    if wakes_after is not None:
        fake.clock.after(wakes_after, fake.auditd.thaw)
    try:
        done = applied(fake, timeout=10.0)
    except AuditError as error:
        left_alone = "not answered" in str(error) and "left alone" in str(error) and error.details["audited"] is None
        # one that wakes while the old file is proven may have loaded it by then
        assert left_alone or wakes_after in (12, 16) and "the old file is back, auditd has loaded it again" in str(error)
        assert "max_log_file = 8" in fake.conf.read_text()
    else:
        assert done.proof["record"] and wakes_after < 10
    assert not {"SIGTERM", "SIGKILL"} & set(fake.auditd.got)
    fake.auditd.thaw()
    fake.clock.sleep(60)
    assert fake.auditd.alive and fake.auditd.running["max_log_file"] == fake.conf.read_text().split("max_log_file = ")[1][0]
    applied(fake)
    assert fake.auditd.running["max_log_file"] == "9"


def hangs(fake, state):
    """Let auditd hang from the next reload on."""
    deliver = fake.auditd.signal

    def signalled(number):
        if number == signal.SIGHUP and fake.auditd.signal is signalled:
            fake.auditd.signal = deliver
            fake.auditd.hang(state)
        deliver(number)

    fake.auditd.signal = signalled


def test_what_a_late_answer_loaded_is_not_known(fake):
    """It had read the new file when its disk stalled, and takes it over after the old one is back: nobody may call that in sync."""
    fake.auditd.start()
    applied(fake, {"num_logs": 6})
    hangs(fake, "D")
    with pytest.raises(AuditError, match="not answered"):
        applied(fake)
    fake.auditd.thaw()
    fake.clock.sleep(1)
    record = records.last_record(fake.host, "/var/log/audit/audit.log", evidence.TYPES)
    assert record["op"] == "reconfigure" and evidence.in_force(fake.host, fake.auditd.pid, record) is None
    assert applied(fake, {"num_logs": 6}).actions == ["reload"]


def test_the_step_ends_in_time(fake):
    fake.auditd.start()
    hangs(fake, "D")
    began = fake.clock.monotonic()
    with pytest.raises(AuditError, match="not answered"):
        applied(fake, timeout=10.0)
    assert fake.clock.monotonic() - began < 20


def test_one_that_hangs_already_is_not_touched(fake):
    fake.auditd.start()
    fake.auditd.hang("D")
    assert "wrote no state report" in str(refused(fake))
    assert "SIGHUP" not in fake.auditd.got


def test_a_restart_is_not_begun_on_one_that_does_not_answer(fake):
    fake.auditd.start()
    fake.auditd.deaf = {signal.SIGCONT}
    with pytest.raises(control.NoAnswer):
        control.restart(fake.host, "/var/log/audit/audit.log", "3.0.9")
    assert "SIGTERM" not in fake.auditd.got


# the file: other writers, errors of the system


def test_another_tools_edit_is_not_overwritten(fake):
    fake.auditd.start()
    before = conf_text.parse(fake.conf.read_text())
    change = apply_conf.Change(fake.host, "3.0.9", before, conf_text.merge(before, NEW))
    plan = apply_conf.plan(change)
    theirs = before.text + "# mine\n"
    fake.conf.write_text(theirs)
    with pytest.raises(files.ChangedMeanwhile, match="another process"):
        apply_conf.apply(change, plan)
    assert fake.conf.read_text() == theirs and "SIGHUP" not in fake.auditd.got


def test_an_edit_in_place_within_a_tick_of_the_clock_is_not_overwritten(fake, monkeypatch):
    """Of the same length, so that inode, size and times are the same."""
    fake.auditd.start()
    before = conf_text.parse(fake.conf.read_text())
    change = apply_conf.Change(fake.host, "3.0.9", before, conf_text.merge(before, NEW))
    plan = apply_conf.plan(change)
    theirs = before.text.replace("space_left = 75", "space_left = 76")
    found = files.identity(str(fake.conf))
    monkeypatch.setattr(files, "identity", lambda path: found)
    fake.conf.write_text(theirs)
    with pytest.raises(files.ChangedMeanwhile):
        apply_conf.apply(change, plan)
    assert fake.conf.read_text() == theirs and "SIGHUP" not in fake.auditd.got


def test_another_tools_edit_is_not_rolled_back(fake):
    fake.auditd.start()
    fake.auditd.mute = True
    theirs = fake.conf.read_text() + "# mine\n"
    fake.clock.after(2, lambda: fake.conf.write_text(theirs))
    with pytest.raises(AuditError, match="is not ours"):
        applied(fake, {"num_logs": 6})
    assert fake.conf.read_text() == theirs


def test_an_edit_between_two_reads_is_seen(fake):
    before = conf_text.parse(fake.conf.read_text())
    fake.conf.write_text(before.text + "# mine\n")
    change = apply_conf.Change(fake.host, "3.0.9", before, conf_text.merge(before, NEW), start=False)
    with pytest.raises(files.ChangedMeanwhile):
        apply_conf.apply(change, apply_conf.plan(change))


def test_every_error_of_the_system_rolls_back(fake, monkeypatch):
    """Suspended by size, and the log can neither be renamed nor rotated: chattr +a."""
    fake.conf.write_text(fake.conf.read_text().replace("ROTATE", "SUSPEND").replace("max_log_file = 8", "max_log_file = 1"))
    fake.auditd.start()
    fake.auditd.log.write(b"x" * (2 << 20))
    fake.auditd.event()
    assert fake.auditd.suspended

    def rename(source, target, **_options):
        if "audit.log" in str(source):
            raise PermissionError(1, "Operation not permitted", source)
        return real(source, target)

    real = os.rename
    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(attributes, "flags_of", lambda path: attributes.APPEND_ONLY if path.endswith("audit.log") else 0)
    error = refused(fake, {"max_log_file": 9, "max_log_file_action": "IGNORE"})
    assert "audit.log: Operation not permitted" in str(error)
    assert f"chattr -a {fake.root}/var/log/audit/audit.log" in str(error)
    assert error.details["rolled_back"]


@pytest.mark.parametrize("mode", [None, 0o600])
def test_an_acl_survives_the_replacement_and_the_way_back(fake, mode):
    entries = ((1, 6, NOBODY), (2, 4, 999), (4, 0, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY))  # owner, a user, group, mask, others
    grant = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(fake.conf, files.ACL_XATTR, grant)
    except OSError:
        pytest.skip("this filesystem has no ACLs")
    fake.auditd.start()
    applied(fake, {"num_logs": 6}, mode=mode)
    assert os.getxattr(fake.conf, files.ACL_XATTR) == grant
    fake.auditd.mute = True
    refused(fake, {"num_logs": 7}, mode=mode)
    assert os.getxattr(fake.conf, files.ACL_XATTR) == grant
    fake.auditd.mute = False
    assert applied(fake, {"num_logs": 6}, mode=mode).actions in ([], ["reload"]), "the mask is no mode to correct"


def test_a_file_that_another_tool_spoiled_does_not_stay(fake):
    """It appends what auditd refuses, between our write and its reading: with that in place the next boot would have no auditd."""
    fake.auditd.start()
    old = fake.conf.read_text()
    deliver = fake.auditd.signal

    def signalled(number):
        if number == signal.SIGHUP and fake.auditd.signal is signalled:
            fake.auditd.signal = deliver
            fake.conf.write_text(fake.conf.read_text() + "num_logs = x\n")
        deliver(number)

    fake.auditd.signal = signalled
    error = refused(fake)
    assert "the old file is back" in str(error) and error.details["rolled_back"] and fake.conf.read_text() == old
    aside = [path.read_text() for path in fake.conf.parent.glob("auditd.conf.*")]
    assert len(aside) == 1 and aside[0].endswith("num_logs = x\n")


def test_a_full_disk_excuses_no_reload_that_changed_nothing(fake):
    """The record does not fit, and no value of the report changes: nothing says that the new number of logs was loaded."""
    fake.auditd.start()
    fake.host.free_mb = 0
    assert "did not confirm" in str(refused(fake, {"num_logs": 6}))


@pytest.mark.parametrize(("fake", "starts"), [("2.8.5", 2), ("3.0", 2), ("3.0.1", 1), ("4.2.1", 1)], indirect=["fake"])
def test_a_refusal_leaves_a_trap_in_old_releases(fake, starts):
    """Up to 3.0 the reload after a refused one loads compiled defaults and claims success: only a restart is safe."""
    fake.auditd.start()
    deliver = fake.auditd.signal

    def signalled(number):
        if number == signal.SIGHUP and fake.auditd.signal is signalled:
            fake.auditd.signal = deliver
            fake.conf.write_text(fake.conf.read_text() + "num_logs = x\n")
        deliver(number)

    fake.auditd.signal = signalled
    refused(fake)
    assert fake.auditd.starts == starts and fake.auditd.running["max_log_file"] == "8"
    assert applied(fake).proof["record"] and fake.auditd.running["max_log_file"] == "9"
