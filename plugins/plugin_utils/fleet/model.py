# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as a report shows it: every host of the spools once, worst first, with what is derived from it computed once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from . import document as drift_document
from . import stops
from .document import SEVERITIES, STATUSES, Pool
from .stopped import BY_AUDIT, Stop

RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}
GroupKey = tuple[str, str, str, str]


@dataclass
class Before:
    """What is needed of the document from before a remediation."""

    status: str
    items: tuple[dict, ...]
    stops: tuple[dict, ...]
    live: dict
    run: str | None


@dataclass
class LastGood:
    """What was known of a host before this run failed on it."""

    collected_at: str | None
    status: str
    items: tuple[dict, ...]


@dataclass
class HostReport:
    """One host: its document of now, reduced to what reports show, and what belongs beside it."""

    name: str
    path: Path
    now: dict
    before: Before | None = None
    last_good: LastGood | None = None
    in_run: bool = False  # compared in the run that publishes
    failed: bool = False  # this run did not get through on it, so an "in sync" is of an earlier one
    groups: tuple[str, ...] = ()

    @cached_property
    def status(self) -> str:
        return "unknown" if self.failed and self.now["status"] == "in_sync" else self.now["status"]

    @property
    def items(self) -> tuple[dict, ...]:
        return self.now["items"]

    @property
    def error(self) -> str | None:
        """What the run failed with on this host."""
        return self.now["error"]

    @property
    def is_lost(self) -> bool:
        """Nothing is known of it but the error."""
        return bool(self.error) and self.now["status"] == "unknown" and not self.items

    @property
    def collected_at(self) -> str | None:
        return self.now["collected_at"]

    @property
    def live(self) -> dict:
        return self.now["live"]

    @property
    def room(self) -> dict:
        """What the log needs, as C(audit_storage_recommend) of the document; empty where nothing is known."""
        return self.now.get("audit_storage_recommend") or {}

    @property
    def policy(self) -> str | None:
        return (self.now["policy"] or {}).get("digest")

    @cached_property
    def counts(self) -> dict[str, int]:
        return count_by_severity(self.items)

    @cached_property
    def control_counts(self) -> dict[str, dict[str, int]]:
        """{benchmark: {verdict: number of controls}}."""
        found: dict[str, dict[str, int]] = {}
        for control in self.now["controls"]:
            found.setdefault(control["benchmark"], dict.fromkeys(drift_document.VERDICTS, 0))[control["status"]] += 1
        return found

    @cached_property
    def fixed(self) -> list[dict]:
        """The findings of before that are gone; informational ones are no achievement, and an unknown host has achieved nothing."""
        if self.before is None or self.is_lost:
            return []
        left = {item["id"] for item in self.items}
        return [item for item in self.before.items if item["id"] not in left and item["severity"] != "info"]

    @cached_property
    def stops_now(self) -> tuple[dict, ...]:
        return stops.stopping_risks(self.live)

    @cached_property
    def stop_paths(self) -> tuple[stops.StopPath, ...]:
        """How this host would have stopped itself before its remediation, and how it can now."""
        return stops.paths(self.before.stops if self.before else None, self.stops_now, is_lost=self.is_lost)

    @property
    def can_stop(self) -> bool:
        """A host that was lost on the way still can, as far as anybody knows."""
        return any(path.is_open for path in self.stop_paths)


@dataclass
class Finding:
    """One finding id and the hosts that have it, each with its own item. ``severity`` is the worst one."""

    id: str
    severity: str
    layer: str
    fix: str
    controls: list[str]
    on: list[tuple[HostReport, dict]] = field(default_factory=list)

    @property
    def severities(self) -> dict[str, int]:
        """How many hosts have it at which severity: what is critical on one may be three years away on another."""
        return count_by_severity(item for _host, item in self.on)


@dataclass
class FindingGroup:
    """Hosts that differ from the policy in the same way: one id, one value, one policy, one severity."""

    item: dict
    severity: str
    hosts: list[HostReport] = field(default_factory=list)
    whys: dict[str, int] = field(default_factory=dict)


