# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import random

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _rule, _ruleset, _ruleset_lint, _syscalls
from ansible_collections.auditops.auditd.plugins.module_utils._host import Host

BOTH = "-a always,exit -F arch=b64 -S mount -k m\n-a always,exit -F arch=b32 -S mount -k m\n"


def compiled(text):
    return _ruleset.parse_rules_file(text, "x.rules", machine="x86_64")


def kinds(text, host=None):
    return [(finding.kind, finding.line) for finding in _ruleset_lint.lint(compiled(text), host)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (BOTH, []),
        ("-w /a -p wa -k k\n-a always,exit -F perm=wa -F path=/a -k k\n", [("duplicate", 2)]),
        ("-a always,exit -S mount -F uid=0 -F gid=0\n-a always,exit -S mount -F gid=0 -F uid=0\n", [("duplicate", 2)]),
        ("-a never,exit -S all -F auid=7\n-a always,exit -S mount -F auid=7\n", [("shadowed", 2)]),
        ("-a always,exit -S mount,open\n-a always,exit -S open -F auid=7\n", [("shadowed", 2)]),
        ("-a always,exit -S open -F auid=7\n-a always,exit -S mount,open\n", []),
        ("-a never,exit -S all -F auid=7\n-a always,user -F auid=7\n", []),
        ("-a never,exclude -F msgtype=CWD\n-a never,exclude -F msgtype=PATH\n", []),
        ("-a always,exit -F arch=b64 -S mount -k m\n", [("no_b32_twin", 1)]),
        ("-a always,exit -F arch=b64 -S arch_prctl,uretprobe -k m\n".replace(",uretprobe", ""), [("no_b32_twin", 1)]),
        ("-b 100\n-f 2\n", [("backlog_with_panic", None)]),
        ("-b 8192\n-f 2\n", []),
        ("-r 100\n", [("rate_limit", None)]),
        ("-e 0\n", [("disabled", None)]),
    ],
)
def test_lint(text, found):
    assert kinds(text) == found


def test_missing_paths(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/there").touch()
    host = Host(str(tmp_path))
    lines = "-w /etc/there -p wa\n-w /etc/may-come -p wa\n-w /no/such -p wa\n-a always,exit -F dir=/etc/none -F perm=wa\n"
    assert kinds(lines, host) == [("missing_path", 3), ("missing_path", 4)]


def test_cost():
    text = "-w /a -p wa\n-a never,task\n-a always,exit -S all -F uid=0\n"
    text += "-a always,exit -F arch=b64 -S open,mount\n-a always,exit -F arch=b64 -S open\n"
    cost = _ruleset_lint.cost(compiled(text).rules)
    assert cost["walked"] == 3
    assert cost["by_syscall"]["x86_64"] == {"syscall": "open", "rules": 3}


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
        before = [_rule.parse(line, machine="x86_64") for line in lines]
        text = _ruleset_lint.optimise_text("\n".join(lines) + "\n", machine="x86_64")
        after = compiled(text).rules
        smaller += len(after) < len(before)
        for event in events:
            assert logged(before, event) == logged(after, event), (lines, text, event)
        assert _ruleset_lint.optimise_text(text, machine="x86_64").count("\n-a") == text.count("\n-a")
    assert smaller > 50


def test_nothing_moves_across_what_sets_or_fails():
    line = "-a always,exit -F arch=b64 -S %s -k a\n"
    assert len(compiled(_ruleset_lint.optimise_text(line % "open" + "-c\n" + line % "mount")).rules) == 2
    bad = line % "open" + "nonsense\n" + line % "mount"
    assert _ruleset_lint.optimise_text(bad) == bad
