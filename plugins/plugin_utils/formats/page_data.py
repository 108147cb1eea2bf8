# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of the page: every text once, hosts as rows of numbers, so that ten thousand hosts fit into a few megabytes.

page.js reads it; the order of a host's row stands once, in HOST, and goes along.
"""

from __future__ import annotations

from ..fleet.document import SEVERITIES, STATUSES, VERDICTS
from ..fleet.history import FLAPS, LOOK_BACK
from ..fleet.model import Fleet, HostReport, by_name, spelled
from ..fleet.stopped import BY
from ..fleet.stops import STATES
from .csv_rows import in_cell
from .page_charts import system_of
from .report import Report

HOST = (
    "name", "status", "counts", "set", "before", "system", "release", "groups", "collected", "inRun", "error", "stops", "figures",
    "controls", "lastGood", "failed", "room", "whys",
)
ROOM = ("needed_mb", "keep_days", "fits", "days_until_full", "peak_mb_per_day", "space_left", "admin_space_left", "reaction_hours")
ROOM_FOR_VALUES = 3_000_000  # characters of expected, actual and why of all findings together
SHORTEST_VALUE = 120
LONGEST_WHY = 300  # characters of what is said of a control
LONGEST_VALUE = 4000
MOST_LINES = 30  # of one value: three hundred missing rules are given by their number
MOST_LISTED = 300  # problems, hosts that are gone
MOST_STOPS = 2000
MOST_TIMELINES = 200


class Table:
    """Values by number, in the order in which they came."""

    def __init__(self) -> None:
        self.numbers: dict = {}

    def number(self, value: object) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    @property
    def values(self) -> list:
        return list(self.numbers)


def data(report: Report) -> dict:
    """What page.js draws."""
    fleet, changes = report.fleet, report.changes
    rows = _Rows(fleet)
    hosts = sorted(fleet.hosts, key=by_name)
    index = {host.name: number for number, host in enumerate(hosts)}
    found = {
        "hostRow": HOST, "roomRow": ROOM,
        "severities": SEVERITIES, "statuses": STATUSES, "verdicts": VERDICTS, "stopStates": STATES, "asOf": fleet.as_of,
        "hosts": [rows.host(host) for host in hosts],
        "lookBack": LOOK_BACK, "flaps": FLAPS,
        "since": changes.since, "new": _by_id(changes.new, index), "fixed": _by_id(changes.fixed, index),
        "flapping": _by_id(changes.flapping, index), "intentional": sorted(index[name] for name in changes.intentional if name in index),
        "stopped": _stopped(fleet, index), "stoppedBy": BY, "stopsOfDays": fleet.stops_of_days,
        "gone": [[host.name, host.collected_at] for host in fleet.gone[:MOST_LISTED]], "goneCount": len(fleet.gone),
        "problems": [[name[:300], reason[:500]] for name, reason in fleet.problems[:MOST_LISTED]], "problemCount": len(fleet.problems),
        "waivers": [[entry, _numbers(names, index)] for entry, names in fleet.waivers[:MOST_LISTED]],
        "exceptions": [[entry, _numbers(names, index)] for entry, names in fleet.exceptions[:MOST_LISTED]],
    }
    return {**found, **rows.tables()}


def _stopped(fleet: Fleet, index: dict[str, int]) -> list[list]:
    """Rows of [host, its number or -1, when, by, confidence, sentence, timeline], newest first; timelines of the newest alone."""
    rows = []
    for number, stop in enumerate(fleet.stops[:MOST_STOPS]):
        lines = stop.timeline[-MOST_LINES:] if number < MOST_TIMELINES else ()
        timeline = [[moment, source[:100], text[:200]] for moment, source, text in lines]
        rows.append([stop.host[:300], index.get(stop.host, -1), stop.when, stop.by, stop.confidence[:20], stop.sentence[:600], timeline])
    return rows


def _numbers(names: list[str], index: dict[str, int]) -> list[int] | int:
    """The hosts by number; -1: all of them."""
    return -1 if len(names) == len(index) else sorted(index[name] for name in names)


def _by_id(pairs: list[tuple[str, str]], index: dict[str, int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for host, ident in pairs:
        if host in index:
            found.setdefault(ident, []).append(index[host])
    return found


class _Rows:
    """Numbers for what hosts have in common."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.systems, self.releases, self.groups, self.sets, self.errors, self.benchmarks = (Table() for _number in range(6))
        self.verdicts: dict[int, int] = {}
        self.verdict_rows: list[list] = []
        self.texts = Table()
        self.of_item: dict[int, int] = {}
        self.items: list[dict] = []
        self.keys: dict[tuple, int] = {}

    def host(self, host: HostReport) -> list:
        partition, growth = _part(host.live["storage"], "partition"), _part(host.live["storage"], "growth")
        kernel = _part(host.live, "kernel")
        good = host.last_good
        figures = (kernel.get("lost"), partition.get("free_mb"), partition.get("size_mb"), growth.get("mb_per_day"))
        stops = [[path.sentence[:600], STATES.index(path.state)] for path in host.stop_paths]
        return [
            host.name, STATUSES.index(host.status), list(host.counts.values()), self.set(host.items),
            self.set(host.before.items) if host.before else -1, self.systems.number(system_of(host.live)[:200]),
            self.releases.number(str(host.live.get("version") or "not known")[:100]), [self.groups.number(group) for group in host.groups],
            host.collected_at, int(host.in_run and not host.is_lost), self.errors.number(host.error[:2000]) if host.error else -1,
            stops, [_figure(figure) for figure in figures],
            self.controls(host.now["controls"]), [good.collected_at, STATUSES.index(good.status), self.set(good.items)] if good else 0,
            int(host.failed), [host.room[name] for name in ROOM] if host.room else 0, self.whys(host.items),
        ]

    def whys(self, items: tuple[dict, ...]) -> list[list[int]] | int:
        """Where a host says why in other words than the first host with the same finding, such as its own days: [item, text]."""
        own = [(self.item(item), item["why"]) for item in items]
        return [[number, self.texts.number(_cut(why, LONGEST_WHY))] for number, why in own if why != self.items[number]["why"]] or 0

    def set(self, items: tuple[dict, ...]) -> int:
        return self.sets.number(tuple(sorted(self.item(item) for item in items)))

    def item(self, item: dict) -> int:
        """The number of (id, severity, value, policy); hosts may say why in words of their own."""
        number = self.of_item.get(id(item))
        if number is None:
            key = (item["id"], item["severity"], spelled(item, "actual"), spelled(item, "expected"))
            number = self.keys.get(key)
            if number is None:
                number = self.keys[key] = len(self.items)
                self.items.append(item)
            self.of_item[id(item)] = number
        return number

    def controls(self, verdicts: tuple[dict, ...]) -> int:
        """The number of this list of verdicts: the controls, a figure for the verdict of each, and why (-1: it passed)."""
        if not verdicts:
            return -1
        number = self.verdicts.get(id(verdicts))
        if number is None:
            row: list = [
                [self.benchmarks.number((one["benchmark"], one["id"], one["title"][:200])) for one in verdicts],
                "".join(str(VERDICTS.index(one["status"])) for one in verdicts),
                [-1 if one["status"] == "pass" else self.texts.number(_cut(one["why"], LONGEST_WHY)) for one in verdicts],
            ]
            number = self.verdicts[id(verdicts)] = len(self.verdict_rows)
            self.verdict_rows.append(row)
        return number

    def tables(self) -> dict:
        longest = max(SHORTEST_VALUE, min(LONGEST_VALUE, ROOM_FOR_VALUES // (3 * len(self.items) or 1)))
        return {
            "items": [self.row(item, longest) for item in self.items], "texts": self.texts.values, "sets": self.sets.values,
            "systems": self.systems.values, "releases": self.releases.values, "groups": self.groups.values, "errors": self.errors.values,
            "controls": self.benchmarks.values, "verdictRows": self.verdict_rows,
            "controlItems": [self.fleet.items_of_controls[key[:2]][:MOST_LINES] for key in self.benchmarks.values],
        }

    def row(self, item: dict, longest: int) -> list:
        why, fix = self.texts.number(_cut(item["why"], longest)), self.texts.number(_cut(fix_of(item), longest))
        controls = [self.texts.number(control[:200]) for control in item["controls"][:50]]
        return [item["id"][:500], SEVERITIES.index(item["severity"]), item["layer"][:50], _lines(item["actual"], longest),
                _lines(item["expected"], longest), why, fix, controls]


def fix_of(item: dict) -> str:
    """The cure, and by which step remediate takes it."""
    return f"{item['fix']} (remediate --tags {item['step']})" if item.get("step") else str(item["fix"])


def _part(live: dict, name: str) -> dict:
    found = live.get(name)
    return found if isinstance(found, dict) else {}


def _figure(value: object) -> object:
    return value if isinstance(value, (int, float)) else None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} ..."


def _lines(value: object, longest: int) -> list[str]:
    """A value of a document as lines to show."""
    return [_cut(line, longest) for line in value_lines(value)]


def value_lines(value: object) -> list[str]:
    if value is None:
        return ["nothing"]
    if isinstance(value, dict):
        value = [f"{key}: {entry}" for key, entry in value.items()]
    if not isinstance(value, list):
        return str(value).splitlines()[:MOST_LINES] or [""]
    lines = [entry if isinstance(entry, str) else in_cell(entry) for entry in value[:MOST_LINES]]
    return lines + ([f"and {len(value) - MOST_LINES} more"] if len(value) > MOST_LINES else [])
