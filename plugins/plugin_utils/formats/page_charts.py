# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the page: tables whose middle column is a drawn bar, so that they are read, printed and narrowed as text is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..fleet.document import SEVERITIES, STATUS_WORDS, STATUSES
from ..fleet.model import Fleet
from ..fleet.stops import days_until

LAYERS = ("disk", "compiled", "daemon", "kernel", "schedule", "storage", "shipping", "boot")
DAYS = ((7, "under 7 days"), (30, "7 to 29 days"), (90, "30 to 89 days"), (365, "90 to 364 days"), (float("inf"), "a year or more"))
MOST_BARS = 8
Part = tuple[str, int]  # class of the colour, number


def all_charts(fleet: Fleet, trend: Sequence[dict]) -> str:
    charts = [
        _chart("Status", [(STATUS_WORDS[status], [(status, fleet.counts[status])]) for status in STATUSES]),
        _chart("Findings by layer and severity", _by_layer(fleet)),
        _chart("Hosts by distribution", _counted(fleet, "distribution")),
        _chart("Hosts by release of audit", _counted(fleet, "version")),
        _chart("Days until a host stops itself", _days(fleet), "No host is known to stop itself."),
        _chart("Days until the log has no room", _full(fleet), "Not known for any host."),
        _trend(trend),
    ]
    return f'<div class="charts">{"".join(charts)}</div>'


def system_of(live: dict) -> str:
    distribution = live.get("distribution") or {}
    return f"{distribution.get('name') or 'not known'} {distribution.get('version') or ''}".strip()


def _by_layer(fleet: Fleet) -> list[tuple[str, list[Part]]]:
    numbers: dict[str, dict[str, int]] = {}
    for group in fleet.groups:
        row = numbers.setdefault(group.item["layer"], dict.fromkeys(SEVERITIES, 0))
        row[group.severity] += len(group.hosts)
    known = [layer for layer in LAYERS if layer in numbers] + sorted(set(numbers) - set(LAYERS))
    return [(layer, list(numbers[layer].items())) for layer in known]


def _counted(fleet: Fleet, what: str) -> list[tuple[str, list[Part]]]:
    numbers: dict[str, int] = {}
    for host in fleet.hosts:
        if not host.is_lost:
            label = system_of(host.live) if what == "distribution" else str(host.live.get("version") or "not known")
            numbers[label] = numbers.get(label, 0) + 1
    ordered = sorted(numbers.items(), key=_most_first)
    rest = sum(number for _label, number in ordered[MOST_BARS:])
    shown = ordered[:MOST_BARS] + [(f"{len(ordered) - MOST_BARS} others", rest)] * bool(rest)
    return [(label, [("count", number)]) for label, number in shown]


def _most_first(entry: tuple[str, int]) -> tuple[int, str]:
    return (-entry[1], entry[0])


def _days(fleet: Fleet) -> list[tuple[str, list[Part]]]:
    numbers = dict.fromkeys([label for _limit, label in DAYS] + ["not known when"], 0)
    for host in fleet.hosts:
        if host.stops_now:
            known = [days for days in map(days_until, host.stops_now) if days is not None]
            numbers[next(label for limit, label in DAYS if min(known) < limit) if known else "not known when"] += 1
    colours = ("critical", "high", "medium", "low", "info", "info")
    parts = zip(numbers.items(), colours, strict=True)
    return [(label, [(colour, number)]) for (label, number), colour in parts] if any(numbers.values()) else []


def _full(fleet: Fleet) -> list[tuple[str, list[Part]]]:
    """As the log grows and nothing is removed; a host of which nothing is known is counted nowhere."""
    numbers = dict.fromkeys((label for _limit, label in DAYS), 0)
    for host in fleet.hosts:
        days = host.room.get("days_until_full")
        if days is not None:
            numbers[next(label for limit, label in DAYS if days < limit)] += 1
    colours = ("critical", "high", "medium", "low", "info")
    parts = zip(numbers.items(), colours, strict=True)
    return [(label, [(colour, number)]) for (label, number), colour in parts] if any(numbers.values()) else []


def _chart(title: str, rows: list[tuple[str, list[Part]]], none: str = "None.") -> str:
    """A picture; C(none) is what stands there where there is nothing to draw."""
    most = max((sum(number for _kind, number in parts) for _label, parts in rows), default=0) or 1
    lines = []
    for label, parts in rows:
        total = sum(number for _kind, number in parts)
        lines.append(f'<tr><th scope="row">{escape(label[:80])}</th><td>{_bar(parts, most)}</td><td>{total}</td></tr>')
    body = "".join(lines) or f'<tr><td class="none">{none}</td></tr>'
    return f'<table class="chart"><caption>{escape(title)}</caption><tbody>{body}</tbody></table>'


def _bar(parts: list[Part], most: int) -> str:
    drawn, start = [], 0.0
    for kind, number in parts:
        width = 100 * number / most
        if number:
            drawn.append(f'<rect class="{kind}" x="{start:.2f}" width="{width:.2f}" height="10"/>')
        start += width
    words = ", ".join(f"{number} {STATUS_WORDS.get(kind, kind)}" for kind, number in parts if number and kind != "count")
    label = f' role="img" aria-label="{words}"' if len(parts) > 1 and words else ' aria-hidden="true"'
    return f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none"{label}>{"".join(drawn)}</svg>'


def _trend(trend: Sequence[dict]) -> str:
    if len(trend) < 2:
        return ""
    most = max(sum(point["counts"].values()) for point in trend) or 1
    lines = []
    for status in STATUSES:
        points = " ".join(
            f"{100 * number / (len(trend) - 1):.2f},{39 - 38 * point['counts'][status] / most:.2f}" for number, point in enumerate(trend))
        lines.append(f'<polyline class="{status}" points="{points}"/>')
    first, last = trend[0]["counts"], trend[-1]["counts"]
    words = "; ".join(f"{STATUS_WORDS[status]} {first[status]} to {last[status]}" for status in STATUSES)
    legend = "; ".join(f'<span class="{status}">{STATUS_WORDS[status]} {first[status]} to {last[status]}</span>' for status in STATUSES)
    head = f"<h3>Last {len(trend)} runs, since {escape(trend[0]['started'][:10])}</h3>"
    picture = f'<svg class="trend" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{words}">{"".join(lines)}</svg>'
    return f'<div>{head}{picture}<p class="soft">{legend}</p></div>'
