# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd's records about itself: read from the end of long logs, through rotations, and never taken from somebody's message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._daemon import records
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host

GOLDEN = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parents[1] / "fixtures/daemon_records").glob("*.txt"))}
CONFIG = b"type=DAEMON_CONFIG msg=audit(1795350461.899:1447): op=reconfigure state=changed auid=1000 pid=4242 subj=unconfined res=success"
START = (
    b"type=DAEMON_START msg=audit(1795350459.607:8154): op=start ver=3.0.9 format=raw auid=4294967295 pid=50 uid=0 ses=4294967295 "
    b"res=success"
)
NOISE = b"type=USER_LOGIN msg=audit(1795350460.1:%d): pid=1 uid=0 auid=0 msg='op=x'\n"


@pytest.mark.parametrize("release", GOLDEN)
def test_records_of_every_release(release):
    parsed = [records.parse_record(line) for line in GOLDEN[release].splitlines()]
    assert [record["type"] for record in parsed][:3] == ["DAEMON_START", "DAEMON_ROTATE", "DAEMON_CONFIG"]
    start, rotate, config = parsed[:3]
    assert (start["op"], start["ver"], start["res"]) == ("start", release, "success")
    assert (rotate["op"], rotate["res"]) == ("rotate-logs", None if release == "2.8.5" else "success")
    assert (config["op"], config["state"], config["res"], config["pid"]) == ("reconfigure", "changed", "success", "4242")
    assert all(int(record["time"]) // 100000 == 17953 and record["serial"] > 0 for record in parsed)
    assert any(record["res"] == "failed" for record in parsed) == (release in ("4.1.4", "4.2.1"))


@pytest.mark.parametrize("line, expected", [
    (CONFIG, ("DAEMON_CONFIG", 1447, "success")),
    (b"node=web-1 " + CONFIG, ("DAEMON_CONFIG", 1447, "success")),
    (b"node=(null) " + CONFIG, ("DAEMON_CONFIG", 1447, "success")),
    (CONFIG + b"\x1dAUID=\"root\" res=failed", ("DAEMON_CONFIG", 1447, "success")),
    (CONFIG.replace(b"success", b"\xff\xfe"), ("DAEMON_CONFIG", 1447, "\ufffd\ufffd")),
])
def test_forms_of_a_record(line, expected):
    record = records.parse_record(line)
    assert (record["type"], record["serial"], record["res"]) == expected
    assert "\x1d" not in record["text"]


@pytest.mark.parametrize("line", [
    b"", b"\n", b"type=", b"type=DAEMON_CONFIG", b"x " + CONFIG, b"type=DAEMON_CONFIG msg=audit(x.y:z): op=reconfigure", b"\x00" * 100,
    b" " + CONFIG, CONFIG[:40],
])
def test_what_is_no_record(line):
    assert records.parse_record(line) is None


def test_a_message_that_quotes_a_record_is_not_that_record():
    record = records.parse_record(b"type=USER_LOGIN msg=audit(1795350461.899:1): pid=1 msg='" + CONFIG + b"'")
    assert record["type"] == "USER_LOGIN"


@pytest.fixture
def log(tmp_path):
    (tmp_path / "log").mkdir()
    path = tmp_path / "log/audit.log"
    path.write_bytes(b"")
    return path


def last(log, *types, **options):
    return records.last_record(Host(str(log.parents[1])), "/log/audit.log", types or ("DAEMON_CONFIG", "DAEMON_START"), **options)


@pytest.mark.parametrize("before, after", [(0, 0), (0, 1), (1, 0), (10, 20000), (20000, 10), (20000, 20000)])
def test_the_newest_record_is_found_wherever_it_is(log, before, after):
    log.write_bytes((NOISE % 1) * before + START + b"\n" + CONFIG + b"\n" + (NOISE % 2) * after)
    assert last(log)["serial"] == 1447
    assert last(log, "DAEMON_START")["serial"] == 8154
    assert last(log, "DAEMON_END") is None


@pytest.mark.parametrize("shift", range(-3, 4))
def test_a_record_across_the_border_of_two_blocks(log, shift):
    tail = b"x" * (records.BLOCK - len(CONFIG) // 2 + shift)
    log.write_bytes(START + b"\n" + CONFIG + b"\n" + tail + b"\n")
    assert last(log)["serial"] == 1447


def test_a_line_longer_than_many_blocks(log):
    log.write_bytes(CONFIG + b"\n" + b"x" * (records.BLOCK * 3 + 17) + b"\n" + NOISE % 1)
    assert last(log)["serial"] == 1447


def test_an_unfinished_last_line_does_not_count(log):
    log.write_bytes(START + b"\n" + CONFIG)
    assert last(log)["type"] == "DAEMON_START"


def test_no_log_and_an_empty_log(log):
    assert last(log) is None
    log.unlink()
    assert last(log) is None


def test_a_record_that_was_rotated_away_is_found(log):
    log.with_name("audit.log.1").write_bytes(CONFIG + b"\n")
    log.write_bytes(NOISE % 1)
    assert last(log)["serial"] == 1447


def test_the_search_is_bounded(log):
    log.write_bytes(CONFIG + b"\n" + (NOISE % 1) * 40000)
    assert last(log, limit=records.BLOCK) is None
    assert last(log)["serial"] == 1447


def test_a_message_that_quotes_a_newer_record_is_passed_over(log):
    log.write_bytes(START + b"\n" + b"type=USER_LOGIN msg=audit(1.2:3): msg='type=DAEMON_CONFIG res=success'\n")
    assert last(log)["type"] == "DAEMON_START"


def follow(log):
    return records.Follow(Host(str(log.parents[1])), ["/log/audit.log"])


def serials(following):
    return [record["serial"] for record in following.records(("DAEMON_CONFIG",))]


def test_follow_sees_only_what_is_new(log):
    log.write_bytes(CONFIG + b"\n")
    with follow(log) as following:
        assert serials(following) == []
        with log.open("ab") as stream:
            stream.write(START + b"\n" + CONFIG.replace(b"1447", b"7") + b"\n" + CONFIG[:50])
            stream.flush()
            assert serials(following) == [7]
            stream.write(CONFIG[50:] + b"\n")
        assert serials(following) == [1447]
        assert serials(following) == []


def test_follow_goes_on_through_a_rotation(log):
    with follow(log) as following, log.open("ab") as old:
        old.write(CONFIG.replace(b"1447", b"1") + b"\n")
        old.flush()
        log.rename(log.with_name("audit.log.1"))
        old.write(CONFIG.replace(b"1447", b"2") + b"\n")
        old.flush()
        log.write_bytes(CONFIG.replace(b"1447", b"3") + b"\n")
        assert serials(following) == [1, 2, 3]
        with log.open("ab") as new:
            new.write(CONFIG + b"\n")
        assert serials(following) == [1447]


def test_follow_waits_for_a_file_that_is_not_there_yet(log):
    log.unlink()
    with follow(log) as following:
        assert serials(following) == []
        log.write_bytes(CONFIG + b"\n")
        assert serials(following) == [1447]


def test_follow_takes_a_flood_in_bounded_steps(log):
    with follow(log) as following:
        with log.open("ab") as stream:
            stream.truncate(records.READ_LIMIT)
            stream.seek(0, os.SEEK_END)
            stream.write(b"\n" + CONFIG + b"\n")
        assert serials(following) + serials(following) == [1447]
