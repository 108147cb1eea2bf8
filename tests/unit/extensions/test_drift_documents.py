# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source for ansible-rulebook: one event per document and change, none twice, and none of what is no document."""

from __future__ import annotations

import asyncio
import datetime
import importlib.util
import json
import os
import random
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._check import kept
from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document

SOURCE = Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source/drift_documents.py"
SPEC = importlib.util.spec_from_file_location("drift_documents", SOURCE)
drift_documents = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(drift_documents)


def write(path: Path, status: str, *severities: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"status": status, "items": [{"severity": severity} for severity in severities]}))
    os.replace(new, path)


async def events(directory: Path, count: int, change=None, **args) -> list[dict]:
    """The first events of the source; after the first one the directory is changed."""
    queue: asyncio.Queue = asyncio.Queue()
    source = asyncio.create_task(drift_documents.main(queue, {"directory": str(directory), "delay": 0.01, **args}))
    found = []
    try:
        while len(found) < count:
            found.append((await asyncio.wait_for(queue.get(), 30))["drift"])
            if change and len(found) == 1:
                change()
        for _round in range(5):  # five more looks at what did not change
            await asyncio.sleep(0.02)
        assert queue.empty()
    finally:
        source.cancel()
    return found


def test_each_document_once_and_again_when_it_changes(tmp_path):
    write(tmp_path / "web.json", "drifted", "high", "low", "high")
    (tmp_path / "torn.json").write_text('{"status": "dri')
    (tmp_path / "list.json").write_text("[1]")
    found = asyncio.run(events(tmp_path, 2, change=lambda: write(tmp_path / "web.json", "in_sync")))
    assert [(event["host"], event["status"], event["severities"]) for event in found] == [
        ("web", "drifted", ["high", "low"]), ("web", "in_sync", [])]
    assert found[0]["in_window"] is True


LETTERS = ["a", "Z", "0", "-", "_", ".", "~", "%", "%2E", "%00", "/", "..", "\\", ":", " ",
           "+", "\0", "\n", "\u00f6", "\u4e2d", "\U0001f600",
           "\udcff", "&", "'", '"', "<", ".json", "long" * 30]


def hostile_names(count: int) -> list[str]:
    """The same at each run, half of them longer than a file name may be."""
    chance = random.Random(14)
    lengths = [number % 7 if number % 2 else 1 + number % 90 for number in range(count)]
    return [name for name in ("".join(chance.choices(LETTERS, k=length)) for length in lengths) if name]


def test_the_source_names_files_as_the_spool_does():
    """The source runs where the collection may not be on the path, so the rule stands in both; here they are one."""
    names = hostile_names(3000)
    files = {name: Path(document.file_name(name)).stem for name in names}
    assert sum(len(name) >= document.LONGEST_NAME for name in files.values()) > 100, "long ones are among them"
    wrong = [name for name, stem in files.items() if drift_documents.host_of(stem, {"host": name}) != name]
    assert wrong == []
    others = [name for name in zip(names, names[1:], strict=False) if name[0] != name[1]]
    assert [pair for pair in others if drift_documents.host_of(files[pair[0]], {"host": pair[1]}) is not None] == []


@pytest.mark.parametrize("host", ["web1", "web1:2222", ".hidden", "h\u00f6st/1", "long" * 60, "." + "long" * 60])
def test_the_document_of_a_host_that_checks_itself_is_an_event(tmp_path, monkeypatch, host):
    monkeypatch.setattr(kept, "DOCUMENTS", str(tmp_path))
    kept.keep_document({"host": host, "status": "drifted", "items": [{"severity": "high"}]})
    [event] = asyncio.run(events(tmp_path, 1))
    assert (event["host"], event["status"], event["severities"]) == (host, "drifted", ["high"])


@pytest.mark.parametrize("stated", ["all", "web2", None, ["web1"]])
def test_a_document_that_names_another_host_is_no_event(tmp_path, stated):
    """It comes from a host, and the rulebook remediates whatever an event names."""
    (tmp_path / "web1.json").write_text(json.dumps({"host": stated, "status": "drifted", "items": []}))
    assert drift_documents.event_of(tmp_path / "web1.json", None, datetime.time()) is None


@pytest.mark.parametrize("window, at, expected", [
    (None, "12:00", True), ("22:00-04:00", "23:59", True), ("22:00-04:00", "03:59", True), ("22:00-04:00", "04:00", False),
    ("08:00-09:30", "09:29", True), ("08:00-09:30", "07:59", False), ("08:00-09:30", "09:30", False),
])
def test_the_window(window, at, expected):
    assert drift_documents.in_window(window, datetime.time.fromisoformat(at)) is expected


@pytest.mark.parametrize("window", ["22:00", "10-", "25:00-26:00"])
def test_a_window_that_is_none_is_refused_at_the_start(tmp_path, window):
    with pytest.raises(ValueError):
        asyncio.run(asyncio.wait_for(drift_documents.main(asyncio.Queue(), {"directory": str(tmp_path), "window": window}), 30))


def test_what_waited_is_an_event_again_when_the_window_opens(tmp_path, monkeypatch):
    """The document is the same, and nobody would come back to it otherwise."""
    opened = []
    monkeypatch.setattr(drift_documents, "in_window", lambda _window, _now: bool(opened))
    write(tmp_path / "web.json", "drifted", "high")
    found = asyncio.run(events(tmp_path, 2, change=lambda: opened.append(True), window="22:00-04:00"))
    assert [event["in_window"] for event in found] == [False, True]


def test_what_is_in_sync_waits_for_no_window(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(drift_documents, "in_window", lambda _window, _now: bool(opened))
    write(tmp_path / "web.json", "in_sync")
    [event] = asyncio.run(events(tmp_path, 1, change=lambda: opened.append(True)))
    assert event["status"] == "in_sync"
