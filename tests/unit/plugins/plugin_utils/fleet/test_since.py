# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that loses records between two looks is no host in sync; one that lost them long ago is."""

from __future__ import annotations

import copy
import json

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import tables
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import since
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool

FIRST, SECOND, THIRD = ("2026-01-0%dT00:00:00Z" % day for day in (1, 2, 3))


def document(at, lost, *, boot="a", suspended=False, free=900, run="r1"):
    items = [{"id": "kernel.lost", "layer": "kernel", "severity": "info", "expected": 0, "actual": lost, "controls": [], "why": "x",
              "fix": tables.BACKLOG}] if lost else []
    return {
        "schema": 2, "host": "h", "run": {"id": run, "started": at}, "collected_at": at, "root": "/", "status": "in_sync", "items": items,
        "summary": {}, "controls": [], "exceptions": [], "waived": [],
        "live": {"kernel": {"lost": lost, "boot": boot}, "daemon": {"logging_suspended": suspended},
                 "storage": {"partition": {"free_mb": free}}, "unavailable": {}},
    }


# what the last document had, what this one has, how many records are named (None: nothing is)
LOSSES = {
    "none lost": ({"lost": 0}, {"lost": 0}, None),
    "lost before, none since": ({"lost": 50}, {"lost": 50}, None),
    "lost since": ({"lost": 50}, {"lost": 93}, 43),
    "the first ones": ({"lost": 0}, {"lost": 7}, 7),
    "another boot": ({"lost": 50}, {"lost": 60, "boot": "b"}, 60),
    "another boot with none lost": ({"lost": 50}, {"lost": 0, "boot": "b"}, None),
    "the counter was reset": ({"lost": 50}, {"lost": 3}, 3),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_since_the_last_comparison(name):
    before, now, count = LOSSES[name]
    later = document(SECOND, run="r2", **now)
    since.judge(later, document(FIRST, **before))
    if count is None:
        assert later["status"] == "in_sync" and all(item["severity"] == "info" for item in later["items"])
        return
    (item,) = later["items"]
    assert (later["status"], item["severity"], later["summary"]["severity"]["high"]) == ("drifted", "high", 1)
    assert f"lost {count} records between {FIRST} and {SECOND}" in item["why"] and item["fix"] == tables.BACKLOG


def test_a_full_disk_is_no_matter_of_the_backlog():
    later = document(SECOND, 90, free=0, run="r2")
    since.judge(later, document(FIRST, 0))
    assert "room" in later["items"][0]["fix"]


def test_a_time_without_a_log_is_reported_when_it_is_over():
    later = document(SECOND, 0, run="r2")
    since.judge(later, document(FIRST, 0, suspended=True))
    (item,) = later["items"]
    assert (item["id"], item["severity"], later["status"]) == ("daemon.was_suspended", "high", "drifted")
    assert FIRST in item["actual"] and SECOND in item["actual"]


def test_the_second_look_of_a_run_reports_what_the_first_one_did(tmp_path):
    spool = Spool(tmp_path)
    spool.write(document(FIRST, 0, run="r1"), phase="now")
    spool.write(document(SECOND, 5, run="r2"), phase="before")
    path = spool.write(document(THIRD, 5, run="r2"), phase="after")
    with open(path, encoding="utf-8") as stream:
        found = json.load(stream)
    assert found["status"] == "drifted" and f"lost 5 records between {FIRST} and {THIRD}" in found["items"][0]["why"]
    path = spool.write(document(THIRD, 5, run="r3"), phase="now")
    with open(path, encoding="utf-8") as stream:
        assert json.load(stream)["status"] == "in_sync"


def test_a_failure_between_two_looks_hides_no_loss(tmp_path):
    spool = Spool(tmp_path)
    spool.write(document(FIRST, 1, run="r1"), phase="now")
    spool.fail("h", "unreachable", run={"id": "r2", "started": SECOND}, phase="now", unreachable=True)
    found = document(THIRD, 4, run="r3")
    spool.write(found, phase="now")
    assert f"lost 3 records between {FIRST} and {THIRD}" in found["items"][0]["why"]


@pytest.mark.parametrize("odd", [{}, {"live": None}, {"live": {"kernel": 5}, "items": [], "collected_at": 7}, {"live": {}, "items": None}])
def test_an_odd_document_before_it_is_no_base(odd):
    later = document(SECOND, 4)
    known = copy.deepcopy(later)
    since.judge(later, odd)
    assert later["status"] == known["status"] and later["items"] == known["items"]
