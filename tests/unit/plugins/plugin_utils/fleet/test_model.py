# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet: what it says, and that nothing a host or an inventory sends breaks it or gets out of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document as drift_document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import reader, summary
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import page_data, table
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats.report import Report


def item(ident="disk.auditd_conf.disk_full_action", severity="critical", **values):
    return {
        "id": ident, "layer": ident.split(".")[0], "severity": severity, "expected": "SYSLOG", "actual": "HALT", "controls": ["CIS X"],
        "why": "It powers off.", "fix": "role auditd", **values,
    }


def risk(effect="stops_host", severity="critical"):
    sentence = "/var/log/audit is full in about 3 days at 412 MB/day; then disk_full_action = HALT powers the host off"
    return {"id": "storage.disk_full_action", "effect": effect, "severity": severity, "key": "disk_full_action", "actual": "HALT",
            "days": 3, "sentence": sentence}


def document(host, items=(), risks=(), **values):
    return {
        "schema": 1, "host": host, "collected_at": "2026-03-01T09:30:00Z", "root": "/", "status": "drifted" if items else "in_sync",
        "summary": {}, "items": list(items), "waived": [],
        "live": {"version": "3.0.9", "distribution": {"name": "Debian", "version": "12"}, "storage": {"risks": list(risks)}}, **values,
    }


def spool(directory, host, drift, phase="now"):
    return Spool(directory).write(dict(drift, host=host), phase=phase)


def load(directory, *args, **more):
    return reader.load([str(directory)], *args, **more)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("web1.example.com", "web1.example.com.json"),
        ("../../etc/cron.d/x", "%2E.%2F..%2Fetc%2Fcron.d%2Fx.json"),
        ("/etc/passwd", "%2Fetc%2Fpasswd.json"),
        ("..", "%2E..json"),
        (".hidden", "%2Ehidden.json"),
        ("a\0b\nc", "a%00b%0Ac.json"),
        ("größe", "gr%C3%B6%C3%9Fe.json"),
        ("", "%00.json"),
    ],
)
def test_a_host_name_never_leaves_the_directory(tmp_path, host, name):
    path = spool(tmp_path, host, document(host), "before")
    assert path == str(tmp_path / "hosts" / name)
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.json")) == [f"before/{name}", f"hosts/{name}"]


def test_long_names_stay_apart():
    first, second = drift_document.file_name("x" * 300 + "1"), drift_document.file_name("x" * 300 + "2")
    assert first != second and len(first) < 255


@pytest.mark.parametrize(("phase", "kept"), [("now", False), ("before", True), ("after", True)])
def test_phases_keep_or_remove_the_document_of_before(tmp_path, phase, kept):
    spool(tmp_path, "web1", document("web1", [item()]), "before")
    spool(tmp_path, "web1", document("web1"), phase)
    before = tmp_path / "before" / "web1.json"
    assert before.exists() is kept
    if phase == "after":
        assert json.loads(before.read_text())["status"] == "drifted"
    assert (tmp_path / "hosts" / "web1.json").stat().st_mode & 0o777 == 0o600


def test_the_document_is_spooled_sorted_and_indented(tmp_path):
    path = spool(tmp_path, "web1", {"schema": 2, "a": {"d": "ü", "c": 2}}, "now")
    assert Path(path).read_text(encoding="utf-8") == '{\n  "a": {\n    "c": 2,\n    "d": "ü"\n  },\n  "host": "web1",\n  "schema": 2\n}\n'


def test_a_planted_link_is_replaced_not_followed(tmp_path):
    (tmp_path / "hosts").mkdir()
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "hosts" / "web1.json").symlink_to(target)
    spool(tmp_path, "web1", document("web1"), "now")
    assert target.read_text() == "precious"


@pytest.fixture
def fleet_dir(tmp_path):
    spool(tmp_path, "web1", document("web1", [item()], [risk()]), "before")
    spool(tmp_path, "web1", document("web1"), "after")
    spool(tmp_path, "db1", document("db1", [item(severity="high"), item("boot.audit", "info")], [risk(severity="high")]), "now")
    spool(tmp_path, "app1", document("app1", status="unknown"), "now")
    return tmp_path


