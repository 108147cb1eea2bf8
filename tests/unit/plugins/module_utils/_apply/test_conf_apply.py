# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of an apply that need no auditd: values a report must show, names of logs, the way back. tests/live has the rest."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf as _conf_apply
from ansible_collections.auditops.auditd.plugins.module_utils._apply import conf_plan as _conf_plan
from ansible_collections.auditops.auditd.plugins.module_utils._apply import suspended as _conf_suspended
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import control as _daemon
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import evidence as _daemon_files
from ansible_collections.auditops.auditd.plugins.module_utils._daemon.report import report_values
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host


class Room:
    def __init__(self, blocks, size):
        self.f_blocks, self.f_frsize = blocks, size


@pytest.mark.parametrize("settings, values", [
    ({}, (0, 0, 0)),
    ({"max_log_file": 8, "space_left": 75, "admin_space_left": 50}, (8, 75, 50)),
    ({"max_log_file": 50, "space_left": "25%", "admin_space_left": "10%"}, (50, 2500, 1000)),
])
def test_report_values(tmp_path, monkeypatch, settings, values):
    monkeypatch.setattr(Host, "statvfs", lambda self, path: Room(10000 * 256, 4096))
    effective = _conf.effective(_conf.parse(_conf.render(settings)), "3.0.9")
    found = report_values(Host(str(tmp_path)), effective)
    assert (found["max_log_file_mb"], found["space_left_mb"], found["admin_space_left_mb"]) == values


def names(directory):
    return {path.name: path.read_text() for path in directory.iterdir()}


@pytest.mark.parametrize("there, after", [
    (["audit.log"], {"audit.log.1": "audit.log"}),
    (["audit.log", "audit.log.1", "audit.log.2"], {"audit.log.1": "audit.log", "audit.log.2": "audit.log.1", "audit.log.3": "audit.log.2"}),
    (["audit.log", "audit.log.2"], {"audit.log.1": "audit.log", "audit.log.2": "audit.log.2"}),
    (["audit.log", "audit.log.1", "audit.log.3"], {"audit.log.1": "audit.log", "audit.log.2": "audit.log.1", "audit.log.3": "audit.log.3"}),
    (["audit.log.1"], {"audit.log.1": "audit.log.1"}),
])
def test_set_aside_drops_nothing(tmp_path, there, after):
    for name in there:
        (tmp_path / name).write_text(name)
    aside = _conf_suspended.set_aside(str(tmp_path / "audit.log"))
    assert names(tmp_path) == after
    assert aside == (str(tmp_path / "audit.log.1") if "audit.log" in there else None)


@pytest.mark.parametrize("there, num_logs, after", [
    (["audit.log.1"], 3, ["audit.log.1"]),
    (["audit.log.1", "audit.log.2"], 3, ["audit.log.1", "audit.log.3"]),
    (["audit.log.1", "audit.log.2", "audit.log.3"], 3, ["audit.log.1", "audit.log.3", "audit.log.4"]),
])
def test_spare_oldest_makes_room_for_the_rotation(tmp_path, there, num_logs, after):
    for name in there:
        (tmp_path / name).write_text(name)
    _conf_suspended.spare_oldest(str(tmp_path / "audit.log"), num_logs)
    assert sorted(names(tmp_path)) == after and sorted(names(tmp_path).values()) == there


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "etc/audit").mkdir(parents=True)
    return tmp_path


def change(tree, text):
    before = None if text is None else _conf.parse((tree / "etc/audit/auditd.conf").read_bytes())
    return _conf_apply.Change(Host(str(tree)), "3.0.9", before, _conf.parse("space_left = 2\nadmin_space_left = 1\n"))


def test_restore_brings_back_bytes_mode_and_time(tree):
    path = tree / "etc/audit/auditd.conf"
    path.write_bytes(b"num_logs = 5 \xff\r\n")
    path.chmod(0o644)
    os.utime(path, ns=(10**18, 10**18))
    attempt = change(tree, "num_logs = 5")
    attempt.write(attempt.after)
    assert path.read_bytes() == attempt.after.data
    attempt.restore()
    status = path.stat()
    assert (path.read_bytes(), status.st_mode & 0o777, status.st_mtime_ns) == (b"num_logs = 5 \xff\r\n", 0o644, 10**18)


