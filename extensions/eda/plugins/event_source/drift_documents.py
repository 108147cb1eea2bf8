# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event for each drift document that appears or changes: what ansible-rulebook needs to act on drift."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import json
import urllib.parse
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
short_description: Watch the documents that drift checks write
description:
  - An event for each document of a host that appears in a directory or changes there, as auditops.auditd.drift leaves them, and as a host
    with C(audit-check) on a schedule writes its own.
  - The file's name says which host it is. A document that names another host makes no event, because a host that writes its own document
    could speak for another one so.
  - What drifted while the window was closed makes an event again when it opens, though the document is the same.
  - The event is C(drift) with C(host), C(status) (V(in_sync), V(drifted) or V(unknown)), C(severities) (of the findings, without repeats),
    C(path) and C(in_window).
options:
  directory:
    description: Where the documents are; C(hosts) below the report directory.
    type: path
    required: true
  delay:
    description: Seconds between two looks.
    type: float
    default: 30
  window:
    description:
      - The hours in which C(in_window) is true, in the controller's local time, as V(22:00-04:00). The end does not belong to it.
      - Not set means always.
    type: str
"""

EXAMPLES = r"""
- auditops.auditd.drift_documents:
    directory: /var/lib/audit-report/hosts
    window: 22:00-04:00
"""


def in_window(window: str | None, now: datetime.time) -> bool:
    """Whether a time lies in a window; ValueError where the window is not two times."""
    if not window:
        return True
    begin, separator, end = window.partition("-")
    if not separator:
        raise ValueError(f"window must be two times, as 22:00-04:00, not {window!r}")
    first, last = (datetime.time.fromisoformat(part.strip()) for part in (begin, end))
    return first <= now < last if first <= last else now >= first or now < last


def host_of(name: str, document: dict) -> str | None:
    """The host that a file is named after, percent-encoded; None where the document names another. A long name is cut, and ends with the
    beginning of its SHA-256."""
    host = urllib.parse.unquote(name, errors="surrogateescape")
    stated = document.get("host", host)
    if stated == host:
        return host
    encoded = urllib.parse.quote(stated, safe="", errors="surrogateescape")
    if encoded.startswith("."):  # such a file would be hidden
        encoded = "%2E" + encoded[1:]
    return stated if name.endswith("-" + hashlib.sha256(encoded.encode()).hexdigest()[:16]) else None


def event_of(path: Path, window: str | None, now: datetime.time) -> dict[str, Any] | None:
    """The event of a document; None where it is no document, or is just being written."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        severities = sorted({item["severity"] for item in document["items"]})
        status, host = document["status"], host_of(path.stem, document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if host is None:
        return None
    seen = {"host": host, "status": status, "severities": severities, "path": str(path)}
    return {"drift": dict(seen, in_window=in_window(window, now))}


async def main(queue: asyncio.Queue, args: dict[str, Any]) -> None:
    """Called by ansible-rulebook; runs until it is cancelled."""
    directory, window = Path(args["directory"]), args.get("window")
    in_window(window, datetime.time())  # a window that is none is said at the start, not at the first drift
    seen: dict[Path, tuple[int, int]] = {}
    waiting: set[Path] = set()  # what drifted while the window was closed
    while True:
        for path in sorted(directory.glob("*.json")):
            try:
                status = path.stat()
            except OSError:
                continue
            mark = (status.st_mtime_ns, status.st_ino)
            now = datetime.datetime.now().time()
            if seen.get(path) == mark and not (path in waiting and in_window(window, now)):
                continue
            event = event_of(path, window, now)
            if event:
                seen[path] = mark
                waiting.discard(path)
                if event["drift"]["status"] == "drifted" and not event["drift"]["in_window"]:
                    waiting.add(path)
                await queue.put(event)
        await asyncio.sleep(float(args.get("delay", 30)))