def test_counts_and_order(fleet_dir):
    fleet = load(fleet_dir)
    assert [host.name for host in fleet.hosts] == ["db1", "app1", "web1"]
    assert fleet.counts == {"drifted": 1, "unknown": 1, "in_sync": 1}
    assert fleet.before_counts == {"drifted": 1, "unknown": 0, "in_sync": 0}, "only web1 was remediated"
    assert [host.name for host in fleet.stopping] == ["db1", "web1"]
    assert [host.name for host in fleet.stopping_now] == ["db1"]
    assert [gone["id"] for gone in fleet.hosts[2].fixed] == ["disk.auditd_conf.disk_full_action"]


def test_the_summary_says_what_changed_and_who_would_have_stopped(fleet_dir):
    text = summary.summary(load(fleet_dir))
    assert text.splitlines()[0] == "Audit drift of 3 hosts: 1 drifted, 1 not known, 1 in sync (before, of the 1 host remediated: 1 drifted)"
    assert "  web1  in sync; 1 finding gone" in text
    assert "  web1 [no longer]: /var/log/audit is full in about 3 days" in text
    assert "Hosts that can stop themselves:\n  db1: " in text


HALT, SINGLE = risk(), {**risk(), "actual": "single", "sentence": "disk_full_action = single takes the host down"}
ERROR = {**risk(severity="high"), "id": "storage.disk_error_action", "key": "disk_error_action", "sentence": "One failing write"}
WOULD = "Hosts that would have stopped themselves:"
SINCE = "Hosts that can stop themselves since the remediation, in a way in which they could not before:"


@pytest.mark.parametrize(("before", "now", "lines"), [
    ([HALT], [], [WOULD, "  a [no longer]: " + HALT["sentence"]]),
    ([HALT], [HALT], [WOULD, "  a [still so]: " + HALT["sentence"]]),
    ([ERROR, HALT], [HALT], [WOULD, "  a [still so]: " + HALT["sentence"]]),
    ([], [ERROR], [SINCE, "  a: One failing write"]),
    ([HALT], [SINGLE], [WOULD, "  a [no longer]: " + HALT["sentence"], SINCE, "  a: " + SINGLE["sentence"]]),
    ([HALT], None, [WOULD, "  a [not known now]: " + HALT["sentence"]]),
])
def test_a_remediation_says_who_can_stop_itself_now(tmp_path, before, now, lines):
    spool(tmp_path, "a", document("a", [item()], before), "before")
    if now is None:
        Spool(tmp_path).fail("a", "away", run={"id": "0" * 32, "started": "2026-03-01T09:30:00Z"}, phase="after")
    else:
        spool(tmp_path, "a", document("a", risks=now), "after")
    fleet = load(tmp_path)
    assert [line for line in summary.summary(fleet).splitlines() if line in lines] == lines
    assert bool(fleet.stopping_now) is (now != [])
    assert json.loads(table.text(Report(fleet), "json"))["stopping"] == (["a"] if now != [] else [])


def test_a_host_that_drifted_since_its_remediation_has_no_before(tmp_path):
    for host, found in (("rhel-9", [item()]), ("debian-12", [])):
        spool(tmp_path, host, document(host, found), "before")
        spool(tmp_path, host, document(host), "after")
    spool(tmp_path, "rhel-9", document("rhel-9", [item()], [HALT]), "now")
    report = Report(load(tmp_path))
    text = summary.summary(report.fleet)
    assert "(before, of the 1 host remediated: 1 in sync)" in text.splitlines()[0]
    assert "Hosts that can stop themselves:\n  rhel-9: " in text and WOULD not in text and "still so" not in text
    markdown, page = (table.text(report, name) for name in ("markdown", "html"))
    assert "## 1 host can stop itself" in markdown and "still so" not in markdown
    assert ">Hosts that can stop themselves</h3>" in page and '"critical">1 still so' not in page


def test_the_summary_of_a_large_fleet_is_short(tmp_path):
    for number in range(50):
        spool(tmp_path, f"h{number:02}", document(f"h{number:02}", [item()], [risk()]), "now")
    lines = summary.summary(load(tmp_path)).splitlines()
    assert len(lines) == 1 + 10 + 1 + 1 + 10 + 1
    assert lines[11] == "  and 40 more, in the report"


