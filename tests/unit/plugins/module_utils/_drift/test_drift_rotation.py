# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of the rotation: what is installed, whether it can run, and what its last run said."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _utc
from ansible_collections.auditops.auditd.plugins.module_utils._drift import rotation as _drift_rotation
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import schedule as _live_schedule
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import schedule as _schedule
from drift_tree import WANTED, drift, found, remove, write


def test_program_files_are_compared_by_digest(tree):
    text = (tree / "usr/local/sbin/audit-rotate").read_text()
    wanted = dict(WANTED, program={_rotation.PROGRAM: _rotation.digest(text)})
    assert found(drift(tree, wanted)) == {}
    other = dict(WANTED, program={_rotation.PROGRAM: "0" * 64, _rotation.PACKAGE + "/run.py": "0" * 64})
    assert found(drift(tree, other))["schedule.program"]["actual"] == [_rotation.PACKAGE + "/run.py", _rotation.PROGRAM]


def test_rotation_that_is_not_installed_is_one_finding(tree):
    remove(_rotation.PROGRAM)(tree)
    remove(_rotation.CRON)(tree)
    assert [ident for ident in found(drift(tree)) if ident.startswith("schedule.")] == ["schedule.installed"]


def test_a_failed_run_is_reported_with_its_reason(tree):
    write(tree, _rotation.STATUS, json.dumps({"schema": 1, "result": "failed", "error": "no room"}))
    assert found(drift(tree))["schedule.last_run"]["actual"] == "no room"


def test_rotated_logs_do_not_matter_where_no_rotation_is_wanted(tree):
    write(tree, "/var/log/audit/audit.log.1", "x")
    assert "storage.rotated_logs" not in found(drift(tree, dict(WANTED, audit_rotation=None)))


def text_of(path, text, mode=0o755):
    return lambda tree: write(tree, path, text, mode)


def mode_of(path, mode):
    return lambda tree: (tree / path.lstrip("/")).chmod(mode)


def link_to_a_copy(path):
    def change(tree):
        place = tree / path.lstrip("/")
        place.rename(place.with_suffix(".copy"))
        place.symlink_to(place.with_suffix(".copy").name)
    return change


def stray(path):
    return lambda tree: write(tree, path, "")


@pytest.mark.parametrize(("damage", "ident", "word"), [
    (text_of(_rotation.PROGRAM, "#!/bin/true\n"), "schedule.interpreter", "which the installer does not write"),
    (text_of(_rotation.PROGRAM, "#!/usr/bin/python3\n"), "schedule.interpreter", "which the installer does not write"),
    (text_of(_rotation.PROGRAM, "#!/opt/other -IS\n"), "schedule.interpreter", "which the installer does not write"),
    (mode_of("/usr/bin/python3", 0o644), "schedule.interpreter", "cannot be executed"),
    (mode_of(_rotation.PROGRAM, 0o644), "schedule.program_file.audit-rotate", "0644"),
    (mode_of(_rotation.PROGRAM, 0o777), "schedule.program_file.audit-rotate", "0777"),
    (link_to_a_copy(_rotation.PROGRAM), "schedule.program_file.audit-rotate", "not a regular file"),
    (link_to_a_copy(_rotation.CRON), "schedule.file.audit-rotate", "not a regular file"),
    (link_to_a_copy(_rotation.CONF), "schedule.file.rotate.conf", "not a regular file"),
    (stray(_rotation.LIBRARY + "/json.py"), "schedule.program_files", "json.py"),
    (stray(_rotation.PACKAGE + "/cli.so"), "schedule.program_files", "cli.so"),
    (text_of(_rotation.STATUS, "{"), "schedule.status", "status.json"),
    (text_of(_rotation.STATUS, "[]"), "schedule.status", "status.json"),
    (text_of(_rotation.STATUS, "[" * 100000), "schedule.status", "status.json"),
])
def test_a_rotation_that_cannot_run_or_is_not_ours(tree, damage, ident, word):
    program = {_rotation.PROGRAM: _rotation.digest((tree / _rotation.PROGRAM.lstrip("/")).read_text())}
    wanted = dict(WANTED, program=program)
    assert found(drift(tree, wanted)) == {}
    damage(tree)
    assert word in str(found(drift(tree, wanted))[ident]["actual"])


def test_a_package_that_others_may_write_to(tree):
    (tree / _rotation.PACKAGE.lstrip("/")).mkdir(parents=True)
    (tree / _rotation.PACKAGE.lstrip("/")).chmod(0o777)
    assert found(drift(tree))["schedule.program_directory"]["actual"] == [_rotation.PACKAGE]


@pytest.mark.parametrize(("last_success", "drifts"), [
    ("2026-11-23T05:00:00Z", False), ("2026-11-23T20:00:00Z", False), ("2026-11-25T05:00:00Z", True), ("2026-11-20T05:00:00Z", True),
    ("yesterday", True), (5, True), ("", True), (None, True),
])
def test_a_success_that_is_to_come_or_no_date_is_none(last_success, drifts):
    now = _utc.epoch("2026-11-23T06:00:00Z")
    assert bool(_schedule.overdue(last_success, 0, _schedule.DAY, now)) is drifts


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")
def test_a_file_of_somebody_else_on_a_running_host(tree):
    path = tree / _rotation.PROGRAM.lstrip("/")
    os.chown(path, 1000, 0)
    facts = _live_schedule.FileFacts(Host(str(tree)), _rotation.PROGRAM)
    assert _drift_rotation.not_ours(facts, 0o755, owners_count=True)[1] == "it belongs to uid 1000"
    assert _drift_rotation.not_ours(facts, 0o755, owners_count=False) is None


def test_a_cron_daemon_is_looked_for_among_the_processes():
    with open("/proc/self/comm") as stream:
        assert _live_schedule.runs((stream.read().strip(),))
    assert not _live_schedule.runs(("no-such-daemon",))


@pytest.mark.parametrize("runs", [True, False])
def test_cron_without_its_daemon_starts_nothing(tree, runs):
    def change(live, parsed):
        live["collected_at"] = "2026-11-23T06:00:00Z"
        live["rotation"]["last"].update(result="success", last_success="2026-11-23T05:00:00Z")
        parsed.rotation.cron_runs = runs

    assert list(found(drift(tree, change=change))) == ([] if runs else ["schedule.scheduler_running"])
