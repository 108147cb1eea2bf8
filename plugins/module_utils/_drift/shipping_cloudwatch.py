# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what the Amazon CloudWatch agent collects with the policy, and whether it keeps up."""

from collections.abc import Iterator

from .. import _utc
from .._shipping import cloudwatch

BEHIND = 1 << 20  # bytes of the live log that may wait to be sent


def compare(sides, policy: dict) -> "Iterator[dict]":
    """The findings about the agent."""
    have = sides.parsed.shipping_cloudwatch
    if have is None or not cloudwatch.wants(policy):
        return
    if sides.is_live and not have["installed"]:
        yield sides.item("shipping.cloudwatch.agent", "installed", "not installed")
        return
    wanted = cloudwatch.render(policy, have["log_file"])
    if not cloudwatch.same(wanted, have["source"]):
        yield sides.item("shipping.cloudwatch.conf", wanted, have["source"] or "missing")
    elif sides.is_live and not cloudwatch.same(wanted, have["loaded"]):
        yield sides.item("shipping.cloudwatch.loaded", "loaded", "the agent has another configuration")
    if have["others"]:
        yield sides.item("shipping.cloudwatch.twice", "one part that collects the log", have["others"])
    if not sides.is_live:
        return
    if not have["runs"]:
        yield sides.item("shipping.cloudwatch.running", "running", "not running")
    if have["shut_out"]:
        yield sides.item("shipping.cloudwatch.readable", "the agent's user reads the log", "%s cannot read the log that auditd makes when "
                         "it rotates" % have["shut_out"])
    if have["let_in"]:
        yield sides.item("shipping.cloudwatch.let_in", "nobody but the agent's user", have["let_in"])
    if have["denials"]:
        yield sides.item("shipping.cloudwatch.denied", "nothing denied", have["denials"])
    if have["size"] is not None and have["offset"] is None:
        yield sides.item("shipping.cloudwatch.lag", "the log is sent", "the agent has not read it yet")
    elif have["size"] is not None and have["offset"] > have["size"]:
        yield sides.item("shipping.cloudwatch.lag", "the log is sent", "unknown: the agent is at byte %d of a log before this one, which "
                         "has %d bytes" % (have["offset"], have["size"]))
    elif have["size"] is not None and have["size"] - have["offset"] > BEHIND:
        sent = "sent up to the record of %s" % _utc.iso(have["until"]) if have["until"] else "no record of it is sent yet"
        yield sides.item("shipping.cloudwatch.lag", "less than 1 MB behind", "%d MB behind; %s" % (
            (have["size"] - have["offset"]) >> 20, sent))
