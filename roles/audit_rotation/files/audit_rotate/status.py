# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""status.json: what the last run did and when one last succeeded; the Prometheus textfile tells the same in numbers."""

import json
import os
import time

from . import VERSION
from ._errors import AuditError
from ._io import make_directory, write_atomic
from ._utc import epoch, iso
from .exits import EXITS, Failure
from .job import LIST_LIMIT

SCHEMA = 1
FORMATS_LIMIT = 20
TELL_AGAIN = 6 * 3600  # seconds after which a guard repeats an error that stays: it runs every few minutes, and cron mails


def path_of(settings):
    """Where the status of these settings lies."""
    return os.path.join(settings.state_dir, "status.json")


def read(settings):
    """The last status as a dict, empty where none can be read."""
    try:
        with open(path_of(settings), "rb") as stream:
            status = json.loads(stream.read().decode("utf-8"))
    except (OSError, ValueError):
        return {}
    return status if isinstance(status, dict) and status.get("schema") == SCHEMA else {}


def document(job, mode, started, error):
    """The status of a run as a dict. ``error`` is the Failure it ends with, or None."""
    previous = job.previous
    archives = job.archives()
    foreign = [entry.name for entry in job.scan() if entry.kind == "foreign"]
    formats = [[job.names.name_format, job.names.zone]]
    formats += [pair for pair in previous.get("name_formats") or () if pair not in formats]
    status = {
        "schema": SCHEMA,
        "program": VERSION,
        "log_file": job.settings.log_file,
        "mode": mode,
        "last_run": iso(started),
        "last_run_seconds": round(time.time() - started, 3),
        "last_success": iso(started) if error is None else previous.get("last_success"),
        "result": "success" if error is None else "failed",
        "exit": "ok" if error is None else error.name,
        "exit_code": 0 if error is None else error.code,
        "error": None if error is None else str(error),
        "told_at": _told_at(previous, started, error),
        "problems": [sentence for unused, sentence in job.problems][:LIST_LIMIT],
        "notes": job.notes[:LIST_LIMIT],
        "rotated": job.rotated,
        "resumed": job.resumed,
        "repaired": job.repaired[:LIST_LIMIT],
        "waiting": job.waiting[:LIST_LIMIT],
        "bytes_before": sum(entry["bytes_before"] for entry in job.compressed),
        "bytes_after": sum(entry["bytes_after"] for entry in job.compressed),
        "archives": {
            "count": len(archives),
            "bytes": sum(entry.status.st_size for entry in archives),
            "oldest": archives[0].name if archives else None,
            "newest": archives[-1].name if archives else None,
        },
        "foreign": {"count": len(foreign), "names": foreign[:LIST_LIMIT]},
        "free_bytes": job.free(),
        "method": job.method or "none",
        "adopted_at": previous.get("adopted_at") or (iso(started) if job.judged else None),
        "name_formats": formats[:FORMATS_LIMIT],
    }
    for name in ("taken_over", "compressed", "deleted", "would_delete"):
        accounts = getattr(job, name)
        status[name] = accounts[-LIST_LIMIT:]
        status[name + "_count"] = len(accounts)
    return status


def _told_at(previous, started, error):
    """When this error was first told; a guard repeats it some hours later."""
    if error is None:
        return None
    same = previous.get("exit") == error.name and previous.get("told_at") and started - epoch(previous["told_at"]) < TELL_AGAIN
    return previous["told_at"] if same else iso(started)


def cut_short(settings, previous, mode, started, error):
    """The status of a run that could not even look at the logs: what was known before, and why."""
    status = dict(previous) or {"schema": SCHEMA, "program": VERSION, "last_success": None}
    status.update(
        log_file=settings.log_file, mode=mode, last_run=iso(started), result="failed", exit=error.name, exit_code=error.code,
        error=str(error), told_at=_told_at(previous, started, error))
    return status


def write(settings, status):
    """Replace status.json, and the textfile where one is asked for. Failure ``status`` where that is not possible."""
    try:
        make_directory(settings.state_dir)
        write_atomic(path_of(settings), (json.dumps(status, indent=2, sort_keys=True) + "\n").encode("utf-8"), 0o600)
        if settings.textfile and "archives" in status:
            write_atomic(settings.textfile, metrics(status).encode("utf-8"), 0o644)  # read by the exporter's own user
    except (AuditError, OSError) as error:
        raise Failure("status", "the run is not recorded: %s" % error)


METRICS = (
    ("last_run_timestamp_seconds", "gauge", "When audit-rotate last ran.", lambda status: epoch(status["last_run"])),
    ("last_success_timestamp_seconds", "gauge", "When it last succeeded.", lambda status: epoch(status["last_success"])),
    ("exit_code", "gauge", "Exit code of the last run.", lambda status: status["exit_code"]),
    ("archives", "gauge", "Archived logs.", lambda status: status["archives"]["count"]),
    ("archives_bytes", "gauge", "Their bytes.", lambda status: status["archives"]["bytes"]),
    ("deleted", "gauge", "Archives the last run deleted.", lambda status: status["deleted_count"]),
    ("waiting", "gauge", "Logs that wait to be compressed.", lambda status: len(status["waiting"])),
    ("free_bytes", "gauge", "Free bytes beside the log.", lambda status: status["free_bytes"]),
)


def metrics(status):
    """The status in Prometheus' text format."""
    lines = []
    for name, kind, text, value in METRICS:
        name = "audit_rotate_" + name
        lines.append("# HELP %s %s\n# TYPE %s %s\n%s %s\n" % (name, text, name, kind, name, value(status)))
    return "".join(lines)


def show(settings):
    """(exit code, text) of --status."""
    status = read(settings)
    if not status:
        return EXITS["never_ran"][0], "no run has been recorded in %s\n" % path_of(settings)
    code = 0 if status.get("result") == "success" else EXITS["last_failed"][0]
    return code, json.dumps(status, indent=2, sort_keys=True) + "\n"
