# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last stop of each host: what audit_diagnosis found, spooled beside the drift documents, and read back for a report."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._utc import iso

from . import document as drift_document

SCHEMA = 1
FOLDER = "stops"  # beside hosts/
BY = {"auditd": "auditd", "kernel_audit": "the kernel's audit", "not_auditd": "something else", "unknown": "not known"}
BY_AUDIT = ("auditd", "kernel_audit")
MOST_LINES = 60  # of a timeline, the newest


@dataclass(frozen=True)
class Stop:
    """``by``: a word of BY. ``when``: None where no time is known. ``timeline``: (time or None, source, text), oldest first."""

    host: str
    when: str | None
    by: str
    confidence: str
    sentence: str
    read_at: str | None
    timeline: tuple[tuple[str | None, str, str], ...] = ()


def document(host: str, result: dict, *, run: dict | None) -> dict:
    """What is spooled of the result of the module audit_diagnosis."""
    found = {name: value for name, value in result["diagnosis"].items() if name not in ("evidence", "next")}
    return {"schema": SCHEMA, "host": host, "run": run, "collected_at": iso(), "status": found.get("stopped_by"),
            "diagnosis": found, "summary": result.get("summary"), "timeline": list(result.get("timeline") or ())[-MOST_LINES:]}


def read(path: Path) -> Stop:
    """The stop in a file. OSError, ValueError and RecursionError say what is wrong with it."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("it is not a regular file")
    if path.stat().st_size > drift_document.LARGEST_DOCUMENT:
        raise ValueError("it is larger than any document of a stop")
    found = drift_document.cut(json.loads(path.read_bytes().decode("utf-8")))
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("host"), str):
        raise ValueError(f"it has no schema {SCHEMA} or no host")
    if drift_document.file_name(found["host"]) != path.name:
        raise ValueError(f"it names the host {found['host'][:200]!r}, whose file has another name")
    verdict = found.get("diagnosis")
    if not isinstance(verdict, dict) or verdict.get("stopped_by") not in BY:
        raise ValueError("it has no verdict")
    kept = found.get("timeline")
    lines = kept if isinstance(kept, list) else []
    timeline = tuple(
        (drift_document.moment(line.get("time")), str(line.get("source", "")), str(line.get("text", "")))
        for line in lines[-MOST_LINES:] if isinstance(line, dict))
    return Stop(
        found["host"], drift_document.moment(verdict.get("when")), verdict["stopped_by"], str(verdict.get("confidence") or ""),
        str(found.get("summary") or ""), drift_document.moment(found.get("collected_at")), timeline)


def load(sources: Iterable[str], problems: list[tuple[str, str]], hosts: Iterable[str] | None = None) -> list[Stop]:
    """Of each host the one that was read last, the newest stop first; those without a time last. What cannot be read is a problem."""
    newest: dict[str, Stop] = {}
    wanted = None if hosts is None else {drift_document.file_name(host) for host in hosts}
    for directory in (Path(source) / FOLDER for source in sources):
        entries = sorted(os.listdir(directory)) if directory.is_dir() else []
        for name in entries:
            if not name.endswith(".json") or name.startswith(".") or (wanted is not None and name not in wanted):
                continue
            try:
                one = read(directory / name)
            except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
                reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
                problems.append((f"{FOLDER}/{name}", f"not the document of a stop: {reason}"))
                continue
            if one.host not in newest or (one.read_at or "") >= (newest[one.host].read_at or ""):
                newest[one.host] = one
    return sorted(sorted(newest.values(), key=_name), key=_moment, reverse=True)


def _name(stop: Stop) -> str:
    return stop.host


def _moment(stop: Stop) -> str:
    return stop.when or ""
