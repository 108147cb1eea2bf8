# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules on this machine's own kernel. No auditd is needed: records are read from the kernel's multicast group.

-e 2, -f 2 and --loginuid-immutable are never loaded: no test could take them back.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import loader as _rule_loader
from ansible_collections.auditops.auditd.plugins.module_utils._apply import rules as _rule_policy
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import delta as _ruleset_delta
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import load_plan as _load_plan
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule
from ansible_collections.auditops.auditd.plugins.modules import audit_rules

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
# Rules files of others: audit's own samples, where its package installs them, and a directory of collected ones.
CORPUS = [os.path.join(os.environ.get("AUDITOPS_CORPUS", CHECKOUT + "/../shared/corpus"), "rules"),
          "/usr/share/doc/auditd/examples/rules", "/usr/share/audit-rules", "/usr/share/audit/sample-rules"]
LONGEST = int(os.environ.get("AUDITOPS_CORPUS_LINES", "130"))  # lines; deleting a rule takes the kernel some 15 ms
NOT_HERE = re.compile(r"\s*-(e|f|r|m|D|b|-)|^$|\s*#")
DEFAULTS = {name: option.get("default") for name, option in audit_rules.ARGUMENT_SPEC.items()}
KERNEL_SAYS = "Rule exists|No such file|Invalid argument|No such process|Not a directory"
ETC = "/etc/audit"


@pytest.fixture
def etc_audit(kernel_audit, tmp_path):
    """/etc/audit without rules files; put back afterwards."""
    kept = tmp_path / "kept"
    if os.path.exists(ETC):
        shutil.copytree(ETC, kept, symlinks=True)
    shutil.rmtree(ETC + "/rules.d", ignore_errors=True)
    os.makedirs(ETC + "/rules.d")
    try:
        yield Host("/", run)
    finally:
        shutil.rmtree(ETC, ignore_errors=True)
        if kept.exists():
            shutil.copytree(kept, ETC, symlinks=True)


