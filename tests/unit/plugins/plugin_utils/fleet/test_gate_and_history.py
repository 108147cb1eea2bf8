# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails a run and what changed since the last one."""

from __future__ import annotations

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate, history, reader
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool


def run_number(number):
    return {"id": f"{number:032x}", "started": f"2026-03-{number // 24 + 1:02}T{number % 24:02}:00:00Z"}


@pytest.mark.parametrize(("total", "serial", "sizes"), [
    (10, "100%", [10]), (10, 3, [3, 3, 3, 1]), (10, "3", [3, 3, 3, 1]), (10, "20%", [2] * 5), (10, [1, "30%", "100%"], [1, 3, 6]),
    (10, [1, 2], [1, 2, 2, 2, 2, 1]), (3, "10%", [1, 1, 1]), (0, 5, []), (4, 0, [4]), (4, -1, [4]),
])
def test_batches_are_cut_as_ansible_cuts_them(total, serial, sizes):
    assert gate.batch_sizes(total, serial) == sizes


def test_ansible_agrees_about_batches():
    from ansible.executor.playbook_executor import PlaybookExecutor
    from ansible.playbook.play import Play

    for total in (1, 2, 7, 10, 33):
        for serial in ([1], ["10%"], ["33%"], [1, "10%", "100%"], [2, 3], ["100%"]):
            hosts = [f"h{number}" for number in range(total)]
            play, executor = Play(), PlaybookExecutor.__new__(PlaybookExecutor)
            play.serial, play.order, play.hosts = serial, None, ["all"]
            executor._inventory = type("Inventory", (), {"get_hosts": lambda self, *args, hosts=hosts, **more: list(hosts)})()
            theirs = [len(batch) for batch in executor._get_serialized_batches(play)]
            assert gate.batch_sizes(total, serial) == theirs, (total, serial)


def test_a_batch_has_its_failed_hosts_too():
    hosts = [f"h{number}" for number in range(6)]
    assert gate.batch_of(hosts, ["h3"], 2) == gate.Batch(["h2", "h3"], 2, 3)
    assert gate.batch_of(hosts, hosts, "100%") == gate.Batch(hosts, 1, 1)
    assert gate.batch_of(hosts, hosts, "soon") == gate.Batch(hosts, 1, 1)


HARM = {
    "auditd died": ({"daemon": {"running": True}}, {"daemon": {"running": False, "installed": True}}, [], "auditd is not alive"),
    "records were lost": ({"kernel": {"lost": 3}}, {"kernel": {"lost": 10}}, [], "the kernel lost 7 records"),
    "a critical one is new": ({}, {}, [documents.item("daemon.log_file")], "a critical finding that was not there: daemon.log_file"),
    "nothing": ({"kernel": {"lost": 3}}, {"kernel": {"lost": 3}}, [documents.item("boot.audit", "high")], ""),
    "not seen": ({}, {"kernel": None, "daemon": None}, [], ""),
}


@pytest.mark.parametrize("name", HARM)
@pytest.mark.parametrize("batch", [gate.Batch(["web1"], 1, 2), gate.Batch(["web1"], 2, 2)])
def test_a_batch_that_is_worse_than_before_stops_the_run(tmp_path, name, batch):
    before, after, items, reason = HARM[name]
    spool = Spool(tmp_path)
    for live, found, phase in ((before, [], "before"), (after, items, "after")):
        one = documents.document("web1", found, phase=phase)
        spool.write({**one, "live": {**one["live"], **live}}, phase=phase)
    sentence = gate.stop_sentence(reader.load([str(tmp_path)], run=documents.RUN), batch, gate.Policy())
    if reason and batch.number == 1:
        assert sentence.startswith(f"stopped at web1: {reason}")
    else:
        assert sentence == "", "nothing comes after the last batch"


