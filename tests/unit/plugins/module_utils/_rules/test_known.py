# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that were read in a run before: each is what reading it again would give, and what depends on the host is read again."""

from __future__ import annotations

import marshal

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar, loaded
from ansible_collections.auditops.auditd.plugins.module_utils._rules.known import Known
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import Rule

RELEASE = (3, 0, 9)
LINES = [
    "-w /etc/passwd -p wa -k identity",
    "-w /etc/ -p rwxa",
    "-W /etc/passwd -p wa -k identity",
    "-a always,exit -F arch=b64 -S open,openat -F exit=-EACCES -F auid>=1000 -F auid!=unset -k access",
    "-A always,exit -F arch=b32 -S all -F path=/etc/shadow -F perm=wa",
    "-a never,exclude -F msgtype=CWD",
    "-a always,exit -F arch=b64 -S execve -C uid!=euid -F key=a -F key=b",
    "-a always,exit -F dir=/etc -F perm=wa -F path=/etc/*",
    "-b 8192 -a always,exit -F arch=b64 -S mount",
]


def slots(rule: Rule) -> dict:
    return {name: getattr(rule, name) for name in Rule.__slots__ if name != "_canonical"} | {"canonical": rule.canonical}


def read(line, known=None, is_directory="/etc".__eq__, **options):
    return grammar.parse(line, number=3, file="10-a.rules", release=RELEASE, is_directory=is_directory, known=known, **options)


def next_run(known):
    return Known(marshal.loads(marshal.dumps(known.states())))


@pytest.mark.parametrize("line", LINES)
def test_a_line_comes_to_the_same(line):
    first = Known()
    assert slots(read(line, first)) == slots(read(line, first)) == slots(read(line))
    read(line, first).canonical  # noqa: B018  the comparison asks for it
    again = next_run(first)
    assert slots(read(line, again)) == slots(read(line))
    assert again.states() is None  # the same again: nothing is written


@pytest.mark.parametrize("then", [True, False])
def test_what_is_watched_is_settled_each_time(then):
    line, first = "-w /srv/data -p wa", Known()
    read(line, first, is_directory=lambda _path: not then)
    assert slots(read(line, next_run(first), is_directory=lambda _path: then)) == slots(read(line, is_directory=lambda _path: then))


def test_a_name_is_looked_up_each_time():
    line, first = "-a always,exit -F arch=b64 -S execve -F uid=joe", Known()
    assert read(line, first, users={"joe": 1001}.get).fields[-1][2] == 1001
    assert first.states() is None
    assert read(line, first, users={"joe": 1002}.get).fields[-1][2] == 1002


def test_another_release_or_machine_is_another_line():
    line, known = "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -S open", Known()
    old = read(line, known)
    new = grammar.parse(line, release=(4, 0, 2), known=known)
    arm = grammar.parse(line.replace("open", "openat"), release=RELEASE, machine="aarch64", known=known)
    assert old.mask != new.mask and arm.machine == "aarch64"
    assert slots(grammar.parse(line, release=(4, 0, 2), known=next_run(known))) == slots(new)


def test_what_is_refused_is_read_each_time():
    known = Known()
    for _each in range(2):
        with pytest.raises(grammar.RuleError):
            read("-a always,exit -F nonsense=1", known)
    assert known.states() is None


def test_rules_of_the_kernel_come_to_the_same_and_what_is_gone_is_forgotten():
    data = [read(line).to_kernel() for line in LINES if not line.startswith("-W")]
    first = Known()
    for item in data:
        loaded.from_loaded(item, first).canonical  # noqa: B018
    again = next_run(first)
    assert [slots(loaded.from_loaded(item, again)) for item in data] == [slots(loaded.from_loaded(item)) for item in data]
    assert again.states() is None
    fewer = next_run(first)
    loaded.from_loaded(data[0], fewer)
    assert len(fewer.states()[0]) == 1
