# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of an adoption: what was read, what became of it, and what no variable can say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from ..counted import counted
from .fleet import Fleet

REPORT = "adoption.md"
LONGEST = 600  # characters of one sentence
MOST_NAMED = 5  # hosts that a line names
NOT_COMPARED = "not compared with these variables"


def written(fleet: Fleet) -> dict[str, str]:
    """{path below the destination: text} of what is written beside the files of variables: the inventory and the report."""
    return {**fleet.inventory(), REPORT: markdown(fleet)}


def markdown(fleet: Fleet) -> str:
    parts = [
        "# Adopted audit settings",
        "\n".join(summary(fleet)),
        _section("Danger that was adopted, not hidden", _by_sentence({one.name: one.dangers for one in fleet.adopted})),
        _section("What would change under auditd_failure_policy: keep_running",
                 _by_sentence({one.name: one.would_change for one in fleet.adopted})),
        _section("What no variable says", _by_sentence({one.name: one.listed for one in fleet.adopted})),
        _section("What drift still reports with these variables", _by_sentence(findings(fleet))),
        _section("Comments that stand above no line of a variable", _by_sentence({one.name: one.comments for one in fleet.adopted})),
        _section("Lines in and out", _lines(fleet)),
        _section("Hosts that were not read" if fleet.knows_hosts else "Files that were not read",
                 _by_sentence({name: [why] for name, why in fleet.unread.items()})),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary(fleet: Fleet) -> list[str]:
    """A few lines for a terminal."""
    kinds = Counter(place.kind for place in fleet.places)
    variables = sum(len(place.stated) for place in fleet.places)
    lines = [f"{_adopted(fleet, len(fleet.adopted))} adopted: {counted(variables, 'variable')} in {counted(len(fleet.places), 'file')} "
             f"({kinds['all']} for all, {kinds['group']} for groups, {kinds['host']} for hosts)."]
    compared = {host: found for host, found in fleet.findings.items() if found is not None}
    if compared:
        clean = sum(not _counting(found) for found in compared.values())
        lines.append(f"Compared with these variables: {clean} of {counted(len(compared), 'host')} in sync.")
    dangerous = sorted(one.name for one in fleet.adopted if one.dangers)
    if dangerous and fleet.knows_hosts:
        lines.append(f"{_adopted(fleet, len(dangerous))} can stop or fill up by what was adopted: {_named(dangerous)}.")
    elif dangerous:
        lines.append(f"Hosts can stop or fill up by what was adopted from {_adopted(fleet, len(dangerous))}: {_named(dangerous)}.")
    if fleet.unread:
        lines.append(f"{counted(len(fleet.unread), 'host' if fleet.knows_hosts else 'file')} not read: {_named(sorted(fleet.unread))}.")
    return lines


def _adopted(fleet: Fleet, number: int) -> str:
    """So many hosts; of files of variables nobody knows how many hosts have them."""
    return counted(number, "host") if fleet.knows_hosts else "1 set of variables" if number == 1 else f"{number} sets of variables"


def findings(fleet: Fleet) -> dict[str, list[str]]:
    """{host: sentences} of what a comparison with the adopted variables found."""
    return {host: [NOT_COMPARED] if found is None else
            [f"{entry['id']} ({entry['severity']}): expected {_value(entry['expected'])}, there is {_value(entry['actual'])}"
             for entry in _counting(found)] for host, found in fleet.findings.items()}


def _counting(found: Iterable[dict]) -> list[dict]:
    """Findings that keep a host from being in sync."""
    return [entry for entry in found if entry["severity"] != "info"]


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _section(title: str, lines: list[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _by_sentence(sentences: Mapping[str, Iterable[str]]) -> list[str]:
    hosts: dict[str, list[str]] = {}
    for host in sorted(sentences):
        for sentence in sentences[host]:
            hosts.setdefault(sentence, []).append(host)
    return [f"{plain(sentence)} ({_named(names)})" for sentence, names in hosts.items()]


def _lines(fleet: Fleet) -> list[str]:
    alike: dict[str, list[str]] = {}
    for one in fleet.adopted:
        if not sum(one.lines.values()):
            continue
        fates = {name: count for name, count in sorted(one.lines.items()) if count}
        text = f"{sum(fates.values())} lines: " + ", ".join(f"{name} {count}" for name, count in fates.items())
        alike.setdefault(text, []).append(one.name)
    return [f"{text} ({_named(names)})" for text, names in alike.items()]


def _named(hosts: list[str]) -> str:
    more = len(hosts) - MOST_NAMED
    return ", ".join(map(plain, hosts[:MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


def plain(text: str) -> str:
    """One line without anything that a terminal or a page would act upon."""
    safe = "".join(char if char.isprintable() else "?" for char in text.replace("\n", " "))
    cut = safe if len(safe) <= LONGEST else safe[:LONGEST] + " ..."
    return cut.replace("<", "&lt;")
