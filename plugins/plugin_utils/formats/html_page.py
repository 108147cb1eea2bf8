# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as one HTML page that needs nothing else: no script, no font, no image, nothing from the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jinja2

from ..fleet import document, summary
from .report import Report

TEMPLATE = Path(__file__).with_name("report_page.html.j2")
MOST_LINES = 30  # of one value: three hundred missing rules are told by their number


def chunks(report: Report) -> Iterator[str]:
    """The page. Values are escaped by the template engine, whatever a host sent."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["value_lines"] = value_lines
    environment.filters["in_words"] = summary.in_words
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    collected = sorted(host.collected_at or "" for host in report.fleet.hosts)
    yield template.render(fleet=report.fleet, words=document.STATUS_WORDS, statuses=document.STATUSES, collected=collected)
    yield "\n"


def value_lines(value: object) -> list[str]:
    """A value of a document as lines to show."""
    if value is None:
        return ["nothing"]
    if isinstance(value, dict):
        value = [f"{key}: {entry}" for key, entry in value.items()]
    if not isinstance(value, list):
        return str(value).splitlines()[:MOST_LINES] or [""]
    lines = [str(entry) for entry in value[:MOST_LINES]]
    return lines + ([f"and {len(value) - MOST_LINES} more"] if len(value) > MOST_LINES else [])
