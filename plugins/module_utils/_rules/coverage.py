# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a set of rules records everything that one rule demands, however either is written.

What a rule matches is a box: one set of values for each field. The kernel takes the first rule that matches (audit_filter_rules() of
kernel/auditsc.c goes by the place in the list, for watches too): so the demanded box is cut at each rule in turn, and what is left at the
end, or falls to a rule that says never, is not recorded. Keys and spelling play no part.
"""

import functools
from collections import OrderedDict

from . import record_types as _record_types
from . import syscalls as _syscalls
from . import tables
from .boxes import AUID, Box, Spans, conditions_of, implied, place_of, relation
from .rule import permission_mask
from .silence import ALWAYS, NEVER, matches_arch

EXIT, TASK, EXCLUDE, USER, FILESYSTEM = (tables.LISTS[name] for name in ("exit", "task", "exclude", "user", "filesystem"))
PERMISSIONS = tuple(bit for _letter, bit in tables.PERMISSIONS)
EQUAL, PERM = tables.OPERATORS["="], tables.PERM
MOST_CALLS = 6  # of a reason


class Recorded(object):
    """What a list of Rules, in the order of the kernel, leaves a trace of. ``machine``: of the host, as C(tables.MACHINES) names it;
    ``links``: as C(boxes.place_of) takes them."""

    def __init__(self, rules: "list", machine: "str | None" = None, links=()) -> None:
        self.rules, self.machine, self.links = list(rules), machine, links
        self.known = {}
        for rule in self.rules:
            self.known.setdefault(rule.canonical, rule)
        # what drops records whatever the exit list says comes first
        first = [rule for rule in self.rules if rule.list in (TASK, USER, FILESYSTEM) and rule.action == NEVER or rule.list == EXCLUDE]
        able = [(rule, _lasting(rule, conditions_of(rule))) for rule in first + [rule for rule in self.rules if rule.list == EXIT]]
        self.ordered = [(rule, conditions, place_of(rule, links)) for rule, conditions in able
                        if conditions is not None and _can_match(rule)]
        self.silences = any(not _records(rule) for rule, _conditions, _place in self.ordered)
        self.reasons = {}

    def why_not(self, rule) -> "str | None":
        """Why not all that ``rule`` demands is recorded, a clause for a finding; None where all of it is."""
        if rule.list != EXIT or rule.action != ALWAYS:
            return None if rule.canonical in self.known else "this rule is not there"
        if rule.canonical in self.known and not self.silences and _same_place(self.known[rule.canonical], rule):
            return None
        # two layers of a comparison and each control that demands it ask for the same rule
        asked = (rule.canonical, rule.mask, rule.target, rule.watch)
        if asked not in self.reasons:
            self.reasons[asked] = self._reason(rule)
        return self.reasons[asked]

    def _reason(self, rule):
        box = conditions_of(rule)
        if box is None:
            return None  # no event can match it
        box = implied(rule, box)
        place = place_of(rule, self.links)
        candidates = self._candidates(place)
        missing = OrderedDict()
        for arch in self._machines(rule):
            for calls, permissions, applicable in _cells(rule, arch, candidates, place):
                reason = _uncovered(Box(box).narrowed(permissions), applicable)
                if reason:
                    missing.setdefault((arch, reason), []).append(calls)
        return self._sentence(rule, missing) if missing else None

    def _candidates(self, place):
        """[(rule, conditions)] that take an event at this place away from later rules, with all who ask for it."""
        found = []
        for other, conditions, where in self.ordered:
            how = relation(place, where)
            # what records less than is demanded is not all of it, however many such rules there are
            if how == "whole" or (how == "part" and not _records(other)):
                found.append((other, conditions))
        return found

    def _machines(self, rule):
        native = rule.machine
        every = [native] + ([tables.TWINS[native]] if native in tables.TWINS else [])
        return [arch for arch in every if matches_arch(rule, arch)] or [rule.arch]

    def _sentence(self, rule, missing):
        (arch, reason), masks = next(iter(missing.items()))
        parts = []
        if len(self._machines(rule)) > 1 or rule.has_arch:
            parts.append("of %s programs" % arch)
        if not rule.is_all or rule.permissions is None:
            shown = sorted({name for mask in masks for name in _names(mask, arch)})
            parts.append("the calls " + ", ".join(shown[:MOST_CALLS]) + (" and more" if len(shown) > MOST_CALLS else ""))
        where = " (%s)" % ": ".join(parts) if parts and not rule.is_all else " (%s)" % parts[0] if parts else ""
        return reason + where


def _cells(rule, arch, candidates, place):
    """(mask of system calls, permissions, [(rule, conditions)] that apply to them): calls that fare alike as one, in the order of their
    numbers. By whole masks: call by call it takes a host with missing rules ten times as long (measured)."""
    of_arch = [entry for entry in candidates if matches_arch(entry[0], arch)]
    every = _every_call(arch)
    if not every:  # no table of this machine: only whole masks can be compared
        masks = [(entry, _touched(entry[0], arch, rule.mask, place)) for entry in of_arch]
        yield rule.mask, rule.permissions, [entry for entry, mask in masks if mask & rule.mask == rule.mask]
        return
    asked = rule.mask & every | _by_number(rule)
    cells = [(asked, 0, ())]
    for bit in PERMISSIONS:
        if (rule.permissions or 0) & bit:
            cells = [(calls, permissions | bit if inside else permissions, ())
                     for calls, inside, (permissions, _numbers) in _cut(cells, permission_mask(bit, arch))]
    if rule.permissions is not None:
        cells = [cell for cell in cells if cell[1]]
    for number, (other, _conditions) in enumerate(of_arch):
        cells = [(calls, permissions, numbers + (number,) if inside else numbers)
                 for calls, inside, (permissions, numbers) in _cut(cells, _touched(other, arch, asked, place))]
    for calls, permissions, numbers in sorted(cells, key=_lowest):
        yield calls, None if rule.permissions is None else permissions, [
            (other, _without_access(other, conditions, calls, arch)) for other, conditions in (of_arch[number] for number in numbers)]


def _without_access(rule, conditions, calls, arch):
    """The conditions of a rule, without its perm where that is true of these calls whatever they are given (audit_match_perm() of
    kernel/auditsc.c): that of chmod is always a, that of open is in its flags. The calls are those that the rule sees."""
    if PERM not in conditions or not _records(rule) or calls & _by_flags(arch):
        return conditions
    return {field: values for field, values in conditions.items() if field != PERM}


@functools.lru_cache(maxsize=None)
def _by_flags(arch):
    numbers = _syscalls.numbers(arch) or {}
    return sum(1 << numbers[name] for name in ("open", "openat", "openat2", "socketcall") if name in numbers)


def _by_number(rule):
    """The calls that a rule names by numbers which are in no table of its machine: those of a newer kernel, or of the site's own."""
    if rule.is_all:
        return 0
    known = 0
    for machine in (rule.machine, tables.TWINS.get(rule.machine)):
        if machine and matches_arch(rule, machine):
            known |= _every_call(machine)
    return rule.mask & ~known


