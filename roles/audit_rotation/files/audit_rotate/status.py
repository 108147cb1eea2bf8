# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""status.json: what the last run did and when one last succeeded; the Prometheus textfile tells the same in numbers."""

import json
import os
import time

from . import VERSION
from ._errors import AuditError
from ._host.files import make_directory, write_atomic
from ._host.host import read_regular
from ._utc import epoch, iso
from .exits import EXITS, Failure
from .job import LIST_LIMIT

SCHEMA = 1
FORMATS_LIMIT = 20
ASKING = ("daemon_dead", "num_logs", "write_logs", "suspended", "not_proven")  # rows of EXITS: auditd was to rotate, and did not
TELL_AGAIN = 6 * 3600  # seconds after which a guard repeats an error that stays: it runs every few minutes, and cron mails


def path_of(settings):
    """Where the status of these settings lies."""
    return os.path.join(settings.state_dir, "status.json")


def read(settings):
    """The last status as a dict, empty where none can be read."""
    return examine(settings)[0]


def examine(settings):
    """(status, None), or ({}, why what is there was not taken; None where nothing is there)."""
    path = path_of(settings)
    try:
        status = json.loads(read_regular(path).decode("utf-8"))
    except FileNotFoundError:
        return {}, None
    except OSError as error:
        return {}, "%s could not be read and counts as absent: %s" % (path, error.strerror)
    except (ValueError, RecursionError):
        return {}, "%s is no JSON and counts as absent" % path
    if not isinstance(status, dict) or status.get("schema") != SCHEMA:
        return {}, "%s has not the form of schema %d and counts as absent" % (path, SCHEMA)
    wrong = [key for key, is_sound in FORM if status.get(key) is not None and not is_sound(status[key])]
    if wrong:
        return {}, "%s counts as absent: %s has a value that this program never writes" % (path, wrong[0])
    return status, None


def _is_date(value):
    try:
        return isinstance(value, str) and epoch(value) > 0
    except (ValueError, OverflowError):
        return False


def _are_formats(value):
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(word, str) for word in pair) for pair in value)


def _is_refusal(value):
    return isinstance(value, dict) and value.get("exit") in ASKING and isinstance(value.get("error"), str)


FORM = (
    ("last_run", _is_date), ("last_success", _is_date), ("told_at", _is_date), ("adopted_at", _is_date), ("name_formats", _are_formats),
    ("exit", lambda value: isinstance(value, str)), ("unrotated", _is_refusal),
)


def document(job, mode, started, error):
    """The status of a run as a dict. ``error`` is the Failure it ends with, or None."""
    previous = job.previous
    archives = job.archives()
    foreign = [entry.name for entry in job.scan() if entry.kind == "foreign"]
    formats = [[job.names.name_format, job.names.zone]]
    formats += [pair for pair in previous.get("name_formats") or () if pair not in formats]
    unrotated = _unrotated(job, mode, error)
    shown = {"exit": error.name, "error": str(error)} if error else unrotated
    status = {
        "schema": SCHEMA,
        "program": VERSION,
        "log_file": job.settings.log_file,
        "mode": mode,
        "last_run": iso(started),
        "last_run_seconds": round(time.time() - started, 3),
        "last_success": iso(started) if shown is None else previous.get("last_success"),
        "result": "success" if shown is None else "failed",
        "exit": shown["exit"] if shown else "ok",
        "exit_code": EXITS[shown["exit"]][0] if shown else 0,
        "error": shown["error"] if shown else None,
        "run_exit": error.name if error else "ok",
        "unrotated": unrotated,
        "told_at": _told_at(previous, started, shown["exit"] if shown else None),
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


def _unrotated(job, mode, error):
    """Why auditd last failed to rotate, {exit, error}; None once it has rotated. A run that only archived proves nothing about auditd."""
    if error is not None and error.name in ASKING:
        return {"exit": error.name, "error": str(error)}
    if job.rotated or job.resumed or (error is None and mode == "rotate"):
        return None
    return job.previous.get("unrotated")


def _told_at(previous, started, name):
    """When this error (a row of EXITS, None for none) was first told; a guard repeats it some hours later."""
    if name is None:
        return None
    return previous["told_at"] if was_told(previous, name, started) else iso(started)


def was_told(previous, name, now):
    """True where the last run told the same error, within the last hours."""
    return previous.get("exit") == name and 0 <= now - epoch(previous.get("told_at")) < TELL_AGAIN


def cut_short(settings, previous, mode, started, error):
    """The status of a run that could not even look at the logs: what was known before, and why."""
    status = dict(previous) or {"schema": SCHEMA, "program": VERSION, "last_success": None}
    status.update(
        log_file=settings.log_file, mode=mode, last_run=iso(started), result="failed", exit=error.name, exit_code=error.code,
        error=str(error), run_exit=error.name, told_at=_told_at(previous, started, error.name))
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
