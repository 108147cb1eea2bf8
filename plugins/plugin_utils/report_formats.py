# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of a fleet's report: a new one is a row of FORMATS and a function."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

from . import report, report_page


def write(fleet: report.Fleet, report_dir: str, formats: list[str]) -> dict[str, str]:
    """Write the fleet in each of ``formats`` and return {format: path}; AuditError for a format that is not known."""
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise AuditError(f"formats: {', '.join(map(str, unknown))} is not known; known are {', '.join(sorted(FORMATS))}")
    written = {}
    for name in formats:
        file, render = FORMATS[name]
        written[name] = str(report.write_text(Path(report_dir) / file, render(fleet)))
    return written


def as_json(fleet: report.Fleet) -> str:
    """The whole fleet as one JSON object, the documents as they were spooled."""
    document = {
        "schema": report.SCHEMA,
        "counts": fleet.counts,
        "before_counts": fleet.before_counts,
        "severities": fleet.severities,
        "hosts": [host.now for host in sorted(fleet.hosts, key=lambda host: host.name)],
        "before": {host.name: host.before for host in fleet.hosts if host.before},
        "left_out": [{"file": name, "reason": reason} for name, reason in fleet.problems],
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def as_html(fleet: report.Fleet) -> str:
    return report_page.render(fleet)


FORMATS = {
    "html": ("index.html", as_html),
    "json": ("fleet.json", as_json),
}
