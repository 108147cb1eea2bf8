# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-rotate and an auditd that refuses, hangs and suspends: what is asked of it, and what counts as done."""

from __future__ import annotations

import io
import signal

import fake_auditd
import pytest
from audit_rotate import auditd as rotating
from audit_rotate import guard, resume, run, settings
from audit_rotate._errors import AuditError
from audit_rotate._host import attributes
from rotate_tree import record

GIGABYTE = 1 << 30


class Host:
    """A FakeSystem with a log directory that audit-rotate takes."""

    def __init__(self, fake, monkeypatch, config, **conf):
        self.fake = fake
        lines = {"log_file": "/var/log/audit/audit.log", "num_logs": 5, "max_log_file": 8, "max_log_file_action": "IGNORE",
                 "space_left": 75, "admin_space_left": 50, "log_format": "RAW", **conf}
        fake.conf.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
        fake.log.parent.chmod(0o750)
        below = fake.host.path
        monkeypatch.setattr(fake.host, "path", lambda path, follow=True: path if path.startswith(str(fake.root)) else below(path, follow))
        monkeypatch.setattr(rotating, "Host", lambda *_arguments: fake.host)
        monkeypatch.setattr(rotating, "time", fake.clock)
        monkeypatch.setattr(settings.Settings, "is_written_by", lambda *_arguments: True)
        rotate_conf = fake.root / "etc/audit/rotate.conf"
        values = {"compress": "gzip", "min_free_megabytes": 0, "keep_megabytes": 0, "timeout": 2, **config}
        rotate_conf.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
        self.chosen = settings.load("/etc/audit/rotate.conf", str(fake.root))
        fake.auditd.start()
        with open(fake.log, "ab") as stream:
            stream.write(b"".join(record(1760000000 + number, number) for number in range(100)))
        fake.auditd.got.clear()

    def run(self, mode="rotate", why=None):
        failure, self.status = run.run(self.chosen, mode, why)
        return failure.name if failure else "ok"

    def names(self):
        return sorted(path.name for path in self.fake.log.parent.iterdir())

    @property
    def signals(self):
        return [name for name in self.fake.auditd.got if name != "SIGCONT"]


@pytest.fixture
def host(fake, monkeypatch):
    return lambda config=None, **conf: Host(fake, monkeypatch, config or {}, **conf)


def test_a_rotation_is_proven_by_the_new_file_and_the_old_one_archived(host):
    here = host()
    inode = here.fake.log.stat().st_ino
    assert here.run() == "ok"
    assert here.fake.log.stat().st_ino != inode
    assert here.status["rotated"]["inode_before"] == inode and here.status["compressed_count"] == 1
    assert here.signals == ["SIGUSR1"]


@pytest.mark.parametrize("conf, why", [
    ({"num_logs": 0}, "num_logs"), ({"num_logs": 1}, "num_logs"), ({"write_logs": "no"}, "write_logs"),
    ({"log_format": "NOLOG"}, "write_logs"),
])
def test_an_auditd_that_would_not_rotate_is_not_asked(host, conf, why):
    here = host(**conf)
    assert here.run() == why
    assert here.signals == []


@pytest.mark.parametrize("conf", [{"num_logs": 2}, {"num_logs": 1, "max_log_file_action": "KEEP_LOGS"}])
def test_two_logs_are_enough_and_keep_logs_does_not_count(host, conf):
    here = host(**conf)
    assert here.run() == "ok" and here.signals == ["SIGUSR1"]


def test_a_signal_that_was_sent_proves_nothing(host):
    here = host()
    here.fake.auditd.deaf = {signal.SIGUSR1}
    inode = here.fake.log.stat().st_ino
    assert here.run() == "not_proven"
    assert here.status["rotated"] is None and here.status["unrotated"]["exit"] == "not_proven"
    assert here.fake.log.stat().st_ino == inode


@pytest.mark.parametrize("words", [b"-c\0/etc/other\0", b"-c/etc/other/\0", b"-f\0-c\0/etc/other\0"], ids=["apart", "glued", "behind"])
def test_an_auditd_of_another_file_runs_and_is_named(host, monkeypatch, words):
    """auditd(8) -c: it runs, so nobody is to look for a dead one; and it is not asked, for its log is another."""
    reads_its_words = settings.Settings.is_written_by
    here = host()
    cmdline = here.fake.root / f"proc/{here.fake.auditd.pid}/cmdline"
    cmdline.write_bytes(b"/usr/sbin/auditd\0" + words)
    monkeypatch.setattr(settings.Settings, "is_written_by", reads_its_words)
    pid = here.fake.auditd.pid
    monkeypatch.setattr(settings, "open", lambda path, _mode: io.BytesIO(cmdline.read_bytes()) if path == f"/proc/{pid}/cmdline" else None,
                        raising=False)
    assert here.run() == "daemon_dead" and here.signals == []
    said = here.status["unrotated"]["error"]
    assert "does not run" not in said
    assert all(part in said for part in (str(pid), "/etc/other/auditd.conf", "without -c", "rotate.conf"))


