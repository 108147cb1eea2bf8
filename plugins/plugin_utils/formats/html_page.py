# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""html: the fleet as one page that needs nothing else and asks the network for nothing.

Without a script it shows the overview, the hosts that can stop themselves and the worst findings. page.js draws the rest from the
data in the page. The policy of the page allows this script and this style by their hashes, nothing else.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..counted import counted
from ..fleet import stops, summary
from ..fleet.document import STATUS_WORDS, STATUSES, compact
from ..fleet.model import FindingGroup, Fleet, HostReport
from . import page_charts, page_data
from .report import Report

HERE = Path(__file__).parent
MOST_PATHS = 10
SHORT_PATH = 40  # characters that stay on one line of a screen 360 px wide
MOST_FINDINGS = 10
MOST_NAMES = 5
NOT_REMEDIATED = "not remediated"
CAN_STOP = "can stop themselves"
VIEWS = {
    "overview": "Overview", "findings": "Findings", "hosts": "Hosts", "controls": "Controls", "changes": "Changes", "left": "Not known",
}
# A file a view; the first holds what they share, the last draws them.
SCRIPTS = (
    "page_parts.js", "page_findings.js", "page_hosts.js", "page_host.js", "page_stops.js", "page_controls.js", "page_changes.js", "page.js",
)
DRAWN_BY_SCRIPT = ("hosts", "controls", "changes", "left")


def chunks(report: Report) -> Iterator[str]:
    fleet = report.fleet
    style, script = _asset("page.css"), "".join(map(_asset, SCRIPTS))
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield f"<title>Audit drift</title>\n<style>{style}</style>\n</head>\n<body>\n"
    yield f'<a class="skip" href="#main">To the report</a>\n{_header(fleet)}<nav aria-label="Views" id="nav" hidden><ul>'
    yield "".join(f'<li><a href="#{name}">{words}</a></li>' for name, words in VIEWS.items())
    yield '</ul></nav>\n<main id="main" tabindex="-1">\n'
    yield f'<section id="overview">\n<h2>Overview</h2>\n{_figures(fleet)}{_stopping(fleet)}{_stopped(fleet)}'
    yield f"{page_charts.all_charts(fleet, report.changes.trend)}\n</section>\n"
    yield f'<section id="findings">\n<h2>Findings</h2>\n<div id="findings-body">{_findings(fleet)}</div>\n</section>\n'
    for name in DRAWN_BY_SCRIPT:
        yield f'<section id="{name}" hidden><h2>{VIEWS[name]}</h2><div id="{name}-body"></div></section>\n'
    yield '<section id="host" hidden><h2 id="host-name" tabindex="-1">Host</h2><div id="host-body"></div></section>\n</main>\n'
    yield '<noscript><p class="soft">Scripts are off. All hosts and findings are in the formats json and csv.</p></noscript>\n'
    yield f'<script type="application/json" id="data">{_in_script(compact(page_data.data(report)))}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


@functools.lru_cache(maxsize=None)
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _in_script(text: str) -> str:
    """JSON in which nothing ends the element that holds it."""
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _header(fleet: Fleet) -> str:
    moments = sorted(host.collected_at for host in fleet.hosts if host.collected_at)
    read = f", read {_moment(moments[0])}" + (f" to {_moment(moments[-1])}" if moments[-1] != moments[0] else "") if moments else ""
    lines = "".join(f"<p><b>{escape(sentence)}</b></p>" for sentence in summary.progress(fleet))
    hosts = counted(len(fleet.hosts), "host")
    return f'<header>\n<h1>Audit drift</h1>\n<p class="soft">{hosts}{escape(read)}</p>\n{lines}</header>\n'


def _moment(moment: str) -> str:
    return moment.replace("T", " ").replace("Z", " UTC")


