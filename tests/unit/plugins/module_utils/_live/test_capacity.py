# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a log needs: the mean, the peak, what is kept, and thresholds that leave time to react."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import capacity
from ansible_collections.auditops.auditd.plugins.module_utils._live.storage import MEGABYTE, Log, peaks

HOUR = 3600.0
ROOM = {"size_mb": 10240, "free_mb": 9000}


def figures(mb_per_day=24, stored=2, logs=(), **room):
    rate = {"mb_per_day": mb_per_day, "stored_mb_per_day": stored}
    return {"growth": dict(rate, **peaks(list(logs), rate)), "partition": room.get("room", ROOM)}


def told(found=None, logs=(), keep_days=90, period_hours=24, reaction_hours=24):
    return capacity.recommend(found or figures(logs=logs), keep_days=keep_days, period_hours=period_hours, reaction_hours=reaction_hours)


@pytest.mark.parametrize("options, expected", [
    ({}, {"needed_mb": 90 * 2 + 2 * 24 + 75, "space_left": 75, "admin_space_left": 50, "fits": True}),
    ({"found": figures(2400, 200)}, {"needed_mb": 18000 + 4800 + 3000, "space_left": 3000, "admin_space_left": 1000, "fits": False}),
    ({"found": figures(2400, 200), "keep_days": 7}, {"needed_mb": 1400 + 4800 + 3000, "fits": True}),
    ({"found": figures(2400, 200), "period_hours": 1, "reaction_hours": 2}, {"space_left": 200, "admin_space_left": 66}),
    ({"found": figures(2400, 200), "period_hours": 1, "reaction_hours": 48}, {"space_left": 4800}),
    ({"found": figures(24000, 2000)}, {"space_left": 5120, "fits": False}),  # half of the partition at most
    ({"found": figures(24, 2, room={"size_mb": 64, "free_mb": 60})}, {"space_left": 32, "admin_space_left": 31, "fits": False}),
    ({"found": figures(24, 2, room=None)}, {"fits": None, "days_until_full": None, "space_left": 75}),
    ({"keep_days": 0}, {"needed_mb": None, "fits": None, "compression_ratio": 12}),
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
    assert told(logs=logs)["peak_day_mb"] == 960, "24 hours have the minute too"


def test_archives_that_hide_their_size_count_by_the_mean_ratio():
    logs = [Log("a", 0, None, 0.0), Log("b", 40 * MEGABYTE, None, 24 * HOUR)]
    assert told(logs=logs)["peak_mb_per_day"] == 480


AUTO = {"space_left": "auto", "admin_space_left": "Auto"}


@pytest.mark.parametrize("settings, before, found, expected", [
    (AUTO, {}, figures(2400, 200), {"space_left": "3000", "admin_space_left": "1000"}),
    (AUTO, {"space_left": "2100", "admin_space_left": "50"}, figures(2400, 200),
     {"space_left": "3000", "admin_space_left": "1000"}),  # less than a period writes
    (AUTO, {"space_left": "2500", "admin_space_left": "50"}, figures(2400, 200), {"space_left": "2500", "admin_space_left": "50"}),
    (AUTO, {"space_left": "25%", "admin_space_left": "50"}, figures(2400, 200), {"space_left": "2560", "admin_space_left": "50"}),
    (AUTO, {"space_left": "5000", "admin_space_left": "50"}, figures(2400, 200), {"space_left": "3000", "admin_space_left": "1000"}),
    (AUTO, {"space_left": "2500", "admin_space_left": "2500"}, figures(2400, 200), {"space_left": "3000", "admin_space_left": "1000"}),
    (AUTO, {"space_left": "2500", "admin_space_left": "0"}, figures(2400, 200), {"space_left": "3000", "admin_space_left": "1000"}),
    (AUTO, {"space_left": "75", "admin_space_left": "50"}, {"growth": None, "partition": ROOM},
     {"space_left": "75", "admin_space_left": "50"}),
    (AUTO, {}, {"growth": None, "partition": ROOM}, {"space_left": "75", "admin_space_left": "50"}),
    (AUTO, {}, {"growth": None, "partition": {"size_mb": 64, "free_mb": 9}}, {"space_left": "32", "admin_space_left": "31"}),
    (AUTO, {"space_left": "75", "admin_space_left": "50"}, {"growth": None, "partition": {"size_mb": 64, "free_mb": 9}},
     {"space_left": "32", "admin_space_left": "31"}),  # never larger than the partition
    ({"space_left": "auto", "admin_space_left": "50"}, {"space_left": "75"}, figures(2400, 200), {"space_left": "3000"}),
    ({"space_left": "auto", "admin_space_left": "4000"}, {}, figures(2400, 200), {"space_left": "4001"}),
    ({"space_left": "auto"}, {"admin_space_left": "50"}, figures(2400, 200), {"space_left": "3000"}),
    ({"space_left": "500", "admin_space_left": "auto"}, {}, figures(2400, 200), {"admin_space_left": "499"}),
    ({"space_left": "50%", "admin_space_left": "auto"}, {}, figures(2400, 200), {"admin_space_left": "1000"}),
    ({"space_left": "500", "admin_space_left": "50"}, {}, figures(2400, 200), {}),
])
def test_thresholds_that_are_computed_stay_once_they_are_set(tmp_path, settings, before, found, expected):
    host = Host(str(tmp_path))
    numbers = capacity.thresholds(host, settings, before, found, 24)
    assert numbers == expected
    assert capacity.thresholds(host, settings, {**before, **settings, **numbers}, found, 24) == numbers


@pytest.mark.parametrize("factor, stays", [(0.7, True), (0.9, True), (1.2, True), (0.5, False), (1.3, False)])
def test_a_log_that_grows_a_little_otherwise_changes_nothing(tmp_path, factor, stays):
    """Upwards the end comes sooner: one rotation period has to fit below space_left."""
    before = {"space_left": "3000", "admin_space_left": "1000"}
    found = figures(2400 * factor, 200)
    assert (capacity.thresholds(Host(str(tmp_path)), AUTO, before, found, 24) == before) is stays


def test_no_room_below_the_other_threshold(tmp_path):
    host = Host(str(tmp_path))
    with pytest.raises(AuditError, match="leaves nothing below it"):
        capacity.thresholds(host, {"space_left": "1", "admin_space_left": "auto"}, {}, figures(), 24)
    with pytest.raises(AuditError, match="size is not known"):
        capacity.thresholds(host, {"space_left": "25%", "admin_space_left": "auto"}, {}, figures(room=None), 24)
