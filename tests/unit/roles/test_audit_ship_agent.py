# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives count as sent where an agent follows the live log: by its place in it, and by the files that it holds open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from audit_rotate import agent
from rotate_tree import record

# Follows a log as the agent does: under its name, the file open, read up to a byte.
FOLLOWER = """
import sys
with open("/proc/self/comm", "w") as stream:
    stream.write("test-cw-agent")
held = [open(path, "rb", buffering=0) for path in sys.argv[2:]]
for stream in held:
    stream.read(int(sys.argv[1]))
print("follows", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def follow():
    """follow(read, path, ...) starts an agent that has read so many bytes of each file."""
    started = []

    def follow(read, *paths):
        started.append(subprocess.Popen([sys.executable, "-IS", "-c", FOLLOWER, str(read), *map(str, paths)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE))
        assert started[-1].stdout.readline() == b"follows\n"

    yield follow
    for process in started:
        process.communicate()


def has_sent(site, monkeypatch, place, runs_since=0):
    """Whether the newest archive counts as sent by an agent that is at ``place`` of the live log."""
    live, state = site.tree.log / "audit.log", site.root / "state-file"
    if place is not None:
        state.write_text(f"{place}\n{live}\n")
    monkeypatch.setattr(agent, "_started", lambda name: runs_since)
    newest = max(os.stat(site.tree.log / name).st_mtime for name in site.archives)
    return agent.has_sent(newest, {"state": str(state), "log": str(live), "process": "test-cw-agent"})


@pytest.fixture
def live(site):
    site.rotated(2)
    path = site.tree.log / "audit.log"
    path.write_bytes(record(site.tree.when + 5, 1) + record(site.tree.when + 6, 2))
    return path


@pytest.mark.parametrize("place, runs_since, sent", [
    ("end", 0, True), ("start", 0, False), ("beyond", 0, False), ("end", 10 ** 12, False), ("missing", 0, False),
])
def test_what_an_agent_has_read_of_the_live_log_counts_as_sent(site, monkeypatch, live, follow, place, runs_since, sent):
    """The agent reads a rotated log to its end before the new one, while it runs; one started later may have missed that end."""
    follow(10 ** 6, live)
    places = {"end": live.stat().st_size, "start": 0, "beyond": 10 ** 6}
    assert has_sent(site, monkeypatch, places.get(place), runs_since) == sent


@pytest.mark.parametrize("holds", ["the log before", "both", "removed", "none", "the beginning"])
def test_a_place_in_the_log_before_is_not_taken_for_one_in_the_live_log(site, monkeypatch, live, follow, holds):
    """The live log has outgrown the place where the agent is in the log before it."""
    size, before = live.stat().st_size, live.with_name("audit.log.1")
    before.write_bytes(b"x" * size)
    if holds != "none":
        follow(0 if holds == "the beginning" else size, *{"both": [live, before], "the beginning": [live]}.get(holds, [before]))
    if holds == "removed":
        before.unlink()
    assert not has_sent(site, monkeypatch, size)


def test_an_agent_that_cannot_be_looked_into_has_sent_nothing(site, monkeypatch, live, follow):
    def refused(*_args):
        raise PermissionError

    follow(10 ** 6, live)
    monkeypatch.setattr(agent.open_files, "held_by", refused)
    assert not has_sent(site, monkeypatch, live.stat().st_size)


def test_an_agent_that_does_not_run_has_sent_nothing(site):
    site.rotated(1)
    state = site.root / "state-file"
    state.write_text("1\n")
    site.configure({"name": "cloudwatch", "kind": "agent", "process": "no-such-agent", "state": str(state),
                    "log": str(site.tree.log / "audit.log")})
    assert site.ship().returncode == 0 and site.until == 0


def started_now(site):
    """The configuration of an agent that was started behind each archive: a process of this test's own name."""
    name = Path("/proc/self/comm").read_text().strip()
    return {"name": "cloudwatch", "kind": "agent", "process": name, "state": "/nowhere", "log": str(site.tree.log / "audit.log")}


def test_archives_from_before_the_agent_are_kept_counted_and_go_once_that_is_wanted(site):
    """Nobody can see whether it sent them; kept for ever, they fill the disk unnoticed."""
    site.rotated(3)
    target = started_now(site)
    site.configure(target)
    assert site.ship().returncode == 0
    room = sum((site.tree.log / name).stat().st_size for name in site.archives)
    oldest = min(os.stat(site.tree.log / name).st_mtime for name in site.archives)
    assert json.loads(site.ship("--status").stdout)["run"]["unseen"] == {
        "cloudwatch": {"archives": 3, "bytes": room, "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(oldest))}}
    assert site.until == 0 and len(site.pruned()) == 3
    site.configure({**target, "unseen": "prune"})
    assert site.ship().returncode == 0 and json.loads(site.ship("--status").stdout)["run"]["unseen"] == {}
    site.configure(target)
    assert site.ship().returncode == 0 and len(site.pruned()) == 3, "kept again where that is no longer wanted"
    site.configure({**target, "unseen": "prune"})
    assert site.ship().returncode == 0 and len(site.pruned()) == 1


def test_archives_are_kept_from_the_moment_on_that_the_configuration_says_so(site):
    """The rotation may come before the next run of audit-ship, whose records still say that they may go."""
    site.rotated(3)
    site.configure({**started_now(site), "unseen": "prune"})
    assert site.ship().returncode == 0
    site.configure(started_now(site))
    assert len(site.pruned()) == 3


def test_an_agent_that_does_not_run_gives_nothing_up(site):
    site.rotated(2)
    site.configure({**started_now(site), "process": "no-such-agent", "unseen": "prune"})
    assert site.ship().returncode == 0 and len(site.pruned()) == 2
    assert json.loads(site.ship("--status").stdout)["run"]["unseen"] == {}


def test_what_an_agent_is_known_to_have_sent_by_an_earlier_release_stays_known(site):
    """That release noted the time alone. An agent that was started since cannot be seen to have sent it: it would be kept for ever."""
    site.rotated(3)
    site.configure({"name": "cloudwatch", "kind": "agent", "process": "no-such-agent", "state": "/nowhere",
                    "log": str(site.tree.log / "audit.log")})
    records = site.root / "tree/state/shipped.json"
    sent = site.archives[:2]
    records.write_text(json.dumps({"archives": {
        name.rpartition(".gz")[0]: {"cloudwatch": {"at": "2026-11-20T00:00:00Z"}} for name in sent}}))
    assert site.ship().returncode == 0 and site.ship().returncode == 0
    known = json.loads(records.read_text())["archives"]
    assert [name for name in site.archives if known[name.rpartition(".gz")[0]]] == sent
    assert site.pruned() == site.archives[-1:] and len(site.archives) == 1
