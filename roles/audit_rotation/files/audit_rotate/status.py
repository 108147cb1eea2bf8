# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""status.json: what the last run did and when one last succeeded; the Prometheus textfile has the same in numbers."""

import json
import os
import time

from . import VERSION, bounded, lock, serials, shipped
from ._errors import AuditError
from ._host.files import make_directory, write_atomic
from ._host.host import read_regular
from ._utc import epoch, iso
from .exits import EXITS, Failure
from .job import LIST_LIMIT

SCHEMA = 1
FORMATS_LIMIT = 20
# rows of EXITS: auditd was to rotate or resume, and did not
ASKING = ("daemon_dead", "num_logs", "write_logs", "suspended", "not_proven", "obstacle")
LOSS_REMEMBERED = 30 * 86400  # seconds in which somebody is to see that archives were given up
REPORT_AGAIN = 6 * 3600  # seconds after which a guard repeats an error that stays: it runs every few minutes, and cron mails


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


def _is_loss(value):
    return isinstance(value, dict) and _is_date(value.get("at")) and all(
        isinstance(value.get(key), (int, float)) or (key == "from" and value.get(key) is None) for key in ("count", "bytes", "from", "to"))


FORM = (
    ("last_run", _is_date), ("last_success", _is_date), ("reported_at", _is_date), ("adopted_at", _is_date), ("name_formats", _are_formats),
    ("exit", lambda value: isinstance(value, str)), ("unrotated", _is_refusal),
    ("given_up", _is_loss), ("clock", lambda value: isinstance(value, dict)), ("missing", serials.is_account), ("serials", serials.is_note),
)


def document(job, mode, started, error):
    """The status of a run as a dict. ``error`` is the Failure it ends with, or None."""
    previous = job.previous
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
        "reported_at": _reported_at(previous, started, shown["exit"] if shown else None),
        "adopted_at": previous.get("adopted_at") or (iso(started) if job.judged else None),
        "given_up": _given_up(job, started),
        "missing": serials.account(job),
        "serials": job.serials,
        "clock": job.clock.note,
    }
    status.update(_account(job))
    status.update(_directory(job))
    return status


def _account(job):
    """What this run did; of long lists the last entries, and the count of all."""
    account = {
        "problems": [sentence for unused, sentence in job.problems][:LIST_LIMIT],
        "notes": job.notes[:LIST_LIMIT],
        "rotated": job.rotated,
        "resumed": job.resumed,
        "repaired": job.repaired[:LIST_LIMIT],
        "waiting": job.waiting[:LIST_LIMIT],
        "bytes_before": sum(entry["bytes_before"] for entry in job.compressed),
        "bytes_after": sum(entry["bytes_after"] for entry in job.compressed),
    }
    for name in ("taken_over", "compressed", "deleted", "would_delete"):
        entries = getattr(job, name)
        account[name] = entries[-LIST_LIMIT:]
        account[name + "_count"] = len(entries)
    return account


def _directory(job):
    """What lies in the log directory after this run."""
    archives = job.archives()
    foreign = [entry.name for entry in job.scan() if entry.kind == "foreign"]
    formats = [[job.names.name_format, job.names.zone]]
    formats += [pair for pair in job.previous.get("name_formats") or () if pair not in formats]
    return {
        "archives": {
            "count": len(archives),
            "bytes": sum(entry.status.st_size for entry in archives),
            "oldest": archives[0].name if archives else None,
            "newest": archives[-1].name if archives else None,
        },
        "foreign": {"count": len(foreign), "names": foreign[:LIST_LIMIT]},
        "free_bytes": job.free(),
        "method": job.method or "none",
        "name_formats": formats[:FORMATS_LIMIT],
    }


def _given_up(job, started):
    """The archives that had to go for new records, of this run and of the last month: {at, count, bytes, from, to, flood}; None for none.

    ``from`` and ``to`` (epoch seconds) are the first and the last record that is gone; ``flood`` says who made the records that came.
    """
    before = job.previous.get("given_up")
    if before and started - epoch(before["at"]) > LOSS_REMEMBERED:
        before = None
    if not job.given_up:
        return before
    firsts = [account["first"] for account in job.given_up if account["first"] is not None]
    firsts += [before["from"]] if before and before["from"] is not None else []
    return {
        "at": iso(started),
        "count": len(job.given_up) + (before["count"] if before else 0),
        "bytes": sum(account["bytes"] for account in job.given_up) + (before["bytes"] if before else 0),
        "from": min(firsts) if firsts else None,
        "to": max([account["last"] for account in job.given_up] + ([before["to"]] if before else [])),
        "flood": job.flood or (before.get("flood") if before else None),
    }


