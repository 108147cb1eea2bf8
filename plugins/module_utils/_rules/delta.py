# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How two sets of rules differ, by meaning and by order, and how the kernel's one becomes the wanted one without a blind moment."""

from collections import namedtuple

from . import rule as _rule
from . import tables

Comparison = namedtuple("Comparison", "missing extra out_of_order redundant")
Plan = namedtuple("Plan", "steps reload reason")  # steps: [(add|delete, Rule)], reload: list numbers loaded anew


def identity_of(rule):
    """What makes a rule the same one to the kernel: the order of the fields counts, the spelling does not."""
    return (rule.list, rule.action, rule.mask & _rule.COMPARED if rule.list in tables.SYSCALL_LISTS else 0, tuple(rule.fields), rule.keys)


def compare(wanted, have):
    """Comparison of two lists of Rules: missing and extra Rules, have-rules out of their order where that matters, and redundant
    ones (the same meaning twice)."""
    return _match(wanted, have)[0]


def _match(wanted, have):
    """(Comparison, {place in wanted: place in have})"""
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
            missing.append(rule)
    meant = {}
    for rule in wanted:
        meant.setdefault(rule.canonical, []).append(rule)
    extra, redundant = [], []
    for place, rule in enumerate(have):
        if place not in taken:
            twin = any(_rule.same_target(rule, other) for other in meant.get(rule.canonical, ()))
            (redundant if twin else extra).append(rule)
    wrong = [have[place] for place in _out_of_order([(wanted[at].list, wanted[at].action, place) for at, place in sorted(pairs.items())])]
    return Comparison(missing, extra, wrong, redundant), pairs


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


def plan(wanted, have):
    """How the kernel's list ``have`` becomes ``wanted``: adds first, then deletes, so that no rule that stays is ever away.

    A never rule goes to the head of its list where it has to. Where that gives the wrong order, the never rules that are wrong are moved;
    where even that does not, the whole list is loaded anew and ``reason`` says so.
    """
    comparison, _pairs = _match(wanted, have)
    gone = {id(rule) for rule in comparison.extra}
    moved = comparison.out_of_order
    moving = {id(rule) for rule in moved}
    kept = [rule for rule in have if id(rule) not in gone and id(rule) not in moving]
    missing_ids = {id(rule) for rule in comparison.missing}
    moved_meanings = {rule.canonical for rule in moved}
    last_always, last_never = {}, {}
    for place, rule in enumerate(wanted):
        (last_never if rule.action == 0 else last_always)[rule.list] = place
    heads, tails = [], []
    for place, rule in enumerate(wanted):
        if id(rule) in missing_ids or rule.canonical in moved_meanings:
            opposite = last_always if rule.action == 0 else last_never
            (heads if place < opposite.get(rule.list, -1) else tails).append(rule)
    result = heads + kept + tails
    wrong_lists = set()
    check, _unused = _match(wanted, result)
    if check.out_of_order:
        wrong_lists = {rule.list for rule in check.out_of_order}
    steps = [("add", _at(rule, False)) for rule in tails if rule.list not in wrong_lists and rule.action != 0]
    steps += [("delete", rule) for rule in moved if rule.list not in wrong_lists]
    steps += [("add", _at(rule, True)) for rule in reversed(heads) if rule.list not in wrong_lists]
    steps += [("add", _at(rule, False)) for rule in tails if rule.list not in wrong_lists and rule.action == 0]
    steps += [("delete", rule) for rule in comparison.extra if rule.list not in wrong_lists]
    reason = None
    if wrong_lists:
        names = " and ".join(tables.LIST_NAMES[number] for number in sorted(wrong_lists))
        reason = "the order of never and always rules on the %s list cannot be reached by adding and deleting: it is loaded anew" % names
        for number in sorted(wrong_lists):
            steps += [("delete", rule) for rule in have if rule.list == number]
            steps += [("add", _at(rule, False)) for rule in wanted if rule.list == number]
    return Plan(steps, sorted(wrong_lists), reason)


def _at(rule, head):
    """A Rule to load at the head or the end of its list."""
    if rule.prepend == head and rule.data is None:
        return rule
    copy = _rule.Rule(rule.list, rule.action, rule.machine)
    for name in ("mask", "all_given", "fields", "keys", "target", "watch", "file", "line", "text", "notes"):
        setattr(copy, name, getattr(rule, name))
    copy.fields = list(rule.fields)
    copy.prepend = head
    return copy


def command(step):
    """A step of a plan in auditctl's own words."""
    action, rule = step
    text = rule.render()
    if action == "add":
        return text
    if text.startswith("-w "):
        return "-W " + text[3:]
    return "-d " + text[3:]
