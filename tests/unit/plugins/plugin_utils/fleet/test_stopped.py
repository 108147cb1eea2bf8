# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who stopped in the last days, and why: from the result of audit_diagnosis to the lists of a report."""

from __future__ import annotations

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document as drift_document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import reader, stopped, summary
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import table
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats.report import Report

RESULT = {
    "diagnosis": {"stopped_by": "auditd", "when": "2026-02-28T10:00:00Z", "confidence": "high", "evidence": [{}] * 60, "next": ["x"]},
    "summary": "auditd powered the host off",
    "timeline": [{"source": "messages", "line": n, "time": None, "text": f"line {n}"} for n in range(90)],
}


def load(directory, *stops, **more):
    spool = Spool(directory)
    spool.write(documents.document("web1"), phase="now")
    for stop in stops:
        spool.write_stop(stop)
    return reader.load([str(directory)], **more)


def test_a_result_is_kept_and_read_back(tmp_path):
    fleet = load(tmp_path, stopped.document("web1", RESULT, run=documents.RUN))
    (stop,) = fleet.stops
    assert (stop.host, stop.when, stop.by, stop.sentence) == ("web1", "2026-02-28T10:00:00Z", "auditd", "auditd powered the host off")
    assert len(stop.timeline) == stopped.MOST_LINES and stop.timeline[-1] == (None, "messages", "line 89"), "the end of it is the stop"
    assert fleet.problems == []


@pytest.mark.parametrize(("when", "by", "days", "is_listed"), [
    ("2026-02-20T10:00:00Z", "auditd", 30, True), ("2026-02-20T10:00:00Z", "auditd", 8, False),
    ("2026-02-20T10:00:00Z", "auditd", 10, True),
    ("2026-02-20T10:00:00Z", "kernel_audit", 30, True), ("2026-02-20T10:00:00Z", "not_auditd", 30, False), (None, "auditd", 30, False),
    ("2025-02-20T10:00:00Z", "auditd", 365, False), ("2025-02-20T10:00:00Z", "auditd", 3650, True),
])
def test_the_terminal_names_those_of_the_last_days(tmp_path, when, by, days, is_listed):
    fleet = load(tmp_path, documents.stop("web1", when=when, by=by))
    fleet.stops_of_days = days
    text = summary.summary(fleet)
    assert (f"Stopped by their audit in the last {days} days:" in text) == is_listed == ("  web1: " in text)
    assert ("Stopped by their audit" in table.text(Report(fleet), "markdown")) == is_listed
    assert (f"Hosts that their audit stopped in the last {days} days" in table.text(Report(fleet), "html")) == is_listed


def test_of_a_host_the_stop_that_was_read_last_counts_and_gone_hosts_do_not(tmp_path):
    older = documents.stop("web1", collected_at="2026-02-01T00:00:00Z", when="2026-01-01T00:00:00Z")
    Spool(tmp_path / "b").write_stop(older)
    load(tmp_path / "a", documents.stop("web1"), documents.stop("db1"))
    fleet = reader.load([str(tmp_path / "a"), str(tmp_path / "b")])
    assert [(stop.host, stop.when) for stop in fleet.stops] == [("db1", "2026-02-20T10:00:00Z"), ("web1", "2026-02-20T10:00:00Z")]
    Spool(tmp_path / "a").write(documents.document("db1", run={"id": "1" * 32, "started": None}), phase="now")
    assert [stop.host for stop in reader.load([str(tmp_path / "a")], inventory=["web1"]).stops] == ["web1"]
    Spool(tmp_path / "a").forget("db1")
    assert [stop.host for stop in reader.load([str(tmp_path / "a")]).stops] == ["web1"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"schema": 1, "host": "web1", "diagnosis": {"stopped_by": "me"}}',
                                  b'{"schema": 1, "host": "other", "diagnosis": {"stopped_by": "auditd"}}', b"[" * 100000])
def test_a_broken_one_is_named(tmp_path, data):
    (tmp_path / stopped.FOLDER).mkdir(parents=True)
    (tmp_path / stopped.FOLDER / "web1.json").write_bytes(data)
    fleet = load(tmp_path)
    assert fleet.stops == [] and fleet.problems[0][0] == "stops/web1.json" and "stop" in fleet.problems[0][1]


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / stopped.FOLDER).mkdir(parents=True)
    (tmp_path / "elsewhere").write_text(drift_document.as_text(documents.stop("web1")))
    (tmp_path / stopped.FOLDER / "web1.json").symlink_to(tmp_path / "elsewhere")
    assert load(tmp_path).stops == []
