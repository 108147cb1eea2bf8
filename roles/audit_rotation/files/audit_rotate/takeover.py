# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotated logs get a name of their own at once: what keeps its number falls off auditd's end, or is overwritten by the next."""

import os

from . import methods, records, store
from ._host.files import fsync_directory
from .exits import Failure
from .open_files import written_by_others
from .repair import compare

ATTEMPTS = 20  # auditd may rotate between the look and the move; each time we have moved another file and look again
LAST_DATE = 1 << 34  # epoch seconds; a stamp beyond is no date


def take_over(job):
    """Rename every rotated log, the oldest first. Returns how many."""
    rotated = [entry for entry in job.scan() if entry.kind == "rotated"]
    plain = {entry.name: entry for entry in rotated if not entry.suffix}
    live = job.live_identity()
    open_now = written_by_others({store.identity(entry.status) for entry in rotated if entry.suffix}, job.directory)
    count = 0
    seen = {}
    for entry in sorted(rotated, key=lambda entry: (-entry.number, not entry.suffix)):
        identity = store.identity(entry.status)
        if identity == live:
            job.notes.append("%s is a second name of the live log and stays" % entry.name)
        elif identity in open_now:
            job.notes.append("%s is still being written and stays" % entry.name)
        elif entry.stem in plain and entry.suffix and _is_part_of(job, plain[entry.stem], entry):
            count += 1
        elif identity in seen:
            job.notes.append("%s is a second name of %s and stays" % (entry.name, seen[identity]))
        else:
            seen[identity] = entry.name
            try:
                count += bool(_take(job, entry))
            except (OSError, Failure) as error:
                job.problem("partly", "%s could not be taken over: %s" % (entry.name, getattr(error, "strerror", None) or error))
            except methods.Corrupt as error:
                job.notes.append("%s is not whole (%s) and stays" % (entry.name, error))
    if count and not job.dry_run:
        fsync_directory(job.directory)
    return count


def _is_part_of(job, plain, packed):
    """Somebody compressed audit.log.N in place and was cut short before the original went. The content is compared, so it does not matter
    what auditd does to the names meanwhile."""
    try:
        if compare(plain.path, packed) == "other":
            return False
    except (OSError, Failure):
        return False
    if not job.dry_run:
        os.unlink(packed.path)
    job.repaired.append("removed %s, all of which is in %s" % (packed.name, plain.name))
    return True


def aside(job):
    """Take over the live log itself; only for a log that auditd has closed."""
    for entry in job.scan():
        if entry.kind == "live":
            return _take(job, entry)
    return None


def _take(job, entry):
    """The archive's name; None where auditd was faster."""
    source = entry.path
    for _unused in range(ATTEMPTS):
        try:
            descriptor = store.open_plain(source)
        except FileNotFoundError:
            return None
        try:
            status = os.fstat(descriptor)
            when = _last_record(descriptor, status, entry.method)
            stem = job.names.free_stem(_date_of(status, job) if when is None else when, job.taken)
            target = stem + entry.suffix
            if job.dry_run:
                job.say("would rename %s to %s" % (entry.name, target))
                job.taken.add(target)
                if not entry.suffix:
                    job.planned.append((target, status.st_size))
                return target
            job.taken.add(target)
            try:
                store.move(source, os.path.join(job.directory, target))
            except FileExistsError:
                job.scan()
                continue
            except FileNotFoundError:
                return None
            source = os.path.join(job.directory, target)
            if store.identity(os.lstat(source)) == store.identity(status):
                if when is not None:
                    os.utime(descriptor, ns=(status.st_atime_ns, int(when * 1000) * 1000000))
                job.fresh.add(stem)
                job.taken_over.append({"from": entry.name, "to": target, "bytes": status.st_size})
                job.say("%s is now %s" % (entry.name, target))
                return target
        finally:
            os.close(descriptor)
    raise OSError(0, "auditd rotates faster than its logs can be named")


def last_record(job):
    """Epoch seconds of the newest record beside the log; now, where there is none."""
    try:
        descriptor = store.open_plain(job.settings.log_file)
    except (OSError, Failure):
        descriptor = None
    if descriptor is not None:
        try:
            when = _last_record(descriptor, os.fstat(descriptor), None)
        finally:
            os.close(descriptor)
        if when is not None:
            return when
    return max((entry.time for entry in job.archives() if entry.time <= job.now), default=job.now)


def _date_of(status, job):
    """The mtime where it is a date that a name can carry, else now."""
    return status.st_mtime if 0 < status.st_mtime < LAST_DATE else job.now


def _last_record(descriptor, status, method):
    if method is None:
        when = records.last_of(descriptor, status.st_size)
    else:
        times = records.Times()
        for block in methods.decompressed(method, descriptor):
            times.feed(block)
        times.end()
        when = times.last
    return when if when is not None and 0 < when < LAST_DATE else None
