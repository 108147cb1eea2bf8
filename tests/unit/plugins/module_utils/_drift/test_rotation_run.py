# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What drift says about a run of the rotation that hangs, was cut off, gave archives up, or runs by a Python that others can replace."""

from __future__ import annotations

import copy
import json
import os
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import running
from drift_tree import WANTED, drift, found, write

LOSS = {"at": "2026-11-25T12:00:00Z", "count": 7, "bytes": 70, "from": 1760000000.0, "to": 1760100000.0,
        "flood": {"auid": [["1000", 90]], "uid": [], "key": [["roll-out", 60]], "records": 100, "seconds": 3}}


def line(pid, hours):
    return running.this_process(pid, time.time() - hours * 3600, "rotate").line


@pytest.mark.parametrize("text, expected", [
    ("", None), ("x", None), (lambda: line(os.getpid(), 0), None), (lambda: line(os.getpid(), 3), "schedule.run_stuck"),
    ("999999999 5 1760000000 rotate\n", "schedule.run_cut_off"),
])
def test_a_run_that_did_not_end(tree, text, expected):
    write(tree, _rotation.LOCK, text() if callable(text) else text)
    items = {name for name in found(drift(tree)) if name.startswith("schedule.run_")}
    assert items == ({expected} if expected else set())


@pytest.mark.parametrize("loss, words", [
    (None, None), (LOSS, ["7 archives", "2025-10-09T08:53:20Z", "auid 1000", "key roll-out"]),
    (dict(LOSS, **{"from": None}), ["an unknown time"]), ({"count": 3}, ["cannot be read"]), (5, ["cannot be read"]),
    (dict(LOSS, flood={"auid": 5}), ["cannot be read"]),
])
def test_what_had_to_be_given_up_is_high(tree, loss, words):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    write(tree, _rotation.STATUS, json.dumps({
        "schema": 1, "last_run": now, "last_success": now, "result": "success", "exit": "ok", "error": None, "given_up": loss}))
    finding = found(drift(tree)).get("schedule.given_up")
    if words is None:
        assert finding is None
    else:
        assert finding["severity"] == "high" and all(word in finding["actual"] for word in words)


@pytest.mark.parametrize("times, words", [
    ([], None),
    ([{"from": 1760000000.0, "to": 1760000060, "events": 4900, "seen": "x"}], ["2025-10-09T08:53:20Z to 2025-10-09T08:54:20Z: 4900"]),
    ([{"from": 1760000000.0, "to": 1760000060, "events": None, "seen": "x"}], ["suspended logging"]), (5, ["cannot be read"]),
])
def test_a_time_without_a_log_between_two_comparisons_is_high(tree, times, words):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    write(tree, _rotation.STATUS, json.dumps({
        "schema": 1, "last_run": now, "last_success": now, "result": "success", "exit": "ok", "error": None, "missing": times}))
    finding = found(drift(tree)).get("schedule.missing_events")
    if words is None:
        assert finding is None
    else:
        assert finding["severity"] == "high" and all(word in str(finding["actual"]) for word in words)


def test_the_interpreter_of_the_policy_is_compared(tree):
    assert "schedule.interpreter" not in found(drift(tree))
    wanted = copy.deepcopy(WANTED)
    wanted["audit_rotation"]["interpreter"] = "/usr/libexec/platform-python"
    finding = found(drift(tree, wanted))["schedule.interpreter"]
    assert "starts /usr/bin/python3 instead of /usr/libexec/platform-python" in finding["actual"]


@pytest.mark.parametrize("path, mode", [("usr/bin/python3", 0o777), ("usr/bin", 0o777), ("usr/bin", 0o775)])
def test_a_python_that_others_can_replace_is_a_finding(tree, path, mode):
    (tree / path).chmod(mode)
    assert f"/{path} may be written by others (mode {mode:04o})" in found(drift(tree))["schedule.interpreter"]["actual"]


@pytest.mark.parametrize(("action", "rate", "guard", "high"), [
    ("ROTATE", 40000, 1, False),  # 27 MB in a minute, four logs of 8 MB wait for it
    ("ROTATE", 60000, 1, True), ("rotate", 60000, 1, True), ("ROTATE", 60000, 10, True), ("ROTATE", 4000, 10, False),
    ("ROTATE", 100, 0, True),  # no guard: a day's growth
    ("KEEP_LOGS", 60000, 1, False), ("IGNORE", 60000, 1, False), ("ROTATE", None, 1, False),
])
def test_growth_that_beats_the_guard_under_rotate_is_high(tree, action, rate, guard, high):
    def change(live, _parsed):
        live["auditd_conf"]["effective"].update(max_log_file_action=action, num_logs="5", max_log_file="8")
        live["storage"]["growth"] = rate and {"mb_per_day": rate}
    wanted = dict(WANTED, audit_rotation=dict(WANTED["audit_rotation"], guard_minutes=guard))
    finding = found(drift(tree, wanted, change=change)).get("schedule.overtaken")
    assert bool(finding) is high
    if high:
        assert finding["severity"] == "high" and "auditd keeps 32 MB of rotated logs" in finding["actual"]


STAMP = "/var/lib/audit-rotate/shipped.stamp"
WHOLE = json.dumps({"targets": [{"name": "command", "kind": "command", "argv": ["/usr/local/bin/keep", "{path}"]}]})


@pytest.mark.parametrize("config, text, mode, said", [
    (f"shipped_stamp = {STAMP}\n", WHOLE, 0o600, None),
    (f"shipped_stamp = {STAMP}\n", None, 0o600, "/etc/audit/ship.json: No such file or directory"),
    (f"shipped_stamp = {STAMP}\n", "", 0o600, "/etc/audit/ship.json is empty"),
    (f"shipped_stamp = {STAMP}\n", WHOLE[:30], 0o600, "/etc/audit/ship.json is no JSON"),
    (f"shipped_stamp = {STAMP}\n", "[]", 0o600, "/etc/audit/ship.json names no targets"),
    (f"shipped_stamp = {STAMP}\n", WHOLE, 0o666, "/etc/audit/ship.json must be root's"),
    ("shipped_stamp = /run/other.stamp\n", None, 0o600, None), ("", "", 0o600, None),
    (f"shipped_stamp = {STAMP}\nshipped_command = /bin/date\n", None, 0o600, None),
])
def test_a_ship_json_that_nobody_can_work_by_is_high_and_names_its_cure(tree, config, text, mode, said):
    write(tree, _rotation.CONF, config)
    if text is not None:
        write(tree, "/etc/audit/ship.json", text, mode)
    item = found(drift(tree)).get("schedule.unshippable")
    assert (item is not None) is (said is not None)
    if item:
        assert item["actual"].startswith(said) and str(tree) not in item["actual"]
        assert item["severity"] == "high" and item["step"] == "audit_shipping" and "role audit_shipping" in item["fix"]