def _figures(fleet: Fleet) -> str:
    cells = []
    remediated = sum(host.before is not None for host in fleet.hosts)
    was_all = bool(remediated) and remediated == len(fleet.hosts)  # of a part of the fleet the figures cannot stand beside those of all
    for status in STATUSES:
        before = f' <span class="soft">(before: {(fleet.before_counts or {})[status]})</span>' if was_all else ""
        colour = f' class="{status}"' if fleet.counts[status] else ""
        cells.append(f'<li><b{colour}>{fleet.counts[status]}</b><a href="#hosts={status}">{STATUS_WORDS[status]}</a>{before}</li>')
    now, could = len(fleet.stopping_now), sum(_did_stop(host) for host in fleet.hosts)
    earlier = f' <span class="soft">(before: {could})</span>' if was_all else ""
    words = summary.of_one(CAN_STOP) if now == 1 else CAN_STOP
    cells.append(f'<li><b{" class=critical" if now else ""}>{now}</b><a href="#hosts=stopping">{words}</a>{earlier}</li>')
    part = ""
    if remediated and not was_all:
        were = summary.in_words(fleet.before_counts or {}, STATUS_WORDS)
        sentence = f"Before their remediation, of {counted(remediated, 'host')}: {were}; {could} could stop themselves."
        part = f'<p class="soft">{sentence}</p>\n'
    return f'<ul class="figures">{"".join(cells)}</ul>\n{part}'


def _did_stop(host: HostReport) -> bool:
    """Before its remediation, where there was one."""
    return any(path.state not in (stops.NOW, stops.SINCE) for path in host.stop_paths)


@dataclass
class StopWay:
    """One way in which hosts stop themselves, with each host's own figures of it, soonest first."""

    name: str
    hosts: list[HostReport] = field(default_factory=list)
    of_host: list[stops.StopPath] = field(default_factory=list)

    @property
    def days(self) -> list[float]:
        return [path.days for path in self.of_host if path.days is not None]


def paths(fleet: Fleet) -> list[StopWay]:
    """The ways by their names, soonest first."""
    found: dict[str, StopWay] = {}
    for host in fleet.stopping:
        for path in host.stop_paths:
            one = found.setdefault(path.name, StopWay(path.name))
            one.hosts.append(host)
            one.of_host.append(path)
    return sorted(found.values(), key=_soonest)


def _soonest(path: StopWay) -> tuple:
    return (min(path.days, default=float("inf")), -len(path.hosts), path.name)


def _stopping(fleet: Fleet) -> str:
    if not fleet.stopping:
        return "<p>No host is known to stop itself.</p>\n"
    found = paths(fleet)
    rows = "".join(_path(fleet, path) for path in found[:MOST_PATHS])
    more = f"<p>and {len(found) - MOST_PATHS} more ways</p>" if len(found) > MOST_PATHS else ""
    columns = ("Hosts", "Path", "When", *(["Now"] if _has_states(fleet) else []), "Soonest")
    tense = "would have stopped themselves, or can now" if _has_states(fleet) else CAN_STOP
    colour = ' class="critical"' if fleet.stopping_now else ""
    return f'<h3{colour}>Hosts that {tense}</h3><table class="list" id="stopping">{_head(columns)}<tbody>{rows}</tbody></table>{more}\n'


def _stopped(fleet: Fleet) -> str:
    """For a reader without scripts; page.js replaces it by a list for any number of days."""
    found = fleet.recent_stops
    rows = "".join(
        f'<tr><th scope="row"><span class="word">{escape(stop.host[:100])}</span></th><td data-label="When">{_moment(stop.when or "")}</td>'
        f'<td data-label="Why">{escape(stop.sentence[:400])}</td></tr>' for stop in found[:MOST_FINDINGS])
    more = f"<p>and {len(found) - MOST_FINDINGS} more</p>" if len(found) > MOST_FINDINGS else ""
    head = f"<h3>Hosts that their audit stopped {summary.days_in_words(fleet.stops_of_days)}</h3>"
    table = f'{head}<table class="list">{_head(("Host", "When", "Why"))}<tbody>{rows}</tbody></table>{more}' if rows else ""
    return f'<div id="overview-body">{table}</div>\n'


