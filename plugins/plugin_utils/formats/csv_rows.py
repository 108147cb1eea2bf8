# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""csv: a row a finding, for a spreadsheet; a host of which nothing is known has a row that says why (RFC 4180).

With a benchmark chosen, a host has a row with the counts of its controls, and one for each control that does not pass: C(layer) is
C(controls), C(actual) the verdict, C(expected) the title.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ..fleet.document import compact
from ..fleet.model import HostReport, by_name
from ..fleet.summary import verdicts_in_words
from .report import Report

COLUMNS = ("host", "status", "collected_at", "severity", "layer", "id", "expected", "actual", "controls", "why", "fix")
LAYER = "controls"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would execute it


def chunks(report: Report) -> Iterator[str]:
    yield _lines([COLUMNS])
    for host in sorted(report.fleet.hosts, key=by_name):
        head = (host.name, host.status, host.collected_at or "")
        rows = [
            (*head, item["severity"], item["layer"], item["id"], in_cell(item["expected"]), in_cell(item["actual"]),
             "; ".join(item["controls"]), item["why"], item["fix"])
            for item in host.items
        ]
        rows += [(*head, *row) for row in _controls(host)]
        if host.is_lost:
            rows.append((*head, "", "", "", "", "", "", host.error or "", ""))
        yield _lines(rows)


def _controls(host: HostReport) -> Iterator[tuple]:
    for benchmark, counts in host.control_counts.items():
        yield "", LAYER, benchmark, "every control passes", verdicts_in_words(counts), "", "", ""
    for control in host.now["controls"]:
        if control["status"] != "pass":
            ident = f"{control['benchmark']}:{control['id']}"
            yield "", LAYER, ident, control["title"], control["status"], ident, control["why"], ""


def in_cell(value: object) -> str:
    """A value of a finding as text; what has parts is JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else compact(value)


def _lines(rows: list[tuple]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows([[_harmless(cell) for cell in row] for row in rows])
    return stream.getvalue()


def _harmless(cell: str) -> str:
    """Without NUL, which readers refuse, and with a quote before what would be a formula."""
    text = cell.replace("\0", "\\x00")
    return "'" + text if text.startswith(STARTS_A_FORMULA) else text
