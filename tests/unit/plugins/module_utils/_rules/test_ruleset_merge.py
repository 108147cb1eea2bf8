# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merged rules log what the single ones did, by the same keys."""

from __future__ import annotations

import itertools
import random

from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import merge as _ruleset_merge
from ansible_collections.auditops.auditd.plugins.module_utils._rules import syscalls as _syscalls


def compiled(text):
    return _ruleset.parse_rules_file(text, "x.rules", machine="x86_64")


def logged(rules, event):
    """(whether it is logged, its key): the first rule of the list that matches decides (kernel/auditsc.c, audit_filter_syscall)."""
    for rule in rules:
        arch = next((value for number, _operator, value in rule.fields if number == 11), None)
        wanted = {number: value for number, _operator, value in rule.fields if number != 11}
        if arch not in (None, event["arch"]) or not (rule.is_all or rule.mask >> event["call"] & 1):
            continue
        if all(event[number] == value for number, value in wanted.items()):
            return (rule.action, rule.keys)
    return None


def test_optimise_never_changes_what_is_logged():
    dice = random.Random(11)
    calls = ["open", "chmod", "fchmod", "mount", "openat"]
    numbers = _syscalls.numbers("x86_64")
    events = [
        {"arch": arch, "call": numbers[call], 1: uid, 9: auid}
        for arch, call, uid, auid in itertools.product((0xC000003E, 0x40000003), calls, (0, 1), (0, 1))
    ]
    smaller = 0
    for _round in range(300):
        lines = []
        for _rule_number in range(dice.randint(2, 7)):
            words = ["-a %s,exit -F arch=%s" % (dice.choice(["always"] * 3 + ["never"]), dice.choice(["b64", "b64", "b32"]))]
            words.append("-S " + ",".join(dice.sample(calls, dice.randint(1, 2))))
            words += ["-F %s=%d" % (name, dice.randint(0, 1)) for name in dice.sample(["uid", "auid"], dice.randint(0, 1))]
            lines.append(" ".join(words) + (" -k " + dice.choice("ab") if dice.random() < 0.8 else ""))
        before = [_rule_grammar.parse(line, machine="x86_64") for line in lines]
        text = _ruleset_merge.optimise_text("\n".join(lines) + "\n", machine="x86_64")
        after = compiled(text).rules
        smaller += len(after) < len(before)
        for event in events:
            assert logged(before, event) == logged(after, event), (lines, text, event)
        assert _ruleset_merge.optimise_text(text, machine="x86_64").count("\n-a") == text.count("\n-a")
    assert smaller > 50


def test_nothing_moves_across_what_sets_or_fails():
    line = "-a always,exit -F arch=b64 -S %s -k a\n"
    assert len(compiled(_ruleset_merge.optimise_text(line % "open" + "-c\n" + line % "mount")).rules) == 2
    bad = line % "open" + "nonsense\n" + line % "mount"
    assert _ruleset_merge.optimise_text(bad) == bad
