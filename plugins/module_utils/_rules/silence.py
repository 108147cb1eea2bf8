# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that leave nothing to record, by what they match and not by how they are written.

The kernel compares numbers as unsigned 32-bit words (kernel/auditfilter.c, audit_comparator): uid>=0 is true of every process, and so is
one of auid=unset and auid!=unset. On the exclude list the action does not count, a rule that matches drops the record.
"""

from . import tables

NEVER, ALWAYS = 0, 2
SYSCALL = 1300  # the record of a system call, linux/audit.h: without it no rule of the exit list leaves a trace
LAST = 0xFFFFFFFF
EXIT, EXCLUDE = tables.LISTS["exit"], tables.LISTS["exclude"]
# Numbers that every process or call has
NUMBERS = frozenset(tables.FIELDS[name] for name in (
    "pid", "ppid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid", "auid", "sessionid", "pers", "exit", "success",
    "a0", "a1", "a2", "a3",
))
DOMAINS = {tables.FIELDS["success"]: (0, 1)}
TWO_SIDED = (0, 1)  # a comparison (-C) is false or true
NOT_A_CONDITION = (tables.KEY, tables.ARCH)


def silencing(rules: "list") -> "list":
    """Those of the Rules that, alone or together, leave nothing to record of the list they stand on."""
    found = set()
    for number in {rule.list for rule in rules}:
        groups = {}
        for place, rule in enumerate(rules):
            if rule.list == number and _drops(rules, place):
                for field, spans in _conditions(rule):
                    groups.setdefault(field, []).append((place, spans))
        everything = groups.pop(None, [])
        found.update(place for place, _spans in everything)
        for field, members in groups.items():
            if _covers([span for _place, spans in members for span in spans], _domain(field)):
                found.update(place for place, _spans in members)
    return [rules[place] for place in sorted(found)]


def _drops(rules, place):
    """Whether the rule at ``place`` drops records, and those of whole lists: of all system calls, and before a rule that records them."""
    rule = rules[place]
    if rule.list == EXCLUDE:
        return bool(rule.fields)
    if rule.action != NEVER or rule.list == tables.LISTS["filesystem"]:
        return False
    if rule.list not in tables.SYSCALL_LISTS:
        return True
    recording = [at for at, other in enumerate(rules) if other.list == rule.list and other.action == ALWAYS]
    return rule.is_all and (not recording or place < recording[-1])


def _conditions(rule):
    """[(field, spans)]: what one field has to be for the rule to match, (None, ...) where it matches whatever comes; none where it asks
    for more than one thing that is not always so."""
    spans = {}
    for number, operator, value in rule.fields:
        if number in NOT_A_CONDITION:
            continue
        if number == tables.MSGTYPE and rule.list == EXCLUDE:
            if not any(first <= SYSCALL <= last for first, last in spans_of(operator, value)):
                return []
            continue
        if number == tables.COMPARE:
            wanted = 1 if tables.OPERATOR_NAMES.get(operator) == "=" else 0
            spans.setdefault((number, value), []).append([(wanted, wanted)])
        elif number in NUMBERS:
            spans.setdefault(number, []).append(spans_of(operator, value))
        else:
            return []
    narrow = {field: common(parts) for field, parts in spans.items() if not _covers(common(parts), _domain(field))}
    if not narrow:
        return [(None, [])]
    return list(narrow.items()) if len(narrow) == 1 else []


def _domain(field):
    if isinstance(field, tuple):
        return TWO_SIDED
    return DOMAINS.get(field, (0, LAST))


def spans_of(operator, value):
    """[(first, last)] of the numbers for which a comparison is true; none for an operator on bits."""
    value &= LAST
    spans = {
        "=": [(value, value)], "!=": [(0, value - 1), (value + 1, LAST)], ">=": [(value, LAST)], "<=": [(0, value)],
        ">": [(value + 1, LAST)], "<": [(0, value - 1)],
    }.get(tables.OPERATOR_NAMES.get(operator, ""), [])
    return [(first, last) for first, last in spans if first <= last]


def common(parts):
    """The spans that all of the parts have."""
    spans = parts[0]
    for part in parts[1:]:
        spans = [(max(one[0], two[0]), min(one[1], two[1])) for one in spans for two in part if max(one[0], two[0]) <= min(one[1], two[1])]
    return spans


def _covers(spans, domain):
    """Whether the spans leave no number of the domain out."""
    reached = domain[0]
    for first, last in sorted(spans):
        if first > reached:
            return False
        reached = max(reached, last + 1)
    return reached > domain[1]
