# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the boot line with what audits a host from its first process on."""

from collections.abc import Iterator

LEAST_BACKLOG = 8192  # records; as the benchmarks have it, and what the roles set once rules are loaded
ON, OFF = ("1", "on"), ("0", "off")


def compare(sides) -> "Iterator[dict]":
    """The findings about audit= and audit_backlog_limit=, of the running kernel and of the next boot."""
    boot = sides.live["boot"]
    if boot is None:
        return
    yield from _words(sides, "boot.", boot)
    if boot["next"]:
        yield from _words(sides, "boot.next_", boot["next"])


def _words(sides, prefix, words):
    if words["audit"] in OFF:
        yield sides.item(prefix + "off", "audit=1", "audit=" + words["audit"])
    elif words["audit"] not in ON:
        yield sides.item(prefix + "audit", "audit=1", "not set")
    limit = words["audit_backlog_limit"]
    if limit is None or limit < LEAST_BACKLOG:
        yield sides.item(prefix + "audit_backlog_limit", "%d or more" % LEAST_BACKLOG, limit)
