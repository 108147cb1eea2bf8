# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the boot line with what audits a host from its first process on."""

from collections.abc import Iterator

from .._live.boot import OFF

LEAST_BACKLOG = 8192  # records; as the benchmarks have it, and what the roles set once rules are loaded
ON = ("1", "on")


def compare(sides) -> "Iterator[dict]":
    """The findings about audit= and audit_backlog_limit=, of the running kernel and of the next boot."""
    boot = sides.live["boot"]
    if boot is None:
        return
    asked = dict(word.split("=", 1) for word in (sides.wanted.get("audit_boot") or {}).get("line") or ())
    yield from _asked(sides, boot, asked)
    yield from _words(sides, "boot.", boot, asked)
    if boot["next"]:
        yield from _words(sides, "boot.next_", boot["next"], asked)


def _asked(sides, boot, asked):
    """The words that the policy names: what the next boot has counts, and a running kernel that differs waits for it."""
    coming = boot["next"] or boot
    for name, value in sorted(asked.items()):
        if _text(coming[name]) != value:
            yield sides.item("boot.line." + name, "%s=%s" % (name, value), _text(coming[name]) or "not set")
        elif sides.is_live and _text(boot[name]) != value:
            yield sides.item("boot.reboot_required", "%s=%s" % (name, value), _text(boot[name]) or "not set")


def _text(value):
    return None if value is None else str(value)


def _words(sides, prefix, words, asked):
    if "audit" in asked:
        pass  # what was asked for is compared with that
    elif words["audit"] in OFF:
        yield sides.item(prefix + "off", "audit=1", "audit=" + words["audit"])
    elif words["audit"] not in ON:
        yield sides.item(prefix + "audit", "audit=1", "not set")
    if words.get("prevents"):
        yield sides.item(prefix + "prevents_auditd", "nothing that keeps auditd from starting", words["prevents"])
    limit = words["audit_backlog_limit"]
    if "audit_backlog_limit" not in asked and (limit is None or limit < LEAST_BACKLOG):
        yield sides.item(prefix + "audit_backlog_limit", "%d or more" % LEAST_BACKLOG, limit)
