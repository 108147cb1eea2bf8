# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what passes the records on with the policy: configured, running, how much waits, and since when."""

from collections.abc import Iterator

from .. import _utc
from .._errors import AuditError
from .._shipping import plugins, remote_conf
from .._shipping import wanted as _wanted
from . import shipping_archives, shipping_cloudwatch

LAG = 900  # seconds that a record may wait to be sent
PART = 10  # one part in so many of a queue may be filled before that is a finding


def compare(sides) -> "Iterator[dict]":
    """The findings of the layer shipping. What audisp-remote does to the host, and whether auditd listens for the records of others, is
    compared without a policy as well.
    """
    found = sides.live["shipping"]
    if found is None:
        return
    yield from _stops(sides, found)
    if found["remote"]["unread"]:
        yield sides.item("shipping.unread.remote", "an audisp-remote that was started after its file was written", "it was started before")
    if found["deaf_on"]:
        yield sides.item("shipping.listens", "auditd listens on port %d" % found["deaf_on"], "it does not")
    policy = sides.wanted.get("audit_shipping")
    if not policy:
        return
    for word, paths in sorted(sides.parsed.shipping_left.items()):
        yield sides.item("shipping.left." + word, "nothing that ships to it", paths)
    if sides.parsed.shipping_refused:
        yield sides.item("shipping.policy", "a policy that this host can take", sides.parsed.shipping_refused)
        return
    for word in _wanted.TARGETS:
        if word in policy["to"]:
            yield from _target(sides, word, policy, found)
    if "remote" in policy["to"]:
        yield from _queue(sides, found["remote"]["queue"])
    if "syslog" in policy["to"]:
        for daemon, limit in sorted(found["rate_limits"].items()):
            if limit:
                yield sides.item("shipping.rate_limit." + daemon, "none, or more than the host ever records", limit)
    if any(word in policy["to"] for word in _wanted.TARGETS):
        yield from _dropped(sides)
    yield from shipping_archives.compare(sides, policy)
    yield from shipping_cloudwatch.compare(sides, policy)


def _stops(sides, found):
    """Actions of audisp-remote that take the host down: under a policy that keeps it running they are a risk like those of auditd.conf."""
    if not plugins.is_active(found["plugins"]["remote"]["text"]):
        return
    policy = sides.wanted.get("auditd") or sides.wanted.get("audit_shipping") or {}
    if policy.get("failure_policy") == "stop_host":
        return
    for line in remote_conf.stopping(remote_conf.parse(found["remote"]["text"])):
        yield sides.item("shipping.stops." + line.partition(" ")[0], "an action that keeps the host up", line)


def _target(sides, word, policy, found):
    have = found["plugins"][word]
    if have["program"] is None:
        yield sides.item("shipping.program." + word, "installed", "not installed")
    program = have["program"] or "/sbin/" + plugins.KINDS[word].program
    try:
        wanted = _wanted.target(word, policy, program, sides.live["version"])
    except AuditError:  # refused above, by the same check
        return
    wrong = _wanted.plugin_differences(wanted.plugin[1], have["text"])
    if wrong:
        yield sides.item("shipping.plugin." + word, *_sides_of(wrong))
    elif sides.is_live and (sides.live["daemon"] or {}).get("running") and have["program"]:
        yield from _runs(sides, word, wanted, have)
    if wanted.conf:
        different = _wanted.conf_differences(wanted.conf[1], found["remote"]["text"])
        if different:
            yield sides.item("shipping.conf." + word, *_sides_of(different))


def _runs(sides, word, wanted, have):
    args = plugins.parse(wanted.plugin[1]).get("args", "").split()
    if have["running"] is None:
        yield sides.item("shipping.running." + word, "running", "not running")
    elif have["running"] != args and not wanted.program.startswith("builtin_"):
        yield sides.item("shipping.waits." + word, " ".join(args) or "no arguments", " ".join(have["running"]) or "no arguments")


def _sides_of(differences):
    wanted = ["%s = %s" % (key, mine) if mine else "no " + key for key, mine, _theirs in differences]
    actual = ["%s = %s" % (key, theirs) if theirs else "no " + key for key, _mine, theirs in differences]
    return wanted, actual


def _queue(sides, queue):
    """Figures in tenths of the queue: what moves by itself does not make another document."""
    if not queue or not queue["waiting"]:
        return
    tenths = 10 * queue["waiting"] // queue["entries"]
    if 10 * queue["waiting"] >= 9 * queue["entries"]:
        yield sides.item("shipping.queue_full", "room for more", "%d tenths of %d records wait" % (tenths, queue["entries"]))
    elif queue["waiting"] * PART > queue["entries"]:
        yield sides.item("shipping.queue", "less than a tenth of the queue", "%d tenths of %d records wait" % (tenths, queue["entries"]))
    oldest = queue["oldest"]
    if oldest and _utc.epoch(sides.live["collected_at"]) - oldest[0] > LAG:
        yield sides.item("shipping.lag", "within %d seconds" % LAG, "nothing has been sent since %s (record %d)" % (
            _utc.iso(oldest[0]), oldest[1]))


def _dropped(sides):
    report = (sides.live["daemon"] or {}).get("report") or {}
    if report.get("plugin_queueing_suspended"):
        yield sides.item("shipping.suspended", "auditd passes records on", "suspended")
    elif report.get("plugin_queue_overflow"):
        yield sides.item("shipping.overflow", "no record dropped", "auditd's queue for plugins overflowed")