def run(argv, **_options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def converge(host, check_mode=False, **params):
    return _rule_policy.converge(host, dict(DEFAULTS, **params), check_mode=check_mode)


def in_kernel():
    return [_rule.from_kernel(data) for data in _kernel.rules()]


def corpus():
    for directory in filter(os.path.isdir, CORPUS):
        for name in sorted(os.listdir(directory)):
            with open(os.path.join(directory, name), "rb") as stream:
                text = stream.read().decode("utf-8", "surrogateescape")
            if text.count("\n") <= LONGEST and "README" not in name:
                yield pytest.param(text, id=name)


@pytest.mark.parametrize("text", list(corpus()))
def test_corpus_is_refused_where_auditctl_refuses_and_in_sync_where_it_loads(kernel_audit, tmp_path, text):
    lines = ["#" if NOT_HERE.match(line) or " -e " in line else line for line in text.split("\n")]
    path = tmp_path / "all.rules"
    # the first rule makes auditctl speak to stderr, where it had spoken to syslog
    path.write_bytes("\n".join(["-i", "-w %s/first -p x" % tmp_path, *lines]).encode("utf-8", "surrogateescape"))
    done = subprocess.run(["auditctl", "-R", str(path)], capture_output=True, check=False)
    said, refused, by_kernel = [], set(), set()
    for line in done.stderr.decode("utf-8", "replace").splitlines():
        found = re.match(r"There was an error in line (\d+)", line)
        if found:
            (by_kernel if re.search(KERNEL_SAYS, " ".join(said)) else refused).add(int(found.group(1)) - 2)
            said = []
        else:
            said.append(line)
    release = _rule_policy.release_of(Host("/", run))
    compiled = _ruleset.parse_rules_file("\n".join(lines), release=release, is_directory=os.path.isdir)
    ours = {problem["line"] for problem in compiled.problems if problem["fatal"] and "Rule exists" not in problem["reason"]}
    assert ours - by_kernel == refused
    wanted = [rule for rule in compiled.rules if rule.line not in by_kernel]
    loaded = [rule for rule in in_kernel() if rule.path != "%s/first" % tmp_path]
    assert [len(part) for part in _ruleset_delta.compare(wanted, loaded)[:3]] == [0, 0, 0]
    if wanted:
        changed = _rule_grammar.parse(wanted[len(wanted) // 2].render(), release=release).resolve(os.path.isdir)
        changed.keys += ("changed",)
        others = [changed if place == len(wanted) // 2 else rule for place, rule in enumerate(wanted)]
        assert [len(part) for part in _ruleset_delta.compare(others, loaded)[:2]] == [1, 1]


def forty(directory):
    return [
        ("-w %s/%d -p wa -k k%d", "-a always,exit -F arch=b64 -S mount -F a2=%d -F auid>=1000 -F key=k%d")[number % 2]
        % ((directory, number, number) if number % 2 == 0 else (number, number))
        for number in range(40)
    ]


def test_converge_then_delta_then_nothing(etc_audit, tmp_path):
    rules = forty(tmp_path)
    first = converge(etc_audit, rules=rules, control={"backlog_limit": 9000, "failure": 1})
    assert (first["loaded"], first["proven"]) == (40, True)
    assert _kernel.status()["backlog_limit"] == 9000
    listed = subprocess.run(["auditctl", "-l"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert {_rule_grammar.parse(line).canonical for line in listed} == {_rule_grammar.parse(line).canonical for line in rules}
    assert not converge(etc_audit, rules=rules, control={"backlog_limit": 9000, "failure": 1})["changed"]
    rules[7] = rules[7].replace("1000", "500")
    foretold = converge(etc_audit, check_mode=True, rules=rules)
    second = converge(etc_audit, rules=rules)
    assert foretold["commands"] == second["commands"]
    assert len(second["commands"]) == 2
    assert second["proven"]


def test_what_we_leave_is_what_the_boot_loads(etc_audit, tmp_path):
    with open(ETC + "/rules.d/audit.rules", "w") as stream:
        stream.write("-D\n-b 4096\n-w /etc/passwd -p wa -k identity")  # as somebody's editor left it
    result = converge(
        etc_audit, rules=["-w /etc/passwd -p wa -k identity", *forty(tmp_path)], control={"backlog_limit": 9000}, immutable=False
    )
    assert result["proven"]
    before = [rule.canonical for rule in in_kernel()]
    said = subprocess.run(["augenrules", "--load"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "No change" in said.stdout
    assert sorted(before) == sorted(rule.canonical for rule in in_kernel())
    assert _kernel.status()["backlog_limit"] == 9000


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_a_rule_that_the_kernel_refuses(etc_audit, tmp_path, on_error):
    converge(etc_audit, rules=forty(tmp_path)[:6])
    before, text = _kernel.rules(), etc_audit.text(_ruleset.AUDIT_RULES)
    params = {"rules": [*forty(tmp_path)[3:9], "-w %s/no/such -p wa" % tmp_path], "missing_paths": "keep", "on_error": on_error}
    if on_error == "abort":
        with pytest.raises(
            AuditError, match=r"70-auditops-local.rules line 9.*No such file or directory; the previous set of 6 rules is in force"
        ):
            converge(etc_audit, **params)
        assert sorted(before) == sorted(_kernel.rules())
        assert etc_audit.text(_ruleset.AUDIT_RULES) == text
        return
    result = converge(etc_audit, **params)
    assert [entry["token"] for entry in result["left_out"]] == ["-w %s/no/such -p wa" % tmp_path]
    assert result["loaded"] == 6


@pytest.mark.parametrize("missing_paths", ["keep", "skip"])
def test_a_foreign_rule_that_the_kernel_refuses_keeps_none_of_ours_away(etc_audit, tmp_path, missing_paths):
    """Found by looking (skip), or by the kernel alone (keep): the next boot goes on behind it."""
    with open(etc_audit.path("/etc/audit/rules.d/05-theirs.rules"), "w") as stream:
        stream.write("-w %s/no/such -p wa\n" % tmp_path)
    params = {"rules": forty(tmp_path)[:6], "missing_paths": missing_paths}
    for changed in (True, False):
        result = converge(etc_audit, **params)
        assert (result["changed"], result["loaded"], result["proven"]) == (changed, 6, True)
        assert [(entry["file"], entry["line"]) for entry in result["left_out"]] == [("/etc/audit/rules.d/05-theirs.rules", 1)]
    loaded = sorted(_kernel.rules())
    subprocess.run(["auditctl", "-D"], check=True, capture_output=True)
    done = subprocess.run(["augenrules", "--load"], check=False, capture_output=True, text=True)
    assert sorted(_kernel.rules()) == loaded, done.stdout + done.stderr


def test_order_is_kept_where_it_matters(etc_audit):
    always = ["-a always,exit -F arch=b64 -S mount -k a", "-a always,exit -F arch=b64 -S umount2 -k b"]
    converge(etc_audit, rules=always)
    result = converge(etc_audit, rules=["-a never,exit -F arch=b64 -S all -F auid=77", *always])
    assert (result["commands"], result["reloaded"]) == (["-A never,exit -F arch=b64 -S all -F auid=77"], None)
    assert in_kernel()[0].action == 0
    result = converge(etc_audit, rules=[always[0], "-a never,exit -F arch=b64 -S all -F auid=77", always[1]])
    assert (result["reloaded"], len(result["commands"])) == (None, 4)
    assert [rule.action for rule in in_kernel()] == [2, 0, 2]


class Records(threading.Thread):
    """What the kernel sends to its multicast group (AUDIT_NLGRP_READLOG)."""

    def __init__(self):
        super().__init__(daemon=True)
        self.texts, self.ended = [], False
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
        self.socket.bind((0, 1))
        self.socket.settimeout(0.2)

    def run(self):
        while not self.ended:
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                continue
            if struct.unpack("=H", data[4:6])[0] == 1300:
                self.texts.append(data[16:])

    def logged(self, key):
        return sum(b'key="%s"' % key in text for text in self.texts)


class Writes(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.count, self.ended = path, 0, False

    def run(self):
        while not self.ended:
            os.close(os.open(self.path, os.O_WRONLY))
            self.count += 1
            time.sleep(0.001)


def writes_and_records(path, action):
    records, writes = Records(), Writes(path)
    records.start()
    writes.start()
    time.sleep(0.1)
    try:
        action()
    finally:
        time.sleep(0.1)
        writes.ended = True
        writes.join()
        seen, deadline = -1, 0
        while records.logged(b"no_gap") < writes.count and (records.logged(b"no_gap") > seen or time.monotonic() < deadline):
            if records.logged(b"no_gap") > seen:  # on a busy machine they come late, but they come
                seen, deadline = records.logged(b"no_gap"), time.monotonic() + 5
            time.sleep(0.1)
        records.ended = True
        records.join()
    return writes.count, records.logged(b"no_gap")


def test_no_watched_write_is_missed_while_rules_change(etc_audit, tmp_path, record_property):
    watched = tmp_path / "watched"
    watched.touch()
    watch = "-a always,exit -F arch=b64 -S openat -F path=%s -F perm=wa -F key=no_gap" % watched
    sets = [[watch, *forty(tmp_path)[:20]], [*forty(tmp_path)[10:30], watch]]
    converge(etc_audit, rules=sets[0], control={"failure": 1})
    with _kernel.Netlink() as netlink:
        _kernel.set_status(netlink, enabled=1)

    written, logged = writes_and_records(
        str(watched), lambda: [converge(etc_audit, rules=sets[turn % 2], control={"failure": 1}) for turn in (1, 2, 3)]
    )
    assert written > 50
    assert written - logged == 0
    full_written, full_logged = writes_and_records(
        str(watched), lambda: subprocess.run(["auditctl", "-R", _ruleset.AUDIT_RULES], check=False, capture_output=True)
    )
    record_property("missed by a full reload", "%d of %d" % (full_written - full_logged, full_written))
    print("delta loads missed 0 of %d writes, one full reload %d of %d" % (written, full_written - full_logged, full_written))


OPENER = """
import os, select, sys, time
first, last = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
started, count = time.monotonic(), 0
while not select.select([0], [], [], 0)[0]:
    for _turn in range(20):
        os.close(os.open(first if count % 2 else last, os.O_WRONLY))
        count += 1
    ahead = count / 2200 - (time.monotonic() - started)
    if ahead > 0:
        time.sleep(ahead)
print(count, count / (time.monotonic() - started))
"""


def test_a_never_rule_into_the_middle_of_201_under_2000_opens_a_second(etc_audit, tmp_path, record_property):
    """Every open is recorded, by a rule that stays where it is and by one that is moved behind the never rule and back."""
    paths = [tmp_path / "first", tmp_path / "last"]
    for path in paths:
        path.touch()
    watches = ["-a always,exit -F arch=b64 -S openat -F path=%s -F perm=wa -F key=no_gap" % path for path in paths]
    others = ["-a always,exit -F arch=b64 -S mount -F a2=%d -F key=k%d" % (number, number) for number in range(199)]
    plain = [watches[0], *others, watches[1]]
    middle = [*plain[:101], "-a never,exit -F arch=b64 -S all -F auid=77", *plain[101:]]
    converge(etc_audit, rules=plain, control={"failure": 1, "backlog_limit": 65536}, immutable="false")
    records = Records()
    records.start()
    lost = _kernel.status()["lost"]
    opener = subprocess.Popen([sys.executable, "-c", OPENER, *map(str, paths)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    opener.stdout.readline()
    opener.stdin.write("go\n")
    opener.stdin.flush()
    started = time.monotonic()
    try:
        for rules in (middle, plain):
            result = converge(etc_audit, rules=rules, control={"failure": 1, "backlog_limit": 65536}, immutable="false")
            assert result["proven"] and result["reloaded"] is None
    finally:
        took = time.monotonic() - started
        count, rate = opener.communicate("stop\n")[0].split()
    seen, deadline = -1, 0
    while records.logged(b"no_gap") < int(count) and (records.logged(b"no_gap") > seen or time.monotonic() < deadline):
        if records.logged(b"no_gap") > seen:  # on a busy machine they come late, but they come
            seen, deadline = records.logged(b"no_gap"), time.monotonic() + 5
        time.sleep(0.2)
    records.ended = True
    records.join()
    figures = "%s opens at %s a second while 201 rules changed their order twice in %.1f s, %d recorded, %d lost by the kernel" % (
        count, rate, took, records.logged(b"no_gap"), _kernel.status()["lost"] - lost)
    record_property("order", figures)
    print(figures)
    assert records.logged(b"no_gap") == int(count)


EVERY_KERNEL_REFUSES = [
    "-a always,exit -F path=/etc/passwd -F path=/etc/group -F perm=wa",
    "-a always,exit -F path=/etc/passwd -F dir=/etc -F perm=wa",
    "-a always,exit -F dir=/etc -F dir=/usr -F perm=wa",
    "-a always,exit -F path=/etc/passwd -F inode=5 -F perm=wa",
    "-a always,exit -F dir=/etc -F inode=5 -F perm=wa",
    "-a always,exit -F arch=b64 -S open -F exe=/bin/sh -F exe=/bin/ls",
    "-a always,exit -F arch=b64 -S open -F uid&1",
    "-a always,exit -F arch=b64 -S open -F uid=-1",
]


@pytest.mark.parametrize("line", EVERY_KERNEL_REFUSES)
def test_this_kernel_refuses_what_we_say_that_every_kernel_refuses(kernel_audit, line):
    rule = _rule_grammar.parse(line)
    assert rule.refused
    with _kernel.Netlink() as netlink, pytest.raises(_kernel.KernelError) as refused:
        _kernel.add_rule(netlink, rule.to_kernel())
    assert refused.value.errno == errno.EINVAL


def test_this_kernel_takes_a_twin_on_every_list(kernel_audit):
    lines = ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=a", "-a always,exit -F dir=/etc -F perm=wa -F key=b",
             "-a never,task -F uid=77", "-a always,user -F uid=77", "-a always,exclude -F msgtype=EOE",
             "-a never,filesystem -F fstype=debugfs", "-a always,exit -F arch=b64 -S open -F exe=/bin/sh -F key=c",
             "-a always,exit -F arch=b64 -S setuid -C uid!=euid -F key=d"]
    with _kernel.Netlink() as netlink:
        for line in lines:
            rule = _rule_grammar.parse(line)
            _kernel.add_rule(netlink, rule.to_kernel())
            _kernel.add_rule(netlink, _load_plan.twin(rule, {_ruleset_delta.identity_of(rule)}).to_kernel())
    assert len(_kernel.rules()) == 2 * len(lines)


def test_a_running_list_is_read_whole(kernel_audit):
    """A thousand rules come in many parts, and none is lost."""
    with _kernel.Netlink() as netlink:
        for number in range(300):
            line = "-a always,exit -F arch=b64 -S mount -F a0=%d -F a1=%d" % (number, number)
            _kernel.add_rule(netlink, _rule_grammar.parse(line).to_kernel())
    assert len(_kernel.rules()) == 300
    assert len({rule.canonical for rule in in_kernel()}) == 300


@pytest.mark.parametrize("wrapper", [["unshare", "-p", "-f"], ["unshare", "-U", "-r"]], ids=["pid namespace", "user namespace"])
def test_a_container_hears_one_sentence_and_nothing_is_written(etc_audit, wrapper):
    if subprocess.run([*wrapper, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no such namespaces here")
    code = (
        "from ansible_collections.auditops.auditd.plugins.module_utils._apply.rules import converge;"
        "from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host;"
        "converge(Host('/', lambda *a, **k: (1, '', '')), %r)" % dict(DEFAULTS, rules=["-w /etc/passwd -p wa"])
    )
    environment = dict(os.environ, PYTHONPATH=":".join(path for path in sys.path if path))
    done = subprocess.run([*wrapper, sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert re.search(r"AuditError: the rules cannot be loaded: not readable from this container.*nothing was changed", done.stderr)
    assert os.listdir(ETC + "/rules.d") == []


def test_the_loader_puts_back_what_it_deleted(kernel_audit):
    """A wanted set that cannot be proven (its own rule is refused at the last step) costs the old set nothing, not even its order."""
    lines = ["-a always,exit -F arch=b64 -S mount -k a", "-a never,exit -F arch=b64 -S umount2", "-a always,user"]
    with _kernel.Netlink() as netlink:
        for line in lines:
            _kernel.add_rule(netlink, _rule_grammar.parse(line).to_kernel())
    state = _rule_loader.read()
    wanted = [_rule_grammar.parse("-a never,task"), _rule_grammar.parse("-a always,exit -F dir=/no/such/directory -F perm=wa")]
    with pytest.raises(AuditError, match="the previous set of 3 rules is in force"), _kernel.Netlink() as netlink:
        _rule_loader.load(netlink, wanted, _load_plan.plan(wanted, state.rules), [("backlog_limit", 77)], state)
    assert _kernel.rules() == [rule.data for rule in state.rules]
    assert _kernel.status()["backlog_limit"] != 77
