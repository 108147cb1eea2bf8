# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are refused on many hosts: the reason is given once, with their number and at most ten names."""

from __future__ import annotations

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import reader, refusals, summary
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool

WRONG = "auditd_conf.num_logs = many: auditd takes digits only; nothing was changed"
OTHER = "auditd_timeout = 0: give a whole number from 1 to 3600; nothing was changed"


def refused(tmp_path, hosts, reason=WRONG, **more):
    for host in hosts:
        Spool(tmp_path).fail(host, reason, run=documents.RUN, phase="now", **more)


@pytest.fixture
def hosts(tmp_path):
    names = [f"web{number:03}" for number in range(500)]
    refused(tmp_path, names)
    refused(tmp_path, ["db1"], OTHER)
    refused(tmp_path, ["away1", "away2"], "connection refused", unreachable=True)
    return names


def test_the_first_of_them_gives_the_reason_and_the_others_name_it(tmp_path, hosts):
    fleet = reader.load([str(tmp_path)], run=documents.RUN)
    found = refusals.shared(fleet, [*hosts, "db1", "away1", "away2"])
    names = ", ".join(hosts[:10])
    assert found == [{"reason": WRONG, "first": "web000", "hosts": f"500 hosts ({names} and 490 more)"}]
    said = {host: refusals.in_words(host, WRONG, found) for host in hosts}
    assert said["web000"] == f"500 hosts ({names} and 490 more): {WRONG}"
    assert {text for host, text in said.items() if host != "web000"} == {
        "refused as web000 was, for the same reason; nothing was changed"}
    assert refusals.in_words("db1", OTHER, found) == OTHER, "nobody shares it"


def test_the_first_is_one_of_the_batch(tmp_path, hosts):
    fleet = reader.load([str(tmp_path)], run=documents.RUN)
    assert [one["first"] for one in refusals.shared(fleet, hosts[100:200])] == ["web100"]
    assert refusals.shared(fleet, hosts[:1]) == []


def test_the_summary_of_the_run_leaves_the_reason_to_the_failed_task(tmp_path, hosts):
    fleet = reader.load([str(tmp_path)], run=documents.RUN)
    text = summary.summary(fleet)
    names = ", ".join(hosts[:10])
    assert f"{names} and 490 more  not known (500 hosts): their variables were refused; the task that fails says why" in text
    assert "  db1  not known: its variables were refused; the task that fails says why" in text.replace("    ", "  ").replace("   ", "  ")
    assert "digits only" not in text and len(text.splitlines()) < 8
    later = summary.summary(reader.load([str(tmp_path)]))
    assert later.count(WRONG) == 1, "where no run fails, the summary is all that says it"


def test_the_lines_of_an_error_become_one_sentence():
    lines = "Could not be done:\nSet the mode: refused.\nApply the rules: locked"
    assert summary.one_line(lines) == "Could not be done: Set the mode: refused; Apply the rules: locked"
