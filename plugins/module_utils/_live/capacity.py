# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room the audit log of a host needs, and at which free room somebody should be warned: from what it really wrote.

Sizes are MB of 1024 * 1024 bytes, as auditd.conf(5) counts them.
"""

import math

from .._conf.words import threshold
from .._errors import AuditError
from . import rotation
from .storage import days_until, significant

AUTO = "auto"  # in the place of a number of space_left or admin_space_left
KEYS = ("space_left", "admin_space_left")
SMALLEST = {"space_left": 75, "admin_space_left": 50}  # what auditd.conf ships with, init.d/auditd.conf
LARGEST_SHARE = 0.5  # of the partition; with more, auditd would warn for ever
REACTION_HOURS = 24  # a warning at night is read in the morning
DAY_HOURS = 24
# A threshold that is so far from the recommended one at most stays as it is: the growth of a log differs by that much from week to week.
STAYS_WITHIN = 1.5


def recommend(figures: dict, *, keep_days: int, period_hours: float, reaction_hours: float) -> "dict | None":
    """{mb_per_day, peak_mb_per_day, peak_day_mb, stored_mb_per_day, compression_ratio, keep_days, needed_mb, fits, days_until_full,
    reaction_hours, space_left, admin_space_left}; None where the growth is not known. ``figures``: as C(storage.measure) gives them.

    ``needed_mb`` holds ``keep_days`` of archives, two rotation periods of text at the peak, and the recommended ``space_left``; None where
    no number of days is wanted (0). ``space_left`` is what the log writes at its peak while somebody reacts, more than one period writes,
    and at most half of the partition.
    """
    rate, room = figures["growth"], figures["partition"]
    if rate is None:
        return None
    fastest = rate["peak_mb_per_day"]
    space_left = max(SMALLEST["space_left"], math.ceil(fastest * max(reaction_hours, period_hours * 1.25) / DAY_HOURS))
    needed = fits = None
    if keep_days:
        needed = int(math.ceil(rate["stored_mb_per_day"] * keep_days + 2 * fastest * period_hours / DAY_HOURS + space_left))
        fits = needed <= room["size_mb"] if room else None
    if room:
        space_left = min(space_left, int(room["size_mb"] * LARGEST_SHARE))
    stored = rate["stored_mb_per_day"]
    return {
        "mb_per_day": rate["mb_per_day"], "peak_mb_per_day": fastest, "peak_day_mb": rate["peak_day_mb"], "stored_mb_per_day": stored,
        "compression_ratio": significant(rate["mb_per_day"] / stored, 2) if stored else None, "keep_days": keep_days, "needed_mb": needed,
        "fits": fits, "days_until_full": days_until(room["free_mb"], 0, stored) if room else None, "reaction_hours": reaction_hours,
        "space_left": space_left, "admin_space_left": _admin(space_left),
    }


def _admin(space_left):
    return min(max(SMALLEST["admin_space_left"], space_left // 3), max(space_left - 1, 0))


def read(reading) -> "dict | None":
    """What is recommended for this host, by the policy's C(keep_days) (else the host's own) and hours of reaction."""
    figures = reading.live["storage"]
    wanted = ((reading.wanted.get("audit_rotation") or {}).get("config") or {}).get("keep_days")
    has = ((reading.live["rotation"] or {}).get("config") or {}).get("keep_days")
    if figures is None:
        return None
    return recommend(
        figures, keep_days=int(wanted if wanted is not None else has or 0), period_hours=_hours(reading.host),
        reaction_hours=reaction_hours(reading.wanted.get("auditd")))


def reaction_hours(policy: "dict | None") -> float:
    """Of a policy for auditd.conf; the default where it names none."""
    return (policy or {}).get("reaction_hours") or REACTION_HOURS


def _hours(host):
    """Hours between two runs of the host's own rotation, a day where it has none."""
    return (rotation.period_of(host) or DAY_HOURS * 3600) / 3600.0


def automatic(settings: dict) -> "list[str]":
    """The keys of C(KEYS) that are to be computed."""
    return [key for key in KEYS if str(settings.get(key) or "").strip().lower() == AUTO]


def thresholds(host, settings: dict, before: dict, figures: dict, hours: float) -> "dict[str, str]":
    """{key: MB as text} for each key that is C(auto) in ``settings``. ``before``: what the file has, kept where it is near enough;
    ``hours`` of reaction. The same host gives the same numbers, and the numbers that were set once stay while the log grows as it did.

    AuditError where the other key leaves no room for one that is computed.
    """
    asked = automatic(settings)
    if not asked:
        return {}
    size = figures["partition"]["size_mb"] if figures["partition"] else None
    period = _hours(host)
    found = recommend(figures, keep_days=0, period_hours=period, reaction_hours=hours)
    written = found["peak_mb_per_day"] * period / DAY_HOURS if found else 0
    best = {key: found[key] for key in KEYS} if found else _unmeasured(size)
    has = {key: threshold(before.get(key), size) for key in KEYS}
    given = {key: threshold(settings[key], size) for key in KEYS if key not in asked and settings.get(key) is not None}
    if len(asked) == 1:
        given = given or {key: has[key] for key in KEYS if key not in asked}
        return {asked[0]: str(_beside(asked[0], list(given.values())[0], best, has[asked[0]]))}
    largest = size * LARGEST_SHARE if size else None
    if _stays(has["space_left"], best["space_left"], known=found) and has["space_left"] >= written and (
            largest is None or has["space_left"] <= largest) and 0 < (has["admin_space_left"] or 0) < has["space_left"]:
        best = has
    return {key: str(best[key]) for key in KEYS}


def _unmeasured(size):
    """Without a growth: what auditd.conf ships with, as far as the partition has it."""
    space_left = min(SMALLEST["space_left"], int(size * LARGEST_SHARE)) if size else SMALLEST["space_left"]
    return {"space_left": space_left, "admin_space_left": _admin(space_left)}


def _stays(number, best, *, known):
    """Whether a number that is there is near enough to the recommended one; any is where nothing is known."""
    return bool(number) and (not known or best / STAYS_WITHIN <= number <= best * STAYS_WITHIN)


def _beside(key, other, best, has):
    """One computed threshold beside one that is given: space_left is the larger one."""
    if other is None:
        raise AuditError("%s = auto: the other threshold is a share of a partition whose size is not known; give both as auto" % key)
    if key == "space_left":
        wanted = max(best[key], other + 1)
        return has if _stays(has, wanted, known=True) and has > other else wanted
    if other < 2:
        raise AuditError("admin_space_left = auto: space_left is %d MB and leaves nothing below it; raise it, or set it to auto" % other)
    wanted = min(best[key], other - 1)
    return has if _stays(has, wanted, known=True) and has < other else wanted
