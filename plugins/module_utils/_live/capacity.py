# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room the audit log of a host needs, and at which free room somebody should be told: from what it really wrote."""

import math

from .storage import DAY, MEGABYTE, SHORTEST_SPAN, days_until, significant

SMALLEST = {"space_left": 75, "admin_space_left": 50}  # MB; what auditd.conf ships with, init.d/auditd.conf
LARGEST_SHARE = 0.5  # of the partition; with more, auditd would warn for ever


def peak(logs: list, rate: dict) -> float:
    """MB of text a day in the fastest of the finished logs that covers an hour or more, and never less than the mean."""
    fastest = rate["mb_per_day"]
    for number, log in enumerate(logs[1:]):
        span = log.time - logs[number].time
        if span >= SHORTEST_SPAN:
            raw = log.raw if log.raw is not None else log.stored * rate["mb_per_day"] / max(rate["stored_mb_per_day"], 0.001)
            fastest = max(fastest, raw / MEGABYTE / (span / DAY))
    return significant(fastest, 3)


def recommend(figures: dict, logs: list, *, keep_days: int, period_hours: float, reaction_hours: float) -> "dict | None":
    """{mb_per_day, peak_mb_per_day, stored_mb_per_day, needed_mb, fits, days_until_full, space_left, admin_space_left}; None: not known.

    ``needed_mb`` holds C(keep_days) of archives, two rotation periods of text at the peak, and the recommended ``space_left``. That one is
    what the log writes at its peak while somebody reacts, more than one period writes, and at most half of the partition.
    """
    rate, room = figures["growth"], figures["partition"]
    if rate is None:
        return None
    fastest = peak(logs, rate)
    written = fastest * max(reaction_hours, period_hours * 1.25) / 24.0
    space_left = max(SMALLEST["space_left"], math.ceil(written))
    archives = rate["stored_mb_per_day"] * keep_days
    needed = int(math.ceil(archives + 2 * fastest * period_hours / 24.0 + space_left))
    fits = None
    if room is not None:
        fits = needed <= room["size_mb"]
        space_left = min(space_left, int(room["size_mb"] * LARGEST_SHARE))
    return {
        "mb_per_day": rate["mb_per_day"], "peak_mb_per_day": fastest, "stored_mb_per_day": rate["stored_mb_per_day"],
        "needed_mb": needed, "fits": fits, "space_left": space_left,
        "admin_space_left": min(max(SMALLEST["admin_space_left"], space_left // 3), max(space_left - 1, 0)),
        "days_until_full": days_until(room["free_mb"], 0, rate["stored_mb_per_day"]) if room else None,
    }
