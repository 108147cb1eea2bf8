# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a run: repair, take over, make room and wake a suspended auditd, rotate, take over, compress, delete, record."""

import os
import time

from . import lock, obstacles, pack, repair, retention, status, takeover
from ._errors import AuditError
from ._utc import iso
from .auditd import Auditd
from .exits import Failure
from .job import Job
from .methods import is_no_room
from .settings import MEGABYTE

SMALL_LOG = 8 * MEGABYTE  # for want of space alone, a smaller log is not rotated: compressing it would not help


def run(settings, mode, why=None, *, dry_run=False, say=None, wait=0):
    """Do one run and return (Failure or None, status document). ``mode`` is rotate, archive-only or guard; ``why`` the guard's word."""
    if dry_run:
        return _run(settings, mode, why, dry_run=True, say=say)
    with lock.held(settings, mode, wait) as cut_off:
        return _run(settings, mode, why, cut_off=cut_off, say=say)


def _run(settings, mode, why, *, dry_run=False, cut_off=None, say=None):
    started = time.time()
    previous, unread = status.examine(settings)
    error, job = None, None
    try:
        job = Job(settings, previous, dry_run=dry_run, say=say)
        job.notes.extend(note for note in (unread, _cut_off_note(cut_off)) if note)
        _work(job, mode, why)
    except Failure as failure:
        error = failure
    except AuditError as failure:
        error = Failure("unexpected", str(failure), **failure.details)
    except OSError as failure:
        error = _failure_of(failure, settings)
    if job is not None and error is None and job.problems:
        error = Failure(job.problems[0][0], "; ".join(sentence for unused, sentence in job.problems))
    document = status.document(job, mode, started, error) if job else status.cut_short(settings, previous, mode, started, error)
    if not dry_run:
        try:
            status.write(settings, document)
        except Failure as failure:
            error = error or failure
    return error, document


def _work(job, mode, why):
    auditd, refusal = None, None
    if mode != "archive-only":
        auditd = Auditd(job.settings)
        job.daemon_writes = auditd.pid is not None and job.settings.writes_logs
    repair.repair(job)
    takeover.take_over(job)
    if auditd is not None and why not in ("free", "waiting"):
        refusal = _ask(job, auditd, mode)
        if job.rotated:
            takeover.take_over(job)
    pack.pack(job)
    retention.prune(job)
    if auditd is not None and why == "free" and _lacks(job) and _size(job.settings.log_file) >= SMALL_LOG:
        refusal = _ask(job, auditd, mode)
        if job.rotated:
            takeover.take_over(job)
            pack.pack(job)
            retention.prune(job)
    if auditd is not None and not job.dry_run and _lacks(job):
        job.problem("no_space", _lack(job))
    if refusal is not None:
        raise refusal


def _lack(job):
    """The sentence for room that is wanted and cannot be made."""
    wanted = job.settings.min_free(os.statvfs(job.directory))
    if job.would_delete:
        reason = "%d archives would go, which the first run only reports" % len(job.would_delete)
    elif job.settings.shares_filesystem:
        reason = "the archives are within audit's share of this filesystem: others fill it, and no archive is deleted for them"
    else:
        reason = "what may be deleted does not come to that"
    return "%d MB are free in %s, min_free_megabytes wants %d, and %s" % (
        job.free() // MEGABYTE, job.directory, wanted // MEGABYTE, reason)


def _ask(job, auditd, mode):
    """Wake and rotate. Returns the Failure that stands in the way, so that what was rotated earlier is archived all the same."""
    try:
        if auditd.pid is not None and job.settings.writes_logs and auditd.is_suspended():
            if job.dry_run:
                job.say("would make room and wake auditd, which has suspended logging")
                return None
            job.daemon_writes = False
            since = takeover.last_record(job)
            pack.pack(job)
            retention.prune(job)
            job.problems[:] = [problem for problem in job.problems if problem[0] != "no_space"]  # the resume says what counts
            job.resumed = auditd.resume(job)
            job.daemon_writes = True
            job.missing.append({"from": since, "to": time.time(), "events": None})
            if mode == "guard" or job.resumed["moved_aside"]:
                return None
        auditd.check()
        if job.dry_run:
            obstacles.check(job, auditd.pid)
            job.say("would have auditd (process %d) rotate %s" % (auditd.pid, job.settings.log_file))
            return None
        job.rotated = auditd.rotate(job)
    except Failure as failure:
        return failure
    except AuditError as failure:
        return Failure("not_proven", str(failure))
    return None


def _cut_off_note(run):
    trouble = run.trouble(time.time()) if run else None
    return None if trouble is None else "%s (%s)" % (trouble[1], iso(run.began))


def _lacks(job):
    return job.free() < job.settings.min_free(os.statvfs(job.directory))


def _size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _failure_of(error, settings):
    where = " (%s)" % error.filename if error.filename else ""
    name = "no_space" if is_no_room(error) else "unusable" if error.errno == 30 else "unexpected"
    return Failure(name, "%s in %s%s; every log is whole and the next run goes on" % (error.strerror, settings.directory, where))