def test_restore_of_nothing_is_nothing(tree):
    attempt = change(tree, None)
    attempt.write(attempt.after)
    attempt.restore()
    assert not (tree / "etc/audit/auditd.conf").exists()


@pytest.mark.parametrize("same_text", [False, True])
def test_a_link_of_a_tree_is_replaced_by_a_file(tree, same_text):
    """Its target is the tree's, not this machine's: what lies there was read before, and stands there still. auditd follows none."""
    target = tree / "nix/store/auditd.conf"
    target.parent.mkdir(parents=True)
    target.write_text("space_left = 2\nadmin_space_left = 1\n" if same_text else "num_logs = 5\n")
    (tree / "etc/audit/auditd.conf").symlink_to("/nix/store/auditd.conf")
    host = Host(str(tree))
    before = _conf.parse(host.read("/etc/audit/auditd.conf"))
    attempt = _conf_apply.Change(host, "3.0.9", before, _conf.parse("space_left = 2\nadmin_space_left = 1\n"))
    assert attempt.writes
    attempt.write(attempt.after)
    path = tree / "etc/audit/auditd.conf"
    assert not path.is_symlink() and path.read_bytes() == attempt.after.data and target.exists()
    attempt.restore()
    assert path.read_bytes() == before.data and not path.is_symlink()


class LiveTree(Host):
    """A tree that passes for the running system."""

    def __init__(self, root):
        super().__init__(str(root), lambda argv, **options: (1, "", ""))
        self.is_live = True

    def path(self, path, follow=True):
        return self._resolve(path, follow)


REPORT = {"writing_to_logs": False, "max_log_file_mb": 8, "space_left_mb": 75, "admin_space_left_mb": 50, "logging_suspended": False}
RUNNING = "max_log_file = 8\nnum_logs = 5\nspace_left = 75\nadmin_space_left = 50\n"


@pytest.mark.parametrize("settings, options, pid, report, actions, required", [
    ({"num_logs": 5}, {}, 7, {}, [], []),
    ({"num_logs": 4}, {}, 7, {}, ["write", "reload"], []),
    ({"num_logs": 4}, {"reload": False}, 7, {}, ["write"], []),
    ({"num_logs": 4}, {"path": "/etc/audit/other.conf"}, 7, {}, ["write"], []),
    ({"num_logs": 5}, {}, 7, {"max_log_file_mb": 0}, ["reload"], []),
    ({"num_logs": 4}, {}, 7, {"logging_suspended": True}, ["write", "resume", "reload"], []),
    ({"num_logs": 5}, {}, 7, {"logging_suspended": True}, [], []),
    ({"num_logs": 4}, {}, None, {}, ["write", "start"], []),
    ({"num_logs": 5}, {}, None, {}, ["start"], []),
    ({"num_logs": 5}, {"start": False}, None, {}, [], []),
    ({"num_logs": 4}, {"start": False}, None, {}, ["write"], []),
    ({"local_events": "no"}, {}, 7, {}, ["write", "reload"], ["local_events"]),
    ({"local_events": "no"}, {"restart": "if_needed"}, 7, {}, ["write", "restart"], []),
    ({"num_logs": 4}, {"restart": "if_needed"}, 7, {}, ["write", "reload"], []),
    ({"name_format": "FQD"}, {}, 7, {}, ["write"], ["name_format"]),
    ({"name_format": "FQD"}, {"restart": "if_needed"}, 7, {}, ["write", "restart"], []),
])
def test_plan(tree, monkeypatch, settings, options, pid, report, actions, required):
    monkeypatch.setattr(_daemon_files, "in_force", lambda host, pid, record: True)
    monkeypatch.setattr(_conf_plan, "unstartable", lambda host, conf, release: None)
    (tree / "etc/audit/auditd.conf").write_text(RUNNING)
    monkeypatch.setattr(_daemon, "find", lambda host: pid)
    monkeypatch.setattr(_daemon, "report", lambda host, pid, timeout, release: dict(REPORT, **report))
    monkeypatch.setattr(_daemon, "last_record", lambda host, log_file, types: None)
    before = _conf.parse(RUNNING)
    plan = _conf_apply.plan(_conf_apply.Change(LiveTree(tree), "3.0.9", before, _conf.merge(before, settings), **options))
    assert (plan.actions, plan.restart_required) == (actions, required)


