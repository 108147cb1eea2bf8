# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""oscal: assessment results of OSCAL 1.1 (NIST).

A host is an inventory item. Hosts that differ from the policy in the same way are the subjects of one observation. A control of
a chosen benchmark is a finding, satisfied where no host fails it; a finding that no control speaks of is one by its own id.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from ..fleet.document import VERDICTS, compact
from ..fleet.model import FindingGroup, Fleet, by_name
from .csv_rows import in_cell
from .report import Report

VERSION = "1.1.3"
NAMESPACE = uuid.UUID("5b1f0b9a-6d1c-5c52-9a40-6a0c8f6f1d2e")  # of our own: the same host has the same identifier in every report
PROPERTIES = "https://github.com/auditops/auditops.auditd/ns/oscal"
NO_MOMENT = "1970-01-01T00:00:00Z"
NOT_TOKEN = re.compile(r"[^A-Za-z0-9._-]")


def chunks(report: Report) -> Iterator[str]:
    fleet = report.fleet
    moment = fleet.as_of or NO_MOMENT
    plan = _uuid("plan")
    head = {
        "uuid": _uuid("results", moment, *(host.name for host in sorted(fleet.hosts, key=by_name))),
        "metadata": {"title": "Audit drift", "last-modified": moment, "version": moment, "oscal-version": VERSION},
        "import-ap": {"href": f"#{plan}"},
        "back-matter": {"resources": [{"uuid": plan, "description": "The audit policy: the variables of the collection auditops.auditd"}]},
    }
    result = {
        "uuid": _uuid("result", moment), "title": "Audit drift", "start": moment,
        "description": "The live audit settings of each host, compared with the policy.",
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
    }
    yield '{"assessment-results":' + compact(head)[:-1] + ',"results":[' + compact(result)[:-1]
    yield from _part(',"local-definitions":{"inventory-items":', _inventory(fleet), "]}")
    yield from _part(',"observations":', _observations(fleet, moment), "]")
    yield from _part(',"findings":', _findings(fleet), "]")
    yield "}]}}\n"


def _part(head: str, entries: Iterator[dict], tail: str) -> Iterator[str]:
    """A list of OSCAL is left out where it would be empty."""
    separator = head + "[\n"
    for entry in entries:
        yield separator + compact(entry)
        separator = ",\n"
    if separator == ",\n":
        yield "\n" + tail


def _inventory(fleet: Fleet) -> Iterator[dict]:
    for host in sorted(fleet.hosts, key=by_name):
        props = [_prop("status", host.status)] + [_prop("collected-at", host.collected_at)] * bool(host.collected_at)
        item = {"uuid": _uuid("host", host.name), "description": host.name or "(no name)", "props": props}
        yield {**item, "remarks": host.error} if host.error else item


def _observations(fleet: Fleet, moment: str) -> Iterator[dict]:
    for group in fleet.groups:
        item = group.item
        props = [_prop("severity", group.severity), _prop("layer", item["layer"]), _prop("id", item["id"])]
        props += [_prop("expected", in_cell(item["expected"])), _prop("actual", in_cell(item["actual"]))]
        subjects = [{"subject-uuid": _uuid("host", host.name), "type": "inventory-item"} for host in sorted(group.hosts, key=by_name)]
        yield {
            "uuid": _observation(group), "title": _line(item["id"]), "description": f"{item['why']} Fix: {item['fix']}", "props": props,
            "methods": ["TEST"], "types": ["finding"], "subjects": subjects, "collected": moment,
        }


def _findings(fleet: Fleet) -> Iterator[dict]:
    observations: dict[str, list[FindingGroup]] = {}
    for group in fleet.groups:
        observations.setdefault(group.item["id"], []).append(group)
    reported: set[str] = set()
    for benchmark, controls in fleet.controls.items():
        for ident, control in controls.items():
            idents = fleet.items_of_controls[benchmark, ident]
            reported.update(idents)
            related = [group for name in idents for group in observations.get(name, [])]
            words = ", ".join(f"{control[verdict]} {verdict.replace('_', ' ')}" for verdict in VERDICTS)
            yield _finding(f"{benchmark} {ident}", f"{control['title']}: {words}", satisfied=not control["fail"], related=related)
    for name, groups in sorted(observations.items()):
        if name not in reported:
            satisfied = all(group.severity == "info" for group in groups)
            yield _finding(name, groups[0].item["why"], satisfied=satisfied, related=groups)


def _finding(name: str, description: str, *, satisfied: bool, related: list[FindingGroup]) -> dict:
    target = {"type": "objective-id", "target-id": _token(name), "status": {"state": "satisfied" if satisfied else "not-satisfied"}}
    found = {"uuid": _uuid("finding", name), "title": _line(name), "description": description or name, "target": target}
    links = [{"observation-uuid": _observation(group)} for group in related]
    return {**found, "related-observations": links} if links else found


def _observation(group: FindingGroup) -> str:
    return _uuid("observation", group.item["id"], in_cell(group.item["actual"]), in_cell(group.item["expected"]))


def _prop(name: str, value: str | None) -> dict:
    return {"name": name, "ns": PROPERTIES, "value": _line(value or "")}


def _line(text: str) -> str:
    """Text as OSCAL's strings want it: one line, not empty."""
    return " ".join(text.split()) or "-"


def _token(text: str) -> str:
    return "_" + NOT_TOKEN.sub("_", text)


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\0".join(parts).encode("utf-8", "backslashreplace").decode("utf-8")))
