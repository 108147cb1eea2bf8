# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare how archives are shipped with the policy: program, configuration, schedule, and whether the last run shipped all of them."""

from collections.abc import Iterator

from .. import _utc
from .._paths import LOG_FILE
from .._rotation.schedule import Schedule
from .._shipping import archives
from .._storage import size
from .rotation import different


def compare(sides, policy: dict) -> "Iterator[dict]":
    """The findings about audit-ship."""
    have = sides.parsed.shipping_archives
    if have is None or not archives.is_scheduled(policy):
        return
    if not have.installed:
        yield sides.item("shipping.archives.program", "installed", "not installed")
        return
    if have.scheduler is None:
        yield sides.item("shipping.archives.scheduler", policy.get("scheduler") or "auto", have.refused)
        return
    if "s3" in policy["to"] and not have.aws:
        yield sides.item("shipping.archives.aws", "the AWS command line program", "not installed")
    log_file = sides.effective.get("log_file") or LOG_FILE
    for path, (text, mode) in sorted(archives.desired_files(policy, have.scheduler, have.minute, have.aws, log_file).items()):
        wrong = different(have.files[path], text, mode, sides.is_live)
        if wrong:
            yield sides.item("shipping.archives.file." + path.rpartition("/")[2], *wrong)
    missing = sorted(set(archives.desired_links(policy, have.scheduler)) - set(have.links))
    if missing:
        yield sides.item("shipping.archives.enabled", "enabled", "%s is missing" % ", ".join(missing))
    if have.stale:
        yield sides.item("shipping.archives.stale", have.scheduler, have.stale)
    if sides.is_live:
        yield from _works(sides, policy, have)


def _unseen(sides, unseen):
    """Archives that are kept for ever, because what should have sent them will never show that it did."""
    for name, account in sorted(unseen.items()) if isinstance(unseen, dict) else ():
        try:
            count, room, since = int(account["archives"]), int(account["bytes"]), _utc.iso(_utc.epoch(account["since"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue  # no words of audit-ship
        yield sides.item("shipping.archives.unseen." + name, "each archive seen to be sent", "%d archive%s of %s since %s" % (
            count, "" if count == 1 else "s", size.words(room), since))


def _works(sides, policy, have):
    until = "shipped up to %s" % _utc.iso(have.until) if have.until else "nothing is known to be shipped"
    failed = have.run.get("failed")
    for name in sorted(failed) if isinstance(failed, dict) else ():
        yield sides.item("shipping.archives.failed." + name, "each archive", "%s; %s" % (str(failed[name])[:300], until))
    yield from _unseen(sides, have.run.get("unseen"))
    at, longest = have.run.get("at"), 2 * Schedule(policy["schedule"]).period
    try:
        last = _utc.epoch(at)
    except (AttributeError, TypeError, ValueError):
        last = 0
    if not last:
        at, last = None, have.since  # it has not run: its first run may not be due yet
    if last is not None and _utc.epoch(sides.live["collected_at"]) - last > longest:
        yield sides.item("shipping.archives.age", "within %d seconds" % longest, "%s; %s" % ("last at %s" % at if at else "never", until))
