# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""sarif: SARIF 2.1.0 (OASIS), a rule a finding id, a result for each host that has it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

from ..fleet.document import compact
from ..fleet.model import Finding, HostReport, by_name
from .csv_rows import in_cell
from .report import Report

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# GitHub sorts by this number, from 0.0 to 10.0
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def chunks(report: Report) -> Iterator[str]:
    findings = report.fleet.findings
    index = {finding.id: number for number, finding in enumerate(findings)}
    driver = {"name": "auditops.auditd", "rules": [_rule(finding) for finding in findings]}
    lost = sorted((host for host in report.fleet.hosts if host.is_lost), key=by_name)
    invocation = {"executionSuccessful": not lost, "toolExecutionNotifications": [_notification(host) for host in lost]}
    run = {"columnKind": "utf16CodeUnits", "invocations": [invocation], "tool": {"driver": driver}}
    yield '{"$schema":' + json.dumps(SCHEMA) + ',"version":"2.1.0","runs":[' + compact(run)[:-1] + ',"results":['
    separator = "\n"
    for host in sorted(report.fleet.hosts, key=by_name):
        for item in host.items:
            yield separator + compact(_result(host, item, index[item["id"]]))
            separator = ",\n"
    yield "\n]}]}\n"


def _rule(finding: Finding) -> dict:
    _host, item = finding.on[0]
    return {
        "id": finding.id,
        "shortDescription": {"text": item["why"] or finding.id},
        "help": {"text": f"Fix: {finding.fix}"},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"tags": ["audit", finding.layer, *finding.controls], "security-severity": SCORES[finding.severity]},
    }


def _result(host: HostReport, item: dict, rule: int) -> dict:
    text = f"{host.name}: {item['why']} Has: {in_cell(item['actual'])}. Policy: {in_cell(item['expected'])}."
    location = {
        "physicalLocation": {"artifactLocation": {"uri": "hosts/" + quote(host.name, safe="", errors="surrogateescape")}},
        "logicalLocations": [{"name": host.name, "kind": "module", "fullyQualifiedName": f"{host.name}/{item['id']}"}],
    }
    return {
        "ruleId": item["id"], "ruleIndex": rule, "level": LEVELS[item["severity"]], "message": {"text": text}, "locations": [location],
        "partialFingerprints": {"hostAndFinding/v1": hashlib.sha256(f"{host.name}\0{item['id']}".encode("utf-8", "replace")).hexdigest()},
        "properties": {"severity": item["severity"], "layer": item["layer"]},
    }


def _notification(host: HostReport) -> dict:
    return {"level": "error", "message": {"text": f"{host.name}: {host.error}"}}
