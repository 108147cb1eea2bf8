# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the kernel's rules become the wanted ones without a blind moment."""

from collections import namedtuple

from .._errors import AuditError
from . import rule as _rule
from . import tables
from .delta import identity_of, match

# steps: [Step]; reload: the numbers of lists that are deleted and loaded again, why, and how many rules are away meanwhile
Plan = namedtuple("Plan", "steps reload reason gap")
NOTHING = Plan([], [], None, 0)
RELOADED = "without a twin the order of the %s list cannot be reached: it is deleted and loaded again"
TOO_MANY_FIELDS = "%s has no room for a twin, the kernel takes %d fields"
ANY_PROCESS = (tables.FIELDS["pid"], tables.OPERATORS[">="], 0)
SAYS_FIELD_AGAIN = (tables.LISTS["filesystem"], tables.LISTS["exclude"])


class Step(namedtuple("Step", "action rule stands_for moves")):
    """``action`` add or delete, of ``rule``. ``stands_for``: the rule that it is the twin of while the order changes, None for a true
    rule; ``moves``: whether that one is in the kernel already."""

    __slots__ = ()

    def __new__(cls, action, rule, stands_for=None, moves=False):
        return super(Step, cls).__new__(cls, action, rule, stands_for, moves)


class TwinError(AuditError):
    """A rule that has to be moved can have no twin; with a gap it can be moved."""


def plan(wanted: "list[_rule.Rule]", have: "list[_rule.Rule]", *, allow_gap: bool = False) -> Plan:
    """How the kernel's list ``have`` becomes ``wanted``: a rule that both have is in force at every step, in both orders.

    The kernel only appends and prepends (kernel/auditfilter.c, audit_add_rule) and refuses a second rule with the same fields. So what
    has to stand behind a rule that is appended is moved behind it: a twin of each is added, the old ones are deleted, the true ones are
    added, the twins deleted. After each step an event meets either the old list, or the new one. ``allow_gap``: the lists that need
    twins are deleted and loaded again instead, for kernels that refuse a twin; ``gap`` says how many rules that takes.
    """
    steps, reloaded, gap = [], [], 0
    matched = match(wanted, have)
    for number in sorted({rule.list for rule in wanted + have}):
        rules = _ListOf(number, wanted, have, matched)
        found = _plan_of_list(rules, allow_gap=allow_gap)
        if found is None:
            found = [Step("delete", rule) for rule in rules.have]
            found += [Step("add", placed(rule, head=False)) for rule in rules.wanted]
            reloaded.append(number)
            gap += len(rules.have)
        steps += found
    return Plan(steps, reloaded, RELOADED % " and ".join(tables.LIST_NAMES[number] for number in reloaded) if reloaded else None, gap)


class _ListOf(object):
    """One list of the kernel: its ``wanted`` and ``have`` Rules, and by place in them what is new, what is extra, and what is where."""

    def __init__(self, number, wanted, have, matched):
        nth_wanted, nth_have = _places(wanted, number), _places(have, number)
        self.wanted, self.have = [wanted[place] for place in nth_wanted], [have[place] for place in nth_have]
        self.at = {nth_wanted[place]: nth_have[at] for place, at in matched.pairs.items() if place in nth_wanted}
        self.new = {nth_wanted[place] for place in matched.missing if place in nth_wanted}
        gone = list(matched.extra)
        if len({rule.action for rule in self.wanted}) > 1:
            gone += matched.redundant  # it may stand on the wrong side
        self.extra = [nth_have[at] for at in gone if at in nth_have]
        self.identities = {identity_of(rule) for rule in self.have}


def _places(rules, number):
    """{place among all rules: place in the list ``number``}"""
    return {place: nth for nth, place in enumerate(at for at, rule in enumerate(rules) if rule.list == number)}


def _plan_of_list(rules, *, allow_gap):
    """The shorter of two plans: the leading rules of one action stay where they are, or those behind another action go to the head.

    None with ``allow_gap`` where neither can do without twins.
    """
    plans = [(heads, _tail(rules, heads)) for heads in (_heads(rules, moved=False), _heads(rules, moved=True))]
    heads, tail = min(plans, key=lambda plan: len(plan[0]) + len(plan[1]) + 3 * len(_moving(rules, plan[0] + plan[1])))
    return None if allow_gap and _moving(rules, heads + tail) else _steps(rules, heads, tail)