def planned(tree, monkeypatch, settings=None, held=True, known=True, unstartable=None, running=RUNNING, directory=True, **options):
    """The plan for a running auditd that writes its log; ``held``: into the file that lies there."""
    (tree / "etc/audit/auditd.conf").write_text(running)
    if directory:
        (tree / "var/log/audit").mkdir(parents=True)
    monkeypatch.setattr(_daemon, "find", lambda host: 7)
    monkeypatch.setattr(_daemon, "report", lambda host, pid, timeout, release: dict(REPORT, writing_to_logs=True))
    monkeypatch.setattr(_daemon, "last_record", lambda host, log_file, types: None)
    monkeypatch.setattr(_daemon_files, "in_force", lambda host, pid, record: known)
    monkeypatch.setattr(_daemon_files, "holds_log", lambda host, pid, log_file: held)
    monkeypatch.setattr(_conf_plan, "unstartable", lambda host, conf, release: unstartable)
    before = _conf.parse(running)
    return _conf_apply.plan(_conf_apply.Change(LiveTree(tree), "3.0.9", before, _conf.merge(before, settings or {}), **options))


@pytest.mark.parametrize("known, actions", [(True, []), (False, ["reload"]), (None, ["reload"])])
def test_a_file_of_which_nobody_can_tell_is_loaded(tree, monkeypatch, known, actions):
    assert planned(tree, monkeypatch, known=known).actions == actions


@pytest.mark.parametrize("case, actions, reason", [
    ({}, ["reopen"], None),
    ({"settings": {"num_logs": 4}}, ["reopen", "write", "reload"], None),
    ({"held": None}, [], None),
    ({"directory": False}, [], "deleted or moved"),
    ({"running": RUNNING.replace("num_logs = 5", "num_logs = 0")}, [], "deleted or moved"),
    ({"running": RUNNING.replace("num_logs = 5", "num_logs = 1")}, [], "deleted or moved"),
    ({"running": RUNNING.replace("num_logs = 5", "num_logs = 2")}, ["reopen"], None),
    ({"running": RUNNING.replace("num_logs = 5", "num_logs = 0"), "restart": "if_needed"}, ["restart"], None),
])
def test_a_log_that_was_taken_away_from_auditd(tree, monkeypatch, case, actions, reason):
    plan = planned(tree, monkeypatch, **dict({"held": False}, **case))
    assert plan.actions == actions
    assert reason in plan.reason if reason else plan.reason is None


def test_an_auditd_that_could_not_be_started_again_is_not_stopped(tree, monkeypatch):
    with pytest.raises(AuditError, match="left running.*local_events.*because there is no program"):
        planned(tree, monkeypatch, {"local_events": "no"}, unstartable="there is no program", restart="if_needed")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("mode, gid", [(None, 4), (0o600, 0)])
def test_the_group_stays_with_the_mode(tree, mode, gid):
    path = tree / "etc/audit/auditd.conf"
    path.write_text("num_logs = 5\n")
    os.chown(path, 1000, 4)
    before = _conf.parse("num_logs = 5\n")
    attempt = _conf_apply.Change(Host(str(tree)), "3.0.9", before, _conf.merge(before, {"num_logs": 4}), mode=mode)
    attempt.write(attempt.after)
    assert (path.stat().st_uid, path.stat().st_gid) == (0, gid)
    attempt.restore()
    assert path.stat().st_gid == 4
