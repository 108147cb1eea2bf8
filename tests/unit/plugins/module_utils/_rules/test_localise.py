# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import localise as _localise
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (None, 1000),
        ("", 1000),
        ("UID_MIN 500\n", 500),
        ("#UID_MIN 1\n  UID_MIN\t2000\n", 2000),
        ("SYS_UID_MIN 100\n", 1000),
        ("UID_MIN x\n", 1000),
    ],
)
def test_uid_min(tmp_path, text, number):
    (tmp_path / "etc").mkdir()
    if text is not None:
        (tmp_path / "etc/login.defs").write_text(text)
    host = Host(str(tmp_path))
    assert _localise.uid_min(host) == number
    assert _localise.text_for(host, "-F auid>=@UID_MIN@") == "-F auid>=%d" % number


@pytest.mark.parametrize(
    ("machine", "number", "data"), [("x86_64", 62, 1), ("aarch64", 183, 1), ("s390x", 22, 2), ("ppc64le", 21, 1), ("ppc64", 21, 2)]
)
def test_the_machine_of_a_tree(tmp_path, machine, number, data):
    (tmp_path / "bin").mkdir()
    order = "little" if data == 1 else "big"
    (tmp_path / "bin/sh").write_bytes(b"\x7fELF\x02" + bytes([data]) + b"\0" * 12 + number.to_bytes(2, order) + b"\0" * 8)
    assert _localise.machine_of(Host(str(tmp_path))) == machine


def test_a_tree_answers_with_its_own_users_and_directories(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("alice:x:4321:1::/:/bin/sh\nbroken\n")
    (tmp_path / "etc/group").write_text("staff_of_tree:x:77:\n")
    (tmp_path / "srv/data").mkdir(parents=True)
    options = _localise.options(Host(str(tmp_path)))
    rule = _rule_grammar.parse("-a always,exit -S 2 -F uid=alice -F gid=staff_of_tree -F euid=root", **options)
    assert [value for _number, _operator, value in rule.fields] == [4321, 77, 0]
    assert _rule_grammar.parse("-w /srv/data", **options).target == "dir"
    with pytest.raises(_rule.RuleError):
        _rule_grammar.parse("-a always,exit -S 2 -F uid=nobody", **options)