@dataclass
class Fleet:
    """All hosts of a report, worst first; those that left the inventory; what could not be read."""

    hosts: list[HostReport]
    problems: list[tuple[str, str]]
    gone: list[HostReport] = field(default_factory=list)
    run: dict | None = None
    expected: int = 0  # hosts of the run that publishes; 0: no run
    finished: int = 0  # of them, those that this run is through with
    batches: tuple[int, int] = (1, 1)  # the one that is done, of all
    stopped: str = ""  # why the run ends before its last batch
    stops: list[Stop] = field(default_factory=list)  # what is known of the last stops of hosts, newest first
    stops_of_days: int = 30  # how long ago one may be for a list that nobody can ask for more
    pool: Pool = field(default_factory=Pool)  # what the hosts have in common

    @cached_property
    def counts(self) -> dict[str, int]:
        return _count_statuses(host.status for host in self.hosts)

    @cached_property
    def before_counts(self) -> dict[str, int] | None:
        """As counts, of the hosts that have a document from before their remediation; None where no host has one."""
        statuses = [host.before.status for host in self.hosts if host.before]
        return _count_statuses(statuses) if statuses else None

    @cached_property
    def severities(self) -> dict[str, int]:
        return count_by_severity(item for host in self.hosts for item in host.items)

    @cached_property
    def stopping(self) -> list[HostReport]:
        """Hosts that would have stopped themselves before the remediation, or can now; soonest first."""
        return sorted((host for host in self.hosts if host.stop_paths), key=_soonest)

    @property
    def stopping_now(self) -> list[HostReport]:
        return [host for host in self.stopping if host.can_stop]

    @cached_property
    def of_one_machine(self) -> list[list[str]]:
        """The names of hosts that have one boot id, random(4): no two machines have the same. A tree has none."""
        found: dict[str, list[str]] = {}
        for host in self.hosts:
            boot = (host.live.get("kernel") or {}).get("boot") if isinstance(host.live.get("kernel"), dict) else None
            if isinstance(boot, str) and boot:
                found.setdefault(boot, []).append(host.name)
        return sorted(sorted(names) for names in found.values() if len(names) > 1)

    @cached_property
    def in_run(self) -> int:
        return sum(host.in_run and not host.is_lost for host in self.hosts)

    @cached_property
    def as_of(self) -> str | None:
        """The moment of the report: the newest document's. The same documents give the same report, whenever it is made."""
        return max((host.collected_at for host in self.hosts if host.collected_at), default=None)

    @cached_property
    def recent_stops(self) -> list[Stop]:
        """The stops by auditd or the kernel's audit of the last ``stops_of_days`` days before the newest document, newest first."""
        moments = [moment for moment in (self.as_of, *(stop.read_at for stop in self.stops)) if moment]
        latest = max(moments, default=None)
        ages = [(stop, age_in_days(stop.when, latest)) for stop in self.stops if stop.by in BY_AUDIT]
        return [stop for stop, age in ages if age is not None and age < self.stops_of_days]

    @cached_property
    def findings(self) -> list[Finding]:
        found: dict[str, Finding] = {}
        for host in self.hosts:
            for item in host.items:
                finding = found.get(item["id"])
                if finding is None:
                    finding = found[item["id"]] = Finding(item["id"], item["severity"], item["layer"], item["fix"], [])
                finding.controls.extend(control for control in item["controls"] if control not in finding.controls)
                finding.severity = min(finding.severity, item["severity"], key=RANK.__getitem__)
                finding.on.append((host, item))
        return sorted(found.values(), key=_finding_order)

    @cached_property
    def groups(self) -> list[FindingGroup]:
        """The findings by (id, value, policy, severity), worst first, then the most hosts."""
        found: dict[GroupKey, FindingGroup] = {}
        keys: dict[int, GroupKey] = {}  # items are shared, so most are encoded once
        for host in self.hosts:
            for item in host.items:
                key = keys.get(id(item))
                if key is None:
                    key = keys[id(item)] = (item["id"], spelled(item, "actual"), spelled(item, "expected"), item["severity"])
                group = found.get(key)
                if group is None:
                    group = found[key] = FindingGroup(item, item["severity"])
                group.hosts.append(host)
                group.whys[item["why"]] = group.whys.get(item["why"], 0) + 1
        ordered = sorted(found.items(), key=_group_order)
        return [group for _key, group in ordered]

    @cached_property
    def waivers(self) -> list[tuple[dict, list[str]]]:
        """Each waiver once, with the hosts that have it."""
        return sorted(self._shared("waived"), key=_waiver_order)

    @cached_property
    def controls(self) -> dict[str, dict[str, dict]]:
        """{benchmark: {control id: {title, and for each verdict the number of hosts}}}."""
        found: dict[str, dict[str, dict]] = {}
        counted: dict[int, tuple[tuple[dict, ...], int]] = {}
        for host in self.hosts:
            verdicts = host.now["controls"]
            counted[id(verdicts)] = (verdicts, counted.get(id(verdicts), (verdicts, 0))[1] + 1)
        for verdicts, hosts in counted.values():
            for control in verdicts:
                row = found.setdefault(control["benchmark"], {}).setdefault(
                    control["id"], {"title": control["title"], **dict.fromkeys(drift_document.VERDICTS, 0)})
                row[control["status"]] += hosts
        return {benchmark: dict(sorted(rows.items())) for benchmark, rows in sorted(found.items())}

    @cached_property
    def control_counts(self) -> dict[str, tuple[int, dict[str, int]]]:
        """{benchmark: (number of hosts, {verdict: of how many controls, each counted on each host})}."""
        found: dict[str, tuple[int, dict[str, int]]] = {}
        for host in self.hosts:
            for benchmark, counts in host.control_counts.items():
                hosts, total = found.get(benchmark, (0, dict.fromkeys(drift_document.VERDICTS, 0)))
                found[benchmark] = (hosts + 1, {verdict: number + counts[verdict] for verdict, number in total.items()})
        return dict(sorted(found.items()))

    @cached_property
    def items_of_controls(self) -> dict[tuple[str, str], list[str]]:
        """{(benchmark, control id): ids of the findings that speak of it on any host}."""
        found: dict[tuple[str, str], set[str]] = {}
        for verdicts in {id(host.now["controls"]): host.now["controls"] for host in self.hosts}.values():
            for control in verdicts:
                found.setdefault((control["benchmark"], control["id"]), set()).update(control["items"])
        return {key: sorted(idents) for key, idents in found.items()}

    @cached_property
    def exceptions(self) -> list[tuple[dict, list[str]]]:
        """Each exception once, with the hosts that it is about."""
        return sorted(self._shared("exceptions"), key=_exception_order)

    def _shared(self, part: str) -> Iterable[tuple[dict, list[str]]]:
        """The entries of a part of the documents, which hosts that say the same share, each with the names of its hosts."""
        found: dict[int, tuple[dict, list[str]]] = {}
        for host in self.hosts:
            for entry in host.now[part]:
                found.setdefault(id(entry), (entry, []))[1].append(host.name)
        return found.values()