def _moving(rules, places):
    """Those of the wanted places whose rule is in the kernel already."""
    return {place for place in places if place in rules.at}


def _runs(rules):
    """The wanted places in runs of one action: within a run order decides nothing."""
    runs = []
    for place, rule in enumerate(rules.wanted):
        if place not in rules.at and place not in rules.new:
            continue
        if not runs or rules.wanted[runs[-1][-1]].action != rule.action:
            runs.append([])
        runs[-1].append(place)
    return runs


def _heads(rules, moved):
    """The wanted places of the leading run that go to the head of the list: what is new, and where ``moved`` what stands too far behind."""
    runs = _runs(rules)
    if len(runs) < 2:
        return []  # one action only: all can be appended
    heads = [place for place in runs[0] if place in rules.new]
    if moved:
        others = [rules.at[place] for run in runs[1::2] for place in run if place in rules.at]
        heads += [place for place in runs[0] if place in rules.at and rules.at[place] > min(others, default=len(rules.have))]
    return sorted(heads)


def _tail(rules, heads):
    """The wanted places that are appended, in order: from the first one on that can neither stay nor go to the head."""
    tail = []
    highest = {}  # action -> the last place in the kernel's list of one that stays
    for run in _runs(rules):
        action = rules.wanted[run[0]].action
        bound = max((at for other, at in highest.items() if other != action), default=-1)
        stay = [] if tail else [place for place in run if place in rules.at and place not in heads and rules.at[place] > bound]
        tail += [place for place in run if place not in stay and place not in heads]
        for place in stay:
            highest[action] = max(highest.get(action, -1), rules.at[place])
    return tail


def _steps(rules, heads, tail):
    moving = _moving(rules, tail + heads)
    lead = next((nth for nth, place in enumerate(tail) if place in moving), len(tail))
    front = [place for place in reversed(heads) if place in moving]
    twins = {place: twin(rules.wanted[place], rules.identities) for place in tail[lead:] + front}
    away = [rules.have[at] for at in sorted([rules.at[place] for place in moving] + rules.extra, reverse=True)]
    true = {place: placed(rules.wanted[place], head=place in heads) for place in heads + tail}
    steps = [Step("add", true[place]) for place in reversed(heads) if place not in moving]
    steps += [Step("add", placed(twins[place], head=True), rules.wanted[place], True) for place in front]
    steps += [Step("add", true[place]) for place in tail[:lead]]
    steps += [Step("add", twins[place], rules.wanted[place], place in moving) for place in tail[lead:]]
    steps += [Step("delete", rule) for rule in away]
    steps += [Step("add", true[place]) for place in front + tail[lead:]]
    steps += [Step("delete", twins[place], rules.wanted[place]) for place in front + list(reversed(tail[lead:]))]
    return steps


def twin(rule: "_rule.Rule", taken: "set") -> "_rule.Rule":
    """A Rule that matches what ``rule`` matches, and is another one to the kernel: one more field that is always as true as the rule.

    The filesystem list takes nothing but fstype, and up to 4.7 the exclude list nothing but msgtype (audit_field_valid): there the first
    field is said once more. ``taken``: the identities that are in the list already.
    """
    other = placed(rule, head=False, copy=True)
    more = other.fields[0] if other.list in SAYS_FIELD_AGAIN and other.fields else ANY_PROCESS
    other.watch = False
    other.fields.append(more)
    while identity_of(other) in taken:
        other.fields.append(more)
    if len(other.fields) + bool(other.keys) > tables.MAX_FIELDS:
        raise TwinError(TOO_MANY_FIELDS % (rule.render(), tables.MAX_FIELDS))
    return other


def placed(rule: "_rule.Rule", *, head: bool, copy: bool = False) -> "_rule.Rule":
    """A Rule to load at the head or the end of its list."""
    if rule.prepend == head and rule.data is None and not copy:
        return rule
    other = _rule.Rule(rule.list, rule.action, rule.machine)
    for name in ("mask", "all_given", "keys", "target", "watch", "file", "line", "text", "notes", "refused"):
        setattr(other, name, getattr(rule, name))
    other.fields = list(rule.fields)
    other.prepend = head
    return other


def command(step: Step) -> str:
    """A step of a plan in auditctl's own words."""
    text = step.rule.render()
    if step.action == "add":
        return text
    if text.startswith("-w "):
        return "-W " + text[3:]
    return "-d " + text[3:]
