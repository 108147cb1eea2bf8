# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans, step by step, on a kernel that takes rules as the real one does: what both lists record is recorded after every step."""

from __future__ import annotations

import random

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._rules import delta, grammar, load_plan, tables
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule
from fake_kernel import FakeKernel

ALWAYS_TRUE = (tables.FIELDS["pid"], tables.OPERATORS[">="], 0)


def rules(lines):
    return [grammar.parse(line, machine="x86_64").resolve(lambda path: False) for line in lines]


def loaded(kernel):
    return [_rule.from_kernel(data, "x86_64") for data in kernel.request(_kernel.AUDIT_LIST_RULES, many=True)]


def kernel_with(lines):
    kernel = FakeKernel()
    kernel.load(*lines)
    return kernel


def meaning(rule):
    """The rule that a twin stands for, as text."""
    bare = load_plan.placed(rule, head=False, copy=True)
    while bare.fields and (bare.fields[-1] == ALWAYS_TRUE or bare.fields[-1] in bare.fields[:-1]):
        bare.fields.pop()
    return bare.canonical


def decision(kernel_rules, matched, event):
    """(list, True where an event is recorded): the first rule of its list that matches decides, and none is no record."""
    return [
        next((rule.action for rule in kernel_rules if rule.list == number and event in matched[meaning(rule)]), 0)
        for number in sorted(tables.LISTS.values())
    ]


def walk(kernel, plan):
    """The kernel's rules after each step; a step that the kernel refuses is an error here."""
    for step in plan.steps:
        message = _kernel.AUDIT_ADD_RULE if step.action == "add" else _kernel.AUDIT_DEL_RULE
        kernel.request(message, step.rule.to_kernel())
        yield loaded(kernel)


NEVER, ALWAYS, OTHER = "-a never,exit -S all -F auid=77", "-a always,exit -S open -k a", "-a always,exit -S mount -k b"
WATCHES = ["-w /w/%d -p wa -k w%d" % (number, number) for number in range(6)]
BASE = ["-w /a -p wa -k a", "-a always,exit -F arch=b64 -S open -F auid>=1000 -F auid!=unset -k o", "-a always,user", "-a never,task"]
PLANS = [  # wanted, have, the most steps it may take
    (BASE, BASE, 0),
    (BASE, [], 4),
    ([], BASE, 4),
    (BASE + [OTHER], BASE, 1),
    (BASE, BASE + [OTHER], 1),
    (BASE[1:], BASE[:-1], 2),
    ([NEVER, ALWAYS, OTHER], [ALWAYS, OTHER], 1),
    ([NEVER, ALWAYS], [ALWAYS, NEVER], 4),
    ([NEVER, ALWAYS, *WATCHES], [ALWAYS, *WATCHES, NEVER], 4),
    ([ALWAYS, *WATCHES, NEVER], [NEVER, ALWAYS, *WATCHES], 4),
    ([ALWAYS, NEVER, OTHER], [ALWAYS, OTHER], 7),
    ([ALWAYS, NEVER, OTHER], [ALWAYS], 2),
    ([ALWAYS, NEVER], [NEVER], 1),
    ([NEVER, ALWAYS], [OTHER, NEVER], 2),
    ([OTHER, NEVER], [NEVER, ALWAYS], 3),
    (["-a never,exit -S all -F auid=1", NEVER, ALWAYS], [ALWAYS], 2),
    ([ALWAYS, NEVER], [ALWAYS, OTHER, NEVER], 1),
    ([*WATCHES[:3], NEVER, *WATCHES[3:]], WATCHES, 1 + 1 + 4 * 3),
    (["-a always,exclude -F msgtype=CWD", "-a never,exclude -F msgtype=EOE"], ["-a never,exclude -F msgtype=EOE"], 1),
    (["-a never,filesystem -F fstype=tracefs", "-a always,filesystem -F fstype=debugfs"],
     ["-a always,filesystem -F fstype=debugfs", "-a never,filesystem -F fstype=tracefs"], 4),
]


