# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How two sets of rules differ, by meaning and by order."""

from collections import namedtuple

from . import rule as _rule
from . import tables

Comparison = namedtuple("Comparison", "missing extra out_of_order redundant")
Matched = namedtuple("Matched", "pairs missing extra redundant")  # pairs: {place in wanted: place in have}, the others places


def identity_of(rule: "_rule.Rule") -> tuple:
    """What makes a rule the same one to the kernel: the order of the fields counts, the spelling does not."""
    return (rule.list, rule.action, rule.mask & _rule.COMPARED if rule.list in tables.SYSCALL_LISTS else 0, tuple(rule.fields), rule.keys)


def compare(wanted: "list[_rule.Rule]", have: "list[_rule.Rule]") -> Comparison:
    """Comparison of two lists of Rules: missing and extra Rules, have-rules out of their order where that matters, and redundant
    ones (the same meaning twice)."""
    if len(wanted) == len(have) and all(map(_is_same, wanted, have)) and len({rule.canonical for rule in have}) == len(have):
        return Comparison([], [], [], [])  # as nearly always
    found = match(wanted, have)
    pairs = [(wanted[at].list, wanted[at].action, place) for at, place in sorted(found.pairs.items())]
    return Comparison(
        [wanted[place] for place in found.missing], [have[place] for place in found.extra],
        [have[place] for place in _out_of_order(pairs)], [have[place] for place in found.redundant])


def _is_same(one, other):
    return one.canonical == other.canonical and _rule.same_target(one, other)


def match(wanted, have):
    """Which place in ``have`` is which in ``wanted``, and which are of no other."""
    places = {}
    for place, rule in enumerate(have):
        places.setdefault(rule.canonical, []).append(place)
    pairs = {}
    taken = set()
    missing = []
    for place, rule in enumerate(wanted):
        candidates = places.get(rule.canonical, ())
        found = next((at for at in candidates if at not in taken and _rule.same_target(rule, have[at])), None)
        if found is not None:
            taken.add(found)
            pairs[place] = found
        elif not any(_rule.same_target(rule, have[at]) for at in candidates):
            missing.append(place)
    meant = {}
    for rule in wanted:
        meant.setdefault(rule.canonical, []).append(rule)
    extra, redundant = [], []
    for place, rule in enumerate(have):
        if place not in taken:
            again = any(_rule.same_target(rule, other) for other in meant.get(rule.canonical, ()))
            (redundant if again else extra).append(place)
    return Matched(pairs, missing, extra, redundant)


def _out_of_order(sequence):
    """The positions of never rules that stand on the other side of an always rule than ``sequence`` [(list, action, position)] has them.

    Only between the two does order change what is logged: the first rule that matches decides.
    """
    wrong = set()
    for number in {entry[0] for entry in sequence}:
        entries = [(action, position) for which, action, position in sequence if which == number]
        highest = -1
        for action, position in entries:
            if action == 0 and position < highest:
                wrong.add(position)
            elif action != 0:
                highest = max(highest, position)
        lowest = None
        for action, position in reversed(entries):
            if action == 0 and lowest is not None and position > lowest:
                wrong.add(position)
            elif action != 0:
                lowest = position if lowest is None else min(lowest, position)
    return sorted(wrong)
