# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the variables of many hosts are written, so that each is written once: for all, for a group, or for a host.

Each host has each variable from exactly one place: what Ansible lets win among groups is never asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .found import Adopted, Source, Variable

ALL = "all"
ADOPTED = "adopted_{number}"
# of a directory below group_vars and host_vars
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:+-]*", re.ASCII)
RESERVED = (ALL, "ungrouped")


@dataclass(frozen=True)
class Stated:
    """A variable as it is written: the one wording of a meaning, the host that has it so, and all hosts that have the meaning."""

    variable: Variable
    first: str
    hosts: tuple[str, ...]


@dataclass
class Place:
    """What is written into one file. ``kind``: all, group or host; ``hosts`` are its members."""

    kind: str
    name: str
    hosts: tuple[str, ...]
    stated: dict[str, Stated] = field(default_factory=dict)


def spread(adopted: Sequence[Adopted], groups: Mapping[str, Iterable[str]]) -> list[Place]:
    """The places of a fleet: all, groups by name, hosts by name; those that have nothing to say are left out.

    ``groups`` {name: members} are the inventory's; the products of the hosts are groups too. Hosts that share what no group shares come
    into a group of their own, adopted_1 and so on.
    """
    names = sorted(one.name for one in adopted)
    known = _groups(adopted, groups)
    places = {ALL: Place(ALL, ALL, tuple(names))}
    rest: dict[str, dict[str, Stated]] = {}
    for name, stated in _values(adopted):
        if len(stated.hosts) == len(names):
            places[ALL].stated[name] = stated
            continue
        left = set(stated.hosts)
        for group, members in known:
            if members <= left:
                places.setdefault(group, Place("group", group, tuple(sorted(members)))).stated[name] = stated
                left -= members
        for host in left:
            rest.setdefault(host, {})[name] = stated
    _own_places(rest, places, {*names, *(group for group, _members in known)})
    order = {ALL: 0, "group": 1, "host": 2}
    return sorted((place for place in places.values() if place.stated), key=lambda place: (order[place.kind], place.name))


def _groups(adopted: Sequence[Adopted], groups: Mapping[str, Iterable[str]]) -> list[tuple[str, set[str]]]:
    """[(group, adopted members)] of two hosts and more, the largest first; a group of the inventory before a product of the same hosts."""
    names = {one.name for one in adopted}
    found: dict[str, set[str]] = {}
    for group, members in groups.items():
        have = names.intersection(members)
        if len(have) > 1 and group not in RESERVED and group not in names and NAME.fullmatch(group):
            found[group] = have
    own = set(found)
    for one in adopted:
        name = one.product if one.product not in groups and one.product not in names else f"os_{one.product}"
        if NAME.fullmatch(name) and name not in own:
            found.setdefault(name, set()).add(one.name)
    return sorted(((name, members) for name, members in found.items() if len(members) > 1),
                  key=lambda entry: (-len(entry[1]), entry[0] not in own, entry[0]))


def _values(adopted: Sequence[Adopted]) -> list[tuple[str, Stated]]:
    """[(variable, Stated)]: each meaning of each variable, in the wording that most hosts have."""
    have: dict[tuple[str, object], list[Adopted]] = {}
    for one in sorted(adopted, key=lambda one: one.name):
        for name, variable in one.variables.items():
            have.setdefault((name, variable.meaning), []).append(one)
    found = []
    for (name, _meaning), hosts in have.items():
        wordings: dict[str, list[Adopted]] = {}
        for one in hosts:
            wordings.setdefault(repr(one.variables[name].value), []).append(one)
        wording = min(wordings, key=lambda text: (-len(wordings[text]), text))
        first = wordings[wording][0]
        found.append((name, Stated(first.variables[name], first.name, tuple(one.name for one in hosts))))
    return sorted(found, key=lambda entry: (entry[0], entry[1].hosts))


def _own_places(rest: dict[str, dict[str, Stated]], places: dict[str, Place], taken: set[str]) -> None:
    """A group for hosts that share what no group of the inventory shares; a file of its own for what a host shares with nobody.

    Hosts are put together by all that is left of them, or a variable at a time: whichever takes fewer files, then fewer lines.
    """
    ways = sorted((_by_host(rest), _by_variable(rest)), key=lambda way: (len(way), sum(len(stated) for stated in way.values())))
    number = 0
    for hosts, stated in sorted(ways[0].items()):
        if len(hosts) == 1 and NAME.fullmatch(hosts[0]):
            places[f"host {hosts[0]}"] = Place("host", hosts[0], hosts, stated)
            continue
        number += 1
        while ADOPTED.format(number=number) in taken:
            number += 1
        name = ADOPTED.format(number=number)
        places[name] = Place("group", name, hosts, stated)


def _by_host(rest: dict[str, dict[str, Stated]]) -> dict[tuple[str, ...], dict[str, Stated]]:
    alike: dict[tuple, list[str]] = {}
    for host in sorted(rest):
        alike.setdefault(tuple((name, stated.hosts) for name, stated in sorted(rest[host].items())), []).append(host)
    return {tuple(hosts): dict(sorted(rest[hosts[0]].items())) for hosts in alike.values()}


def _by_variable(rest: dict[str, dict[str, Stated]]) -> dict[tuple[str, ...], dict[str, Stated]]:
    hosts_of: dict[tuple, list[str]] = {}
    stated_of: dict[tuple, Stated] = {}
    for host in sorted(rest):
        for name, stated in rest[host].items():
            hosts_of.setdefault((name, stated.hosts), []).append(host)
            stated_of[name, stated.hosts] = stated
    found: dict[tuple[str, ...], dict[str, Stated]] = {}
    for key in sorted(hosts_of):
        found.setdefault(tuple(hosts_of[key]), {})[key[0]] = stated_of[key]
    return found


def who(source: Source, stated: Stated) -> str:
    """Where a line stood, for a comment."""
    line = "" if source.line is None else f" line {source.line}"
    more = len(stated.hosts) - 1
    return f"{source.path}{line} of {stated.first}" + (f" and {more} more" if more else "")
