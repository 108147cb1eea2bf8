# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import lint as _ruleset_lint

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
