# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""json: the fleet as one object, a host a line. Its schema is docs/schemas/fleet.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..fleet import whole
from ..fleet.document import SCHEMA, compact
from ..fleet.model import Before, Fleet, HostReport, by_name
from .report import Report


def chunks(report: Report) -> Iterator[str]:
    fleet, changes = report.fleet, report.changes
    head = {
        "schema": SCHEMA,
        "as_of": fleet.as_of,
        "run": fleet.run,
        "compared": {"in_run": fleet.in_run, "expected": fleet.expected, "finished": fleet.finished, "stopped": fleet.stopped},
        "counts": fleet.counts,
        "before_counts": fleet.before_counts,
        "severities": fleet.severities,
        "stopping": [host.name for host in fleet.stopping_now],
        "stops": [{"host": stop.host, "when": stop.when, "stopped_by": stop.by, "confidence": stop.confidence, "summary": stop.sentence}
                  for stop in fleet.stops],
        "changes": {
            "since": changes.since, "unchanged": changes.unchanged, "intentional": sorted(changes.intentional),
            **{name: _pairs(getattr(changes, name)) for name in ("new", "fixed", "flapping")},
        },
        "gone": [{"host": host.name, "collected_at": host.collected_at} for host in fleet.gone],
        "left_out": [{"file": name, "reason": reason} for name, reason in fleet.problems],
    }
    yield json.dumps(head, indent=1, ensure_ascii=False)[:-2]
    yield ',\n "hosts": ['
    for number, document in enumerate(whole.texts(fleet)):
        yield (",\n" if number else "\n") + document
    yield '\n ],\n "before": {'
    for number, (host, earlier) in enumerate(_with_before(fleet)):
        before = {"status": earlier.status, "items": list(earlier.items)}
        yield (",\n" if number else "\n") + json.dumps(host.name, ensure_ascii=False) + ":" + compact(before)
    yield "\n }\n}\n"


def _pairs(pairs: list[tuple[str, str]]) -> list[dict]:
    return [{"host": host, "id": ident} for host, ident in pairs]


def _with_before(fleet: Fleet) -> list[tuple[HostReport, Before]]:
    return [(host, host.before) for host in sorted(fleet.hosts, key=by_name) if host.before]
