# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go, in the order of harm: by count, by age, by total size, and only then for free space. Never the newest archive."""

import os
import time

from . import methods, names, records, store
from ._host.files import fsync_directory
from ._host.host import read_regular
from ._utc import iso
from .exits import Failure

DAY = 86400
ROUNDS = 2  # freed blocks are counted, not hoped for: a file somebody holds open frees nothing, and must not cost all the others
LONGEST_COMMAND = 60  # seconds


def prune(job):
    """Delete what the policy allows. On the first run that sees these archives, adopt = keep only reports it."""
    config = job.settings.config
    shipped = _shipped_until(job)
    only_report = job.dry_run or not (job.previous.get("adopted_at") or config["adopt"] == "prune")
    archives = job.archives()
    job.judged = True
    gone = set()
    for reason, choose in (("keep", _by_count), ("keep_days", _by_age), ("keep_megabytes", _by_size)):
        left = [entry for entry in archives if entry.name not in gone]
        for entry in choose(job, left[:-1], left):
            if _is_allowed(job, entry, shipped):
                gone.add(entry.name)
                _delete(job, entry, "%s = %s" % (reason, config[reason]), only_report)
    for _unused in range(ROUNDS):
        left = [entry for entry in archives if entry.name not in gone]
        for entry in _for_space(job, left[:-1], shipped, 0 if not only_report else _bytes_of(job.would_delete)):
            gone.add(entry.name)
            _delete(job, entry, "min_free_megabytes = %s" % config["min_free_megabytes"], only_report)
        if only_report:
            break


def _by_count(job, candidates, everything):
    keep = job.settings.config["keep"]
    return candidates[:max(0, len(everything) - keep)] if keep else []


def _by_age(job, candidates, unused):
    days = job.settings.config["keep_days"]
    return [entry for entry in candidates if entry.time < job.now - days * DAY] if days else []


def _by_size(job, candidates, everything):
    limit = job.settings.keep_bytes(os.statvfs(job.directory))
    surplus = sum(entry.status.st_size for entry in everything) - limit if limit else 0
    chosen = []
    for entry in candidates:
        if surplus <= 0:
            break
        chosen.append(entry)
        surplus -= entry.status.st_size
    return chosen


def _for_space(job, candidates, shipped, already):
    lacking = job.settings.min_free(os.statvfs(job.directory)) - job.free() - already
    chosen = []
    for entry in candidates:
        if lacking <= 0:
            break
        if entry.status.st_nlink == 1 and not entry.staged and _is_allowed(job, entry, shipped):
            chosen.append(entry)
            lacking -= entry.status.st_blocks * 512
    return chosen


def _is_allowed(job, entry, shipped):
    """Not before it was shipped; and not in the run that took it over, where nobody could see it yet, unless that was asked for."""
    if job.taken_over and entry.stem == names.stem_of(job.taken_over[-1]["to"]):
        return False  # the last records written, whatever date the clock gave them
    return entry.time <= shipped and (entry.stem not in job.fresh or job.settings.config["adopt"] == "prune")


def _delete(job, entry, reason, only_report):
    first = None
    try:
        if not entry.suffix:
            descriptor = store.open_plain(entry.path)
            try:
                first = records.first_of(descriptor)
            finally:
                os.close(descriptor)
        else:
            first = _first_record(entry)
        if not only_report:
            os.unlink(entry.path)
            fsync_directory(os.path.dirname(entry.path))
    except FileNotFoundError:
        return
    except OSError as error:
        job.problem("partly", "%s could not be deleted: %s" % (entry.name, error.strerror))
        return
    account = {"name": entry.name, "bytes": entry.status.st_size, "first": first, "last": entry.time, "reason": reason}
    (job.would_delete if only_report else job.deleted).append(account)
    sentence = "%s %s, %d bytes, records of %s to %s, because of %s" % (
        "would delete" if only_report else "deleted", entry.name, entry.status.st_size, _date(first), _date(entry.time), reason)
    job.say(sentence)
    if not only_report:
        import syslog
        syslog.syslog(syslog.LOG_NOTICE, sentence)


def _first_record(entry):
    """The time of the first record of a compressed archive, None where it cannot be read."""
    times = records.Times()
    try:
        descriptor = store.open_plain(entry.path)
    except OSError:
        return None
    try:
        for block in methods.decompressed(entry.method, descriptor):
            times.feed(block)
            if times.first is not None:
                break
    except (methods.Corrupt, Failure):
        pass
    finally:
        os.close(descriptor)
    return times.first


def _bytes_of(accounts):
    return sum(account["bytes"] for account in accounts)


def _date(when):
    try:
        return "an unknown time" if when is None else iso(when)
    except (ValueError, OverflowError, OSError):
        return "no date"


def _shipped_until(job):
    """Epoch seconds up to which logs may be deleted: infinity where nothing is shipped, 0 where the shipper does not answer."""
    command, stamp = job.settings.config["shipped_command"], job.settings.shipped_stamp
    if command:
        if job.settings.root != "/":
            job.notes.append("shipped_command is not run for an offline tree: nothing is deleted")
            return 0
        return _epoch_of(_output_of(job, command), None)
    if stamp:
        try:
            return _epoch_of(read_regular(stamp)[:64].decode("ascii", "replace"), os.stat(stamp).st_mtime)
        except OSError as error:
            job.notes.append("shipped_stamp = %s: %s, so nothing is deleted" % (stamp, error.strerror))
            return 0
    return float("inf")


def _output_of(job, command):
    import shlex
    import subprocess
    try:
        done = subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            out = done.communicate(timeout=LONGEST_COMMAND)[0]
        except subprocess.TimeoutExpired:
            done.kill()
            done.communicate()
            raise OSError(0, "it did not end within %d seconds" % LONGEST_COMMAND)
    except (OSError, ValueError) as error:
        job.problem("partly", "shipped_command = %s: %s; nothing is deleted" % (command, getattr(error, "strerror", None) or error))
        return ""
    if done.returncode:
        job.problem("partly", "shipped_command = %s ended with %d; nothing is deleted" % (command, done.returncode))
        return ""
    return out[:64].decode("ascii", "replace")


def _epoch_of(text, default):
    """Epoch seconds of "1795410116" or "2026-11-23T05:00:00Z"; ``default`` for an empty text, 0 for anything else."""
    line = text.split("\n")[0].strip()
    if not line and default is not None:
        return default
    try:
        return float(line)
    except ValueError:
        pass
    try:
        import calendar
        return calendar.timegm(time.strptime(line[:19].replace(" ", "T"), "%Y-%m-%dT%H:%M:%S")) if line[19:] in ("", "Z") else 0
    except ValueError:
        return 0
