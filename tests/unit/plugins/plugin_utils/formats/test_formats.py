# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format, judged by a reader or a schema that is not ours, over a proper fleet, an empty one, and what hostile hosts send."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import documents
import jsonschema
import pytest
import referencing
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import history, model, reader, summary
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import markdown, table
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats.report import Report

COLLECTION = Path(table.__file__).resolve().parents[3]
SCHEMAS = Path(__file__).resolve().parents[1] / "fixtures" / "schemas"
LONG = 1_000_000


def fleet_of(tmp_path, *found):
    spool = Spool(tmp_path)
    for one in found:
        spool.write(one, phase="now")
    return reader.load([str(tmp_path)], run=documents.RUN)


def proper(tmp_path):
    spool = Spool(tmp_path)
    spool.write(documents.document("web1", [documents.item()], [documents.risk()]), phase="before")
    spool.write(documents.document("web1", phase="after"), phase="after")
    controls = [documents.control("6.3.2.3", "fail", ["disk.auditd_conf.disk_full_action"]), documents.control("6.3.2.4", "pass"),
                documents.control("6.3.2.5", "waived"), documents.control("6.3.2.6", "not_checked")]
    items = [documents.item(severity="high"), documents.item("boot.audit", "info", actual=None, controls=[])]
    spool.write(documents.document("db1", items, [documents.risk(severity="high")], controls=controls), phase="now")
    spool.write(documents.document("old1", [documents.item()]), phase="now")
    spool.fail("old1", "no route to host", run=documents.RUN, phase="now", unreachable=True)
    return reader.load([str(tmp_path)], run=documents.RUN)


def broken(tmp_path):
    fleet_of(tmp_path, documents.document("web1", [documents.item()]))
    files = {"cut.json": documents.document("cut"), "x.json": documents.document("other")}
    for name, found in files.items():
        (tmp_path / "hosts" / name).write_text(json.dumps(found)[: None if name == "x.json" else 200])
    (tmp_path / "hosts" / "latin.json").write_bytes(b'{"host": "caf\xe9"}')
    (tmp_path / "hosts" / "link.json").symlink_to("/etc/passwd")
    return reader.load([str(tmp_path)])


def long_values(tmp_path):
    found = documents.item(actual="x" * LONG, expected=["y" * LONG, {"z": "w" * LONG}], why="v" * LONG)
    return fleet_of(tmp_path, documents.document("web1", [found]))


def stopped(path, *stops):
    """Hosts that stopped, one of them without a drift document."""
    fleet_of(path, documents.document(stops[0]["host"]))
    for stop in stops:
        Spool(path).write_stop(stop)
    return reader.load([str(path)])


FLEETS = {
    "stopped": lambda path: stopped(path, documents.stop("web1"), documents.stop("web2", when=None)),
    "hostile_stop": lambda path: stopped(path, documents.hostile_stop(), documents.hostile_stop("other" + documents.HOSTILE)),
    "proper": proper,
    "empty": fleet_of,
    "hostile": lambda path: fleet_of(path, documents.hostile_document()),
    "no_character": lambda path: fleet_of(path, documents.document("caf\udce9", [documents.item(actual="\udce9\0\x0b\ufffe")])),
    "climbing": lambda path: fleet_of(path, documents.document("../../etc/cron.d/x", [documents.item("../../x")])),
    "long": long_values,
    "broken": broken,
}


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    directory = tmp_path / "disk"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", directory], check=True)
    yield directory
    subprocess.run(["umount", directory], check=True)


@pytest.fixture(params=FLEETS)
def report(request, tmp_path):
    fleet = FLEETS[request.param](tmp_path / "spool")
    return Report(fleet, history.compare(tmp_path / "history", fleet))


def written(report, name, tmp_path):
    """The format as its readers get it: bytes of a file."""
    paths = table.write(report, tmp_path / "out", [name])
    return Path(paths[name]).read_bytes()


def registry():
    found = [json.loads(path.read_text()) for path in (COLLECTION / "docs" / "schemas").glob("*.json")]
    return referencing.Registry().with_resources([(one["$id"], referencing.Resource.from_contents(one)) for one in found])


