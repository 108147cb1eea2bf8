# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go. One order of retention:

1. never the newest archive, what was not shipped, and what is younger than keep_days_min;
2. what keep, keep_days and keep_megabytes do not ask for goes: that is the policy, and no loss;
3. where new records have no room, more goes, the oldest first. That is a loss, and reported as one. On a filesystem that audit shares
   with others, only what audit itself takes beyond its share counts: whoever fills the rest must not be able to erase evidence.

What cannot be reached by deleting is an alarm, and nothing is deleted for it.
"""

import os

from . import flood, methods, names, records, shipped, store
from ._host.files import fsync_directory
from ._utc import iso
from .exits import Failure
from .settings import MEGABYTE

DAY = 86400
ROUNDS = 2  # freed blocks are counted, not hoped for: a file somebody holds open frees nothing, and must not cost all the others
LAST_ROOM = 4 * MEGABYTE  # for auditd to go on for a while, where no more can be reached


def prune(job):
    """Delete what the policy allows. On the first run that sees these archives, adopt = keep only reports it."""
    config = job.settings.config
    only_report = job.dry_run or not (job.previous.get("adopted_at") or config["adopt"] == "prune")
    archives = job.archives()
    job.judged = True
    rule = _Rule(job, archives)
    gone = set()
    for reason, choose in (("keep", _by_count), ("keep_days", _by_age), ("keep_megabytes", _by_size)):
        left = [entry for entry in archives if entry.name not in gone]
        for entry in choose(job, left[:-1], left):
            if rule.allows(entry):
                gone.add(entry.name)
                _delete(job, entry, "%s = %s" % (reason, config[reason]), only_report)
    for _unused in range(ROUNDS if config["when_full"] == "new_records" else 0):
        left = [entry for entry in archives if entry.name not in gone]
        chosen = _for_room(job, rule, left, _bytes_of(job.would_delete) if only_report else 0)
        for entry in chosen:
            gone.add(entry.name)
            account = _delete(job, entry, "min_free_megabytes = %s" % config["min_free_megabytes"], only_report)
            if account and not only_report:
                job.given_up.append(account)
        if only_report or not chosen:
            break
    _report_loss(job, [entry for entry in archives if entry.name not in gone])


class _Rule(object):
    """What is never pruned, whatever the reason."""

    def __init__(self, job, archives):
        config = job.settings.config
        self._job = job
        self._shipped = shipped.of(job)
        self._may_be_unshipped = config["ship_or_keep"] == "prune"
        # by a clock in doubt, the newest record is the latest moment that is certain
        now = min([job.clock.now] + [entry.time for entry in archives[-1:]]) if job.clock.doubt else job.clock.now
        self._old = now - config["keep_days_min"] * DAY if config["keep_days_min"] else float("inf")
        self._newest = archives[-1].name if archives else None
        self._last_taken = names.stem_of(job.taken_over[-1]["to"]) if job.taken_over else None

    def allows(self, entry, for_room=False):
        """True where the archive may go. Not in the run that took it over, where nobody could see it yet, unless that was asked for."""
        if entry.name == self._newest or entry.stem == self._last_taken:
            return False  # the last records written, whatever date the clock gave them
        if self._moment_of(entry) > self._old:
            return False
        if not self._shipped.has(entry) and not (for_room and self._may_be_unshipped):
            return False
        return entry.stem not in self._job.fresh or self._job.settings.config["adopt"] == "prune"

    def _moment_of(self, entry):
        """When the archive was written, epoch seconds. A date still to come is that of a clock which was ahead: then the file's own date
        counts, and where that is to come too, the archive is young while the clock is in doubt, and old afterwards."""
        latest = self._job.clock.now + names.CLOCKS_DIFFER
        for moment in (entry.time, entry.status.st_ctime):
            if moment <= latest:
                return moment
        return latest if self._job.clock.doubt else 0


def _by_count(job, candidates, everything):
    keep = job.settings.config["keep"]
    return candidates[:max(0, len(everything) - keep)] if keep else []


def _by_age(job, candidates, unused):
    days = job.settings.config["keep_days"]
    if days and job.clock.doubt:
        if job.clock.doubt not in job.notes:
            job.notes.append(job.clock.doubt)
        return []
    return [entry for entry in candidates if entry.time < job.clock.now - days * DAY] if days else []


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


def _for_room(job, rule, left, already):
    """The oldest archives whose blocks come to the room that lacks; none where all that may go would not come to it."""
    candidates = [entry for entry in left[:-1] if entry.status.st_nlink == 1 and not entry.staged and rule.allows(entry, for_room=True)]
    reachable = sum(entry.status.st_blocks * 512 for entry in candidates)
    filesystem = os.statvfs(job.directory)
    free = job.free() + already
    lacking = 0
    for wanted in (job.settings.min_free(filesystem), job.settings.smallest_free(filesystem), LAST_ROOM):
        lacking = wanted - free
        if lacking <= reachable:
            break
    else:
        return []
    if job.settings.shares_filesystem:
        lacking = min(lacking, _occupied(job, left) - job.settings.share(filesystem))
    chosen = []
    for entry in candidates:
        if lacking <= 0:
            break
        chosen.append(entry)
        lacking -= entry.status.st_blocks * 512
    return chosen


def _occupied(job, archives):
    """Bytes on disk of everything audit has in its directory."""
    others = [entry for entry in job.scan() if entry.kind in ("live", "rotated")]
    return sum(entry.status.st_blocks * 512 for entry in archives + others if not entry.staged)


def _report_loss(job, left):
    """Say what had to be given up for new records, and who made those: it can be somebody who rolls out his traces."""
    if not job.given_up or job.flood is not None:
        return
    job.flood = {}
    try:
        job.flood = flood.makers(_newest_text(job, left))
    except (OSError, Failure, methods.Corrupt) as error:
        job.notes.append("who filled the log could not be found out: %s" % (getattr(error, "strerror", None) or error))
    import syslog
    syslog.syslog(syslog.LOG_ALERT, "%d archives were given up for new records, %s%s" % (
        len(job.given_up), span_of(job.given_up), "; " + flood.sentence(job.flood) if job.flood else ""))


def span_of(accounts):
    """From when to when the records of these archives are, in words."""
    firsts = [account["first"] for account in accounts if account["first"] is not None]
    return "records of %s to %s" % (_date(min(firsts) if firsts else None), _date(max(account["last"] for account in accounts)))


def _newest_text(job, left):
    """The newest bytes of the newest log that has some."""
    live = [entry for entry in job.scan() if entry.kind == "live"]
    for entry in live + list(reversed(left)):
        descriptor = store.open_plain(entry.path)
        try:
            tail = flood.tail_of(methods.decompressed(entry.method, descriptor))
        finally:
            os.close(descriptor)
        if len(tail) > flood.SMALLEST:
            return tail
    return b""


def _delete(job, entry, reason, only_report):
    """Delete one archive, or only say so; the account of it, None where it could not be deleted."""
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
        return None
    except OSError as error:
        job.problem("partly", "%s could not be deleted: %s" % (entry.name, error.strerror))
        return None
    account = {"name": entry.name, "bytes": entry.status.st_size, "first": first, "last": entry.time, "reason": reason}
    (job.would_delete if only_report else job.deleted).append(account)
    sentence = "%s %s, %d bytes, records of %s to %s, because of %s" % (
        "would delete" if only_report else "deleted", entry.name, entry.status.st_size, _date(first), _date(entry.time), reason)
    job.say(sentence)
    if not only_report:
        import syslog
        syslog.syslog(syslog.LOG_NOTICE, sentence)
    return account


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