def test_a_host_whose_state_is_lost_stops_the_run_and_one_that_never_answered_only_counts(tmp_path):
    spool = Spool(tmp_path)
    spool.fail("away", "no route", run=documents.RUN, phase="now", unreachable=True)
    spool.write(documents.document("web1"), phase="now")
    batch = gate.Batch(["away", "web1"], 1, 2)

    def load():
        return reader.load([str(tmp_path)], run=documents.RUN)

    assert gate.stop_sentence(load(), batch, gate.Policy()) == ""
    sentence = gate.stop_sentence(load(), batch, gate.Policy(max_fail_percentage=49))
    assert sentence == "stopped: 1 of 2 hosts failed (away), more than audit_max_fail_percentage = 49"
    assert gate.stop_sentence(load(), batch, gate.Policy(max_fail_percentage=50)) == ""
    spool.write(documents.document("web1", [documents.item()], phase="before"), phase="before")
    spool.fail("web1", "connection lost", run=documents.RUN, phase="after")
    assert gate.stop_sentence(load(), batch, gate.Policy()) == "stopped at web1: its state is not known any more: connection lost"


@pytest.mark.parametrize(("hosts", "lost", "number", "held", "sentence"), [
    (["web1"], ["web1"], 1, {}, "stopped at web1: connection refused"),
    (["web1"], [], 1, {"web1": "1 finding of severity high"}, "stopped at web1: 1 finding of severity high"),
    (["web1", "web2"], ["web1", "web2"], 1, {}, "stopped: all 2 hosts of the batch failed (web1, web2)"),
    (["web1", "web2"], ["web1"], 1, {"web2": "x"}, "stopped: all 2 hosts of the batch failed (web1, web2)"),
    (["web1", "web2"], ["web1"], 1, {}, ""),
    (["web1"], ["web1"], 2, {}, ""),
    ([], [], 1, {}, ""),
])
def test_a_batch_that_fails_whole_ends_the_run_and_the_report_says_so(tmp_path, hosts, lost, number, held, sentence):
    for host in hosts:
        if host in lost:
            Spool(tmp_path).fail(host, "connection refused", run=documents.RUN, phase="now", unreachable=True)
        else:
            Spool(tmp_path).write(documents.document(host), phase="now")
    fleet = reader.load([str(tmp_path)], run=documents.RUN)
    assert gate.end_sentence(fleet, gate.Batch(hosts, number, 2), held) == sentence


@pytest.mark.parametrize(("fail_on", "layers", "held"), [
    ("never", (), []), ("critical", (), ["a"]), ("high", (), ["a", "b"]), ("info", (), ["a", "b", "c"]), ("high", ("kernel",), ["b"]),
])
def test_fail_on_names_the_hosts(tmp_path, fail_on, layers, held):
    spool = Spool(tmp_path)
    for name, ident, severity in (("a", "disk.x", "critical"), ("b", "kernel.x", "high"), ("c", "boot.x", "info")):
        spool.write(documents.document(name, [documents.item(ident, severity)]), phase="now")
    found = gate.held(reader.load([str(tmp_path)]), history.Changes(), gate.Policy(fail_on, layers))
    assert [host for host, _words in found] == held
    assert all("1 finding of severity" in words and "It powers off." in words for _host, words in found)


@pytest.mark.parametrize(("variables", "extra", "named"), [
    ({}, {}, ""), ({"audit_serial": 1}, {"audit_serial": 1}, ""), ({"audit_serial": 1}, {}, "audit_serial"),
    ({"audit_serial": 1, "audit_hosts": "x"}, {}, "audit_hosts and audit_serial"), ({"audit_max_fail_percentage": 5}, {}, ""),
])
def test_variables_that_a_play_does_not_see_are_refused(variables, extra, named):
    sentence = gate.not_in_force(variables, extra)
    assert sentence.startswith(named) and bool(sentence) is bool(named)


@pytest.mark.parametrize("value, refused", [(100, False), ("10", False), (0, False), (2.5, False), ("ten", True), (-1, True), (101, True),
                                            ("nan", True), (None, True)])