def _unrotated(job, mode, error):
    """Why auditd last failed to rotate, {exit, error}; None once it has rotated. A run that only archived proves nothing about auditd."""
    if error is not None and error.name in ASKING:
        return {"exit": error.name, "error": str(error)}
    if job.rotated or job.resumed or (error is None and mode == "rotate"):
        return None
    return job.previous.get("unrotated")


def _reported_at(previous, started, name):
    """When this error (a row of EXITS, None for none) was first reported; a guard repeats it some hours later."""
    if name is None:
        return None
    return previous["reported_at"] if was_reported(previous, name, started) else iso(started)


def was_reported(previous, name, now):
    """True where the last run reported the same error, within the last hours."""
    return previous.get("exit") == name and 0 <= now - epoch(previous.get("reported_at")) < REPORT_AGAIN


def cut_short(settings, previous, mode, started, error):
    """The status of a run that could not even look at the logs: what was known before, and why."""
    status = dict(previous) or {"schema": SCHEMA, "program": VERSION, "last_success": None}
    status.update(
        log_file=settings.log_file, mode=mode, last_run=iso(started), result="failed", exit=error.name, exit_code=error.code,
        error=str(error), run_exit=error.name, reported_at=_reported_at(previous, started, error.name))
    return status


def write(settings, status):
    """Replace status.json, and the textfile where one is asked for. Failure ``status`` where that is not possible."""
    try:
        make_directory(settings.state_dir)
        write_atomic(path_of(settings), (json.dumps(status, indent=2, sort_keys=True) + "\n").encode("utf-8"), 0o600)
        if settings.textfile and "archives" in status:
            bounded.call(_write_textfile, settings.textfile, metrics(status))  # its mount is not ours, and may be dead
    except (AuditError, OSError) as error:
        raise Failure("status", "the run is not recorded: %s" % error)


def _write_textfile(path, text):
    try:
        write_atomic(path, text.encode("utf-8"), 0o644)  # read by the exporter's own user
    except AuditError as error:
        raise OSError(0, str(error))


METRICS = (
    ("last_run_timestamp_seconds", "gauge", "When audit-rotate last ran.", lambda status: epoch(status["last_run"])),
    ("last_success_timestamp_seconds", "gauge", "When it last succeeded.", lambda status: epoch(status["last_success"])),
    ("exit_code", "gauge", "Exit code of the last run.", lambda status: status["exit_code"]),
    ("archives", "gauge", "Archived logs.", lambda status: status["archives"]["count"]),
    ("archives_bytes", "gauge", "Their bytes.", lambda status: status["archives"]["bytes"]),
    ("deleted", "gauge", "Archives the last run deleted.", lambda status: status["deleted_count"]),
    ("waiting", "gauge", "Logs that wait to be compressed.", lambda status: len(status["waiting"])),
    ("given_up", "gauge", "Archives given up for new records within 30 days.", lambda status: (status["given_up"] or {}).get("count", 0)),
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
    run = lock.holder(settings)
    trouble = run.trouble(time.time()) if run else None
    if trouble:
        status = dict(status, trouble=trouble[1], trouble_since=iso(run.began))
        return EXITS[trouble[0]][0], json.dumps(status, indent=2, sort_keys=True) + "\n"
    unshippable = shipped.trouble(settings)
    if status and unshippable:
        status = dict(status, unshippable=unshippable)
        return EXITS["bad_config"][0], json.dumps(status, indent=2, sort_keys=True) + "\n"
    if not status:
        return EXITS["never_ran"][0], "no run has been recorded in %s\n" % path_of(settings)
    code = 0 if status.get("result") == "success" else EXITS["last_failed"][0]
    return code, json.dumps(status, indent=2, sort_keys=True) + "\n"
