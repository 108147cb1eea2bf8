# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host lost since it was last compared: one look at it shows counters, two show that records are missing, and from when to when."""

from __future__ import annotations

from ansible_collections.auditops.auditd.plugins.module_utils._drift import findings, tables
from ansible_collections.auditops.auditd.plugins.module_utils._drift.finding import row_of

LOST, SUSPENDED = "kernel.lost", "daemon.was_suspended"
WHY = "The kernel lost {count} records between {start} and {end}: what they were about is in no log."
BECAUSE_FULL = "give the log more room: there is none left where auditd writes, and records wait for it until the kernel drops them"


def judge(document: dict, previous: dict | None) -> None:
    """Raise what was lost since ``previous``, the last document of this host, to a finding of its own severity, in place.

    A document with such a finding keeps what it was compared with (C(live.since)), so that the second one of a run reports what the first
    one did.
    """
    live, before = _live(document), _live(previous)
    if live is None or before is None or previous is None:
        return
    same_run = bool(document.get("run")) and (document.get("run") or {}).get("id") == _dict(previous.get("run")).get("id")
    since = (same_run and _dict(before.get("since"))) or _account(previous, before)
    if not isinstance(since.get("at"), str):
        return
    start, end = since["at"], str(document.get("collected_at"))
    items = [_raised(item, live, since, end) if item["id"] == LOST else item for item in document["items"]]
    if since.get("suspended") is True and _dict(live.get("daemon")).get("logging_suspended") is False:
        severity, _subject, why, fix = row_of(SUSPENDED)
        items.append({"id": SUSPENDED, "layer": "daemon", "severity": severity, "expected": "every record is written", "controls": [],
                      "actual": f"suspended at {start}, not at {end}", "why": why, "fix": fix, "step": ""})
    if items != document["items"]:
        live["since"] = since
        document.update(items=sorted(items, key=findings.order), status="drifted", summary=findings.summary(items))


def _account(previous, before):
    """What a document says of the counters, for the next one."""
    kernel = _dict(before.get("kernel"))
    return {"at": previous.get("collected_at"), "boot": kernel.get("boot"), "lost": kernel.get("lost"),
            "suspended": _dict(before.get("daemon")).get("logging_suspended")}


def _raised(item, live, since, end):
    kernel = _dict(live.get("kernel"))
    lost, known = kernel.get("lost"), since.get("lost")
    if not isinstance(lost, int) or not isinstance(known, int):
        return item
    is_reset = lost < known or since.get("boot") != kernel.get("boot")
    count = lost if is_reset else lost - known
    if not count:
        return item
    room = _dict(_dict(live.get("storage")).get("partition")).get("free_mb") == 0
    why = WHY.format(count=count, start=since["at"], end=end)
    return {**item, "severity": "high", "actual": f"{lost}, {count} of them since {since['at']}", "why": why,
            "fix": BECAUSE_FULL if room else tables.BACKLOG}


def _live(document):
    found = (document or {}).get("live")
    return found if isinstance(found, dict) and isinstance((document or {}).get("items"), list) else None


def _dict(value):
    return value if isinstance(value, dict) else {}
