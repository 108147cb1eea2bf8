# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of trees that differ in one thing: a harmless spelling is the same, another meaning is different. Each is compared both ways."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils.compare import benchmark, hosts

sys.path.insert(0, str(Path(__file__).parents[1] / "adopt"))
import trees

OPEN = "-a always,exit -F arch=b64 -S open,openat -F exit=-EACCES -F auid>=1000 -F auid!=unset -k access"
WATCH = "-w /etc/passwd -p wa -k id"
NEVER = "-a never,exit -F arch=b64 -S open -F dir=/var/log"


def rules(*lines):
    return {"rules": {"site.rules": "\n".join(lines) + "\n"}}


def conf(**settings):
    return {"conf": settings}


# name: (one side, the other)
SAME = {
    "calls in another order": (rules(OPEN), rules(OPEN.replace("open,openat", "openat,open"))),
    "a call for each option": (rules(OPEN), rules(OPEN.replace("open,openat", "open -S openat"))),
    "unset by its number": (rules(OPEN), rules(OPEN.replace("unset", "4294967295"))),
    "unset as -1": (rules(OPEN), rules(OPEN.replace("unset", "-1"))),
    "an error by its number": (rules(OPEN), rules(OPEN.replace("-EACCES", "-13"))),
    "the list before the action": (rules(OPEN), rules(OPEN.replace("always,exit", "exit,always"))),
    "a key as a field": (rules(OPEN), rules(OPEN.replace("-k access", "-F key=access"))),
    "a call by its number": (rules(OPEN), rules(OPEN.replace("open,openat", "2,257"))),
    "a watch as a rule": (rules(WATCH), rules("-a always,exit -S all -F path=/etc/passwd -F perm=wa -F key=id")),
    "letters in another order": (rules(WATCH), rules(WATCH.replace("-p wa", "-p aw"))),
    "a user by name": (rules("-a always,exit -F arch=b64 -S execve -F uid=root -k r"),
                       rules("-a always,exit -F arch=b64 -S execve -F uid=0 -k r")),
    "blanks and comments": (rules(OPEN), rules("# " + OPEN, "", "  " + OPEN.replace(" -S", "   -S"))),
    "two rules of one action in another order": (rules(OPEN, WATCH), rules(WATCH, OPEN)),
    "the same refused line": (rules("-a always,exit -F nofield=1 -k x", OPEN), rules("# x", "-a always,exit -F nofield=1 -k x", OPEN)),
    "two files instead of one": (rules(OPEN, WATCH), {"rules": {"10-a.rules": OPEN + "\n", "20-b.rules": WATCH + "\n"}}),
    "the last -b counts": (rules("-b 64", "-b 8192"), rules("-b 8192")),
    "the last -f counts": (rules("-f 2", "-f 1"), rules("-f 1")),
    "words of auditd.conf in other letters": (conf(disk_full_action="SUSPEND", flush="INCREMENTAL_ASYNC"),
                                              conf(disk_full_action="suspend", flush="Incremental_Async")),
    "a number with a zero before it": (conf(num_logs="5"), conf(num_logs="05")),
    "a key at its default": (conf(priority_boost="4"), conf(priority_boost=None)),
    "a default of a key that every release has": (conf(tcp_listen_queue="5"), conf(tcp_listen_queue=None)),
}
DIFFERENT = {
    "a call more": (rules(OPEN), rules(OPEN.replace("open,openat", "open,openat,creat"))),
    "another error": (rules(OPEN), rules(OPEN.replace("-EACCES", "-EPERM"))),
    "another architecture": (rules(OPEN), rules(OPEN.replace("b64", "b32"))),
    "another operator": (rules(OPEN), rules(OPEN.replace("auid>=1000", "auid>1000"))),
    "another key": (rules(OPEN), rules(OPEN.replace("-k access", "-k other"))),
    "a letter less": (rules(WATCH), rules(WATCH.replace("-p wa", "-p w"))),
    "another path": (rules(WATCH), rules(WATCH.replace("passwd", "passwd-"))),
    "a rule less": (rules(OPEN, WATCH), rules(OPEN)),
    "never behind always": (rules(NEVER, OPEN), rules(OPEN, NEVER)),
    "another list": (rules("-a never,exclude -F msgtype=CWD"), rules("-a never,user -F uid=0")),
    "panic": (rules("-f 1"), rules("-f 2")),
    "a line that ends the load": (rules("-a always,exit -F nofield=1 -k x", OPEN), rules(OPEN)),
    "a line that is passed over, and one that ends the load": (rules("-c", "-a always,exit -F nofield=1 -k x", OPEN),
                                                               rules("-a always,exit -F nofield=1 -k x", OPEN)),
    "locked": (rules("-e 1"), rules("-e 2")),
    "a smaller backlog": (rules("-b 8192"), rules("-b 64")),
    "another action": (conf(disk_full_action="SUSPEND"), conf(disk_full_action="HALT")),
    "another number": (conf(num_logs="5"), conf(num_logs="50")),
    "a part of the disk": (conf(space_left="75"), conf(space_left="75%")),
    "another log": (conf(log_file="/var/log/audit/audit.log"), conf(log_file="/var/log/audit/other.log")),
    "another group": (conf(log_group="adm"), conf(log_group="root")),
}


def compared(tmp_path, given):
    documents = tuple(trees.document(trees.build(tmp_path / name, **one)) for name, one in zip("ab", given, strict=True))
    return [hosts.compare("a", "b", documents), hosts.compare("b", "a", documents[::-1])]


@pytest.mark.parametrize("name", SAME)
def test_another_spelling_is_the_same(tmp_path, name):
    for found in compared(tmp_path, SAME[name]):
        assert (found.status, found.differences) == ("same", [])


@pytest.mark.parametrize("name", DIFFERENT)
def test_another_meaning_is_different(tmp_path, name):
    for found in compared(tmp_path, DIFFERENT[name]):
        assert found.status == "different" and found.differences


def test_a_benchmark_is_not_met_by_rules_that_are_never_loaded(tmp_path):
    root = trees.build(tmp_path / "a", rules={"10-first.rules": "-a always,exit -F nofield=1 -k x\n", "50-site.rules": OPEN + "\n"})
    found = benchmark.compare("a", trees.document(root), "cis_debian_12")
    assert [one.left for one in found.differences if one.name == hosts.REFUSED] == [
        ["nofield=1: -F unknown field: nofield; no line behind it is loaded"]]
