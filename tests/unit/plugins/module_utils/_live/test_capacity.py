# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a log needs: the mean, the peak, what is kept, and thresholds that leave time to react."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._live import capacity
from ansible_collections.auditops.auditd.plugins.module_utils._live.storage import MEGABYTE, Log

HOUR = 3600.0
ROOM = {"size_mb": 10240, "free_mb": 9000}


def figures(mb_per_day=24, stored=2, **room):
    return {"growth": {"mb_per_day": mb_per_day, "stored_mb_per_day": stored}, "partition": room.get("room", ROOM)}


def told(found=None, logs=(), keep_days=90, period_hours=24, reaction_hours=24):
    return capacity.recommend(found or figures(), list(logs), keep_days=keep_days, period_hours=period_hours, reaction_hours=reaction_hours)


@pytest.mark.parametrize("options, expected", [
    ({}, {"needed_mb": 90 * 2 + 2 * 24 + 75, "space_left": 75, "admin_space_left": 50, "fits": True}),
    ({"found": figures(2400, 200)}, {"needed_mb": 18000 + 4800 + 3000, "space_left": 3000, "admin_space_left": 1000, "fits": False}),
    ({"found": figures(2400, 200), "keep_days": 7}, {"needed_mb": 1400 + 4800 + 3000, "fits": True}),
    ({"found": figures(2400, 200), "period_hours": 1, "reaction_hours": 2}, {"space_left": 200, "admin_space_left": 66}),
    ({"found": figures(2400, 200), "period_hours": 1, "reaction_hours": 48}, {"space_left": 4800}),
    ({"found": figures(24000, 2000)}, {"space_left": 5120, "fits": False}),  # half of the partition at most
    ({"found": figures(24, 2, room={"size_mb": 64, "free_mb": 60})}, {"space_left": 32, "admin_space_left": 31, "fits": False}),
    ({"found": figures(24, 2, room=None)}, {"fits": None, "days_until_full": None, "space_left": 75}),
    ({"found": {"growth": None, "partition": ROOM}}, None),
])
def test_recommend(options, expected):
    found = told(**options)
    assert found is None if expected is None else {name: found[name] for name in expected} == expected


def test_one_bad_day_counts_and_one_bad_minute_does_not():
    logs = [Log("a", 0, MEGABYTE, 0.0), Log("b", 0, 24 * MEGABYTE, 24 * HOUR), Log("c", 0, 480 * MEGABYTE, 48 * HOUR),
            Log("d", 0, 480 * MEGABYTE, 48 * HOUR + 60)]
    assert told(logs=logs)["peak_mb_per_day"] == 480
    assert told(logs=logs)["space_left"] == 600, "a period and a quarter of it"


def test_archives_that_hide_their_size_count_by_the_mean_ratio():
    logs = [Log("a", 0, None, 0.0), Log("b", 40 * MEGABYTE, None, 24 * HOUR)]
    assert told(logs=logs)["peak_mb_per_day"] == 480
