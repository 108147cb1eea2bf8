# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""States in which every demanded line stands in rules.d, and what stands beside it keeps some from the kernel or from the log; and some
that look so and are not. The verdicts are those of augenrules(8), auditctl(8) and the kernel.
"""

from __future__ import annotations

import os

import pytest
from baked import Baked

CIS = ("cis_rhel_9", "rhel_9")
SUDOERS, IDENTITY, CHMOD, CHCON = "6.3.3.1", "6.3.3.8", "6.3.3.9", "6.3.3.15"
PASS, FAIL = "pass", "fail"
FIRST, LAST = "00-first.rules", "99-last.rules"
FINALIZE = "zz-auditops-finalize.rules"
WATCH = "-a always,exit -F arch=b64 -F path=/etc/sudoers -F perm=wa -k x\n"
ACTION = "-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat -F auid>=1000 -F auid!=unset -k perm_mod\n"
# files of rules.d that are written over the good tree ({name: text}; None takes one away), control, verdict
BESIDE = [
    ({}, SUDOERS, PASS),
    ({LAST: "# nothing\n"}, SUDOERS, PASS),
    # taken out again
    ({LAST: "-D\n"}, SUDOERS, PASS),  # augenrules puts it in front of all
    ({FIRST: "-D\n"}, SUDOERS, PASS),
    ({LAST: "-W /etc/sudoers -p wa -k scope\n"}, IDENTITY, PASS),
    ({LAST: "-d always,exit -F arch=b64 -S chmod,fchmod,fchmodat -F auid>=1000 -F auid!=unset -k perm_mod\n"}, CHMOD, FAIL),
    # switched off
    ({FINALIZE: "-D\n-c\n-b 8192\n-f 1\n-e 0\n"}, SUDOERS, FAIL),
    ({"zz-site.rules": "-e 0\n"}, SUDOERS, FAIL),
    ({FINALIZE: "-D\n-c\n-b 8192\n-f 1\n-e 1\n"}, SUDOERS, PASS),
    # silenced by what augenrules puts in front
    ({FIRST: "-a never,task\n"}, SUDOERS, FAIL),
    ({FIRST: "-a never,task\n"}, CHMOD, FAIL),
    ({LAST: "-a never,task\n"}, CHMOD, FAIL),
    ({FIRST: "-a task,never\n"}, CHMOD, FAIL),
    ({FIRST: "-a never,exit -S all\n"}, CHMOD, FAIL),
    ({FIRST: "-a never,exit -F arch=b64 -S chmod\n"}, CHMOD, FAIL),
    ({LAST: "-a never,exit -F arch=b64 -S chmod\n"}, CHMOD, PASS),
    ({LAST: "-A never,exit -F arch=b64 -S chmod\n"}, CHMOD, FAIL),
    ({"9-nine.rules": "-a never,exit -F arch=b64 -S chmod\n"}, CHMOD, FAIL),  # ls -1v: 9 before 10
    ({"100-late.rules": "-a never,exit -F arch=b64 -S chmod\n"}, CHMOD, PASS),
    ({FIRST: "-a never,exit -F arch=b32 -S chmod\n"}, CHMOD, FAIL),
    ({FIRST: "-a never,exit -F arch=b64 -S openat -F auid=unset\n"}, CHMOD, PASS),
    ({FIRST: "-a never,exclude -F msgtype=SYSCALL\n"}, SUDOERS, FAIL),
    ({FIRST: "-a always,exclude -F msgtype=PATH\n"}, IDENTITY, FAIL),
    ({LAST: "-a exclude,always -F msgtype=CWD\n"}, CHMOD, FAIL),
    ({LAST: "-a always,exclude -F msgtype=EOE\n-a always,exclude -F msgtype=CRYPTO_KEY_USER\n"}, CHMOD, PASS),
    ({LAST: "-a never,filesystem -F fstype=tracefs\n-a never,filesystem -F fstype=debugfs\n"}, SUDOERS, PASS),
    ({LAST: "-a never,filesystem -F fstype=0xef53\n"}, SUDOERS, FAIL),
    ({FIRST: "-a never,exit -F dir=/etc\n"}, SUDOERS, FAIL),
    ({FIRST: "-a never,exit -F path=/etc/sudoers -F perm=wa -F exe=/usr/sbin/visudo\n"}, SUDOERS, FAIL),
    ({FIRST: "-a never,exit -F path=/etc/sudoers -F perm=r\n"}, SUDOERS, PASS),
    # files that augenrules does not take, or that end otherwise
    ({"10-note.rules.rpmsave": "-a never,task\n"}, CHMOD, PASS),
    ({"10-note.txt": "-a never,task\n"}, CHMOD, PASS),
    ({LAST: "-a never,exit -F arch=b64 -S chmod"}, CHMOD, PASS),
    # what auditctl refuses: the -c of the last file does not help what comes before it
    ({FIRST: "-a always,exit -F arch=b64 -S nosuchcall -k x\n"}, SUDOERS, FAIL),
    ({FIRST: "-w /etc/nosuch/directory/file -p wa\n"}, SUDOERS, FAIL),
    ({FIRST: WATCH + WATCH}, SUDOERS, FAIL),
    ({FIRST: WATCH + WATCH, "00-a.rules": "-c\n"}, SUDOERS, PASS),
]
# the same without -c: the first error is the end
ABORTING = [
    ({}, SUDOERS, PASS),
    ({FIRST: "-a always,exit -F arch=b64 -S nosuchcall -k x\n"}, SUDOERS, FAIL),
    ({FIRST: "-a always,exit -F arch=b64 -S chmod -F auid&gt;=1000 -k x\n"}, SUDOERS, FAIL),
    ({FIRST: "-w /etc/nosuch/directory/file -p wa\n"}, SUDOERS, FAIL),
    ({FIRST: "-a always,exit -F arch=b64 -S chmod -F uid=nosuchuser\n"}, SUDOERS, FAIL),
    ({FIRST: "-a always,exit\t-F arch=b64 -S chmod -k x\n"}, SUDOERS, FAIL),
    ({FIRST: "-w /etc/sudoers -p wa -k x\r\n"}, SUDOERS, PASS),  # the key has a carriage return, and the rule is loaded
    ({FIRST: WATCH + WATCH}, SUDOERS, FAIL),  # Rule exists
    ({FIRST: ACTION.replace("unset", "4294967295") + ACTION}, SUDOERS, FAIL),
    ({FIRST: "-i\n-a always,exit -F arch=b64 -S nosuchcall -k x\n"}, SUDOERS, PASS),
    ({FIRST: "-c\n-a always,exit -F arch=b64 -S nosuchcall -k x\n"}, SUDOERS, PASS),
    ({LAST: "-a always,exit -F arch=b64 -S nosuchcall -k x\n"}, SUDOERS, PASS),
    ({FIRST: "nonsense\n"}, SUDOERS, FAIL),
    ({FIRST: "auditctl -w /etc/sudoers -p wa\n"}, SUDOERS, FAIL),
    ({FIRST: "-w /etc/sudoers -p wz -k x\n"}, SUDOERS, FAIL),
    ({FIRST: "-a always,exit -S chmod -F arch=b64 -k x\n"}, SUDOERS, FAIL),  # arch comes first
    ({FIRST: "-a always,exit -F arch=b64 -F a5=1 -S chmod -k x\n"}, SUDOERS, FAIL),
    ({FIRST: "# -a always,exit -F arch=b64 -S nosuchcall\n\n   # more\n"}, SUDOERS, PASS),
]
# /etc/audit/audit.rules of a host whose unit has auditctl load it, in place of rules.d: lines in front of those of the good tree, or behind
LOADED = [
    ("", "", SUDOERS, PASS),
    ("-e 2\n", "", SUDOERS, FAIL),  # locked before the rules come
    ("-e 1\n", "", SUDOERS, PASS),
    ("", "-D\n", SUDOERS, FAIL),
    ("", "-e 0\n", SUDOERS, FAIL),
    ("-a never,task\n", "", CHMOD, FAIL),
    ("-a never,exit -F arch=b64 -S chmod\n", "", CHMOD, FAIL),
    ("", "-a never,exit -F arch=b64 -S chmod\n", CHMOD, PASS),
]
LOADS = "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n"


@pytest.fixture
def tree(tmp_path):
    return Baked(tmp_path, *CIS)


def written(tree, files):
    for name, text in files.items():
        tree.write("etc/audit/rules.d/" + name, text, 0o600)
    tree.compile()


def said(rows):
    return [" ".join(f"{name} {text.strip()[:60]!r}" for name, text in row[0].items()) or "nothing" for row in rows]


@pytest.mark.parametrize(("files", "control", "verdict"), BESIDE, ids=said(BESIDE))
def test_beside_all_that_is_demanded(tree, files, control, verdict):
    written(tree, files)
    found = tree.verdicts()[control]
    assert found["status"] == verdict, found


@pytest.mark.parametrize(("files", "control", "verdict"), ABORTING, ids=said(ABORTING))
def test_where_the_first_error_ends_the_load(tree, files, control, verdict):
    for name, text in tree.rules_files().items():
        tree.write("etc/audit/rules.d/" + name, "".join(line for line in text.splitlines(keepends=True) if line.strip() != "-c"), 0o600)
    written(tree, files)
    found = tree.verdicts()[control]
    assert found["status"] == verdict, found


@pytest.mark.parametrize(("before", "behind", "control", "verdict"), LOADED)
def test_where_auditctl_loads_audit_rules(tree, before, behind, control, verdict):
    tree.write("usr/lib/systemd/system/auditd.service", LOADS)
    path = tree.root / "etc/audit/audit.rules"
    lines = path.read_text().splitlines(keepends=True)
    rules = [line for line in lines if line.startswith(("-a", "-w", "-A"))]
    tree.write("etc/audit/audit.rules", "-D\n-b 8192\n-f 1\n" + before + "".join(rules) + behind, 0o600)
    found = tree.verdicts()[control]
    assert found["status"] == verdict, found


@pytest.mark.skipif(os.geteuid() != 0, reason="files of others")
@pytest.mark.parametrize(("mode", "uid", "verdict"), [(0o600, 0, PASS), (0o640, 0, PASS), (0o666, 0, FAIL), (0o600, 1234, FAIL)])
def test_audit_rules_that_auditctl_refuses(tree, mode, uid, verdict):
    path = tree.root / "etc/audit/audit.rules"
    tree.write("usr/lib/systemd/system/auditd.service", LOADS)
    path.chmod(mode)
    os.chown(path, uid, 0)
    assert tree.verdicts()[SUDOERS]["status"] == verdict
