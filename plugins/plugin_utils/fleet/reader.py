# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spools read back as a fleet: of each host the newest document, what lies beside it, and a reason for every file that is no document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import document as drift_document
from . import stopped
from .document import Pool
from .model import Before, Fleet, HostReport, LastGood, by_name, worst_first
from .stops import stopping_risks


def load(
    sources: list[str], *, hosts: list[str] | None = None, failed: Iterable[str] = (), inventory: Iterable[str] = (),
    groups: Mapping[str, Iterable[str]] | None = None, run: dict | None = None, now: str | None = None,
) -> Fleet:
    """Read the documents of the spools ``sources``.

    ``hosts``: only these, and a host of these without a document is named. ``failed``: hosts this run failed on. ``inventory``: names
    the run knows; others that have a document are kept apart as gone, unless no document at all is of this inventory.
    ``groups``: inventory groups by name. ``now``: what counts as the future; None looks at no future.
    """
    fleet = Fleet([], [], run=run)
    reader = _Reader(fleet, now)
    failed_names = {drift_document.file_name(host) for host in failed}
    wanted = None if hosts is None else {drift_document.file_name(host) for host in hosts}
    newest = reader.newest(sources, wanted)
    members = _groups_of(groups or {})
    for name, (source, document) in sorted(newest.items()):
        host = reader.host(source, name, document)
        host.groups = members.get(host.name, ())
        host.failed = name in failed_names
        host.in_run = run is not None and (document["run"] or {}).get("id") == run["id"]
        if host.failed:
            reason = f"this run failed on the host or did not reach it: what is shown is of {document['collected_at']}"
            fleet.problems.append((f"hosts/{name}", reason))
        fleet.hosts.append(host)
    seen = set(newest) | reader.named
    for missing in sorted(set(hosts or ())):
        if drift_document.file_name(missing) not in seen:
            fleet.hosts.append(_without_document(missing, Path(sources[0])))
            fleet.problems.append((missing, "there is no document of this host: it was not reached, or its comparison failed"))
    fleet.stops = stopped.load(sources, fleet.problems, hosts)
    _part_from_gone(fleet, set(inventory))
    fleet.hosts.sort(key=worst_first)
    fleet.gone.sort(key=by_name)
    return fleet


class _Reader:
    """Reads spools into reports, noting in ``fleet.problems`` what cannot be read."""

    def __init__(self, fleet: Fleet, now: str | None) -> None:
        self.fleet, self.now = fleet, now
        self.named: set[str] = set()  # names of files that are there, whatever is in them

    def newest(self, sources: list[str], wanted: set[str] | None) -> dict[str, tuple[Path, dict]]:
        """{file name: (source, document)}, for a host in several spools the newest one; of two as new, the later source's."""
        found: dict[str, tuple[Path, dict]] = {}
        for source in map(Path, sources):
            for name in _document_names(source / "hosts"):
                if wanted is not None and name not in wanted:
                    continue
                self.named.add(name)
                document = self._document(source / "hosts" / name)
                if document is None:
                    continue
                if name not in found or (document["collected_at"] or "") >= (found[name][1]["collected_at"] or ""):
                    found[name] = (source, document)
        return found

    def host(self, source: Path, name: str, document: dict) -> HostReport:
        host = HostReport(document["host"], source / "hosts" / name, _reduced(document))
        before = self._beside(source / "before" / name)
        run = (before["run"] or {}).get("id") if before else None
        # one that this remediation could not write leaves that of an earlier one there
        if before is not None and (document["phase"] != "after" or run in (None, (document["run"] or {}).get("id"))):
            host.before = Before(before["status"], tuple(before["items"]), stopping_risks(before["live"]), _reduced(before)["live"], run)
        good = self._beside(source / "last_good" / name) if document["error"] else None
        if good is not None:
            host.last_good = LastGood(good["collected_at"], good["status"], tuple(good["items"]))
        return host

    def _beside(self, path: Path) -> dict | None:
        return self._document(path) if os.path.lexists(path) else None

    def _document(self, path: Path) -> dict | None:
        shown = f"{path.parent.name}/{path.name}"
        try:
            document = drift_document.read(path, self.fleet.pool)
        except drift_document.Misnamed as error:
            self.fleet.problems.append((shown, str(error)))
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
            self.fleet.problems.append((shown, f"not a drift document: {reason}"))
            return None
        if self.now is not None and (document["collected_at"] or "") > self.now:
            self.fleet.problems.append((shown, f"it was read at {document['collected_at']}, which is in the future: a clock is wrong"))
        return document


def _document_names(directory: Path) -> list[str]:
    entries = os.listdir(directory) if directory.is_dir() else []
    return sorted(name for name in entries if name.endswith(".json") and not name.startswith("."))


LIVE_FIGURES = ("version", "daemon", "kernel", "distribution")


def _reduced(document: dict) -> dict:
    """The document without what no page shows: ten thousand hosts are kept in memory at once."""
    storage = document["live"]["storage"]
    kept = {"partition": storage.get("partition"), "growth": storage.get("growth"), "risks": storage["risks"]}
    live = {name: document["live"].get(name) for name in LIVE_FIGURES}
    live["distribution"] = live["distribution"] or {}
    names = ("schema", "host", "run", "policy", "phase", "collected_at", "root", "status", "error", "controls", "audit_storage_recommend")
    return {
        **{name: document.get(name) for name in names},
        "items": tuple(document["items"]), "exceptions": tuple(document["exceptions"]), "waived": tuple(document["waived"]),
        "live": {**live, "storage": kept},
    }


def _without_document(host: str, source: Path) -> HostReport:
    document = drift_document.checked(
        drift_document.failed(host, "no document was written for it", collected_at="", run=None, phase="now"), Pool())
    return HostReport(host, source / "hosts" / drift_document.file_name(host), _reduced(document), failed=True)


def _groups_of(groups: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for group in sorted(groups):
        if group not in ("all", "ungrouped"):
            for host in groups[group]:
                found.setdefault(str(host), []).append(str(group))
    return {host: tuple(names) for host, names in found.items()}


def _part_from_gone(fleet: Fleet, inventory: set[str]) -> None:
    """Where no host of the spool is in the inventory, the inventory is of something else, and nobody is gone."""
    if any(host.name in inventory for host in fleet.hosts):
        fleet.gone = [host for host in fleet.hosts if host.name not in inventory and not host.in_run and not host.failed]
        gone = {host.name for host in fleet.gone}
        fleet.hosts = [host for host in fleet.hosts if host.name not in gone]
        fleet.stops = [stop for stop in fleet.stops if stop.host not in gone]