def test_an_auditd_that_dies_of_it_is_named(host):
    here = host()
    here.fake.auditd.dies_of = {signal.SIGUSR1}
    assert here.run() == "daemon_dead"


@pytest.mark.parametrize("flag, where, words", [
    (attributes.APPEND_ONLY, "log", "chattr -a"), (attributes.IMMUTABLE, "log", "chattr -i"),
    (attributes.APPEND_ONLY, "directory", "chattr -a"), (attributes.IMMUTABLE, "directory", "chattr -i"),
])
@pytest.mark.parametrize("suspended", [False, True])
def test_an_attribute_is_named_and_auditd_not_asked(host, monkeypatch, flag, where, words, suspended):
    here = host()
    if suspended:
        here.fake.auditd._suspend("a test")
    marked = str(here.fake.log if where == "log" else here.fake.log.parent)
    monkeypatch.setattr(attributes, "flags_of", lambda path: flag if path == marked else 0)
    assert here.run() == "obstacle"
    assert f"{words} {marked}" in here.status["error"] and "MB" not in here.status["error"]
    assert here.signals == []
    monkeypatch.setattr(attributes, "flags_of", lambda path: 0)
    assert here.run() == "ok"


def test_a_rotated_log_with_an_attribute_is_in_the_way_too(host, monkeypatch):
    here = host()
    assert here.run() == "ok"
    (here.fake.log.parent / "audit.log.1").write_bytes(record(1760001000, 1000))
    monkeypatch.setattr(attributes, "flags_of", lambda path: attributes.IMMUTABLE if path.endswith(".1") else 0)
    monkeypatch.setattr(run.takeover, "take_over", lambda job: 0)  # it cannot be renamed
    assert here.run() == "obstacle" and "audit.log.1 has the attribute +i" in here.status["error"]


def suspended(host, **conf):
    here = host(**conf)
    here.fake.auditd._suspend("a test")
    return here


def test_a_suspended_auditd_is_woken(host):
    here = suspended(host)
    assert here.run("guard", "suspended") == "ok"
    assert here.signals == ["SIGUSR2"] and here.status["resumed"]
    assert not here.fake.auditd.suspended


def test_room_is_looked_at_before_a_suspended_auditd_is_woken(host, monkeypatch):
    here = suspended(host)
    monkeypatch.setattr(settings.Settings, "stopping_threshold", lambda self, total: total)
    assert here.run("guard", "suspended") == "suspended"
    assert "SIGUSR2" not in here.signals
    assert "more than" in here.status["error"] and here.fake.auditd.suspended


def test_a_resume_that_does_not_hold_is_no_success(host, monkeypatch):
    here = suspended(host)
    usr2 = fake_auditd.ACTS[signal.SIGUSR2]

    def resume_and_suspend(auditd):
        usr2(auditd)
        auditd.clock.after(0.2, lambda: auditd._suspend("again"))

    monkeypatch.setitem(fake_auditd.ACTS, signal.SIGUSR2, resume_and_suspend)
    assert here.run("guard", "suspended") == "suspended"
    assert here.status["resumed"] is None


def test_waiting_logs_are_archived_without_a_rotation(host):
    here = host()
    (here.fake.log.parent / "audit.log.1").write_bytes(record(1760001000, 1000))
    assert guard.reason(here.chosen)[0] == "waiting"
    assert here.run("guard", "waiting") == "ok"
    assert here.signals == [] and here.status["compressed_count"] == 1
    assert guard.reason(here.chosen) is None


def test_the_program_for_exec_resumes_first_and_then_makes_room(host, monkeypatch):
    here = suspended(host)
    monkeypatch.setattr(resume.settings, "load", lambda *_arguments: here.chosen)
    monkeypatch.setattr(resume, "Auditd", rotating.Auditd)
    assert resume.main([]) == 0
    assert here.signals == ["SIGUSR2", "SIGUSR1"], "the log is open again before anything else is done"
    assert not here.fake.auditd.suspended and len(here.names()) == 2


def test_a_file_that_cannot_be_read_ends_the_run_and_is_recorded(host, monkeypatch):
    here = host()

    def unreadable(_job):
        raise AuditError("cannot read /etc/audit/auditd.conf: Input/output error")

    monkeypatch.setattr(run.repair, "repair", unreadable)
    assert here.run() == "unexpected" and "Input/output error" in here.status["error"]


def test_the_program_for_exec_says_when_auditd_falls_silent(host, monkeypatch, capsys):
    here = suspended(host)
    here.fake.auditd.deaf = {signal.SIGUSR2}
    monkeypatch.setattr(resume.settings, "load", lambda *_arguments: here.chosen)
    monkeypatch.setattr(resume.attempt, "run", lambda *_arguments: here.fake.auditd.hang("D") or 0)
    assert resume.main([]) == 10 and "wrote no state report" in capsys.readouterr().err


def test_the_program_for_exec_says_when_auditd_stays_suspended(host, monkeypatch, capsys):
    here = suspended(host)
    here.fake.auditd.deaf = {signal.SIGUSR2}
    monkeypatch.setattr(resume.settings, "load", lambda *_arguments: here.chosen)
    assert resume.main([]) == 9 and "stays suspended" in capsys.readouterr().err