def judge(value, schema):
    location = f"https://github.com/auditops/auditops.auditd/docs/schemas/{schema}"
    jsonschema.Draft202012Validator({"$ref": location}, registry=registry()).validate(value)


class Page(HTMLParser):
    """The elements and attributes of a page, and its data."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.is_data, self.data = set(), set(), False, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes.update(name for name, _value in attrs)
        self.is_data = ("id", "data") in attrs

    def handle_data(self, data):
        self.data += data * self.is_data


def test_html(report, tmp_path):
    page = Page(written(report, "html", tmp_path).decode("utf-8"))
    names = [host[0] for host in json.loads(page.data)["hosts"]]
    assert names == [host.name.encode("utf-8", "backslashreplace").decode() for host in sorted(report.fleet.hosts, key=model.by_name)]
    assert not page.elements & {"img", "iframe", "object", "form", "base"} and page.elements >= {"main", "nav", "script"}
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "style")]


def test_json(report, tmp_path):
    found = json.loads(written(report, "json", tmp_path).decode("utf-8"))
    judge(found, "fleet.schema.json")
    assert [host["host"] for host in found["hosts"]] == sorted(host.name for host in report.fleet.hosts)


def test_jsonl(report, tmp_path):
    lines = written(report, "jsonl", tmp_path).decode("utf-8").split("\n")
    assert lines.pop() == "" and len(lines) == len(report.fleet.hosts)
    for line in lines:
        judge(json.loads(line), "drift_document.schema.json")


def test_csv(report, tmp_path):
    rows = list(csv.DictReader(io.StringIO(written(report, "csv", tmp_path).decode("utf-8"), newline=""), strict=True))
    of_controls = [row for row in rows if row["layer"] == "controls"]
    assert len(rows) - len(of_controls) == sum(len(host.items) or host.is_lost for host in report.fleet.hosts)
    wanted = [control for host in report.fleet.hosts for control in host.now["controls"] if control["status"] != "pass"]
    assert [row["actual"] for row in of_controls if row["controls"]] == [control["status"] for control in wanted]
    assert len(of_controls) - len(wanted) == sum(len(host.control_counts) for host in report.fleet.hosts)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_markdown(report, tmp_path):
    text = written(report, "markdown", tmp_path).decode("utf-8")
    assert text.count("\n") <= 40 and "\x1b" not in text
    assert "<script" not in re.sub("`[^`]*`", "", text) and "@all" not in re.sub("`[^`]*`", "", text)
    assert not [line for line in text.splitlines() if len(line) > 1000]


def test_the_controls_are_counted_for_each_benchmark(tmp_path):
    """Where nobody opens the page: on the terminal, in the mail, in the spreadsheet; a host with controls that fail is named."""
    counts = "1 pass, 1 fail, 1 waived, 1 not checked"
    fleet = proper(tmp_path / "many")
    assert f"cis_rhel_9 on 1 host: {counts}" in summary.summary(fleet).splitlines()
    assert f"- cis_rhel_9 on 1 host: {counts}" in markdown.lines(Report(fleet))
    controls = [documents.control("6.3.2.3", "fail"), documents.control("6.3.2.4", "fail"), documents.control("6.3.2.5", "pass")]
    fleet = fleet_of(tmp_path / "one", documents.document("web1", controls=controls))
    lines = summary.summary(fleet).splitlines()
    assert lines[1:] == ["  web1  in sync: 2 controls failed", "cis_rhel_9: 1 pass, 2 fail"]
    unjudged = [{**documents.control(number, "not_checked"), "why": "cis_rhel_9 is of another family"} for number in ("6.3.2.3", "6.3.2.4")]
    lines = summary.summary(fleet_of(tmp_path / "foreign", documents.document("web1", controls=unjudged))).splitlines()
    assert lines[1:] == ["  web1  in sync: no control of cis_rhel_9 could be judged: cis_rhel_9 is of another family",
                         "cis_rhel_9: 2 not checked"]
    rows = list(csv.reader(io.StringIO(written(Report(fleet), "csv", tmp_path).decode())))
    assert [row[:2] + row[4:9] for row in rows[1:]] == [
        ["web1", "in_sync", "controls", "cis_rhel_9", "every control passes", "1 pass, 2 fail", ""],
        ["web1", "in_sync", "controls", "cis_rhel_9:6.3.2.3", "Ensure that it is so", "fail", "cis_rhel_9:6.3.2.3"],
        ["web1", "in_sync", "controls", "cis_rhel_9:6.3.2.4", "Ensure that it is so", "fail", "cis_rhel_9:6.3.2.4"]]


def test_junit(report, tmp_path):
    junitparser = pytest.importorskip("junitparser")
    found = junitparser.JUnitXml.fromstring(written(report, "junit", tmp_path))
    suites = list(found)
    assert len(suites) == len(report.fleet.hosts)
    for suite in suites:
        cases = list(suite)
        failures = [one for case in cases for one in case.result if isinstance(one, junitparser.Failure)]
        assert suite.tests == len(cases) and suite.failures == len(failures)
    assert (found.tests, found.failures, found.errors, found.skipped) == tuple(
        sum(getattr(suite, name) for suite in suites) for name in ("tests", "failures", "errors", "skipped"))


def test_sarif(report, tmp_path):
    found = json.loads(written(report, "sarif", tmp_path))
    jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())).validate(found)
    (run,) = found["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert len(run["results"]) == sum(len(host.items) for host in report.fleet.hosts)


def test_oscal(report, tmp_path):
    assessment_results = pytest.importorskip("trestle.oscal.assessment_results")
    model = assessment_results.Model if hasattr(assessment_results, "Model") else assessment_results.AssessmentResults
    found = json.loads(written(report, "oscal", tmp_path))
    parsed = model.model_validate(found if model.__name__ == "Model" else found["assessment-results"])
    assert parsed is not None
    result = found["assessment-results"]["results"][0]
    observations = {one["uuid"] for one in result.get("observations", [])}
    related = [one for found in result.get("findings", []) for one in found.get("related-observations", [])]
    hosts = {one["uuid"] for one in result.get("local-definitions", {}).get("inventory-items", [])}
    assert len(hosts) == len(report.fleet.hosts)
    assert {one["subject-uuid"] for found in result.get("observations", []) for one in found["subjects"]} <= hosts
    assert {one["observation-uuid"] for one in related} <= observations


def test_ocsf(report, tmp_path):
    ocsf = pytest.importorskip("py_ocsf_models.events.findings.compliance_finding")
    lines = written(report, "ocsf", tmp_path).decode("utf-8").splitlines() if report.fleet.hosts else []
    events = [json.loads(line) for line in written(report, "ocsf", tmp_path).decode("utf-8").split("\n") if line]
    assert len(lines) >= len(events) >= sum(len(host.items) for host in report.fleet.hosts)
    for event in events:
        parsed = ocsf.ComplianceFinding.model_validate(event)
        assert parsed.class_uid == 2003 and parsed.type_uid.value == 200301


def test_prometheus(report, tmp_path):
    parser = pytest.importorskip("prometheus_client.parser")
    families = {one.name: one for one in parser.text_string_to_metric_families(written(report, "prometheus", tmp_path).decode("utf-8"))}
    assert sum(sample.value for sample in families["auditops_drift_hosts"].samples) == len(report.fleet.hosts)
    named = {sample.labels["host"] for sample in families["auditops_drift_host_in_sync"].samples}
    assert named == {host.name for host in report.fleet.hosts}


@pytest.mark.parametrize("name", table.FORMATS)
def test_the_same_documents_give_the_same_bytes(tmp_path, name):
    first = written(Report(proper(tmp_path / "spool")), name, tmp_path / "a")
    second = written(Report(reader.load([str(tmp_path / "spool")], run=documents.RUN)), name, tmp_path / "b")
    assert first == second


@pytest.mark.parametrize("name", table.FORMATS)
def test_long_values_are_cut_with_a_note(tmp_path, name):
    data = written(Report(long_values(tmp_path / "spool")), name, tmp_path)
    assert len(data) < 400_000
    shown = {"markdown": b"disk.auditd", "prometheus": b'host="web1"', "html": b" ..."}  # these have no room for values, or show a part
    assert shown.get(name, b"[cut: 1000000 characters]") in data


def test_the_order_of_sets_is_in_no_format(tmp_path):
    """Python orders words in a set by a number of the process: another process has to write the same bytes."""
    proper(tmp_path / "spool")
    script = """
