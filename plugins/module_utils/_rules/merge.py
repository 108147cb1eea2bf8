# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging rules of a file without changing what is logged."""

from . import grammar as _rule_grammar
from . import rule as _rule
from . import tables


def optimise_text(text: str, **options) -> str:
    """A rules file in which rules that differ in nothing but their system calls are one rule; what is logged, and by which key, stays.

    A rule moves up to its equal only where nothing between the two can match what it matches.
    """
    lines = text.split("\n")
    entries: "list[list]" = []  # [line place, Rule], in order; the later of two merged ones is gone
    for place, line in enumerate(lines):
        try:
            statement = _rule_grammar.parse(line, **options)
        except _rule.RuleError:
            return text  # the load stops here: nothing may move across it
        if isinstance(statement, _rule.Rule):
            entries.append([place, statement])
        elif isinstance(statement, _rule.Directive):
            entries.append([place, None])
    merged = _merge(entries)
    for place, into in merged.items():
        lines[place] = "## merged into line %d: %s" % (into + 1, lines[place])
    for place, rule in entries:
        if rule is not None and place in set(merged.values()):
            lines[place] = rule.render()
    return "\n".join(lines)


def _merge(entries):
    merged = {}
    at = 0
    while at < len(entries):
        place, rule = entries[at]
        target = _merge_target(entries, at) if rule is not None and _mergeable(rule) else None
        if target is None:
            at += 1
            continue
        first = entries[target][1]
        first.mask |= rule.mask
        first._canonical = None
        merged[place] = entries[target][0]
        entries.pop(at)
    return merged


def _merge_target(entries, at):
    rule = entries[at][1]
    for target in range(at - 1, -1, -1):
        other = entries[target][1]
        if other is None:
            return None
        if _mergeable(other) and twin_key(other) == twin_key(rule) and other.action == rule.action and other.arch == rule.arch:
            return target
        if other.list == rule.list and not _disjoint(other, rule):
            return None
    return None


def _mergeable(rule):
    return (rule.list == tables.LISTS["exit"] and not rule.delete and not rule.prepend and not rule.is_all and not rule.watch
            and rule.permissions is None and rule.has_arch)


def _disjoint(one, other):
    if one.has_arch and other.has_arch and one.arch != other.arch:
        return True
    return not one.is_all and not other.is_all and not one.mask & other.mask and one.arch == other.arch


def twin_key(rule):
    """What two rules share that differ in nothing but machine and system calls."""
    return (rule.list, rule.action, frozenset(field for field in rule.fields if field[0] != tables.ARCH), rule.keys)
