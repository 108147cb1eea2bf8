# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as our own files write them: 2026-11-23T05:00:00Z."""

import time

STAMP = "%Y-%m-%dT%H:%M:%SZ"


def iso(when=None):
    """Epoch seconds as text; None: now."""
    return time.strftime(STAMP, time.gmtime(when))


def day(ahead=0):
    """The day (YYYY-MM-DD, UTC) that is ``ahead`` days from now."""
    return iso(time.time() + ahead * 86400)[:10]


def epoch(text):
    """The reverse of iso(), an int; 0 for no time. ValueError for what iso() does not write."""
    import calendar
    return calendar.timegm(time.strptime(text, STAMP)) if text else 0