import hashlib, sys
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import history, reader
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import report, table
groups = {name: ["web1", "db1", "old1"] for name in ("all", "web", "db", "rest")}
fleet = reader.load([sys.argv[1]], inventory=groups["all"], groups=groups)
made = report.Report(fleet, history.Changes(intentional={"web1", "db1", "old1"}))
print([hashlib.sha256(table.text(made, name).encode("utf-8", "backslashreplace")).hexdigest() for name in table.FORMATS])
"""
    path = str(COLLECTION.parents[2])
    said = {subprocess.run([sys.executable, "-c", script, tmp_path / "spool"], env={"PYTHONPATH": path, "PYTHONHASHSEED": seed},
                           capture_output=True, check=True).stdout for seed in ("1", "2", "3")}
    assert len(said) == 1


@pytest.mark.parametrize("name", table.FORMATS)
def test_a_foreign_file_is_not_replaced(tmp_path, name):
    path = tmp_path / "out" / table.FORMATS[name].file
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(AuditError, match="was not written by this collection"):
        table.write(Report(proper(tmp_path / "spool")), tmp_path / "out", [name])
    assert path.read_text() == "precious" and [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("data", [b"precious", b"[1]", b'{"index.html": 5}', b'{"name": {"version": 1}}', b"[" * 100_000])
def test_a_foreign_file_in_the_place_of_our_own_notes_is_not_replaced(tmp_path, data):
    path = tmp_path / "out" / table.MANIFEST
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(AuditError, match="was not written by this collection"):
        table.write(Report(proper(tmp_path / "spool")), tmp_path / "out", ["csv"])
    assert path.read_bytes() == data and [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", table.FORMATS)
def test_on_a_full_disk_the_report_of_before_stays(tmp_path, small_disk, name):
    report = Report(long_values(tmp_path / "spool"))
    path = Path(table.write(Report(fleet_of(tmp_path / "small")), small_disk, [name])[name])
    before = path.read_bytes()
    with open(small_disk / "others", "wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(b"x" * 512)
    with pytest.raises(AuditError, match=f"cannot write {path}: No space left on device; the file is as it was"):
        table.write(report, small_disk, [name])
    assert path.read_bytes() == before
    assert sorted(one.name for one in small_disk.iterdir()) == sorted([table.MANIFEST, "others", path.name])


def test_a_report_that_somebody_changed_is_not_replaced(tmp_path):
    report = Report(proper(tmp_path / "spool"))
    written(report, "csv", tmp_path), written(report, "csv", tmp_path)
    (tmp_path / "out" / "findings.csv").write_text("with my notes")
    with pytest.raises(AuditError, match="was not written by this collection"):
        written(report, "csv", tmp_path)


def test_a_planted_link_is_replaced_not_followed(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "target").write_text("precious")
    (tmp_path / "out" / "findings.csv").symlink_to(tmp_path / "target")
    written(Report(proper(tmp_path / "spool")), "csv", tmp_path)
    assert (tmp_path / "target").read_text() == "precious" and not (tmp_path / "out" / "findings.csv").is_symlink()


def test_markdown_is_forty_lines_whatever_the_fleet(tmp_path):
    items = [documents.item(f"disk.key_{n}") for n in range(30)]
    found = [documents.document(f"h{number:03}", items, [documents.risk()]) for number in range(100)]
    fleet = fleet_of(tmp_path, *found)
    fleet.problems = [("a", "b")] * 50
    assert len(markdown.lines(Report(fleet))) <= 40


def test_only_prometheus_is_for_others_to_read(tmp_path):
    files = table.write(Report(proper(tmp_path / "spool")), tmp_path / "out", list(table.FORMATS))
    assert {name for name, path in files.items() if Path(path).stat().st_mode & 0o077} == {"prometheus"}


def test_the_module_documents_every_format():
    import yaml
    from ansible_collections.auditops.auditd.plugins.modules import audit_report

    assert yaml.safe_load(audit_report.DOCUMENTATION)["options"]["formats"]["choices"] == list(table.FORMATS)
