# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drift document for a person, for syslog and for Prometheus."""

from .._severity import SEVERITIES
from .._utc import epoch

LONGEST_STATUS = 10  # lines
STATUS_WORDS = {"in_sync": "in sync with the policy", "drifted": "drifted from the policy", "unknown": "not known"}
GAUGES = (
    ("in_sync", "Whether this host is in sync: 1; drifted or not known: 0."),
    ("findings", "Findings of this host by severity."),
    ("collected_timestamp_seconds", "When this host was read."),
)


def status_lines(document: "dict") -> "list[str]":
    """Ten lines at most: what the host is, and its worst findings."""
    lines = ["%s is %s (compared %s)" % (document["host"], STATUS_WORDS[document["status"]], document["collected_at"])]
    room = LONGEST_STATUS - len(lines)
    items = document["items"]
    shown = items if len(items) <= room else items[:room - 1]
    lines += ["%-8s %s: %s" % (item["severity"], item["id"], _short(item["why"])) for item in shown]
    return lines + (["and %d more; audit-check --json has all" % (len(items) - len(shown))] if len(items) > len(shown) else [])


def change_line(document: "dict", before: "dict | None") -> "str | None":
    """One line for syslog where the status is another than that of the document before; None where it is not."""
    was = (before or {}).get("status") or "not compared yet"
    if was == document["status"]:
        return None
    counts = document["summary"]["severity"]
    found = ", ".join("%d %s" % (counts[name], name) for name in SEVERITIES if counts.get(name))
    return "audit settings are %s (were %s)%s" % (document["status"], was, ": " + found if found else "")


def metrics(document: "dict") -> str:
    """The textfile collector's format, text 0.0.4, with the names that the fleet's report uses for a host."""
    samples = {
        "in_sync": [("", int(document["status"] == "in_sync"))],
        "findings": [('{severity="%s"}' % name, document["summary"]["severity"][name]) for name in SEVERITIES],
        "collected_timestamp_seconds": [("", epoch(document["collected_at"]))],
    }
    lines = []
    for name, words in GAUGES:
        full = "auditops_check_" + name
        lines += ["# HELP %s %s" % (full, words), "# TYPE %s gauge" % full]
        lines += ["%s%s %d" % (full, labels, value) for labels, value in samples[name]]
    return "\n".join(lines) + "\n"


def _short(sentence):
    return sentence if len(sentence) <= 120 else sentence[:117] + "..."