def test_a_share_of_failed_hosts_that_is_none_is_refused_before_a_host_is_changed(value, refused):
    sentence = gate.no_percentage(value)
    assert bool(sentence) is refused and (not refused or str(value) in sentence)


class Runs:
    """A fleet through several runs."""

    def __init__(self, directory):
        self.spool, self.history, self.number = Spool(directory / "spool"), directory / "history", 0

    def next(self, policy="p", **hosts):
        run = run_number(self.number)
        self.number += 1
        for name, idents in hosts.items():
            if idents is None:
                self.spool.fail(name, "away", run=run, phase="now")
            else:
                items = [documents.item(ident) for ident in idents] + [documents.item("boot.audit", "info")]
                self.spool.write(documents.document(name, items, run=run, policy={"digest": policy}), phase="now")
        fleet = reader.load([str(self.spool.directory)], run=run)
        changes = history.compare(self.history, fleet)
        history.record(self.history, fleet)
        return changes, fleet


def test_new_fixed_unchanged_and_flapping(tmp_path):
    runs = Runs(tmp_path)
    first, _fleet = runs.next(a=["x"], b=["x", "y"])
    assert (first.since, first.new, first.fixed) == ("", [], []), "the first run has nothing to compare with"
    second, fleet = runs.next(a=["x", "z"], b=["x"])
    assert (second.new, second.fixed, second.unchanged, second.flapping) == ([("a", "z")], [("b", "y")], 2, [])
    assert gate.held(fleet, second, gate.Policy("new")) == [("a", "1 finding new since the last run, the first: z")]
    third, _fleet = runs.next(a=["x"], b=["x", "y"])
    assert third.flapping == [], "what appeared and was fixed has not come again"
    assert "1 new finding, 1 fixed, 2 unchanged" in third.in_words() and "come and go" not in third.in_words()
    assert [point["counts"]["drifted"] for point in third.trend] == [2, 2, 2]
    fourth, _fleet = runs.next(a=["x", "z"], b=["x"])
    assert fourth.flapping == [("a", "z"), ("b", "y")]
    assert "1 new finding, 1 fixed, 2 unchanged, 2 findings come and go (they changed at least 3 times" in fourth.in_words()


def test_a_changed_policy_is_told_from_a_host_that_drifted(tmp_path):
    runs = Runs(tmp_path)
    runs.next(a=[], b=[])
    changes, _fleet = runs.next(policy="q", a=["x"])
    assert changes.intentional == {"a"} and changes.in_words() == "1 new finding, because the policy changed"


# (new on a host that drifted, new because of the policy, fixed, unchanged, hosts for the first time, flapping): what a reader gets
WORDS = {
    (0, 0, 0, 0, 0, 0): "no new finding",
    (0, 0, 1, 0, 0, 0): "no new finding, 1 fixed",
    (0, 0, 0, 1, 0, 0): "no new finding, 1 unchanged",
    (1, 0, 0, 9, 0, 0): "1 new finding, 9 unchanged",
    (3, 0, 2, 9, 1, 0): "3 new findings, 2 fixed, 9 unchanged, 1 host compared for the first time",
    (0, 1, 0, 0, 2, 0): "1 new finding, because the policy changed, 2 hosts compared for the first time",
    (0, 3, 0, 0, 0, 0): "3 new findings, because the policy changed",
    (2, 1, 0, 0, 0, 0): "3 new findings, 1 of them because the policy changed",
    (0, 0, 0, 0, 0, 1): "no new finding, 1 finding comes and goes (it changed at least 3 times in the last 10 runs)",
    (0, 0, 0, 0, 0, 2): "no new finding, 2 findings come and go (they changed at least 3 times in the last 10 runs)",
}


