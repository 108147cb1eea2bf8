# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the boot line with what audits a host from its first process on."""

LEAST_BACKLOG = 8192  # records; as the benchmarks have it, and what the roles set once rules are loaded


def compare(sides):
    """The findings about audit= and audit_backlog_limit=."""
    boot = sides.live["boot"]
    if boot is None:
        return
    if boot["audit"] in ("0", "off"):
        yield sides.item("boot.off", "audit=1", "audit=" + boot["audit"])
    elif boot["audit"] not in ("1", "on"):
        yield sides.item("boot.audit", "audit=1", "not set")
    limit = boot["audit_backlog_limit"]
    if limit is None or limit < LEAST_BACKLOG:
        yield sides.item("boot.audit_backlog_limit", "%d or more" % LEAST_BACKLOG, limit)
