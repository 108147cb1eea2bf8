# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One order of retention: what is never pruned, what is given up for new records, and what is an alarm instead."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import pytest
from audit_rotate import clock, flood
from rotate_tree import FILES, Tree, archives, filesystem

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts: needs root")
DAY = 86400
UNREACHABLE = 10 ** 9  # MiB


def with_archives(tree, days):
    """Archives whose last record is so many days old, as an earlier run left them."""
    for age in days:
        when = time.time() - age * DAY
        name = time.strftime("audit.log.%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
        tree.add(name, records=50, when=when - 0.05, step=0.001)
    return tree


def test_others_who_fill_a_shared_filesystem_erase_no_archive(tmp_path):
    tree = with_archives(Tree(tmp_path, adopt="prune", min_free_megabytes=UNREACHABLE), range(40, 10, -1))
    for _run in range(2):
        done = tree.run("--rotate")
        assert len(archives(tree)) == 30
    assert "min_free_megabytes wants" in done.stderr or done.returncode in (6, 11)
    assert tree.status()["deleted_count"] == 0


@needs_root
@pytest.mark.parametrize("share, deleted", [(0, 0), (1, 1)])
def test_on_a_shared_filesystem_only_what_audit_takes_beyond_its_share_goes(tmp_path, share, deleted):
    with filesystem(tmp_path / "fs", 32 << 10):
        tree = Tree(tmp_path / "fs", adopt="prune", compress="none", keep_megabytes=share)
        for number in range(2):
            when = time.time() - (60 - number) * DAY
            tree.add(time.strftime("audit.log.%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)), records=10000, when=when - 1, step=0.0001)
        room = os.statvfs(tree.log)
        (tmp_path / "fs" / "others").write_bytes(b"x" * (room.f_bavail * room.f_frsize - (7 << 19)))  # 3.5 MiB stay free
        tree.configure(adopt="prune", compress="none", keep_megabytes=share, min_free_megabytes=4)
        tree.run()
        assert tree.status()["deleted_count"] == deleted


@needs_root
def test_a_threshold_that_cannot_be_reached_is_an_alarm_and_no_deletion(tmp_path):
    with filesystem(tmp_path / "log", 16 << 10):
        tree = with_archives(Tree(tmp_path, adopt="prune", compress="none", min_free_megabytes=1000), range(40, 10, -1))
        assert tree.run("--rotate").returncode == 6
        assert len(archives(tree)) == 30 and tree.status()["deleted_count"] == 0
        assert any("min_free_megabytes wants 1000" in problem for problem in tree.status()["problems"])


@needs_root
@pytest.mark.parametrize("when_full, kept_all", [("new_records", False), ("archives", True)])
def test_what_is_given_up_for_new_records_is_recorded(tmp_path, when_full, kept_all):
    with filesystem(tmp_path / "log", 8 << 10):
        tree = Tree(tmp_path, adopt="prune", compress="none", min_free_megabytes=2, when_full=when_full)
        first = time.time() - 60 * DAY
        for number in range(6):
            when = first + number * DAY
            tree.add(time.strftime("audit.log.%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)), records=10000, when=when - 1, step=0.0001)
        tree.run()
        loss = tree.status()["given_up"]
        if kept_all:
            assert loss is None and len(archives(tree)) == 6
            return
        deleted = tree.status()["deleted"]
        assert 0 < loss["count"] == len(deleted) < 6
        assert loss["from"] == min(entry["first"] for entry in deleted) and loss["to"] == max(entry["last"] for entry in deleted)
        assert loss["flood"]["auid"][0][0] == "1000" and loss["flood"]["records"] > 1000
        before = loss["count"]
        tree.run()
        assert tree.status()["given_up"]["count"] == before, "the next run remembers what the last one gave up"


@pytest.mark.parametrize("config, ages, kept", [
    ({"keep": 1}, (9, 5, 0.5, 0.1), 2), ({"keep": 1, "keep_days_min": 0}, (9, 5, 0.5, 0.1), 1),
    ({"keep": 1, "keep_days_min": 7}, (9, 5, 2, 1), 3),
    ({"keep_days": 1, "keep_days_min": 6}, (9, 5, 3, 2), 3),
])
def test_what_is_young_is_never_pruned(tmp_path, config, ages, kept):
    tree = with_archives(Tree(tmp_path, adopt="prune", **config), ages)
    for _run in range(2):
        tree.run()
        assert len(archives(tree)) == kept


@pytest.mark.parametrize("config", [{"keep_days": 1}, {"keep": 1}])
def test_the_newest_archive_stays_however_often_it_runs(tmp_path, config):
    tree = with_archives(Tree(tmp_path, adopt="prune", **config), (50, 40, 30))
    newest = tree.serial
    for _run in range(3):
        assert tree.run().returncode == 0
        assert len(archives(tree)) == 1 and newest in tree.serials()


@needs_root
@pytest.mark.parametrize("ship_or_keep, goes", [("keep", False), ("prune", True)])
@pytest.mark.parametrize("sender", ["another", "audit-ship"])
def test_what_was_not_shipped_goes_only_where_that_was_asked_for(tmp_path, ship_or_keep, goes, sender):
    stamp = tmp_path / ("shipped" if sender == "another" else "state/shipped.stamp")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text("1\n" if sender == "another" else "%d\n" % time.time())
    stamp.with_suffix(".json").write_text('{"archives": {}, "targets": ["s3"]}')
    with filesystem(tmp_path / "log", 8 << 10):
        tree = Tree(
            tmp_path, adopt="prune", compress="none", min_free_megabytes=3, shipped_stamp=stamp, ship_or_keep=ship_or_keep, keep=1)
        for number in range(5):
            when = time.time() - (60 - number) * DAY
            tree.add(time.strftime("audit.log.%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)), records=10000, when=when - 1, step=0.0001)
        tree.run()
        deleted = tree.status()["deleted"]
        assert bool(deleted) == goes
        assert all("min_free_megabytes" in entry["reason"] for entry in deleted), "keep = 1 waits for the shipper all the same"


AHEAD = "import sys, time; real = time.time; time.time = lambda: real() + {days} * 86400\nsys.path.insert(0, {files!r})\n" \
    "from audit_rotate import cli\nsys.exit(cli.main(sys.argv[1:]))\n"


def run_with_a_clock(tree, days):
    program = AHEAD.format(days=days, files=str(FILES))
    return subprocess.run(
        [sys.executable, "-ISB", "-c", program, "--archive-only", "--config", str(tree.conf)], check=False, capture_output=True, text=True)


def test_a_clock_that_is_a_year_ahead_for_one_run_costs_no_archive(tmp_path):
    tree = with_archives(Tree(tmp_path, adopt="prune", keep_days=90, compress="none"), range(60, 0, -1))
    assert tree.run().returncode == 0
    assert run_with_a_clock(tree, 365).returncode == 0
    assert len(archives(tree)) == 60
    assert any(re.search("ahead by 87(59|60) hours", note) and "nothing is pruned by age" in note for note in tree.status()["notes"])
    assert tree.run().returncode == 0 and any("went back" in note for note in tree.status()["notes"])
    assert run_with_a_clock(tree, 8).returncode == 0
    assert len(archives(tree)) == 60


def test_a_host_whose_first_run_noted_no_clock_is_not_fooled_either(tmp_path):
    tree = with_archives(Tree(tmp_path, adopt="prune", keep_days=90, compress="none"), range(60, 0, -1))
    (tree.state / "status.json").write_text('{"schema": 1, "last_run": "%s", "adopted_at": "2026-01-01T00:00:00Z"}' % time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - DAY)))
    assert run_with_a_clock(tree, 365).returncode == 0
    assert len(archives(tree)) == 60


NOTE = {"now": 1_800_000_000, "since_boot": 5000, "boot": "a", "jump": None}


@pytest.mark.parametrize("previous, now, since_boot, boot, doubtful", [
    ({}, 1_800_000_000, 1, "a", False),
    (NOTE, 1_800_086_400, 91_400, "a", False),  # a day later
    (NOTE, 1_800_086_400 + 3000, 91_400, "a", False),  # put right by less than an hour
    (NOTE, 1_800_086_400 + 8000, 91_400, "a", True),
    (NOTE, 1_799_990_000, 91_400, "a", True),  # went back
    (NOTE, 1_800_000_000 + 5 * DAY, 100, "b", False),  # was off for five days
    (NOTE, 1_800_000_000 + 30 * DAY, 100, "b", True),  # nobody can say
    (NOTE, 1_799_000_000, 100, "b", True),
    (dict(NOTE, jump={"at": "2027-01-15T07:00:00Z", "text": "x"}), 1_800_086_400, 91_400, "a", True),
    (dict(NOTE, jump={"at": "2027-01-01T08:00:00Z", "text": "x"}), 1_800_086_400, 91_400, "a", False),  # steady for a week
    ({"now": "x", "since_boot": None, "boot": 5, "jump": 7}, 1_800_000_000, 1, "a", False),
    (dict(NOTE, jump={"at": 5}), 1_800_086_400, 91_400, "a", False),
])
def test_when_ages_are_in_doubt(previous, now, since_boot, boot, doubtful):
    assert (clock.Clock(previous, now, since_boot, boot).doubt is not None) == doubtful


def test_a_flood_names_who_made_it():
    line = b'type=SYSCALL msg=audit(%d.000:%d): arch=c000003e uid=%d auid=%d key="%s"\n'
    text = b"".join(line % (1760000000 + n // 100, n, 33 if n % 10 else 0, 1000 if n % 10 else 4294967295, b"roll-out" if n % 3 else b"net")
                    for n in range(1000))
    found = flood.makers(text)
    assert (found["records"], found["seconds"]) == (1000, 9)
    assert found["auid"] == [["1000", 900]] and found["uid"] == [["33", 900], ["0", 100]]
    assert found["key"] == [["roll-out", 666], ["net", 334]]
    assert "auid 1000 (900)" in flood.sentence(found)


def test_the_tail_of_a_log_starts_at_a_record(monkeypatch):
    monkeypatch.setattr(flood, "SAMPLE", 10)
    assert flood.tail_of([b"aaaa\nbb", b"bb\ncccc\n", b"dd\n"]) == b"cccc\ndd\n"
    assert flood.tail_of([b"a\n"]) == b"a\n" and flood.tail_of([]) == b""