@pytest.mark.parametrize("numbers", WORDS)
def test_what_changed_is_said_as_a_reader_says_it(numbers):
    drifted, by_policy, fixed, unchanged, first, flapping = numbers
    new = [("a", str(number)) for number in range(drifted)] + [("b", str(number)) for number in range(by_policy)]
    pairs = [("a", str(number)) for number in range(9)]
    changes = history.Changes(new=new, fixed=pairs[:fixed], unchanged=unchanged, first=first, flapping=pairs[:flapping], intentional={"b"})
    assert changes.in_words() == WORDS[numbers]


def test_new_findings_of_one_host_are_those_of_the_report(tmp_path):
    runs = Runs(tmp_path)
    runs.next(a=["x"], b=["x"])
    changes, fleet = runs.next(a=["x", "disk.y", "boot.z"], b=["x"], c=["x"])
    alone = {host.name: history.new_findings(runs.history, host.name, host.items, fleet.run) for host in fleet.hosts}
    assert alone == {"a": ["boot.z", "disk.y"], "b": [], "c": []} and changes.new == [("a", "boot.z"), ("a", "disk.y")]
    assert gate.new_in_words(alone["a"], fleet.hosts[0].items, ["disk"]) == "1 finding new since the last run, the first: disk.y"
    assert history.new_findings(tmp_path / "nothing", "a", [documents.item("x")], fleet.run) == []


def test_a_host_that_was_away_is_compared_with_what_was_known_before(tmp_path):
    runs = Runs(tmp_path)
    runs.next(a=["x"], b=[])
    changes, _fleet = runs.next(a=None, b=[])
    assert (changes.new, changes.fixed) == ([], []), "away is not fixed"


def test_only_hosts_of_this_run_are_compared(tmp_path):
    runs = Runs(tmp_path)
    runs.next(a=["x", "y"])
    changes, _fleet = runs.next(b=["x"])
    assert (changes.since, changes.unchanged, changes.first) == ("", 0, 1), "the first comparison of b; a was not compared"
    changes, _fleet = runs.next(a=["x"], c=["z"])
    assert (changes.fixed, changes.unchanged, changes.first) == ([("a", "y")], 1, 1)
    assert changes.in_words() == "no new finding, 1 fixed, 1 unchanged, 1 host compared for the first time"


def test_a_host_that_comes_back_is_compared_with_the_last_run_that_knew_it(tmp_path):
    runs = Runs(tmp_path)
    runs.next(a=["x"], b=[])
    runs.next(a=None, b=[])
    changes, fleet = runs.next(a=["x", "y"], b=[])
    assert (changes.new, changes.unchanged) == ([("a", "y")], 1)
    items = next(host.items for host in fleet.hosts if host.name == "a")
    assert history.new_findings(runs.history, "a", items, fleet.run) == ["y"], "the gate of the host says the same"


def test_the_same_run_published_twice_is_one_summary(tmp_path):
    runs = Runs(tmp_path)
    runs.next(a=["x"])
    _changes, fleet = runs.next(a=["x", "y"])
    before = {path.name: path.read_bytes() for path in runs.history.iterdir()}
    changes = history.compare(runs.history, fleet)
    history.record(runs.history, fleet)
    assert {path.name: path.read_bytes() for path in runs.history.iterdir()} == before and changes.new == [("a", "y")]


def test_history_is_pruned_and_foreign_files_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "KEPT_RUNS", 3)
    runs = Runs(tmp_path)
    for _run in range(6):
        runs.next(a=["x"])
    (runs.history / "mine.txt").write_text("x")
    runs.next(a=["x"])
    assert len(list(runs.history.glob("*.json.gz"))) == 3 and (runs.history / "mine.txt").exists()


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"{}", b"not gzip"])
def test_a_broken_summary_is_named(tmp_path, data):
    runs = Runs(tmp_path)
    runs.next(a=["x"])
    (path,) = runs.history.iterdir()
    path.write_bytes(data)
    changes, fleet = runs.next(a=["x"])
    assert changes.since == "" and fleet.problems[0][0] == f"history/{path.name}"