def _has_states(fleet: Fleet) -> bool:
    """Whether any host that stops itself was remediated."""
    return any(host.before for host in fleet.stopping)


def _path(fleet: Fleet, path: StopWay) -> str:
    when, days = "not known", path.days
    if days:
        span = f"{min(days):g}" if min(days) == max(days) else f"{min(days):g} to {max(days):g}"
        when = f"within {span} day{'' if max(days) == 1 else 's'}"
    now = f'<td data-label="Now">{_states(path)}</td>' if _has_states(fleet) else ""
    example = escape(min(path.of_host, key=_days_first).sentence[:400])
    short = ' class="short"' if len(path.name) <= SHORT_PATH else ""
    name = f'<td data-label="Path"><code{short}>{escape(path.name[:200])}</code></td>'
    hosts = counted(len(path.hosts), "host")
    head = f'<th scope="row">{hosts}</th>{name}'
    soonest = f'<td data-label="Soonest">{_names(path.hosts)}<br><span class="soft">{example}</span></td>'
    return f'<tr>{head}<td data-label="When">{when}</td>{now}{soonest}</tr>'


def _days_first(path: stops.StopPath) -> float:
    return float("inf") if path.days is None else path.days


def _states(path: StopWay) -> str:
    """How many hosts of the path still have it, have it now, or have it no longer."""
    states = [one.state for one in path.of_host]
    known = [(state or NOT_REMEDIATED, states.count(state)) for state in stops.STATES if state in states]
    if len(known) == 1 and known[0][0] == stops.GONE:
        return f'<span class="gone">{stops.GONE}</span>'
    return ", ".join(f'<span class="{"gone" if state == stops.GONE else "critical"}">{number} {state}</span>' for state, number in known)


def _head(columns: tuple[str, ...]) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{words}</th>' for words in columns) + "</tr></thead>"


def _names(hosts: list[HostReport]) -> str:
    shown = ", ".join(
        f'<a class="word" href="#host={quote(host.name, safe="", errors="backslashreplace")}">{escape(host.name[:100])}</a>'
        for host in hosts[:MOST_NAMES])
    return shown + (f" and {len(hosts) - MOST_NAMES} more" if len(hosts) > MOST_NAMES else "")


def _findings(fleet: Fleet) -> str:
    """The worst ones, for a reader without scripts; page.js replaces them by all."""
    if not fleet.groups:
        return "<p>None.</p>"
    rows = "".join(_finding(group) for group in fleet.groups[:MOST_FINDINGS])
    more = f"<p>and {len(fleet.groups) - MOST_FINDINGS} more</p>" if len(fleet.groups) > MOST_FINDINGS else ""
    columns = ("Severity", "Finding", "Has", "Policy", "Hosts", "Why and fix")
    return f'<table class="list">{_head(columns)}<tbody>{rows}</tbody></table>{more}'


def _finding(group: FindingGroup) -> str:
    item = group.item
    values = "".join(f'<td data-label="{label}">{_value(item[name])}</td>' for label, name in (("Has", "actual"), ("Policy", "expected")))
    hosts = f'<td data-label="Hosts">{len(group.hosts)}: {_names(group.hosts)}</td>'
    words = f'<td>{escape(item["why"][:600])}<br><span class="soft">Fix: {escape(item["fix"][:300])}</span></td>'
    badge = f'<td><span class="badge {group.severity}">{group.severity}</span></td>'
    return f'<tr>{badge}<th scope="row">{escape(item["id"][:300])}</th>{values}{hosts}{words}</tr>'


def _value(value: object) -> str:
    return "<br>".join(f"<code>{escape(line[:300])}</code>" for line in page_data.value_lines(value)[:5])