def test_a_line_of_a_host_that_this_run_did_not_compare_says_of_when_it_is(tmp_path):
    earlier = {"schema": 2, "run": {"id": "1" * 32, "started": "2026-02-01T00:00:00Z"}}
    spool(tmp_path, "web1", document("web1", [item()], run=documents.RUN, schema=2), "now")
    spool(tmp_path, "web2", document("web2", [item()], [risk()], collected_at="2026-02-22T09:00:00Z", **earlier), "now")
    spool(tmp_path, "web3", document("web3", [item()], collected_at="2026-03-01T08:00:00Z", **earlier), "now")
    report = Report(reader.load([str(tmp_path)], run=documents.RUN))
    lines = summary.summary(report.fleet).splitlines()
    assert "  1 of 3 compared in this run" in lines and "  web1  drifted: 1 critical" in lines
    assert "  web2  drifted: 1 critical [read 2026-02-22T09:00:00Z, 7 days ago]" in lines
    assert "  web3  drifted: 1 critical [read 2026-03-01T08:00:00Z]" in lines
    stopping = [line for line in lines + table.text(report, "markdown").splitlines() if "powers the host off" in line]
    assert len(stopping) == 2 and all("read 2026-02-22T09:00:00Z, 7 days ago" in line for line in stopping)


def test_slices_of_several_days_are_dated_too(tmp_path):
    spool(tmp_path, "web1", document("web1", [item()]), "now")
    spool(tmp_path, "web2", document("web2", [item()], collected_at="2026-02-28T09:00:00Z"), "now")
    lines = summary.summary(load(tmp_path)).splitlines()
    assert lines[1:3] == ["  web1  drifted: 1 critical", "  web2  drifted: 1 critical [read 2026-02-28T09:00:00Z, 1 day ago]"]


def test_an_error_that_many_hosts_have_stands_there_once(tmp_path):
    for number in range(500):
        Spool(tmp_path).fail(f"h{number:03}", "connection refused", run=documents.RUN, phase="now")
    Spool(tmp_path).fail("web1", "no route to host", run=documents.RUN, phase="now")
    lines = summary.summary(reader.load([str(tmp_path)], run=documents.RUN)).splitlines()
    names = ", ".join(f"h{number:03}" for number in range(10))
    assert lines[2:] == [f"  {names} and 490 more  not known (500 hosts): connection refused", "  web1  not known: no route to host"]


def test_a_host_cannot_talk_to_the_terminal(tmp_path):
    spool(tmp_path, "evil\x1b[2J\nin sync", document("x", [item()]), "now")
    text = summary.summary(load(tmp_path))
    assert "\x1b" not in text and "evil\\x1b[2J\\x0ain sync" in text


