# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ocsf: Open Cybersecurity Schema Framework 1.3.0, compliance findings (class 2003), one event a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.auditops.auditd.plugins.module_utils._utc import epoch

from ..fleet.document import compact
from ..fleet.model import HostReport, by_name
from .csv_rows import in_cell
from .report import Report

SEVERITY = {"info": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
VERDICT = {"pass": (1, "Pass"), "waived": (2, "Warning"), "fail": (3, "Fail")}
UNKNOWN = (0, "Unknown")
CONSTANT = compact({
    "activity_id": 1, "activity_name": "Create", "category_uid": 2, "category_name": "Findings", "class_uid": 2003,
    "class_name": "Compliance Finding", "type_uid": 200301, "type_name": "Compliance Finding: Create", "status_id": 1, "status": "New",
    "metadata": {"version": "1.3.0", "product": {"name": "auditops.auditd", "vendor_name": "auditops"}},
})[1:-1]


def chunks(report: Report) -> Iterator[str]:
    parts: dict[int, str] = {}  # a control of ten thousand hosts is encoded once; the fleet keeps the objects alive meanwhile
    for host in sorted(report.fleet.hosts, key=by_name):
        head = _head(host)
        for item in host.items:
            yield _event(head, host, item["id"], _part(parts, item, _of_item))
        for control in host.now["controls"]:
            if control["status"] in ("pass", "waived"):
                yield _event(head, host, f"{control['benchmark']}:{control['id']}", _part(parts, control, _of_control))
        if host.is_lost:
            yield _event(head, host, "host", _fields("host", host.error or "", ("info", UNKNOWN)))


def _head(host: HostReport) -> str:
    """The start of each event of a host."""
    when = epoch(host.collected_at) * 1000 if host.collected_at else 0
    resources = [{"name": host.name, "uid": host.name, "type": "host", "labels": list(host.groups)}]
    return "{" + CONSTANT + "," + compact({"time": when, "resources": resources})[1:-1] + ',"finding_info":{"uid":'


def _event(head: str, host: HostReport, ident: str, part: str) -> str:
    return head + compact(f"{host.name}/{ident}") + part + "\n"


def _part(parts: dict[int, str], entry: dict, encode: Callable[[dict], str]) -> str:
    part = parts.get(id(entry))
    if part is None:
        part = parts[id(entry)] = encode(entry)
    return part


def _of_item(item: dict) -> str:
    verdict = VERDICT["pass" if item["severity"] == "info" else "fail"]
    unmapped = {"expected": in_cell(item["expected"]), "actual": in_cell(item["actual"])}
    more = {"unmapped": unmapped, **({"remediation": {"desc": item["fix"]}} if item["fix"] else {})}
    return _fields(item["id"], item["why"], (item["severity"], verdict), controls=item["controls"], more=more)


def _of_control(control: dict) -> str:
    ident = f"{control['benchmark']}:{control['id']}"
    verdict = ("info", VERDICT[control["status"]])
    return _fields(ident, control["why"] or control["title"], verdict, controls=[control["id"]], standards=[control["benchmark"]])


def _fields(
    title: str, words: str, judged: tuple[str, tuple[int, str]], *, controls: list[str] | None = None, standards: list[str] | None = None,
    more: dict | None = None,
) -> str:
    """What follows the identifier in an event."""
    severity, (status_id, status) = judged
    severity_id, severity_name = SEVERITY[severity]
    named = standards or _standards(controls or []) or ["auditops.auditd policy"]
    compliance = {"standards": named, "requirements": controls or [], "control": title, "status_id": status_id, "status": status}
    info = compact({"title": title, "desc": words})[1:]
    return "," + info + "," + compact({
        "severity_id": severity_id, "severity": severity_name, "message": words, "compliance": compliance, **(more or {})})[1:]


def _standards(controls: list[str]) -> list[str]:
    """"CIS RHEL 9 6.3.2.3" and "STIG RHEL-09-653025" name a standard first and the control last."""
    return sorted({control.rpartition(" ")[0] for control in controls if " " in control})
