# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which benchmarks the rules of a host are, and but for which controls."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.auditops.auditd.plugins.module_utils._library.product import nearest
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
from ansible_collections.auditops.auditd.plugins.module_utils._library.resolve import resolve
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import Rule
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

from .rule_lines import parsed

ROUNDS = 5  # a control that is left out can change the lines of another, once or twice
PRIVILEGED = "off"  # the programs of a host are its own: their rules are taken as lines


@dataclass(frozen=True)
class Match:
    """``names`` of benchmarks, controls to ``skip`` with the ids that ask for them, and the canonical rules that they ``cover``."""

    names: tuple[str, ...] = ()
    skip: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cover: frozenset[str] = frozenset()


NONE = Match()


def product_of(document: dict) -> str:
    """What the library calls the system of a document; unknown where the rules were not read."""
    return document["rules"]["reads_rules_as"]["product"] if document["rules"] else "unknown"


def system_key(document: dict) -> str:
    """What of a system its benchmarks depend on, as one word."""
    seen = document["rules"]["reads_rules_as"]
    return json.dumps([product_of(document), seen["machine"], document["version"], seen["uid_min"]])


def match(have: frozenset[str], document: dict) -> Match:
    """The benchmarks of which at least half of the controls are among the canonical rules ``have``, where they say more than they skip."""
    return _match(have, system_key(document))


@functools.lru_cache(maxsize=4096)
def _match(have: frozenset[str], system: str) -> Match:
    best, covered = [], set()
    for name in sorted(_candidates(json.loads(system)[0]), key=lambda name: (-len(_full(name, system, have)[1]), name)):
        missing, lines = _full(name, system, have)
        fresh = lines - covered
        if len(fresh) > 2 * len(missing) and len(missing) <= _loaded(name, system) // 2:
            best.append(name)
            covered |= lines
    return _settled(tuple(best), system, have) if best else NONE


def _candidates(name: str) -> list[str]:
    """Benchmarks of this product, of the nearest release that has one, and those of no product; none that needs files of the host."""
    data = controls.shipped()
    near = nearest([entry["product"] for entry in data["benchmarks"].values() if entry.get("product")], name)
    return [one for one, entry in data["benchmarks"].items()
            if entry.get("product") in (name, near, None) and not entry.get("sample_files")]


@functools.lru_cache(maxsize=1024)
def _controls(names: tuple[str, ...], skip: tuple[str, ...], system: str) -> tuple[tuple[str, tuple[str, ...], frozenset[str]], ...]:
    """((control, ids, canonical rules), ...) of what these benchmarks load on a system."""
    name, machine, release, uid_min = json.loads(system)
    choice = Choice(list(names), skip=[f"control:{one}" for one in skip], privileged=PRIVILEGED)
    found = resolve(controls.shipped(), choice, System(name, machine, audit_release=release, uid_min=uid_min))
    return tuple((entry["name"], tuple(entry["ids"]), _meanings(entry["lines"], machine, release))
                 for entry in found["controls"] if entry["status"] == "loaded")


def _meanings(lines: Sequence[str], machine: str, release: str | None) -> frozenset[str]:
    statements = [(line, parsed(line, machine, release)) for line in lines]
    return frozenset(one.canonical if isinstance(one, Rule) else line for line, one in statements)


def _full(name: str, system: str, have: frozenset[str]) -> tuple[list[str], set[str]]:
    """(controls of which a rule is missing, the rules of all others)"""
    missing, lines = [], set()
    for control, _ids, meanings in _controls((name,), (), system):
        if meanings <= have:
            lines |= meanings
        else:
            missing.append(control)
    return missing, lines


def _loaded(name: str, system: str) -> int:
    return len(_controls((name,), (), system))


def _settled(names: tuple[str, ...], system: str, have: frozenset[str]) -> Match:
    """The Match whose benchmarks load nothing that the host has not."""
    skip: dict[str, tuple[str, ...]] = {}
    for _round in range(ROUNDS):
        found = _controls(names, tuple(sorted(skip)), system)
        missing = {control: ids for control, ids, meanings in found if not meanings <= have}
        if not missing:
            cover = frozenset().union(*(meanings for _control, _ids, meanings in found))
            return Match(names, tuple(sorted(skip.items())), cover) if cover else NONE
        skip.update(missing)
    return NONE
