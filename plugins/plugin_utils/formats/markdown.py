# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""markdown: the fleet in at most forty lines, for a pull request, a chat or a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..counted import counted
from ..fleet import summary
from ..fleet.document import STATUS_WORDS
from ..fleet.model import Finding, Fleet
from .report import Report

MOST_HOSTS = 8
MOST_FINDINGS = 10
MOST_BENCHMARKS = 4
MOST_NAMES = 5
LONGEST = 160  # characters of one value
MARKUP = re.compile(r"[\\`*{}\[\]<>#|~&@]|(?<!\w)_|_(?!\w)|:(?=//)|(?<=www)\.")


def chunks(report: Report) -> Iterator[str]:
    yield "\n".join(lines(report)) + "\n"


def lines(report: Report) -> list[str]:
    fleet = report.fleet
    found = ["# Audit drift", "", f"**{counted(len(fleet.hosts), 'host')}**: {summary.in_words(fleet.counts, STATUS_WORDS)}"]
    found[-1] += summary.before_in_words(fleet)
    found += [f"*{text(sentence)}*" for sentence in summary.progress(fleet)]
    if report.changes.since:
        found += [f"Since {text(report.changes.since)}: {report.changes.in_words()}"]
    if fleet.recent_stops:
        names = ", ".join(code(stop.host) for stop in fleet.recent_stops[:MOST_NAMES])
        more = f" and {len(fleet.recent_stops) - MOST_NAMES} more" if len(fleet.recent_stops) > MOST_NAMES else ""
        found += [f"Stopped by their audit {summary.days_in_words(fleet.stops_of_days)}: {names}{more}"]
    found += _controls(fleet) + _stopping(fleet) + _findings(fleet) + _unknown(fleet)
    return found


def _controls(fleet: Fleet) -> list[str]:
    lines = [f"- {text(line)}" for line in summary.controls(fleet)]
    return [""] * bool(lines) + lines[:MOST_BENCHMARKS] + _more(len(lines), MOST_BENCHMARKS)


def _stopping(fleet: Fleet) -> list[str]:
    found: list[str] = []
    parts = summary.stopping(fleet)
    for words, hosts in parts:
        limit = MOST_HOSTS // len(parts)
        found += ["", f"## {counted(len(hosts), 'host')} {summary.of_one(words) if len(hosts) == 1 else words}", ""]
        for host, path in hosts[:limit]:
            state = summary.state_in_words(path)
            found.append(f"- {code(host.name)}{f' ({state})' if state else ''}: {text(path.sentence)}{text(summary.age(fleet, host))}")
        found += _more(len(hosts), limit)
    return found


def _findings(fleet: Fleet) -> list[str]:
    if not fleet.findings:
        return []
    found = ["", "| severity | finding | hosts | fix |", "|---|---|---|---|"]
    for finding in fleet.findings[:MOST_FINDINGS]:
        found.append(f"| {_severities(finding)} | {code(finding.id)} | {len(finding.on)} | {text(finding.fix)} |")
    return found + [""] * bool(len(fleet.findings) > MOST_FINDINGS) + _more(len(fleet.findings), MOST_FINDINGS)


def _severities(finding: Finding) -> str:
    """One word where all hosts have it alike; else how many have it at which."""
    known = {severity: number for severity, number in finding.severities.items() if number}
    return finding.severity if len(known) == 1 else ", ".join(f"{number} {severity}" for severity, number in known.items())


def _unknown(fleet: Fleet) -> list[str]:
    if not fleet.problems:
        return []
    name, reason = fleet.problems[0]
    return ["", f"Not known: {code(name)}: {text(reason)}", *_more(len(fleet.problems), 1)]


def _more(number: int, limit: int) -> list[str]:
    return [f"and {number - limit} more"] if number > limit else []


def text(value: object) -> str:
    """Text of a host as text: no character of it is markup, mentions somebody, or begins a line."""
    return MARKUP.sub(_entity, summary.plain(value, LONGEST))


def code(value: object) -> str:
    """A name between backticks, which nothing in it can end."""
    return "`" + summary.plain(value, LONGEST).replace("`", "'").replace("|", "\\|") + "`"


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