@pytest.mark.parametrize(("wanted", "have", "most"), PLANS)
def test_every_rule_of_both_lists_is_there_at_every_step(wanted, have, most):
    kernel = kernel_with(have)
    plan = load_plan.plan(rules(wanted), loaded(kernel))
    assert len(plan.steps) <= most and plan[1:] == ([], None, 0)
    both = {rule.canonical for rule in rules(wanted)} & {rule.canonical for rule in rules(have)}
    for moment in walk(kernel, plan):
        assert both <= {meaning(rule) for rule in moment}
    assert delta.compare(rules(wanted), loaded(kernel)) == ([], [], [], [])
    assert load_plan.plan(rules(wanted), loaded(kernel)).steps == []


@pytest.mark.parametrize("seed", range(40))
def test_no_event_that_both_lists_record_is_missed(seed):
    """Each rule matches some of eight events, at random: what decides differs from rule to rule, and so does what order means."""
    dice = random.Random(seed)
    for _round in range(12):
        texts = [
            "-a %s,%s -F auid=%d" % (dice.choice(["always", "always", "never"]), dice.choice(["exit -S open"] * 2 + ["user"]), number)
            for number in range(12)
        ]
        matched = {rule.canonical: {event for event in range(8) if dice.random() < 0.4} for rule in rules(texts)}
        wanted, have = (dice.sample(texts, dice.randint(0, 10)) for _side in range(2))
        kernel = kernel_with(have)
        plan = load_plan.plan(rules(wanted), loaded(kernel))
        before, after = ([decision(rules(side), matched, event) for event in range(8)] for side in (have, wanted))
        for moment in walk(kernel, plan):
            for event in range(8):
                for place, now in enumerate(decision(moment, matched, event)):
                    if before[event][place] == after[event][place]:
                        assert now == after[event][place], (wanted, have, event)
        assert [decision(loaded(kernel), matched, event) for event in range(8)] == after
        assert delta.compare(rules(wanted), loaded(kernel)) == ([], [], [], [])


def test_a_never_rule_in_the_middle_of_201_moves_the_side_behind_it():
    always = ["-a always,exit -F arch=b64 -S open -F a2=%d -F key=k%d" % (number, number) for number in range(200)]
    kernel = kernel_with(always)
    plan = load_plan.plan(rules([*always[:150], NEVER, *always[150:]]), loaded(kernel))
    assert len([step for step in plan.steps if step.moves]) == 50 and plan.gap == 0
    names = {rule.canonical for rule in rules(always)}
    for moment in walk(kernel, plan):
        assert names <= {meaning(rule) for rule in moment}


def test_what_a_killed_run_left_is_neither_kept_nor_in_the_way():
    twin = ALWAYS.replace(" -k a", " -F pid>=0 -k a")
    kernel = kernel_with([ALWAYS, OTHER, twin])
    plan = load_plan.plan(rules([OTHER, NEVER, ALWAYS]), loaded(kernel))
    for moment in walk(kernel, plan):
        assert rules([ALWAYS])[0].canonical in {meaning(rule) for rule in moment}
    assert [rule.canonical for rule in loaded(kernel)] == [rule.canonical for rule in rules([OTHER, NEVER, ALWAYS])]


def full():
    return "-a always,exit -S open " + " ".join("-F a0!=%d" % number for number in range(63)) + " -k full"


def test_a_rule_without_room_for_a_twin_asks():
    have = loaded(kernel_with([full(), NEVER, OTHER]))
    wanted = rules([OTHER, NEVER, full()])
    with pytest.raises(load_plan.TwinError, match="no room for a twin, the kernel takes 64 fields"):
        load_plan.plan(wanted, have)
    plan = load_plan.plan(wanted, have, allow_gap=True)
    assert (plan.gap, plan.reload) == (3, [tables.LISTS["exit"]]) and "exit list" in plan.reason
    kernel = kernel_with([full(), NEVER, OTHER])
    assert list(walk(kernel, plan))[2] == []
    assert delta.compare(wanted, loaded(kernel)) == ([], [], [], [])
