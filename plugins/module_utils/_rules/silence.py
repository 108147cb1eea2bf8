# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that leave nothing to record, by what they match and not by how they are written.

The kernel compares numbers as unsigned 32-bit words (kernel/auditfilter.c, audit_comparator): uid>=0 is true of every process, and so is
one of auid=unset and auid!=unset. On the exclude list the action does not count, a rule that matches drops the record.
"""

from . import tables
from .rule import COMPARED

NEVER, ALWAYS = 0, 2
SYSCALL = 1300  # the record of a system call, linux/audit.h: without it no rule of the exit list leaves a trace
LAST = 0xFFFFFFFF
EXIT, EXCLUDE = tables.LISTS["exit"], tables.LISTS["exclude"]
# Numbers that every process or call has
NUMBERS = frozenset(tables.FIELDS[name] for name in (
    "pid", "ppid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid", "auid", "sessionid", "pers", "exit", "success",
    "a0", "a1", "a2", "a3",
))
# No process that makes a call has the number 0, nor one above PID_MAX_LIMIT (include/linux/threads.h); the parent of the first has it.
PROCESSES = (1, 1 << 22)
DOMAINS = {tables.FIELDS["success"]: (0, 1), tables.FIELDS["pid"]: PROCESSES, tables.FIELDS["ppid"]: (0, PROCESSES[1]),
           tables.INODE: (1, LAST)}
TWO_SIDED = (0, 1)  # a comparison (-C) is false or true
NOT_A_CONDITION = (tables.KEY, tables.ARCH)
PATH, DIRECTORY, PERM, FSTYPE = (tables.FIELDS[name] for name in ("path", "dir", "perm", "fstype"))
# What nobody can leave out and still have an audit trail: people (login.defs(5), UID_MIN and UID_MAX), calls that succeed, Linux' own
# personality, sessions, all processes but the first.
PEOPLE = (1000, 60000)
CORE = dict.fromkeys((tables.FIELDS[name] for name in ("uid", "euid", "suid", "fsuid", "auid", "gid", "egid", "sgid", "fsgid")), PEOPLE)
CORE.update({tables.FIELDS["success"]: (1, 1), tables.FIELDS["exit"]: (0, LAST >> 1), tables.FIELDS["pers"]: (0, 0)})
CORE.update({tables.FIELDS["sessionid"]: (1, LAST - 1), tables.FIELDS["pid"]: (2, 1 << 22), tables.FIELDS["ppid"]: (2, 1 << 22)})
# Filesystems on which hosts keep their files, linux/magic.h: ext4, xfs, btrfs, overlayfs
DISKS = (0xEF53, 0x58465342, 0x9123683E, 0x794C7630)


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
            spans = [span for _place, parts in members for span in parts]
            if _covers(spans, CORE.get(field) or domain_of(field)) or _covers_all_but_one(spans, domain_of(field)):
                found.update(place for place, _spans in members)
    return [rules[place] for place in sorted(found)]


def _drops(rules, place):
    """Whether the rule at ``place`` drops records, and those of whole lists: of all system calls, and before a rule that records them."""
    rule = rules[place]
    if rule.list == EXCLUDE:
        return bool(rule.fields)
    if rule.action != NEVER:
        return False
    if rule.list == tables.LISTS["filesystem"]:
        return any(takes_disk(operator, value) for number, operator, value in rule.fields if number == FSTYPE)
    if rule.list not in tables.SYSCALL_LISTS:
        return True
    recording = [at for at, other in enumerate(rules) if other.list == rule.list and other.action == ALWAYS]
    return rule.is_all and (not recording or place < recording[-1])


def _conditions(rule):
    """[(field, spans)]: what one field has to be for the rule to match, (None, ...) where it matches whatever comes; none where it asks
    for more than one thing that is not always so."""
    spans = {}
    for number, operator, value in rule.fields:
        if number in NOT_A_CONDITION or number == FSTYPE:
            continue
        if isinstance(value, str) and tables.OPERATOR_NAMES.get(operator) == "!=":
            continue  # all programs, or all files, but one
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
    narrow = {field: common(parts) for field, parts in spans.items() if not _covers(common(parts), domain_of(field))}
    if not narrow:
        return [(None, [])]
    return list(narrow.items()) if len(narrow) == 1 else []


def takes_disk(operator, value) -> bool:
    """Whether a condition on fstype holds for a filesystem on which hosts keep their files."""
    is_equal = tables.OPERATOR_NAMES.get(operator) == "="
    return is_equal == (value in DISKS)


def shadowing(rules: "list", is_wanted) -> "list":
    """The never rules of the exit lists that keep a later rule from ever recording anything: whatever that one asks for, they match before.

    ``rules``: in the kernel's order; ``is_wanted``: Rule -> whether somebody counts on it.
    """
    found = []
    for place, rule in enumerate(rules):
        if rule.action == NEVER and rule.list in tables.SYSCALL_LISTS and any(
                other.list == rule.list and other.action == ALWAYS and is_wanted(other) and _covers_rule(rule, other)
                for other in rules[place + 1:]):
            found.append(rule)
    return found


def _covers_rule(never, rule):
    """Whether each event that ``rule`` matches is matched by ``never`` as well. Of a rule for programs of every kind, those of the
    machine's own count, which are nearly all."""
    if not rule.has_arch and not matches_arch(never, rule.machine):
        return False
    return not rule.mask & ~never.mask & COMPARED and all(_is_implied(field, rule.fields) for field in never.fields)


def matches_arch(rule, machine):
    """Whether a rule looks at programs of this kind (x86_64, i386)."""
    for number, operator, value in rule.fields:
        if number == tables.ARCH:
            equal = tables.ELF_NAMES.get(value) == machine
            if equal != (tables.OPERATOR_NAMES.get(operator) == "="):
                return False
    return True


def _is_implied(field, fields):
    """Whether a condition of a never rule holds wherever all ``fields`` of another rule do."""
    number, operator, value = field
    same = [(theirs, other) for kind, theirs, other in fields if kind == number]
    if number == tables.KEY or number == tables.ARCH and not same or (operator, value) in same:
        return True
    is_equal = tables.OPERATOR_NAMES.get(operator) == "="
    if number == PERM:
        return any(not other & ~value for _operator, other in same)
    if number == DIRECTORY and is_equal:
        return any((other + "/").startswith(value.rstrip("/") + "/") for kind, _operator, other in fields if kind in (PATH, DIRECTORY))
    if isinstance(value, str):
        return not is_equal and any(tables.OPERATOR_NAMES.get(theirs) == "=" and other != value for theirs, other in same)
    if number not in NUMBERS:
        return False
    spans = spans_of(operator, value)
    return _covers(spans, domain_of(number)) or any(
        all(_covers(spans, span) for span in spans_of(theirs, other)) and spans_of(theirs, other) for theirs, other in same)


def domain_of(field) -> "tuple[int, int]":
    """The lowest and the highest number that a field can have; a comparison (-C) is a field as well."""
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


def _covers_all_but_one(spans, domain):
    """Whether the spans leave one number of a large domain out: one user, one process."""
    reached, out = domain[0], 0
    for first, last in sorted(spans):
        out += max(0, first - reached)
        reached = max(reached, last + 1)
    return domain != TWO_SIDED and out + max(0, domain[1] + 1 - reached) <= 1


def _covers(spans, domain):
    """Whether the spans leave no number of the domain out."""
    reached = domain[0]
    for first, last in sorted(spans):
        if first > reached:
            return False
        reached = max(reached, last + 1)
    return reached > domain[1]
