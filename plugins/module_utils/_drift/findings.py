# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a document together: their order and their counts. Apart from what reads and compares: a controller needs only this."""

from .._severity import SEVERITIES
from . import tables


def order(finding: dict) -> tuple:
    """What findings are sorted by."""
    return (SEVERITIES.index(finding["severity"]), tables.LAYERS.index(finding["layer"]), finding["id"])


def summary(items: "list[dict]") -> dict:
    """Counts: items altogether, by severity (all named), by layer (those that have any)."""
    by_layer = {}
    by_severity = dict.fromkeys(SEVERITIES, 0)
    for finding in items:
        by_severity[finding["severity"]] += 1
        by_layer[finding["layer"]] = by_layer.get(finding["layer"], 0) + 1
    return {"items": len(items), "severity": by_severity, "layer": by_layer}
