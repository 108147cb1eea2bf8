# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that the kernel made and no log has: a disk that was full, or a suspension, that nobody looked at while it lasted."""

from __future__ import annotations

import itertools
import random
import time
import tracemalloc
from types import SimpleNamespace

import pytest
from audit_rotate import serials
from audit_rotate._daemon.records import parse_record
from rotate_tree import Tree, record

NOW = int(time.time())


def line(number, when=NOW, kind="SYSCALL"):
    return b"type=%s msg=audit(%d.123:%d): arch=c000003e\n" % (kind.encode(), when, number)


def lines(*numbers, when=NOW):
    return b"".join(line(number, when) for number in numbers)


def shuffled(start, end):
    """The numbers as several processors bring them: each at most 50 places from its own."""
    numbers = list(range(start, end))
    for place in range(0, len(numbers), 50):
        part = numbers[place:place + 50]
        random.Random(place).shuffle(part)
        numbers[place:place + 50] = part
    return numbers


SUSPENDED = lines(*range(1, 100), when=NOW) + lines(*range(5000, 5100), when=NOW + 60)
STARTED = line(77, NOW + 50, "DAEMON_START")
# the log -> [(from, to, events)]; the kernel began to count an hour ago
LOGS = {
    "each event": (lines(*range(1, 300)), []),
    "several records of an event": (lines(1, 1, 1, 2, 3, 3), []),
    "not in their order": (lines(*shuffled(1, 30000)), []),
    "a few are missing": (lines(1, 2, 9, 10), []),
    "a time without a log": (SUSPENDED, [(NOW, NOW + 60, 4900)]),
    "two of them": (SUSPENDED + lines(*range(9000, 9009), when=NOW + 90), [(NOW, NOW + 60, 4900), (NOW + 60, NOW + 90, 3900)]),
    "auditd's own numbers": (lines(5, 6) + line(90000, kind="DAEMON_ROTATE") + line(1, kind="DAEMON_RESUME") + lines(7), []),
    "another boot": (lines(*range(70000, 70100)) + STARTED + lines(*range(1, 90), when=NOW + 60), []),
    "another boot, seen by its numbers alone": (lines(*range(70000, 70100)) + lines(*range(1, 90)), []),
    "auditd restarted while events went on": (lines(*range(1, 100)) + STARTED + lines(*range(200, 300), when=NOW + 60),
                                              [(NOW, NOW + 60, 100)]),
    "the host was off, as far as anybody can tell": (
        lines(*range(1, 100), when=NOW - 7200) + STARTED + lines(*range(200, 300), when=NOW + 60), []),
    "a name in front": (b"".join(b"node=a " + line(number) for number in (1, 2, 50)), [(NOW, NOW, 47)]),
    "text that looks like a record": (
        lines(1, 2) + b"type=USER_CMD msg=audit(1.0:3): msg='type=SYSCALL msg=audit(1.0:900): '\n" + lines(4), []),
    "no log": (b"\0\xff\n\n", []),
}


@pytest.mark.parametrize("name", LOGS)
def test_times_without_a_log(name):
    text, expected = LOGS[name]
    found = serials.Serials(boot=NOW - 3600)
    for one in text.splitlines(keepends=True):
        found.feed(one)
    whole = serials.Serials(boot=NOW - 3600)
    whole.feed(text)
    assert whole.missing == found.missing
    assert [(start, end, last - first + 1) for first, last, start, end in found.missing] == expected


def with_a_gap(tree, *, at="audit.log.1", ago=3600):
    """Two logs; events are missing inside the first, or between them."""
    tree.add("audit.log.2", when=time.time() - ago - 600)
    if at == "between":
        tree.serial += 500
        tree.when += 300
    tree.add("audit.log.1")
    tree.add("audit.log", records=5, mode=0o600)
    if at == "audit.log.1":
        path = tree.log / "audit.log.1"
        path.chmod(0o600)
        text = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(text[:50] + text[150:]))
    return tree


