# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing: who was lost, who publishes under a strategy without run_once, what a full disk leaves, what is forgotten."""

from __future__ import annotations

import json
import multiprocessing
import os
import time

import documents
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import publish
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import gate
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet.spool import Spool
from ansible_collections.auditops.auditd.plugins.plugin_utils.formats import table

HOSTS = ["web1", "web2", "web3"]


def request(directory, **more):
    values = {"sources": [str(directory)], "dest": str(directory), "formats": ["json"], "run": documents.RUN, "play_hosts": HOSTS,
              "batch": HOSTS, "alive": HOSTS, **more}
    return publish.Request(**values)


def test_a_host_that_the_run_lost_is_not_known(tmp_path):
    spool = Spool(tmp_path)
    spool.write(documents.document("web1", [documents.item()], phase="before"), phase="before")
    spool.write(documents.document("web2", phase="before"), phase="before")
    published = publish.publish(request(tmp_path, alive=["web2"]), lambda text: None)
    status = {host.name: (host.status, host.error) for host in published.fleet.hosts}
    assert status == {"web1": ("unknown", publish.LOST), "web2": ("in_sync", None), "web3": ("unknown", publish.NOT_COMPARED)}
    assert published.fleet.finished == 3


def test_a_host_that_is_still_being_remediated_is_in_progress(tmp_path):
    Spool(tmp_path).write(documents.document("web1", [documents.item()], phase="before"), phase="before")
    said = []
    published = publish.publish(request(tmp_path), said.append)
    assert published.fleet.finished == 0 and "in progress: 0 of 3" in said[0]


def test_where_each_host_publishes_the_last_one_draws(tmp_path):
    spool, said, pages = Spool(tmp_path), [], []
    for name in HOSTS:
        spool.write(documents.document(name), phase="now")
        published = publish.publish(request(tmp_path, each_host_publishes=True), said.append)
        pages.append(published.is_page_written)
    assert pages == [True, False, True] and len(said) == 2, "the first, at most one in thirty seconds, and the last"
    os.utime(tmp_path / "runs" / ".last_page", (time.time() - 31,) * 2)
    spool.write(documents.document("web1", [documents.item()], phase="before"), phase="before")
    assert publish.publish(request(tmp_path, each_host_publishes=True), said.append).is_page_written


def test_the_summary_appears_also_where_nothing_can_be_written(tmp_path, monkeypatch):
    Spool(tmp_path).write(documents.document("web1", [documents.item()]), phase="now")

    def full(*args):
        raise OSError(28, "No space left on device")

    said = []
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises((AuditError, OSError), match="No space left"):
        publish.publish(request(tmp_path), said.append)
    assert "web1  drifted: 1 critical" in said[0]
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".new")]


@pytest.mark.parametrize(("days", "inventory", "stays"), [
    (None, ["web1"], True), (30, ["web1"], False), (30, ["web1", "old"], True), (100_000, ["web1"], True), (30, ["other"], True),
])
def test_hosts_are_forgotten_only_when_asked_for_and_gone(tmp_path, days, inventory, stays):
    spool = Spool(tmp_path)
    spool.write(documents.document("old", run=None, collected_at="2020-01-01T00:00:00Z"), phase="now")
    for name in HOSTS:
        spool.write(documents.document(name), phase="now")
    publish.publish(request(tmp_path, inventory=inventory, forget_days=days), lambda text: None)
    assert (tmp_path / "hosts" / "old.json").exists() is stays
    assert bool(list(tmp_path.glob("forgotten/*"))) is not stays


def controller(directory, number):
    """A controller of its own: three times twenty hosts and a report."""
    run = {"id": f"{number:032x}", "started": "2026-03-01T09:00:00Z"}
    hosts = [f"c{number}-{host}" for host in range(20)]
    for _time in range(3):
        for name in hosts:
            Spool(directory).write(documents.document(name, run=run), phase="now")
        made = request(directory, formats=list(table.FORMATS), run=run, play_hosts=hosts, batch=hosts, alive=hosts)
        publish.publish(made, str)


def test_two_controllers_in_one_directory_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    controllers = [context.Process(target=controller, args=(tmp_path, number)) for number in range(4)]
    for one in controllers:
        one.start()
    for one in controllers:
        one.join()
    assert [one.exitcode for one in controllers] == [0] * 4
    fleet = json.loads((tmp_path / "fleet.json").read_text())
    assert len(fleet["hosts"]) == 80 and len(list((tmp_path / "history").iterdir())) == 4 and fleet["left_out"] == []
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_hosts_without_a_document_of_this_run_are_named(tmp_path):
    spool = Spool(tmp_path)
    spool.write(documents.document("web1"), phase="now")
    spool.write(documents.document("web2", run={"id": "1" * 32, "started": "2026-01-01T00:00:00Z"}), phase="now")
    assert publish.publish(request(tmp_path), lambda text: None).unwritten == ["web2", "web3"]


def test_what_is_held_is_at_most_ten_lines():
    lines = list(publish.held_lines([(f"h{number}", "a reason") for number in range(500)]))
    assert len(lines) == 11 and lines[-1] == "and 490 more"


def test_an_unknown_format_is_refused_before_anything(tmp_path):
    with pytest.raises(AuditError, match="formats: pdf is not known"):
        publish.publish(request(tmp_path / "x", formats=["pdf"]), lambda text: None)
    assert not (tmp_path / "x").exists()


def test_every_format_is_published(tmp_path):
    Spool(tmp_path).write(documents.document("web1", [documents.item()]), phase="now")
    published = publish.publish(request(tmp_path, formats=list(table.FORMATS), policy=gate.Policy("high")), lambda text: None)
    assert set(published.files) == set(table.FORMATS) and [host for host, _why in published.held] == ["web1"]


def test_a_host_whose_document_another_run_wrote_over_is_held(tmp_path):
    spool = Spool(tmp_path)
    for name in HOSTS:
        spool.write(documents.document(name), phase="now")
    spool.write(documents.document("web2", run={"id": "1" * 32, "started": "2026-01-01T00:00:00Z"}), phase="now")
    assert publish.publish(request(tmp_path), lambda text: None).unwritten == ["web2"]
