# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spool: what a run writes of a host, what it keeps beside it, and that nothing of somebody else's is lost."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document as drift_document
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import reader, whole
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.document import Pool
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool

LATER = {"id": "1" * 32, "started": "2026-03-02T09:00:00Z"}
GOLDEN = sorted((Path(__file__).resolve().parents[1] / "fixtures" / "drift_schema_1").glob("*.json"))


def stored(tmp_path, folder, host="web1"):
    return json.loads((tmp_path / folder / f"{host}.json").read_text())


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path)


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_a_document_of_schema_1_is_read_as_one_of_schema_2(tmp_path, path):
    raw = json.loads(path.read_text())
    found = drift_document.checked(raw, Pool())
    assert raw["schema"] == 1 and found["schema"] == 2
    assert (found["run"], found["policy"], found["controls"], found["exceptions"]) == (None, None, (), [])
    assert [item["id"] for item in found["items"]] == [item["id"] for item in raw["items"]] and found["waived"] == raw["waived"]
    (tmp_path / "hosts").mkdir()
    (tmp_path / "hosts" / "rhel-8.json").write_bytes(path.read_bytes())
    fleet = reader.load([str(tmp_path)])
    assert not fleet.problems and fleet.hosts[0].status == raw["status"]


@pytest.mark.parametrize("schema", [0, 3, "2", None, True, 1.5])
def test_other_schemas_are_refused_by_their_number(schema):
    with pytest.raises(ValueError, match="its schema is"):
        drift_document.lift({"schema": schema})


def test_a_failure_keeps_the_last_good_document_until_the_next_one(spool, tmp_path):
    spool.write(documents.document("web1", [documents.item()]), phase="now")
    for _again in range(2):
        spool.fail("web1", "no route to host", run=LATER, phase="now", unreachable=True)
        assert (stored(tmp_path, "hosts")["status"], stored(tmp_path, "hosts")["error"]) == ("unknown", "no route to host")
        assert stored(tmp_path, "last_good")["status"] == "drifted"
    (host,) = reader.load([str(tmp_path)], run=LATER).hosts
    assert (host.status, host.is_lost, len(host.last_good.items), host.in_run) == ("unknown", True, 1, True)
    spool.write(documents.document("web1", run=LATER), phase="now")
    assert not (tmp_path / "last_good" / "web1.json").exists()


def test_a_failure_after_the_last_comparison_takes_nothing_from_it(spool, tmp_path):
    spool.write(documents.document("web1", [documents.item()], phase="after"), phase="after")
    spool.fail("web1", "Still not as the policy says", run=documents.RUN, phase="after", keeps_last_word=True)
    assert (stored(tmp_path, "hosts")["status"], stored(tmp_path, "hosts")["error"]) == ("drifted", "Still not as the policy says")
    (host,) = reader.load([str(tmp_path)]).hosts
    assert host.items and not host.is_lost


def test_a_failure_after_the_comparison_before_leaves_the_host_not_known(spool, tmp_path):
    spool.write(documents.document("web1", [documents.item()], phase="before"), phase="before")
    spool.fail("web1", "the module failed", run=documents.RUN, phase="after", keeps_last_word=True)
    spool.fail("web1", "a task after it failed too", run=documents.RUN, phase="after", keeps_last_word=True)
    assert (stored(tmp_path, "hosts")["status"], stored(tmp_path, "hosts")["error"]) == ("unknown", "the module failed")
    assert stored(tmp_path, "last_good")["status"] == "drifted" and (tmp_path / "before" / "web1.json").exists()


def test_what_a_run_has_done_is_one_line_a_document(spool):
    spool.write(documents.document("web1", [documents.item()]), phase="before")
    spool.write(documents.document("a b\n/", []), phase="now")
    spool.write(documents.document("web1"), phase="after")
    spool.fail("db1", "away", run=documents.RUN, phase="now")
    assert spool.noted(documents.RUN["id"]) == {
        "web1.json": ("after", "in_sync"), "a%20b%0A%2F.json": ("now", "in_sync"), "db1.json": ("now", "failed")}
    assert spool.noted("none") == {}


def test_workers_write_at_the_same_time(spool, tmp_path):
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda number: spool.write(documents.document(f"web{number}"), phase="now"), range(200)))
    assert len(spool.noted(documents.RUN["id"])) == len(list((tmp_path / "hosts").iterdir())) == 200


@pytest.mark.parametrize("folder", ["hosts", "before", "last_good"])
@pytest.mark.parametrize("data", [b"precious", b"", b'{"schema": 2', b"[1]", b"\xff"])
def test_a_foreign_file_is_set_aside_not_lost(spool, tmp_path, folder, data):
    path = tmp_path / folder / "web1.json"
    path.parent.mkdir()
    path.write_bytes(data)
    spool.write(documents.document("web1", [documents.item()]), phase="before")
    spool.fail("web1", "away", run=LATER, phase="now")
    spool.write(documents.document("web1"), phase="now")
    assert data in [found.read_bytes() for found in path.parent.iterdir()]


def test_a_directory_in_the_place_of_a_document_is_set_aside(spool, tmp_path):
    (tmp_path / "hosts" / "web1.json").mkdir(parents=True)
    spool.write(documents.document("web1"), phase="now")
    assert stored(tmp_path, "hosts")["status"] == "in_sync" and (tmp_path / "hosts" / "web1.json.set-aside-1").is_dir()


