# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""csv: a row a finding, for a spreadsheet; a host of which nothing is known has a row that says why (RFC 4180).

With a benchmark chosen, a host has a row with the counts of its controls, and one for each control that does not pass: C(layer) is
C(controls), C(actual) the verdict, C(expected) the title.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from ..fleet.document import compact
from ..fleet.model import HostReport, by_name
from ..fleet.summary import verdicts_in_words
from .report import Report

COLUMNS = ("host", "status", "collected_at", "severity", "layer", "id", "expected", "actual", "controls", "why", "fix", "step")
LAYER = "controls"
END = "\r\n"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would execute it


def chunks(report: Report) -> Iterator[str]:
    yield _line(COLUMNS)
    findings: dict[int, str] = {}  # by identity: many hosts have the same finding, and the same verdicts of all controls
    verdicts: dict[int, list[str]] = {}
    for host in sorted(report.fleet.hosts, key=by_name):
        controls = host.now["controls"]
        if id(controls) not in verdicts:
            verdicts[id(controls)] = _controls(host)
        for item in host.items:
            if id(item) not in findings:
                findings[id(item)] = _finding(item)
        rows = [*(findings[id(item)] for item in host.items), *verdicts[id(controls)]]
        if host.is_lost:
            rows.append(_line(("", "", "", "", "", "", host.error or "", "", "")))
        head = _line((host.name, host.status, host.collected_at or "")).removesuffix(END) + ","
        yield "".join([head + row for row in rows])


def _finding(item: dict) -> str:
    """The row of a finding behind what its host is."""
    return _line((item["severity"], item["layer"], item["id"], in_cell(item["expected"]), in_cell(item["actual"]),
                  "; ".join(item["controls"]), item["why"], item["fix"], item.get("step", "")))


def _controls(host: HostReport) -> list[str]:
    rows = [_line(("", LAYER, benchmark, "every control passes", verdicts_in_words(counts), "", "", "", ""))
            for benchmark, counts in host.control_counts.items()]
    for control in host.now["controls"]:
        if control["status"] != "pass":
            ident = f"{control['benchmark']}:{control['id']}"
            rows.append(_line(("", LAYER, ident, control["title"], control["status"], ident, control["why"], "", "")))
    return rows


def in_cell(value: object) -> str:
    """A value of a finding as text; what has parts is JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else compact(value)


def _line(cells: Iterable[str]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=END).writerow([_harmless(cell) for cell in cells])
    return stream.getvalue()


def _harmless(cell: str) -> str:
    """Without NUL, which readers refuse, and with a quote before what would be a formula."""
    text = cell.replace("\0", "\\x00")
    return "'" + text if text.startswith(STARTS_A_FORMULA) else text
