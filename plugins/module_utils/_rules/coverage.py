# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a set of rules records everything that one rule demands, however either is written.

What a rule matches is a box: one set of values for each field. The kernel takes the first rule that matches (audit_filter_rules() of
kernel/auditsc.c goes by the place in the list, for watches too): so the demanded box is cut at each rule in turn, and what is left at the
end, or falls to a rule that says never, is not recorded. Keys and spelling play no part.
"""

from collections import OrderedDict

from . import syscalls as _syscalls
from . import tables
from .boxes import Box, conditions_of, place_of, relation
from .rule import permission_mask
from .silence import ALWAYS, NEVER, SYSCALL, matches_arch, spans_of

EXIT, TASK, EXCLUDE = (tables.LISTS[name] for name in ("exit", "task", "exclude"))
PERMISSIONS = tuple(bit for _letter, bit in tables.PERMISSIONS)
MOST_CALLS = 6  # of a reason


class Recorded(object):
    """What a list of Rules, in the order of the kernel, leaves a trace of. ``machine``: of the host, as C(tables.MACHINES) names it."""

    def __init__(self, rules: "list", machine: "str | None" = None) -> None:
        self.rules, self.machine = list(rules), machine
        self.known = {}
        for rule in self.rules:
            self.known.setdefault(rule.canonical, rule)
        # what drops records whatever the exit list says comes first
        first = [rule for rule in self.rules if rule.list == TASK and rule.action == NEVER or rule.list == EXCLUDE]
        self.ordered = [(rule, conditions_of(rule)) for rule in first + [rule for rule in self.rules if rule.list == EXIT]]
        self.ordered = [(rule, conditions) for rule, conditions in self.ordered if conditions is not None and _can_match(rule)]
        self.silences = any(not _records(rule) for rule, _conditions in self.ordered)

    def why_not(self, rule) -> "str | None":
        """Why not all that ``rule`` demands is recorded, a clause for a finding; None where all of it is."""
        if rule.list != EXIT or rule.action != ALWAYS:
            return None if rule.canonical in self.known else "this rule is not there"
        if rule.canonical in self.known and not self.silences and _same_place(self.known[rule.canonical], rule):
            return None
        place, box = place_of(rule), conditions_of(rule)
        if box is None:
            return None  # no event can match it
        candidates = [(other, conditions, relation(place, place_of(other))) for other, conditions in self.ordered]
        candidates = [entry for entry in candidates if entry[2] is not None]
        missing = OrderedDict()
        for arch in self._machines(rule):
            for names, permissions, applicable in self._cells(rule, arch, candidates):
                reason = _uncovered(Box(box).narrowed(permissions), applicable)
                if reason:
                    missing.setdefault((arch, reason), []).extend(names)
        return self._sentence(rule, missing) if missing else None

    def _machines(self, rule):
        native = rule.machine
        every = [native] + ([tables.TWINS[native]] if native in tables.TWINS else [])
        return [arch for arch in every if matches_arch(rule, arch)] or [rule.arch]

    def _cells(self, rule, arch, candidates):
        """(names of system calls, permissions, [(rule, conditions, relation)] that apply to them), calls that fare alike as one."""
        numbers = _syscalls.numbers(arch)
        of_arch = [entry for entry in candidates if matches_arch(entry[0], arch)]
        if not numbers:  # no table of this machine: only whole masks can be compared
            yield ["all"], rule.permissions, [entry for entry in of_arch if entry[0].is_all or entry[0].mask & rule.mask == rule.mask]
            return
        alike = OrderedDict()
        for name, number in sorted(numbers.items(), key=_by_number):
            if not rule.mask >> number & 1:
                continue
            permissions = rule.permissions
            if permissions is not None:
                permissions = sum(bit for bit in PERMISSIONS if permissions & bit and permission_mask(bit, arch) >> number & 1)
                if not permissions:
                    continue
            applies = tuple(place for place, entry in enumerate(of_arch) if entry[0].list != EXIT or entry[0].mask >> number & 1)
            alike.setdefault((permissions, applies), []).append(name)
        for (permissions, applies), names in alike.items():
            yield names, permissions, [of_arch[place] for place in applies]

    def _sentence(self, rule, missing):
        (arch, reason), names = next(iter(missing.items()))
        parts = []
        if len(self._machines(rule)) > 1 or rule.has_arch:
            parts.append("of %s programs" % arch)
        if not rule.is_all or rule.permissions is None:
            shown = sorted(set(names))
            parts.append("the calls " + ", ".join(shown[:MOST_CALLS]) + (" and more" if len(shown) > MOST_CALLS else ""))
        where = " (%s)" % ": ".join(parts) if parts and not rule.is_all else " (%s)" % parts[0] if parts else ""
        return reason + where


def _by_number(entry):
    return entry[1]


def _records(rule):
    return rule.list == EXIT and rule.action == ALWAYS


def _can_match(rule):
    """Whether a rule has to do with records of system calls: an exclude rule for another type of record has not."""
    if rule.list != EXCLUDE:
        return True
    if not rule.fields:
        return False
    return all(_takes_type(operator, value) for number, operator, value in rule.fields if number == tables.MSGTYPE)


def _takes_type(operator, value):
    return any(first <= SYSCALL <= last for first, last in spans_of(operator, value))


def _same_place(one, other):
    return one.target is None or other.target is None or one.target == other.target


def _uncovered(box, applicable):
    """Why a part of the box is not recorded; None where each part falls to a rule that records it."""
    if box.is_empty:
        return None
    left = [box]
    for rule, conditions, how in applicable:
        records = _records(rule)
        if records and how == "part":
            continue  # it watches less than is demanded, and no number of such rules is all of it
        rest = []
        for part in left:
            inside, outside = part.cut(conditions)
            if inside and not records:
                return "silenced by %s%s" % (rule.render(), " (%s line %s)" % (rule.file, rule.line) if rule.file else "")
            rest += outside
        left = rest
        if not left:
            return None
    near = [left[0].difference_from(conditions) for rule, conditions, how in applicable if _records(rule) and how != "part"]
    hints = sorted({hint for hint in near if hint}, key=_shortest)
    return "not recorded%s" % (": a rule asks for %s too" % hints[0] if hints else "")


def _shortest(text):
    return (len(text), text)
