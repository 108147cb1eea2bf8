# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed since the run before: one compact summary a run beside the spool, compared by the stable ids of findings."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..counted import counted
from . import spool as spools
from .model import Fleet, HostReport

SCHEMA = 1
FOLDER = "history"  # beside the documents
KEPT_RUNS = 90
LOOK_BACK = 10  # runs in which a finding that comes and goes counts as flapping
FLAPS = 3  # changes in them: it appeared, was fixed, and appeared again; twice is one fault that was mended
NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z-[0-9a-f]{1,64}\.json\.gz", re.ASCII)
LARGEST_SUMMARY = 64 << 20  # bytes, unpacked
State = tuple[frozenset[str], str | None]  # ids of the findings of a host, and the digest of its policy


@dataclass
class Changes:
    """Findings of the hosts of this run against the last run that knew each: (host, finding id); info is not among them."""

    since: str = ""  # when the run before started; empty: no earlier run knew any of these hosts
    new: list[tuple[str, str]] = field(default_factory=list)
    fixed: list[tuple[str, str]] = field(default_factory=list)
    unchanged: int = 0
    first: int = 0  # hosts that no earlier run knew: nothing of them is new, fixed or unchanged
    flapping: list[tuple[str, str]] = field(default_factory=list)
    intentional: set[str] = field(default_factory=set)  # hosts whose policy changed: what is new there is not the host's doing
    trend: list[dict] = field(default_factory=list)  # of the runs, oldest first: {started, counts, severities, stopping}

    def in_words(self) -> str:
        """What changed, as a reader says it: "2 new findings, 1 of them because the policy changed, 3 fixed, 9 unchanged"."""
        parts = [self._new_in_words()]
        parts += [f"{len(self.fixed)} fixed"] * bool(self.fixed) + [f"{self.unchanged} unchanged"] * bool(self.unchanged)
        if self.first:
            parts.append(f"{counted(self.first, 'host')} compared for the first time")
        if self.flapping:
            comes = "finding comes and goes (it" if len(self.flapping) == 1 else "findings come and go (they"
            parts.append(f"{len(self.flapping)} {comes} changed at least {FLAPS} times in the last {LOOK_BACK} runs)")
        return ", ".join(parts)

    def _new_in_words(self) -> str:
        if not self.new:
            return "no new finding"
        by_policy = sum(host in self.intentional for host, _ident in self.new)
        why = ""
        if by_policy:
            of_them = "" if by_policy == len(self.new) else f"{by_policy} of them "
            why = f", {of_them}because the policy changed"
        return counted(len(self.new), "new finding") + why


def record(directory: Path, fleet: Fleet) -> None:
    """Write the summary of the fleet's run, over the same run's earlier one, and keep the newest ``KEPT_RUNS``."""
    if fleet.run is None or not fleet.run.get("started"):
        return
    name = f"{fleet.run['started'].replace(':', '')}-{re.sub('[^0-9a-f]', '', fleet.run['id'])[:64] or '0'}.json.gz"
    text = json.dumps(_summary(fleet), sort_keys=True, separators=(",", ":"))
    data = gzip.compress(text.encode("ascii"), 6, mtime=0)
    path = directory / name
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    spools.write_bytes(path, data)
    for old in _names(directory)[:-KEPT_RUNS]:
        (directory / old).unlink(missing_ok=True)


def compare(directory: Path, fleet: Fleet) -> Changes:
    """This fleet against the summaries of earlier runs. One that cannot be read is left out, named in the fleet's problems."""
    current = (fleet.run or {}).get("id")
    earlier = []
    for name in _names(directory):
        try:
            entry = _read(directory / name)
        except ValueError as error:
            fleet.problems.append((f"{FOLDER}/{name}", str(error)))
        else:
            earlier += [entry] if entry["run"]["id"] != current else []
    changes = Changes(trend=[_point(entry) for entry in earlier] + [_point(_summary(fleet, hosts=False))])
    if not earlier:
        return changes
    states = [_states(entry) for entry in earlier[-1 - LOOK_BACK:]]
    for host in sorted(fleet.hosts, key=_name):
        if host.is_lost or (fleet.run is not None and not host.in_run):
            continue  # what an earlier run found of it is no change of this one
        past = [state[host.name] for state in states if host.name in state]
        changes.first += not past
        if past:
            changes.since = str(earlier[-1]["run"]["started"])
            _compare_host(host, past, changes)
    return changes


