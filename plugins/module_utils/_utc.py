# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as our own files write them: 2026-11-23T05:00:00Z."""

import time

STAMP = "%Y-%m-%dT%H:%M:%SZ"
PLACES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))  # of the numbers in it
BEFORE_1970 = 719469  # days from the first of March of the year 0


def iso(when=None):
    """Epoch seconds as text; None: now."""
    return time.strftime(STAMP, time.gmtime(when))


def day(ahead=0):
    """The day (YYYY-MM-DD, UTC) that is ``ahead`` days from now."""
    return iso(time.time() + ahead * 86400)[:10]


def epoch(text):
    """The reverse of iso(), an int; 0 for no time. ValueError for what iso() does not write."""
    if not text:
        return 0
    if not isinstance(text, str):
        raise TypeError("%r is no text" % (text,))
    # by hand: strptime takes a comparison 7 ms to import (measured)
    year, month, day_of_month, hour, minute, second = (int(text[place:end]) for place, end in PLACES)
    years = year - (month < 3)  # from March on, so that the leap day is the last of a year
    days = 365 * years + years // 4 - years // 100 + years // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day_of_month - BEFORE_1970
    moment = ((days * 24 + hour) * 60 + minute) * 60 + second
    if iso(moment) != text:
        raise ValueError("%s is no moment like 2026-11-23T05:00:00Z" % text)
    return moment