def _touched(rule, arch, asked, place):
    """The calls that a rule has to do with: all that are ``asked`` for at the ``place``, or those of its own, or those whose records it
    takes away."""
    if rule.list == EXIT:
        return _seen_by(rule, arch)
    return asked if rule.list == TASK else _record_types.calls_without(rule, asked, arch, place)


def _seen_by(rule, arch):
    """The calls that a rule can match: a perm is true only of the calls that have that access, so perm=x of execve alone. A rule that
    silences is taken for one of a newer kernel, which gives the access to more calls; one that records, for one of an older.
    """
    calls = permission_mask(rule.permissions, arch) if rule.permissions is not None else 0
    if calls and not _records(rule):
        numbers = _syscalls.numbers(arch)
        for bit, names in tables.PERMISSION_SYSCALLS_OF_KERNELS.items():
            if rule.permissions & bit:
                calls |= sum(1 << numbers[name] for name in names.split() if name in numbers)
    return rule.mask & calls if calls else rule.mask


def _cut(cells, mask):
    """(calls, whether the mask has them, the rest of their cell): of each cell what the mask has, and what it has not."""
    for cell in cells:
        for calls, inside in ((cell[0] & mask, True), (cell[0] & ~mask, False)):
            if calls:
                yield calls, inside, cell[1:]


def _lowest(cell):
    return cell[0] & -cell[0]


@functools.lru_cache(maxsize=None)
def _every_call(machine):
    """The mask of all system calls that are known of a machine; 0 where there is no table of it."""
    return sum(1 << number for number in set((_syscalls.numbers(machine) or {}).values()))


def _names(mask, machine):
    numbers = _syscalls.numbers(machine)
    if not numbers:
        return ["all"]
    unnamed = mask & ~_every_call(machine)
    return [name for name, number in numbers.items() if mask >> number & 1] + [
        str(number) for number in range(unnamed.bit_length()) if unnamed >> number & 1]


def _records(rule):
    return rule.list == EXIT and rule.action == ALWAYS


def _can_match(rule):
    """Whether a rule is one that the kernel takes: path and dir take no other operator than = (audit_to_watch(), audit_make_tree()), and
    the list exclude takes no rule without fields."""
    if rule.list == EXCLUDE and not rule.fields:
        return False
    return all(operator == EQUAL for number, operator, _value in rule.fields if number in (tables.PATH, tables.DIR))


def _lasting(rule, conditions):
    """The conditions of a rule that still hold when a process makes a call. The list task is asked when the process is made (audit_alloc()
    of kernel/auditsc.c), and what comes of it stays: it can get any user, group or program afterwards, and a login where it had none.
    """
    if conditions is None or rule.list != TASK:
        return conditions
    auid = conditions.get(AUID)
    return {AUID: auid} if auid is not None and not auid.and_(Spans([(tables.UNSET, tables.UNSET)])) else {}


def _same_place(one, other):
    return one.target is None or other.target is None or one.target == other.target


def _uncovered(box, applicable):
    """Why a part of the box is not recorded; None where each part falls to a rule that records it."""
    if box.is_empty:
        return None
    left = [box]
    for rule, conditions in applicable:
        records = _records(rule)
        rest = []
        for part in left:
            inside, outside = part.cut(conditions)
            if inside and not records:
                return "silenced by %s%s" % (rule.render(), " (%s line %s)" % (rule.file, rule.line) if rule.file else "")
            rest += outside
        left = rest
        if not left:
            return None
    near = [left[0].difference_from(conditions) for rule, conditions in applicable if _records(rule)]
    hints = sorted({hint for hint in near if hint}, key=_shortest)
    return "not recorded%s" % (": a rule asks for %s too" % hints[0] if hints else "")


def _shortest(text):
    return (len(text), text)
