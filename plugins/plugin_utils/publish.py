# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish the fleet: note whom the run lost, read every spool, compare with the run before, write the formats, say what is held."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._utc import iso

from .fleet import gate, history, model, reader, summary
from .fleet.document import file_name
from .fleet.model import Fleet
from .fleet.spool import FAILED, Spool
from .formats import table

SECONDS_BETWEEN_PAGES = 30.0  # under a strategy in which each host publishes
LOST = "the run lost the host, or a task failed on it, after the comparison; what it has now is not known"
NOT_COMPARED = "the run ended on this host before it was compared"


@dataclass(frozen=True)
class Request:
    """What to publish. ``play_hosts`` and ``batch`` are of the play that publishes; empty where no run does."""

    sources: Sequence[str]
    dest: str
    formats: Sequence[str]
    hosts: list[str] | None = None
    failed: Sequence[str] = ()
    inventory: Sequence[str] = ()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    run: dict | None = None
    play_hosts: Sequence[str] = ()
    batch: Sequence[str] = ()
    alive: Sequence[str] = ()
    each_host_publishes: bool = False
    history: bool = True
    forget_days: int | None = None
    stops_of_days: int = 30
    policy: gate.Policy = field(default_factory=gate.Policy)


@dataclass
class Published:
    fleet: Fleet
    changes: history.Changes
    summary: str
    files: dict[str, str]
    held: list[tuple[str, str]]  # (host, why): what fails the play
    unwritten: list[str] = field(default_factory=list)  # hosts of the batch without a document of this run, or with one of another over it
    batch: Sequence[str] = ()
    stop: str = ""  # why the play must not begin its next batch
    is_page_written: bool = True


def publish(request: Request, say: Callable[[str], None]) -> Published:
    """Write the report; ``say`` gets the summary before anything is written, so that a full disk does not take it.

    AuditError where a directory cannot be used, a format is not known, or a file in its place is not ours.
    """
    table.refuse_unknown(request.formats)
    spool = Spool(request.dest)
    trouble: AuditError | OSError | None = None
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(spool.locked())
            if request.play_hosts:
                _note_lost(spool, request)
        except (AuditError, OSError) as error:
            trouble = error
        noted = _noted(spool, request)
        if request.each_host_publishes and not _is_due(spool, request, noted):
            return _progress_only(request, noted)
        fleet = _load(request, noted)
        changes = history.compare(spool.directory / history.FOLDER, fleet) if request.history else history.Changes()
        held = gate.held(fleet, changes, request.policy)
        stop = ""
        if request.run:
            batch = gate.batch_of(request.play_hosts, request.batch, request.policy.serial)
            stop = gate.stop_sentence(fleet, batch, request.policy)
            fleet.stopped, fleet.batches = stop or gate.end_sentence(fleet, batch, dict(held)), (batch.number, batch.of)
        text = summary.summary(fleet, changes)
        say(text)
        if trouble is not None:
            raise trouble
        if request.history:
            history.record(spool.directory / history.FOLDER, fleet)
        if request.run:
            _forget(spool, request, fleet)
            spool.prune_runs(history.KEPT_RUNS)
        files = table.write(table.Report(fleet, changes), Path(request.dest), list(request.formats))
        seen = {host.name for host in fleet.hosts if host.in_run}
        unwritten = [host for host in request.batch if file_name(host) not in noted or host not in seen]
        return Published(fleet, changes, text, files, held, unwritten, request.batch, stop)


def _load(request: Request, noted: Mapping[str, tuple[str, str]]) -> Fleet:
    fleet = reader.load(
        list(request.sources), hosts=request.hosts, failed=request.failed, inventory=request.inventory, groups=request.groups,
        run=request.run, now=iso(time.time() + 300))
    fleet.expected, fleet.stops_of_days = len(request.play_hosts), request.stops_of_days
    fleet.finished = sum(is_finished(noted.get(file_name(host))) for host in request.play_hosts)
    return fleet


def is_finished(note: tuple[str, str] | None) -> bool:
    """A host that was only compared before its remediation is not, unless it was in sync then."""
    return note is not None and (note[0] != "before" or note[1] in ("in_sync", FAILED))


def _noted(spool: Spool, request: Request) -> dict[str, tuple[str, str]]:
    try:
        return spool.noted(request.run["id"]) if request.run else {}
    except (OSError, ValueError):
        return {}


def _note_lost(spool: Spool, request: Request) -> None:
    """A host that is no longer in the play and not finished gets its document here: nobody else writes one."""
    if request.run is None:
        return
    noted, alive = spool.noted(request.run["id"]), set(request.alive)
    for host in request.play_hosts:
        note = noted.get(file_name(host))
        if host not in alive and not is_finished(note):
            phase = "after" if note else "now"
            spool.fail(host, LOST if note else NOT_COMPARED, run=request.run, phase=phase, keeps_last_word=True)


def _is_due(spool: Spool, request: Request, noted: Mapping[str, tuple[str, str]]) -> bool:
    """Whoever completes the batch publishes; others only where the last page of this run is old enough."""
    if all(is_finished(noted.get(file_name(host))) for host in request.batch):
        return True
    mark = spool.directory / "runs" / ".last_page"
    with contextlib.suppress(OSError):
        age = time.time() - mark.stat().st_mtime
        if 0 <= age < SECONDS_BETWEEN_PAGES:
            return False
    with contextlib.suppress(OSError):
        mark.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        mark.touch()
    return True


def _progress_only(request: Request, noted: Mapping[str, tuple[str, str]]) -> Published:
    finished = sum(is_finished(noted.get(file_name(host))) for host in request.play_hosts)
    fleet = Fleet([], [], run=request.run, expected=len(request.play_hosts), finished=finished)
    return Published(fleet, history.Changes(), f"in progress: {finished} of {len(request.play_hosts)}", {}, [], is_page_written=False)


def _forget(spool: Spool, request: Request, fleet: Fleet) -> None:
    """Move the documents of hosts that left the inventory long enough ago; never those of a host that any group still has."""
    if request.forget_days is None:
        return
    known = set(request.inventory)
    for host in list(fleet.gone):
        age = model.age_in_days(host.collected_at, iso())
        if host.name not in known and age is not None and age >= request.forget_days:
            spool.forget(host.name)
            fleet.gone.remove(host)


def held_lines(held: Sequence[tuple[str, str]], limit: int = summary.MOST_LINES) -> Iterator[str]:
    """One line a host, at most ``limit`` of them."""
    for host, reason in held[:limit]:
        yield f"{summary.plain(host)}: {summary.plain(reason)}"
    if len(held) > limit:
        yield f"and {len(held) - limit} more"