def spelled(item: dict, name: str) -> str:
    """A value as findings are grouped by it: auditd reads the words of auditd.conf in any case, and policies write them in both."""
    text = drift_document.compact(item[name])
    return text.upper() if item["id"].startswith("disk.auditd_conf.") and item["id"].endswith("_action") else text


def count_by_severity(items: Iterable[dict]) -> dict[str, int]:
    counts = dict.fromkeys(SEVERITIES, 0)
    for item in items:
        counts[item["severity"]] += 1
    return counts


def age_in_days(earlier: str | None, later: str | None) -> int | None:
    """Whole days between two moments as documents write them; None where one is missing."""
    if not earlier or not later:
        return None
    try:
        return max((datetime.fromisoformat(later[:-1]) - datetime.fromisoformat(earlier[:-1])).days, 0)
    except ValueError:
        return None


def _count_statuses(statuses: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(STATUSES, 0)
    for status in statuses:
        counts[status] += 1
    return counts


def by_name(host: HostReport) -> str:
    return host.name


def worst_first(host: HostReport) -> tuple:
    return (STATUSES.index(host.status), [-host.counts[severity] for severity in SEVERITIES], host.name)


def _soonest(host: HostReport) -> tuple:
    days = [path.days for path in host.stop_paths if path.days is not None]
    return (min(days, default=float("inf")), host.name)


def _finding_order(finding: Finding) -> tuple:
    return (RANK[finding.severity], -len(finding.on), finding.id)


def _group_order(entry: tuple[GroupKey, FindingGroup]) -> tuple:
    key, group = entry
    return (RANK[group.severity], -len(group.hosts), key)


def _waiver_order(entry: tuple[dict, list[str]]) -> tuple:
    return (entry[0]["subject"], entry[0]["controls"], json.dumps(entry[0], sort_keys=True))


def _exception_order(entry: tuple[dict, list[str]]) -> str:
    return json.dumps(entry[0], sort_keys=True)