def test_forgetting_moves_what_is_known(spool, tmp_path):
    spool.write(documents.document("web1", [documents.item()]), phase="before")
    spool.write(documents.document("web1"), phase="after")
    spool.forget("web1")
    assert not list((tmp_path / "hosts").iterdir()) and not list((tmp_path / "before").iterdir())
    assert len(list((tmp_path / "forgotten").iterdir())) == 2


def test_notes_of_old_runs_go_and_foreign_files_stay(spool, tmp_path):
    for number in range(10):
        spool.write(documents.document("web1", run={"id": f"{number:032x}", "started": None}), phase="now")
    (tmp_path / "runs" / "mine.log").write_text("x")
    spool.prune_runs(2)
    assert len(list((tmp_path / "runs").iterdir())) == 3 and (tmp_path / "runs" / "mine.log").exists()


def test_of_one_host_in_several_spools_the_newest_counts(tmp_path):
    for number, moment in enumerate(["2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-02T00:00:00Z"]):
        Spool(tmp_path / str(number)).write(documents.document("web1", collected_at=moment), phase="now")
        Spool(tmp_path / str(number)).write(documents.document(f"only{number}"), phase="now")
    fleet = reader.load([str(tmp_path / str(number)) for number in range(3)])
    assert {host.name: host.collected_at for host in fleet.hosts if host.name == "web1"} == {"web1": "2026-03-03T00:00:00Z"}
    assert len(fleet.hosts) == 4


def test_a_document_in_the_file_of_another_host_is_named_and_left_out(spool, tmp_path):
    path = spool.write(documents.document("web1"), phase="now")
    (tmp_path / "hosts" / "web2.json").write_text(Path(path).read_text())
    fleet = reader.load([str(tmp_path)])
    assert [host.name for host in fleet.hosts] == ["web1"]
    assert fleet.problems[0][0] == "hosts/web2.json" and "it names the host 'web1'" in fleet.problems[0][1]


@pytest.mark.parametrize("nested", [{"live": {}}, {"items": []}, {"extra": []}], ids=["live", "items", "extra"])
def test_a_short_document_that_is_nested_too_deeply_is_named(spool, tmp_path, nested):
    deep: object = "x"
    for _level in range(60):
        deep = [deep]
    spool.write(documents.document("web1"), phase="now")
    ((name, value),) = nested.items()
    found = documents.document("web2")
    of_list = [documents.item(actual=deep)] if name == "items" else deep
    found[name] = {**value, "deep": deep} if isinstance(value, dict) else of_list
    (tmp_path / "hosts" / "web2.json").write_text(json.dumps(found))
    fleet = reader.load([str(tmp_path)])
    assert [host.name for host in fleet.hosts] == ["web1"]
    assert fleet.problems == [("hosts/web2.json", "not a drift document: it is nested deeper than any drift document")]


def test_a_whole_document_is_what_lies_in_the_spool(spool, tmp_path):
    entries = [documents.item(), documents.item("disk.x", actual=["caf\u00e9", {"a": 1.5, "b": None}])]
    written = [documents.document(f"web{number}", entries, controls=[documents.control()], exceptions=[{"key": "k"}])
               for number in range(3)]
    for one in written:
        spool.write(one, phase="now")
    fleet = reader.load([str(tmp_path)])
    (tmp_path / "hosts" / "web2.json").unlink()
    found = [json.loads(text) for text in whole.texts(fleet)]
    assert [one["host"] for one in found] == ["web0", "web1", "web2"]
    assert [(one["items"], one["controls"], one["live"]["version"]) for one in found] == [
        (one["items"], one["controls"], one["live"]["version"]) for one in written], "of the last one what the report knows"
    assert list(whole.texts(fleet))[:2] == [drift_document.compact(drift_document.read(path, Pool()))
                                            for path in sorted((tmp_path / "hosts").iterdir())]


def test_a_time_in_the_future_is_reported(spool, tmp_path):
    spool.write(documents.document("web1", collected_at="2036-01-01T00:00:00Z"), phase="now")
    fleet = reader.load([str(tmp_path)], now="2026-03-01T00:00:00Z")
    assert len(fleet.hosts) == 1 and "is in the future" in fleet.problems[0][1]


def test_hosts_that_left_the_inventory_count_nowhere(spool, tmp_path):
    for name in ("web1", "web2", "old"):
        spool.write(documents.document(name), phase="now")
    fleet = reader.load([str(tmp_path)], inventory=["web1", "web2", "web3"])
    assert [host.name for host in fleet.gone] == ["old"] and fleet.counts["in_sync"] == 2
    fleet = reader.load([str(tmp_path)], inventory=["localhost"])
    assert not fleet.gone and len(fleet.hosts) == 3, "an inventory without any of them is of something else"


def test_groups_of_the_inventory_go_along(spool, tmp_path):
    spool.write(documents.document("web1"), phase="now")
    fleet = reader.load([str(tmp_path)], groups={"all": ["web1"], "web": ["web1"], "canary": ["web1", "x"], "ungrouped": []})
    assert fleet.hosts[0].groups == ("canary", "web")