def new_findings(directory: Path, host: str, items: Sequence[dict], run: dict) -> list[str]:
    """Ids of findings of one host that the last other run that knew the host did not find; none where no run knew it."""
    for name in reversed(_names(directory)[-2 - LOOK_BACK:]):
        try:
            entry = _read(directory / name)
        except ValueError:
            continue  # the report names it
        row = entry["hosts"].get(host) if entry["run"]["id"] != run["id"] else None
        if row:
            had = {entry["ids"][number] for number in entry["sets"][row[0]]}
            return sorted({item["id"] for item in items if item["severity"] != "info"} - had)
    return []


def _compare_host(host: HostReport, past: list[State], changes: Changes) -> None:
    """``past``: what earlier runs found of the host, oldest first."""
    had, policy = past[-1]
    has = frozenset(item["id"] for item in host.items if item["severity"] != "info")
    if policy and host.policy and policy != host.policy:
        changes.intentional.add(host.name)
    changes.new += [(host.name, ident) for ident in sorted(has - had)]
    changes.fixed += [(host.name, ident) for ident in sorted(had - has)]
    changes.unchanged += len(has & had)
    for ident in sorted(has ^ had):
        seen = [ident in found for found, _policy in past] + [ident in has]
        if sum(one != two for one, two in zip(seen, seen[1:], strict=False)) >= FLAPS:
            changes.flapping.append((host.name, ident))


def _summary(fleet: Fleet, *, hosts: bool = True) -> dict:
    """Ids, sets of ids and policies stand once; a host is its name and three numbers."""
    found = {
        "schema": SCHEMA, "run": fleet.run or {"id": "", "started": fleet.as_of}, "counts": fleet.counts, "severities": fleet.severities,
        "stopping": len(fleet.stopping_now),
    }
    if not hosts:
        return found
    ids: dict[str, int] = {}
    sets: dict[tuple[int, ...], int] = {}
    policies: dict[str | None, int] = {}
    rows = {}
    for host in sorted(fleet.hosts, key=_name):
        if host.is_lost:
            continue  # nothing is known of it: the run before that is its state
        key = tuple(sorted(ids.setdefault(item["id"], len(ids)) for item in host.items if item["severity"] != "info"))
        rows[host.name] = [sets.setdefault(key, len(sets)), policies.setdefault(host.policy, len(policies))]
    return {**found, "ids": list(ids), "sets": [list(key) for key in sets], "policies": list(policies), "hosts": rows}


def _states(entry: dict) -> dict[str, State]:
    sets = [frozenset(entry["ids"][number] for number in numbers) for numbers in entry["sets"]]
    return {host: (sets[row[0]], entry["policies"][row[1]]) for host, row in entry["hosts"].items()}


def _read(path: Path) -> dict:
    """A summary; ValueError says what is wrong with it."""
    try:
        if path.is_symlink():
            raise ValueError("it is a link")
        with gzip.open(path) as stream:
            entry = json.loads(stream.read(LARGEST_SUMMARY))
        if entry["schema"] != SCHEMA or not isinstance(entry["run"]["id"], str):
            raise ValueError(f"its schema is {entry['schema']!r}, not {SCHEMA}")
        _states(entry), _point(entry)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"not the summary of a run: {str(error) or type(error).__name__}") from error
    return entry


def _point(entry: dict) -> dict:
    return {
        "started": str(entry["run"]["started"]), "stopping": int(entry["stopping"]),
        "counts": {name: int(entry["counts"][name]) for name in ("drifted", "unknown", "in_sync")},
        "severities": {name: int(number) for name, number in entry["severities"].items()},
    }


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if NAME.fullmatch(path.name)) if directory.is_dir() else []


def _name(host: HostReport) -> str:
    return host.name
