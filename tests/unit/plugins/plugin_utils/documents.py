# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift documents for the tests of reports: a proper one, and ones that a broken or hostile host could send."""

from __future__ import annotations

RUN = {"id": "0" * 32, "started": "2026-03-01T09:00:00Z"}
HOSTILE = "</code></script><script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7 * 7 }}\n=cmd|'/C calc'!A0\x1b[2J]]>&|`*_@all\u2028"


def item(ident="disk.auditd_conf.disk_full_action", severity="critical", **values):
    return {
        "id": ident, "layer": ident.split(".")[0], "severity": severity, "expected": "SYSLOG", "actual": "HALT",
        "controls": ["CIS RHEL 9 6.3.2.3"], "why": "It powers off.", "fix": "role auditd: auditd_failure_policy", **values,
    }


def risk(effect="stops_host", severity="critical", days=3):
    sentence = f"/var/log/audit is full in about {days} days at 412 MB/day; then disk_full_action = HALT powers the host off"
    return {"id": "storage.disk_full_action", "effect": effect, "severity": severity, "key": "disk_full_action", "actual": "HALT",
            "days": days, "sentence": sentence}


def control(ident="6.3.2.3", status="fail", items=()):
    texts = {"benchmark": "cis_rhel_9", "title": "Ensure that it is so", "why": "It is not."}
    return {**texts, "id": ident, "status": status, "items": list(items)}


def document(host, items=(), risks=(), **values):
    live = {"version": "3.0.9", "distribution": {"name": "Debian", "version": "12"}, "storage": {"risks": list(risks)}}
    drifted = any(found["severity"] != "info" for found in items if isinstance(found, dict))
    return {
        "schema": 2, "host": host, "run": RUN, "policy": {"digest": "d" * 64}, "phase": "now", "collected_at": "2026-03-01T09:30:00Z",
        "root": "/", "status": "drifted" if drifted else "in_sync", "summary": {}, "items": list(items), "controls": [], "exceptions": [],
        "live": live, "waived": [], **values,
    }


def hostile_document(host=HOSTILE):
    texts = dict.fromkeys(("expected", "why", "fix"), HOSTILE)
    finding = item("disk.auditd_conf." + HOSTILE, actual=[HOSTILE, {"a": HOSTILE}], controls=[HOSTILE], **texts)
    found = document(host, [finding], [dict(risk(), sentence=HOSTILE)], root=HOSTILE, collected_at=HOSTILE)
    found["waived"] = [{"controls": [HOSTILE], **dict.fromkeys(("subject", "benchmark", "policy", "reason", "compensating"), HOSTILE)}]
    found["controls"] = [{**control(HOSTILE), "benchmark": HOSTILE, "title": HOSTILE, "why": HOSTILE}]
    found["exceptions"] = [{"control": HOSTILE, "controls": [HOSTILE], "state": "in_force", "reason": HOSTILE, "owner": HOSTILE}]
    found["live"].update(version=HOSTILE, distribution={"name": HOSTILE, "version": HOSTILE})
    return found


def stop(host, when="2026-02-20T10:00:00Z", by="auditd", **values):
    """As the module audit_diagnosis found it, spooled."""
    sentence = f"{by} (high confidence) at {when}: auditd powered the host off because the log's partition had no room"
    line = {"source": "/var/log/messages", "line": 7, "time": when, "text": "auditd: The audit daemon is now halting the system"}
    return {"schema": 1, "host": host, "run": RUN, "collected_at": "2026-03-01T09:31:00Z", "status": by,
            "diagnosis": {"stopped_by": by, "when": when, "confidence": "high", "key": "disk_full_action", "action": "HALT"},
            "summary": sentence, "timeline": [line], **values}


def hostile_stop(host=HOSTILE):
    return {**stop(host, summary=HOSTILE, timeline=[{"source": HOSTILE, "time": HOSTILE, "text": HOSTILE}, HOSTILE])}