BROKEN = {
    "not_json": b"{",
    "not_utf8": b'{"host": "\xff"}',
    "empty": b"",
    "a_list": b"[]",
    "other_schema": json.dumps(document("x", schema=3)).encode(),
    "other_status": json.dumps(document("x", status="fine")).encode(),
    "no_host": json.dumps(document(None)).encode(),
    "item_is_text": json.dumps(document("x", ["text"])).encode(),
    "item_of_odd_severity": json.dumps(document("x", [item(severity=["high"])])).encode(),
    "deep": b"[" * 200000,
    "controls_are_a_number": json.dumps(document("x", [item(controls=7)])).encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_named_and_the_others_are_reported(fleet_dir, name):
    (fleet_dir / "hosts" / f"{name}.json").write_bytes(BROKEN[name])
    fleet = load(fleet_dir)
    assert len(fleet.hosts) == 3
    assert [file for file, _reason in fleet.problems] == [f"hosts/{name}.json"]
    assert f"Not known: hosts/{name}.json: not a drift document: " in summary.summary(fleet)
    files = table.write(Report(fleet), fleet_dir, ["html", "json"])
    assert f"hosts/{name}.json" in Path(files["html"]).read_text()
    assert json.loads(Path(files["json"]).read_text())["left_out"][0]["file"] == f"hosts/{name}.json"


@pytest.mark.parametrize("name", ["a_link", "a_directory", "a_pipe"])
def test_only_regular_files_are_read(fleet_dir, name):
    path = fleet_dir / "hosts" / f"{name}.json"
    {"a_link": lambda: path.symlink_to("/etc/shadow"), "a_directory": path.mkdir, "a_pipe": lambda: os.mkfifo(path)}[name]()
    assert [file for file, _reason in load(fleet_dir).problems] == [f"hosts/{name}.json"]


def test_a_broken_before_costs_only_the_comparison(fleet_dir):
    (fleet_dir / "before" / "web1.json").write_text("{")
    fleet = load(fleet_dir)
    assert len(fleet.hosts) == 3 and [file for file, _reason in fleet.problems] == ["before/web1.json"]
    assert fleet.before_counts is None


def test_the_before_of_an_earlier_remediation_is_not_that_of_this_one(tmp_path):
    first, second = ({"id": letter * 32, "started": "2026-03-01T09:00:00Z"} for letter in "ab")
    spool(tmp_path, "web1", document("web1", [item()], schema=2, run=first, phase="before"), "before")
    spool(tmp_path, "web1", document("web1", schema=2, run=second, phase="after"), "after")
    assert load(tmp_path).before_counts is None
    spool(tmp_path, "web1", document("web1", schema=2, run=first, phase="after"), "after")
    assert load(tmp_path).before_counts == {"drifted": 1, "unknown": 0, "in_sync": 0}


def test_only_the_wanted_hosts_and_who_is_missing(fleet_dir):
    fleet = load(fleet_dir, hosts=["db1", "gone"])
    assert [(host.name, host.status) for host in fleet.hosts] == [("db1", "drifted"), ("gone", "unknown")]
    assert fleet.problems == [("gone", "there is no document of this host: it was not reached, or its comparison failed")]


def test_an_old_in_sync_of_a_host_that_failed_is_not_reported_as_in_sync(fleet_dir):
    fleet = load(fleet_dir, failed=["web1", "db1"])
    assert {host.name: host.status for host in fleet.hosts} == {"db1": "drifted", "app1": "unknown", "web1": "unknown"}
    told = [name for name, reason in fleet.problems if "failed on the host or did not reach it" in reason]
    assert told == ["hosts/db1.json", "hosts/web1.json"]


def test_a_waiver_is_shown_once_with_its_hosts(fleet_dir):
    texts = {"subject": "disk_full_action", "benchmark": "halt", "policy": "SYSLOG", "reason": "r", "compensating": "c"}
    waiver = {"controls": ["CIS X"], **texts}
    for host in ("web1", "db1"):
        spool(fleet_dir, host, document(host, waived=[waiver]), "now")
    fleet = load(fleet_dir)
    assert [(entry["policy"], names) for entry, names in fleet.waivers] == [("SYSLOG", ["db1", "web1"])]


def test_a_finding_of_several_hosts_keeps_the_severity_of_each_and_all_controls(tmp_path):
    spool(tmp_path, "a", document("a", [item(severity="high", controls=["CIS X"])]), "now")
    spool(tmp_path, "b", document("b", [item(severity="critical", controls=["CIS X", "STIG Y"])]), "now")
    spool(tmp_path, "c", document("c", [item(severity="high", controls=["CIS X"])]), "now")
    fleet = load(tmp_path)
    (finding,) = fleet.findings
    assert (finding.severity, finding.controls, len(finding.on)) == ("critical", ["CIS X", "STIG Y"], 3)
    assert [(group.severity, len(group.hosts)) for group in fleet.groups] == [("critical", 1), ("high", 2)]
    assert "| 1 critical, 2 high | `disk.auditd_conf.disk_full_action` | 3 |" in table.text(Report(fleet), "markdown")
    assert '<span class="badge high">high</span>' in table.text(Report(fleet), "html")


def test_an_empty_directory_makes_an_empty_report(tmp_path):
    fleet = load(tmp_path / "nothing")
    assert summary.summary(fleet) == "Audit drift of 0 hosts: none"


def test_bytes_that_are_no_text_do_not_cost_the_document(tmp_path):
    spool(tmp_path, "x", document("x", [item(actual="caf\udce9")]), "now")
    fleet = load(tmp_path)
    assert not fleet.problems and fleet.hosts[0].items[0]["actual"] == "caf\\udce9"
    files = table.write(Report(fleet), tmp_path, ["html", "json"])
    assert "caf\\udce9" in Path(files["html"]).read_text(encoding="utf-8")


def test_three_hundred_rules_are_told_by_number():
    lines = page_data.value_lines([f"r{n}" for n in range(300)])
    assert len(lines) == 31 and lines[-1] == "and 270 more"


def test_unknown_formats_are_refused_before_anything_is_written(fleet_dir):
    with pytest.raises(AuditError, match="formats: pdf is not known; known are csv, html, json"):
        table.write(Report(load(fleet_dir)), fleet_dir, ["html", "pdf"])
    assert not (fleet_dir / "index.html").exists()


def test_a_host_without_a_document_is_written_in_every_format(fleet_dir):
    fleet = load(fleet_dir, hosts=["db1", "gone"], failed=["gone"])
    files = table.write(Report(fleet), fleet_dir, ["html", "json"])
    assert "gone" in Path(files["html"]).read_text()
    assert summary.summary(fleet).splitlines()[0] == "Audit drift of 2 hosts: 1 drifted, 1 not known"