@pytest.mark.parametrize("compress", ["gzip", "none"])
@pytest.mark.parametrize("at, events", [("audit.log.1", 100), ("between", 500), ("nowhere", None)])
def test_a_run_records_from_when_to_when_events_are_missing(tmp_path, compress, at, events):
    tree = with_a_gap(Tree(tmp_path, compress=compress), at=at)
    tree.run()
    found = tree.status()["missing"]
    assert [one["events"] for one in found] == ([] if events is None else [events])
    assert all(one["from"] < one["to"] <= time.time() for one in found)
    tree.run()
    assert tree.status()["missing"] == found, "a later run remembers it, and finds it once"


@pytest.mark.parametrize("compress", ["gzip", "none"])
def test_a_gap_between_the_logs_of_two_runs_is_found(tmp_path, compress):
    tree = Tree(tmp_path, compress=compress)
    tree.add("audit.log.1", when=time.time() - 3600)
    tree.run()
    tree.serial += 300
    tree.add("audit.log.1")
    tree.run()
    assert [one["events"] for one in tree.status()["missing"]] == [300]


def test_a_log_that_nobody_looked_through_breaks_the_chain(tmp_path):
    tree = Tree(tmp_path, compress="gzip")
    tree.add("audit.log.1", when=time.time() - 3600)
    tree.run()
    name = time.strftime("audit.log.%Y-%m-%dT%H:%M:%SZ", time.gmtime(tree.when + 300))
    tree.add(name + ".gz", step=1.5)  # another one's archive
    tree.add("audit.log.1")
    tree.run()
    assert tree.status()["missing"] == []


@pytest.mark.parametrize("days, conf", [(40, ""), (0, "tcp_listen_port = 60\n")])
def test_what_is_long_ago_or_other_hosts_is_not_named(tmp_path, days, conf):
    tree = Tree(tmp_path)
    tree.auditd_conf.write_text("num_logs = 5\n" + conf)
    with_a_gap(tree, ago=3600 + days * 86400).run()
    assert tree.status()["missing"] == []


@pytest.mark.parametrize("times, expected", [
    ([(10, 60, None), (10, 61, 4900)], [(10, 61, 4900)]), ([(10, 60, None), (100, 160, None)], [(10, 60, None), (100, 160, None)]),
    ([(10, 60, 5), (60, 90, 7)], [(10, 60, 5), (60, 90, 7)]),
])
def test_the_end_of_a_suspension_and_its_numbers_are_one_time(times, expected):
    joined = serials._joined([{"from": start, "to": end, "events": events, "seen": "x"} for start, end, events in times])
    assert [(one["from"], one["to"], one["events"]) for one in joined] == expected


@pytest.mark.parametrize("value", [5, {}, [5], [{}], [{"from": 1, "to": "x", "events": 1, "seen": "x"}],
                                   [{"from": 1, "to": 2, "seen": "x"}]])
def test_a_record_of_another_form_counts_as_absent(value):
    assert not serials.is_account(value)
    assert not serials.is_note(value)


def test_the_helper_writes_records_as_auditd_does():
    found = serials.Serials()
    found.feed(record(NOW, 1) + record(NOW, 50))
    assert found.last == (50, NOW) and len(found.missing) == 1


def test_a_hole_without_a_line_end_is_not_held_in_memory(tmp_path):
    job = SimpleNamespace(settings=SimpleNamespace(auditd={}, root=str(tmp_path)), clock=None, serials=None, missing=[], archives=list)
    block = bytes(serials.LONGEST)
    tracemalloc.start()
    try:
        serials.follow(job, SimpleNamespace(stem="audit.log.1"), itertools.chain([SUSPENDED], itertools.repeat(block, 100)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one["events"] for one in job.missing] == [4900] and most < 20 * len(block)


def test_a_number_that_comes_late_takes_itself_out_of_one_hole_of_many():
    found = serials.Serials()
    every_tenth = range(1, 40000, 20)
    found.feed(lines(*every_tenth))
    found.feed(lines(*(number for number in range(25001, 25020))))
    assert [hole[:2] for hole in found.missing] == [
        [number + 1, number + 19] for number in every_tenth[:-1] if number != 25001]


def test_a_number_that_no_kernel_counts_to_is_no_event():
    found = serials.Serials()
    found.feed(line(1) + b"type=USER msg=audit(1.2:" + b"9" * 5000 + b"): x\n" + line(2))
    assert found.last[0] == 2 and parse_record(b"type=USER msg=audit(1.2:" + b"9" * 5000 + b"): x") is None
