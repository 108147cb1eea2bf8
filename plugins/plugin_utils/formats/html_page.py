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
from html import escape
from pathlib import Path

from ..fleet import summary
from ..fleet.document import STATUS_WORDS, STATUSES, compact
from ..fleet.model import FindingGroup, Fleet, HostReport, days_until
from . import page_charts, page_data
from .report import Report

HERE = Path(__file__).parent
MOST_PATHS = 10
MOST_FINDINGS = 10
MOST_NAMES = 5
VIEWS = {
    "overview": "Overview", "findings": "Findings", "hosts": "Hosts", "controls": "Controls", "changes": "Changes", "left": "Not known",
}
DRAWN_BY_SCRIPT = ("hosts", "controls", "changes", "left")


def chunks(report: Report) -> Iterator[str]:
    fleet = report.fleet
    style, script = _asset("page.css"), _asset("page.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield f"<title>Audit drift</title>\n<style>{style}</style>\n</head>\n<body>\n"
    yield f'<a class="skip" href="#main">To the report</a>\n{_header(fleet)}<nav aria-label="Views" id="nav" hidden><ul>'
    yield "".join(f'<li><a href="#{name}">{words}</a></li>' for name, words in VIEWS.items())
    yield '</ul></nav>\n<main id="main" tabindex="-1">\n'
    yield f'<section id="overview">\n<h2>Overview</h2>\n{_figures(fleet)}{_stopping(fleet)}'
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
    read = f", read {moments[0]}" + (f" to {moments[-1]}" if moments[-1] != moments[0] else "") if moments else ""
    lines = "".join(f"<p><b>{escape(sentence)}</b></p>" for sentence in summary.progress(fleet))
    hosts = summary.hosts_in_words(len(fleet.hosts))
    return f'<header>\n<h1>Audit drift</h1>\n<p class="soft">{hosts}{escape(read)}</p>\n{lines}</header>\n'


def _figures(fleet: Fleet) -> str:
    cells = []
    for status in STATUSES:
        before = f' <span class="soft">(before: {fleet.before_counts[status]})</span>' if fleet.before_counts else ""
        colour = f' class="{status}"' if fleet.counts[status] else ""
        cells.append(f"<li><b{colour}>{fleet.counts[status]}</b>{STATUS_WORDS[status]}{before}</li>")
    still = sum(host.still_stops for host in fleet.hosts) if fleet.before_counts else len(fleet.stopping)
    words = f'{summary.stopping_tense(fleet)}' + (f' <span class="soft">(now: {still})</span>' if fleet.before_counts else "")
    cells.append(f'<li><b{" class=critical" if still else ""}>{len(fleet.stopping)}</b>{words}</li>')
    return f'<ul class="figures">{"".join(cells)}</ul>\n'


def paths(fleet: Fleet) -> list[tuple[str, list[HostReport], list[float]]]:
    """By the path on which hosts stop themselves: "admin_space_left_action = HALT", the hosts, their days; soonest first."""
    found: dict[str, tuple[list[HostReport], list[float]]] = {}
    for host in fleet.stopping:
        items = {item["id"]: item for item in (host.before.items if host.before else host.items)}
        for risk in host.stop_risks:
            ident = str(risk.get("id", ""))
            value = items[ident]["actual"] if ident in items else None
            path = ident.partition(".")[2] or ident or "not known"
            hosts, days = found.setdefault(f"{path} = {value}" if value is not None else path, ([], []))
            hosts.append(host)
            known = days_until(risk)
            days.extend([] if known is None else [known])
    return sorted(((path, hosts, days) for path, (hosts, days) in found.items()), key=_soonest)


def _soonest(entry: tuple[str, list[HostReport], list[float]]) -> tuple:
    return (min(entry[2], default=float("inf")), -len(entry[1]), entry[0])


def _stopping(fleet: Fleet) -> str:
    if not fleet.stopping:
        return "<p>No host is known to stop itself.</p>\n"
    found = paths(fleet)
    rows = "".join(_path(fleet, *entry) for entry in found[:MOST_PATHS])
    more = f"<p>and {len(found) - MOST_PATHS} more ways</p>" if len(found) > MOST_PATHS else ""
    columns = ("Hosts", "Path", "When", *(["Now"] if fleet.before_counts else []), "Soonest")
    head = f'<h3 class="critical">Hosts that {summary.stopping_tense(fleet)}</h3>'
    return f'{head}<table class="list" id="stopping">{_head(columns)}<tbody>{rows}</tbody></table>{more}\n'


def _path(fleet: Fleet, path: str, hosts: list[HostReport], days: list[float]) -> str:
    when = "not known"
    if days:
        when = f"within {min(days):g} days" if min(days) == max(days) else f"within {min(days):g} to {max(days):g} days"
    now = ""
    if fleet.before_counts:
        still = sum(host.still_stops for host in hosts)
        words, colour = (f"{still} still so", "critical") if still else ("no longer", "gone")
        now = f'<td data-label="Now"><span class="{colour}">{words}</span></td>'
    example = escape(next(str(risk["sentence"])[:400] for risk in hosts[0].stop_risks))
    head = f'<th scope="row">{summary.hosts_in_words(len(hosts))}</th><td data-label="Path"><code>{escape(path[:200])}</code></td>'
    soonest = f'<td data-label="Soonest">{_names(hosts)}<br><span class="soft">{example}</span></td>'
    return f'<tr>{head}<td data-label="When">{when}</td>{now}{soonest}</tr>'


def _head(columns: tuple[str, ...]) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{words}</th>' for words in columns) + "</tr></thead>"


def _names(hosts: list[HostReport]) -> str:
    shown = ", ".join(escape(host.name[:100]) for host in hosts[:MOST_NAMES])
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
