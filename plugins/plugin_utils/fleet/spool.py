# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents on the controller, one file a host: written atomically by each host's worker, read by whoever publishes.

    hosts/      what is known of a host now      before/   before its last remediation
    last_good/  what was known before a failure  runs/     one line for each document of a run
    forgotten/  hosts that left the inventory    history/  one summary for each run
    stops/      why a host stopped last
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import files as _files
from ansible_collections.auditops.auditd.plugins.module_utils._utc import iso

from . import document as drift_document
from . import since as lost_since
from . import stopped

NO_DIRECTORY = "report_dir is empty: name a directory on the controller"
LOCK = ".lock"
SET_ASIDE = ".set-aside"
FAILED = "failed"  # in the notes of a run: the status of a document that has an error
NOTES = re.compile(r"[0-9a-f]{32}\.log", re.ASCII)


class Spool:
    """A directory of documents. Errors are AuditError, with the path and the reason."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)

    def path(self, folder: str, host: str) -> Path:
        return self.directory / folder / drift_document.file_name(host)

    def write(self, document: dict, *, phase: str) -> str:
        """Write the document of a host, with what was lost since the last one, and return its path.

        Phase before keeps a second copy, phase now removes an old one.
        """
        host = document["host"]
        known = _document_in(self.path("hosts", host))
        lost_since.judge(document, _document_in(self.path("last_good", host)) if known is not None and _is_failure(known) else known)
        text = drift_document.as_text(document)
        path = write_text(self.path("hosts", host), text, replace=is_document if known is None else None)
        if phase == "before":
            write_text(self.path("before", host), text, replace=is_document)
        elif phase == "now":
            self._drop("before", host)
        self._drop("last_good", host)
        self._note(document, phase)
        return str(path)

    def write_stop(self, document: dict) -> str:
        """Write what is known of the last stop of a host (stopped.document), and return its path."""
        return str(write_text(self.path(stopped.FOLDER, document["host"]), drift_document.as_text(document), replace=is_document))

    def fail(
        self, host: str, reason: str, *, run: dict | None, phase: str, unreachable: bool = False, keeps_last_word: bool = False,
    ) -> str:
        """Write that the host is unknown, and why, and keep the last document that says more in last_good/.

        ``keeps_last_word``: what this run compared after its last change stays, with the reason beside it, and so does an earlier failure.
        """
        path = self.path("hosts", host)
        known = _document_in(path)
        if keeps_last_word and known is not None and _is_failure(known) and run and (known.get("run") or {}).get("id") == run["id"]:
            return str(path)  # the first failure is the reason of those that follow
        if keeps_last_word and known is not None and _is_last_word(known, run):
            kept = {**known, "error": drift_document.cut(reason)}
            write_text(path, drift_document.as_text(kept), replace=is_document)
            self._note(kept, known.get("phase", "now"))
            return str(path)
        if known is not None and known["status"] in drift_document.STATUSES and not _is_failure(known):
            write_text(self.path("last_good", host), drift_document.as_text(known), replace=is_document)
        if phase == "now":
            self._drop("before", host)
        failed = drift_document.failed(host, reason, collected_at=iso(), run=run, phase=phase, unreachable=unreachable)
        write_text(path, drift_document.as_text(failed), replace=is_document)
        self._note(failed, phase)
        return str(path)

    def of_run(self, host: str, run: dict) -> dict | None:
        """The document of a host where this run wrote it."""
        known = _document_in(self.path("hosts", host))
        return known if known is not None and (known.get("run") or {}).get("id") == run["id"] else None

    def forget(self, host: str) -> None:
        """Move what is known of a host to forgotten/, where it is kept under the time of this call."""
        stamp = iso().replace(":", "")
        for folder in ("hosts", "before", "last_good", stopped.FOLDER):
            path = self.path(folder, host)
            if _document_in(path) is not None:
                target = self.directory / "forgotten" / f"{stamp}-{folder}-{path.name[-180:]}"
                target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
                os.rename(path, target)

    def noted(self, run_id: str) -> dict[str, tuple[str, str]]:
        """{name of the document's file: (phase, status)} of all that a run has written so far."""
        path = self._notes(run_id)
        found: dict[str, tuple[str, str]] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in path.read_text(encoding="utf-8").splitlines():
                words = line.split(" ")
                if len(words) == 3:
                    found[words[0]] = (words[1], words[2])
        return found

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One publishes at a time; ends with the process."""
        self.directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(self.directory / LOCK, flags, 0o600)
        except OSError as error:
            raise AuditError(f"cannot open the lock {self.directory / LOCK}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def prune_runs(self, keep: int) -> None:
        """Remove the notes of all but the newest runs."""
        directory = self.directory / "runs"
        ours = [path for path in directory.glob("*") if NOTES.fullmatch(path.name)] if directory.is_dir() else []
        for path in sorted(ours, key=_age)[:-keep]:
            path.unlink(missing_ok=True)

    def _drop(self, folder: str, host: str) -> None:
        path = self.path(folder, host)
        if path.is_symlink() or _document_in(path) is not None:
            path.unlink(missing_ok=True)

    def _notes(self, run_id: str) -> Path:
        return self.directory / "runs" / (quote(run_id, safe="")[:64] + ".log")

    def _note(self, document: dict, phase: str) -> None:
        if not document.get("run"):
            return
        path = self._notes(document["run"]["id"])
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        state = FAILED if document.get("error") else document["status"]
        line = f"{drift_document.file_name(document['host'])} {phase} {state}\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line.encode("ascii"))  # one write: lines of several workers do not mix
        finally:
            os.close(descriptor)


def cannot_write(host: str, error: AuditError | OSError) -> str:
    """The sentence for a document that the controller has no room for, or no right to write."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    path = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"report_dir: cannot write the document of {host}: {reason}{path}"


def _age(path: Path) -> tuple[float, str]:
    return (path.stat().st_mtime, path.name)


def _is_failure(document: dict) -> bool:
    return bool(document.get("error")) and document["status"] == "unknown" and not document.get("items")


def _is_last_word(document: dict, run: dict | None) -> bool:
    """Compared by this run, and not only before a remediation: a failure afterwards takes nothing from it."""
    if run is None or (document.get("run") or {}).get("id") != run["id"] or _is_failure(document):
        return False
    return document.get("phase") in ("now", "after")


def is_document(data: bytes) -> bool:
    """Whether a file of the spool is one of ours: a JSON object with a schema, a host and a status."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and {"schema", "status"} <= set(found)


def write_text(path: Path, text: str, *, replace: object = None, mode: int = 0o600) -> Path:
    """Write a file of ours. What is there already and is not ours (``replace(bytes)`` is false) is set aside beside it, never lost."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if callable(replace) and path.exists() and not path.is_symlink() and not _is_ours(path, replace):
        set_aside(path)
    # in JSON and in a page backslashes are how to write what is no character
    return write_bytes(path, text.encode("utf-8", "backslashreplace"), mode=mode)


def write_bytes(path: Path, data: bytes, *, mode: int = 0o600) -> Path:
    _files.write_atomic(str(path), data, mode)
    return path


def _is_ours(path: Path, replace: object) -> bool:
    if not path.is_file() or path.stat().st_size > drift_document.LARGEST_DOCUMENT:
        return False
    return bool(callable(replace) and replace(path.read_bytes()))


def set_aside(path: Path) -> Path:
    """Rename a file that is not ours to the first free name beside it."""
    number = 1
    while os.path.lexists(target := path.with_name(f"{path.name}{SET_ASIDE}-{number}")):
        number += 1
    os.rename(path, target)
    return target


def _document_in(path: Path) -> dict | None:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > drift_document.LARGEST_DOCUMENT:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"schema", "status"} <= set(found) else None
