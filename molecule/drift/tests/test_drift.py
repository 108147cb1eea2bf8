# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook drift over a fleet: each report says of each host what its document says, by parsers that are not ours; no host changed."""

from __future__ import annotations

import json
from collections import Counter
from xml.etree import ElementTree

import hosts
import pytest
from prometheus_client.parser import text_string_to_metric_families

NAMES = sorted(hosts.roots())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return hosts.made_again(tmp_path_factory.mktemp("fresh"))


def severities(name: str) -> Counter:
    return Counter(item["severity"] for item in hosts.document(name)["items"])


@pytest.mark.parametrize("name", NAMES)
def test_not_a_byte_of_the_host_changed(fresh, name):
    assert hosts.digests(hosts.roots()[name]) == hosts.digests(fresh / name)


@pytest.mark.parametrize("name", NAMES)
def test_each_finding_says_what_is_wrong_and_why_it_matters(name):
    document = hosts.document(name)
    assert document["status"] == "drifted" and document["items"]
    assert [item["id"] for item in document["items"] if not item["why"] or not item["severity"]] == []


def test_the_host_that_halts_is_the_one_that_can_stop_itself():
    assert {name for name in NAMES if severities(name)["critical"]} >= {"rhel-8"}
    samples = {sample.labels["host"]: sample.value for sample in metric("auditops_drift_host_can_stop_itself")}
    assert samples["rhel-8"] == 1 and sorted(samples) == NAMES


def metric(name: str) -> list:
    families = text_string_to_metric_families((hosts.REPORT / "auditops_drift.prom").read_text())
    return [sample for family in families if family.name == name for sample in family.samples]


def test_a_monitor_sees_as_many_findings_as_the_documents_have():
    told = {(sample.labels["host"], sample.labels["severity"]): sample.value for sample in metric("auditops_drift_host_findings")}
    assert told == {(name, severity): count for name in NAMES for severity, count in severities(name).items()}


def test_a_pipeline_sees_each_host_and_that_it_failed():
    suites = {suite.get("name"): suite for suite in ElementTree.parse(hosts.REPORT / "junit.xml").getroot()}
    assert sorted(suites) == NAMES
    for name in NAMES:
        cases = [case.get("name") for case in suites[name] if case.find("failure") is not None]
        assert len(cases) == int(suites[name].get("failures")) > 0, name


def test_a_code_scanner_and_a_program_see_the_same_hosts():
    assert json.loads((hosts.REPORT / "fleet.sarif").read_text())["runs"][0]["results"]
    assert json.loads((hosts.REPORT / "fleet.json").read_text())
    page = (hosts.REPORT / "index.html").read_text()
    assert [name for name in NAMES if name not in page] == []
