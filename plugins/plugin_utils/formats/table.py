# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of a report: a new one is a file beside this and a row of FORMATS. No file that is not ours is replaced."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

from .report import Report

MANIFEST = ".audit-report.json"  # what this collection wrote into the directory: {file: {size, sha256}}
NOT_OURS = "was not written by this collection, so it is not replaced; move it away or choose another directory for reports"
PREFIX = 4096  # bytes in which the mark of an older report is looked for
CHUNK = 1 << 20


@dataclass(frozen=True)
class Format:
    """``module``: its file beside this. ``mark``: bytes in the head of older reports."""

    file: str
    module: str
    mode: int = 0o600
    mark: bytes = b""

    def chunks(self, report: Report) -> Iterable[str]:
        """The text in parts: a large fleet is never in memory as text. Imported here: all ten take each run of drift 20 ms (measured)."""
        return importlib.import_module(f"{__package__}.{self.module}").chunks(report)


FORMATS = {
    "html": Format("index.html", "html_page", mark=b"<title>Audit drift</title>"),
    "json": Format("fleet.json", "fleet_json", mark=b'"before_counts"'),
    "jsonl": Format("fleet.jsonl", "json_lines"),
    "csv": Format("findings.csv", "csv_rows"),
    "markdown": Format("summary.md", "markdown"),
    "junit": Format("junit.xml", "junit"),
    "sarif": Format("fleet.sarif", "sarif"),
    "oscal": Format("assessment-results.json", "oscal"),
    "ocsf": Format("ocsf.jsonl", "ocsf"),
    "prometheus": Format("auditops_drift.prom", "prometheus", mode=0o644),
}


def refuse_unknown(formats: Iterable[str]) -> None:
    """AuditError for a format that is not known."""
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise AuditError(f"formats: {', '.join(map(str, unknown))} is not known; known are {', '.join(sorted(FORMATS))}")


def write(report: Report, dest: Path, formats: list[str]) -> dict[str, str]:
    """Write the report in each of ``formats`` and return {format: path}. AuditError, and nothing written, where a file is not ours."""
    refuse_unknown(formats)
    dest.mkdir(mode=0o750, parents=True, exist_ok=True)
    ours = _manifest(dest)
    for name in formats:
        path = dest / FORMATS[name].file
        if not _is_ours(path, ours.get(path.name), FORMATS[name].mark):
            raise AuditError(f"{path} {NOT_OURS}")
    written = {}
    for name in formats:
        path = dest / FORMATS[name].file
        ours[path.name] = _write(path, FORMATS[name].chunks(report), FORMATS[name].mode, ours, dest)
        written[name] = str(path)
    return written


def text(report: Report, name: str) -> str:
    """A format as one text."""
    return "".join(FORMATS[name].chunks(report))


def _write(path: Path, chunks: Iterable[str], mode: int, ours: dict, dest: Path) -> dict:
    """Replace ``path`` atomically. The manifest knows the new content before the rename: a crash between both leaves a known file."""
    seen, size = hashlib.sha256(), 0
    temporary = None
    try:
        descriptor, temporary = _temporary(path)
        with open(descriptor, "wb") as stream:
            for data in _buffered(chunks):
                stream.write(data)
                seen.update(data)
                size += len(data)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        entry = {"size": size, "sha256": seen.hexdigest()}
        _write_manifest(dest, {**ours, path.name: {**entry, "before": (ours.get(path.name) or {}).get("sha256", "")}})
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary or "")
        if isinstance(error, OSError):
            raise AuditError(f"cannot write {path}: {error.strerror}; the file is as it was") from error
        raise
    return entry


def _buffered(chunks: Iterable[str]) -> Iterable[bytes]:
    waiting: list[str] = []
    length = 0
    for chunk in chunks:
        waiting.append(chunk)
        length += len(chunk)
        if length >= CHUNK:
            yield "".join(waiting).encode("utf-8", "backslashreplace")
            waiting, length = [], 0
    yield "".join(waiting).encode("utf-8", "backslashreplace")


def _temporary(path: Path) -> tuple[int, str]:
    """A new file of the owner's alone beside ``path``, under a name that nobody has: whatever lies there stays."""
    return tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)


def _manifest(dest: Path) -> dict:
    """What this collection wrote into the directory; AuditError where a file of that name is somebody else's."""
    path = dest / MANIFEST
    if path.is_symlink() or not path.exists():
        return {}
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(entry, dict) and "sha256" in entry for entry in found.values()):
        raise AuditError(f"{path} {NOT_OURS}")
    return found


def _write_manifest(dest: Path, ours: dict) -> None:
    descriptor, temporary = _temporary(dest / MANIFEST)
    try:
        with open(descriptor, "w", encoding="ascii") as stream:
            json.dump(ours, stream, indent=1, sort_keys=True)
        os.replace(temporary, dest / MANIFEST)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _is_ours(path: Path, entry: dict | None, mark: bytes) -> bool:
    """Nothing there, a link (which is replaced, not followed), what the manifest knows, or a report from before there was a manifest."""
    if path.is_symlink() or not path.exists():
        return True
    if not path.is_file():
        return False
    if entry is None:
        with open(path, "rb") as stream:
            return bool(mark) and mark in stream.read(PREFIX)
    seen = hashlib.sha256()
    with open(path, "rb") as stream:
        while data := stream.read(CHUNK):
            seen.update(data)
    return seen.hexdigest() in (entry.get("sha256"), entry.get("before"))
