# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
with open(os.path.join(HERE, "fixtures/rules/rule_listings.json"), encoding="utf-8") as stream:
    GOLDEN = json.load(stream)["rules"]
CORPUS = os.path.join(os.environ.get("AUDITOPS_CORPUS", HERE + "/../../../../../shared/corpus"), "rules")
EMULATOR_ONLY = ("-q /a,/b", "-t")  # refused by the emulated kernel, not by auditctl
UNNAMED = "(null)"  # those builds of auditctl had no name for the list they had sent


def parse(text, **options):
    return _rule_grammar.parse(text, machine="x86_64", grammar="any", **options)


def golden():
    for entry in GOLDEN:
        for result in entry["results"]:
            for version in result["versions"]:
                release = None if version == "all" else version
                yield pytest.param(entry["rule"], result, release, id="%s|%s" % (version, entry["rule"]))


@pytest.mark.parametrize(("rule", "result", "release"), list(golden()))
def test_golden_listing(rule, result, release):
    if UNNAMED in result["listed"] or rule in EMULATOR_ONLY:
        pytest.skip("an artefact of the emulated kernel")
    if result["rc"] != 0:
        with pytest.raises(_rule.RuleError) as refused:
            parse(rule, release=release)
        assert refused.value.reason
        assert refused.value.token
        return
    got = parse(rule, release=release)
    if result["listed"] == "No rules":
        assert isinstance(got, _rule.Directive)
        return
    assert got.canonical == parse(result["listed"]).canonical
    assert parse(rule).canonical == got.canonical  # without a release, the same


SAME = [
    (
        "-w /etc/passwd -p aw -k i",
        "-a always,exit -F path=/etc/passwd -F perm=wa -k i",
        "-a exit,always -F key=i -F perm=wa -F path=/etc/passwd",
    ),
    ("-w /etc/ssh/", "-w /etc/ssh -p rwxa", "-a always,exit -S all -F dir=/etc/ssh -F perm=rwxa"),
    (
        "-a always,exit -F arch=b64 -S open,openat -k x",
        "-a exit,always -F arch=x86_64 -S openat -S 2 -F key=x",
        "-a always,exit -F arch=0xC000003E -S 257,2,open -k x",
    ),
    (
        "-a always,exit -F arch=b64 -S 2 -F auid!=unset",
        "-a always,exit -F arch=b64 -S 2 -F auid!=-1",
        "-a always,exit -F arch=b64 -S 2 -F loginuid!=4294967295",
    ),
    ("-a always,exit -S all -F uid=root", "-a always,exit -F uid=0", "-a always,exit -F UID=0x0"),
    (
        "-a always,exit -S 2 -F exit=-EACCES -F a1=16",
        "-a always,exit -S 2 -F a1=0x10 -F exit=-13",
        "-a always,exit -S 2 -F a1=020 -F exit=-eacces",
    ),
    ("-a always,exit -S 2 -C euid!=uid", "-a always,exit -S 2 -C uid!=euid"),
    ("-a always,exit -F arch=b32 -S mount -F a=1".replace(" -F a=1", " -F a0=1"), "-a always,exit -F arch=i686 -S mount -F a0=0x1"),
    ("-a never,exclude -F msgtype=CWD", "-a exclude,never -F msgtype=1307", "-a never,exclude -F msgtype=cwd"),
    (
        "-a always,exit -F arch=b64 -F path=/x -F perm=x",
        "-a always,exit -F arch=b64 -S execve -F path=/x -F perm=x",
        "-a always,exit -F arch=b64 -S execve,execveat -F path=/x -F perm=x",
        "-a always,exit -F arch=b64 -S all -F path=/x -F perm=x",
    ),
    (
        "-a always,exit -F arch=b64 -F perm=r -F auid>=1000",
        "-a always,exit -F arch=b64 -S open,readlink,quotactl,getxattr,lgetxattr,fgetxattr,"
        "listxattr,llistxattr,flistxattr,openat,readlinkat,openat2 -F perm=r -F auid>=1000",
    ),
    (
        "-a always,io_uring -S all -k x",
        "-a always,io_uring -S sendmsg,recvmsg,accept,connect,fallocate,openat,close,openat2,shutdown,renameat,unlinkat -F key=x",
    ),
    ("-w /etc/ssh/ -F auid=0", "-a always,exit -S all -F dir=/etc/ssh -F perm=rwxa -F auid=0"),
    ("-w /x -p wa -k k\\ l", "-w /x -p wa -k k l", "-a always,exit -F path=/x -F perm=wa -F key=k l"),
    ("-w /my\\ dir/file -k k", "-a always,exit -F path=/my\\ dir/file -F perm=rwxa -k k"),
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_one_meaning_one_form(spellings):
    assert len({parse(text).canonical for text in spellings}) == 1


DIFFERENT = [
    ("-w /etc/passwd -p wa -k a", "-w /etc/passwd -p wa -k b"),
    ("-w /etc/passwd -p wa", "-w /etc/passwd -p w"),
    ("-w /etc/passwd -p wa", "-w /etc/passwd- -p wa"),
    ("-a always,exit -F path=/x -F perm=wa", "-a never,exit -F path=/x -F perm=wa"),
    ("-a always,exit -F arch=b64 -F path=/x -F perm=wa", "-a always,exit -F arch=b32 -F path=/x -F perm=wa"),
    ("-a always,exit -F arch=b64 -F path=/x -F perm=wa", "-a always,exit -F path=/x -F perm=wa"),
    ("-a always,exit -F arch=b64 -F path=/x -F perm=wa", "-a always,exit -F arch=b64 -S open -F path=/x -F perm=wa"),
    ("-a always,exit -F arch=b64 -F path=/x -F auid=0", "-a always,exit -F arch=b64 -F dir=/x -F auid=0"),
    ("-a always,exit -F arch=b64 -S open", "-a always,exit -F arch=b64 -S open,openat"),
    ("-a always,exit -S open -F exe=/bin/sh", "-a always,exit -S open -F exe!=/bin/sh"),
    ("-a always,exit -S open -F auid>=1000", "-a always,exit -S open -F auid>1000"),
    ("-a always,exit -S open -F exit=-13", "-a always,exit -S open -F exit=13"),
    ("-a always,exit -S open -k a -k b", "-a always,exit -S open -k a"),
    ("-a always,user", "-a always,task"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_meaning_another_form(one, other):
    assert parse(one).canonical != parse(other).canonical


REFUSED = [  # line, token, part of the reason
    ("-a always,exit -F arch=b64 -S nosuch -k x", "nosuch", "Syscall name unknown"),
    ("-a always,exit -F arch=b32 -S 5000", "5000", "Syscall name unknown"),
    ("-a always,exit -F arch=z80 -S open", "arch=z80", "elf mapping"),
    ("-a always,exit -F arch=40000003 -S open", "arch=40000003", "elf mapping"),
    ("-a always,exit -S open -F arch>b64", "arch>b64", "before -S"),
    ("-a always,exit -F arch>b64", "arch>b64", "= or !="),
    ("-a always,exit -F msgtype=CWD", "msgtype=CWD", "exclude or user"),
    ("-a never,exclude -F msgtype=NOPE", "msgtype=NOPE", "unknown message type"),
    ("-a never,exclude -F msgtype=CWD -k x", "-k x", "key option needs"),
    ("-a never,exclude -F path=/x", "path=/x", "exit filter"),
    ("-a never,io_uring -F path=/x", "path=/x", "exit filter"),
    ("-a never,exclude -F msgtype=CWD -F key=x", "key=x", "given prior"),
    ("-a always,task -S open", "-S open", "task list"),
    ("-a always,user -S open", "-S open", "user list"),
    ("-a always,filesystem -S open", "-S open", "filesystem list"),
    ("-S open -a always,task", "-a always,task", "task list"),
    ("-S open -k x", "-k x", "key option"),
    ("-S open", "-S", "no list specified"),
    ("-a always,exit -a never,exit", "-a never,exit", "Multiple rule"),
    ("-a always", "-a always", "bad keyword"),
    ("-a always,exit,never", "-a always,exit,never", "bad keyword"),
    ("-a Always,exit -S open", "-a Always,exit", "bad keyword"),
    ("-a entry,always -S open", "-a entry,always", "bad keyword"),
    ("-a possible,exit -S open", "-a possible,exit", "bad keyword"),
    ("-F auid=0 -a always,exit", "-F auid=0", "List must be given"),
    ("-a always,exit -F auid", "auid", "missing operation"),
    ("-a always,exit -F auid=", "auid=", "missing value"),
    ("-a always,exit -F =0", "=0", "missing field name"),
    ("-a always,exit -S open -F auid = 0", "auid", "missing operation"),
    ("-a always,exit -F auid=nobody_of_this_name", "auid=nobody_of_this_name", "Unknown user"),
    ("-a always,exit -F gid=no_such_group", "gid=no_such_group", "Unknown group"),
    ("-a always,exit -F exit=ENOPE", "exit=ENOPE", "unknown errno"),
    ("-a always,exit -F success=yes", "success=yes", "should be number"),
    ("-a always,exit -F a0=x", "a0=x", "should be number"),
    ("-a always,exit -F path=/x -F perm=q", "perm=q", "rwxa"),
    ("-a always,exit -F path=/x -F perm!=r", "perm!=r", "only takes ="),
    ("-a always,exit -F filetype=folder", "filetype=folder", "unknown file type"),
    ("-a always,exit -F fstype=tracefs", "fstype=tracefs", "not valid for the filter"),
    ("-a always,filesystem -F fstype=nosuchfs", "fstype=nosuchfs", "type is unknown"),
    ("-a always,exit -F saddr_fam=99", "saddr_fam=99", "too large"),
    ("-a always,exit -S open -C uid!=gid", "uid!=gid", "incompatible"),
    ("-a always,exit -S open -C uid>euid", "uid>euid", "only takes"),
    ("-a always,exit -S open -C uid=nope", "uid=nope", "right hand"),
    ("-a always,user -C uid=euid", "uid=euid", "exit filter"),
    ("-w etc/passwd", "-w etc/passwd", "must start with '/'"),
    ("-w /x -p rwxaw", "-p rwxaw", "too long"),
    ("-w /x -p z", "-p z", "isn't supported"),
    ("-p wa -w /x", "-p wa", "needs a watch"),
    ("-a always,exit -S open -w /x", "-w /x", "can't be given with a syscall"),
    ("-w /" + "n" * 256, "-w /" + "n" * 256, "base name"),
    ("-w /x -k " + "k" * 257, "k" * 257, "size limit"),
    ("-w /x -k " + "k" * 128 + " -k " + "l" * 128, "l" * 128, "size limit"),
    ("-w /x -k k # comment", "#", "parameter passed"),
    ("-w", "-w", "needs a value"),
    ("-w /x -z", "-z", "is invalid"),
    ("--no-such-option", "--no-such-option", "is invalid"),
    ("-e 3", "3", "0, 1, or 2"),
    ("-f 1 now", "now", "parameter passed"),
    ("-b many", "many", "numeric"),
    ("-c -e 1", "-e", "parameter passed"),
    ("-D -a always,exit", None, "Delete all"),
    ("-R /etc/audit/other.rules", "-R", "nested"),
    ("always,exit -S open", "always,exit", None),
    ("\u2013a always,exit", "\u2013a", "no option in the line"),
    ("\t-w /x", "\t-w", None),
    ("-a always,exit" + " -F uid=0" * 64, "uid=0", "Too many fields"),
    ("-w /" + "x" * 7000, None, "longer than"),
]


@pytest.mark.parametrize(("line", "token", "reason"), REFUSED, ids=lambda value: str(value)[:50])
def test_refused(line, token, reason):
    with pytest.raises(_rule.RuleError) as refused:
        _rule_grammar.parse(line, machine="x86_64", number=7, file="x.rules")
    error = refused.value
    assert token is None or error.token == token
    assert reason is None or reason in error.reason
    assert (error.line, error.file) == (7, "x.rules")
    assert "x.rules line 7" in str(error)


BY_RELEASE = [
    ("-a always,exit -F arch=b64 -S fchmodat2", "3.0.9", "4.0.2"),
    ("-a always,exit -F arch=b64 -S file_setattr", "4.0.2", "4.2.1"),
    ("-a always,io_uring -S openat", "3.0.9", "4.0.2"),
    ("-a always,exit -S connect -F saddr_fam=2", "2.8.5", "3.0"),
    ("-a always,filesystem -F fstype=tracefs", "2.7.8", "2.8.5"),
    ("--reset_backlog_wait_time_actual", "2.8.5", "3.0"),
    ("-A always,exit -S open", "4.0.5", "4.1.4"),
    ("-a never,exclude -F arch=b64", "3.0.9", "4.0.2"),
    ("-a never,exclude -F perm=x", "3.0.9", "4.0.2"),
]


@pytest.mark.parametrize(("line", "refuses", "takes"), BY_RELEASE)
def test_by_release(line, refuses, takes):
    with pytest.raises(_rule.RuleError):
        _rule_grammar.parse(line, release=refuses, machine="x86_64")
    assert _rule_grammar.parse(line, release=takes, machine="x86_64") is not None


def test_what_auditctl_passes_over_is_no_rule():
    assert isinstance(_rule_grammar.parse("-a exit,possible -S nosuch", machine="x86_64"), _rule.Directive)


def test_partial_call_list_is_filled_up_by_newer_auditctl():
    text = "-a always,exit -F arch=b64 -S open,execve -F path=/x -F perm=wa"
    assert "-S open,execve" in _rule_grammar.parse(text, machine="x86_64", release="3.0.9").canonical
    assert "-S all" in _rule_grammar.parse(text, machine="x86_64", release="4.0.2").canonical


def test_a_file_takes_quotes_literally():
    assert _rule_grammar.parse('-w /x -p r -k "a"').keys == ('"a"',)
    with pytest.raises(_rule.RuleError):
        _rule_grammar.parse('-w /x -p r -k "a b"')
    assert _rule_grammar.parse('-w /x -p r -k "a b"', grammar="any").keys == ("a b",)


@pytest.mark.parametrize(("machine", "calls", "known"), [("aarch64", "openat", True), ("aarch64", "open", False), ("x86_64", "open", True)])
def test_calls_of_the_machine(machine, calls, known):
    text = "-a always,exit -F arch=b64 -S %s" % calls
    if known:
        assert calls in _rule_grammar.parse(text, machine=machine).canonical
    else:
        with pytest.raises(_rule.RuleError):
            _rule_grammar.parse(text, machine=machine)


@pytest.mark.parametrize("text", [entry["rule"] for entry in GOLDEN if entry["rule"].startswith(("-a", "-w", "-A"))])
def test_round_trips(text):
    try:
        rule = parse(text)
    except _rule.RuleError:
        pytest.skip("no rule")
    assert parse(rule.canonical).canonical == rule.canonical
    assert parse(rule.render()).canonical == rule.canonical
    assert parse(rule.render()).render() == rule.render()
    rule.resolve(lambda path: path == "/etc/ssh")
    back = _rule.from_kernel(rule.to_kernel(), machine="x86_64")
    assert (back.canonical, back.target) == (rule.canonical, rule.target)


def test_watch_is_what_the_host_has(tmp_path):
    (tmp_path / "dir").mkdir()
    directory = parse("-w %s/dir -p wa" % tmp_path, is_directory=os.path.isdir)
    other = parse("-w %s/none -p wa" % tmp_path, is_directory=os.path.isdir)
    assert (directory.target, other.target) == ("dir", "path")
    unknown = parse("-w %s/dir -p wa" % tmp_path)
    as_path = parse("-a always,exit -F path=%s/dir -F perm=wa" % tmp_path)
    assert unknown.canonical == directory.canonical == as_path.canonical
    assert _rule.same_target(unknown, directory)
    assert not _rule.same_target(as_path, directory)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("-a always,exit -F path!=/x -F perm=r", "only ="),
        ("-a always,exit -F path=/x/", "ends with /"),
        ("-a always,exit -F path=x", "absolute"),
        ("-a always,exit -S open -F uid&1", "bit operator"),
        ("-a always,exit -F uid=-1", "unset only"),
        ("-a always,filesystem -F uid=0", "filesystem list"),
        ("-a always,exit -F path=/a -F path=/b", "not path and path"),
        ("-a always,exit -F path=/a -F dir=/b", "not path and dir"),
        ("-a always,exit -F dir=/a -F dir=/b", "not dir and dir"),
        ("-a always,exit -F path=/a -F inode=5", "not path and inode"),
        ("-a always,exit -F inode=5 -F dir=/a", "not inode and dir"),
        ("-a always,exit -S open -F exe=/a -F exe=/b", "not exe and exe"),
    ],
)
def test_what_every_kernel_refuses_is_refused(text, word):
    rule = parse(text)
    assert any(word in why for _token, why in rule.refused)
    assert _ruleset.parse_rules_file(text + "\n-w /b\n", machine="x86_64").aborts_at["line"] == 1


WILD = ["-w /etc/*.conf", "-w /a/../b -p r", "-a always,exit -F dir=/home/?/x", "-a always,exit -F path=/etc/cron.*"]


@pytest.mark.parametrize("text", WILD)
def test_a_wildcard_is_noted(text):
    assert [why for _token, why in parse(text).notes] == [_rule_grammar.NO_WILDCARDS]
    assert parse("-w /a..b/c.d -p r").notes == ()


@pytest.mark.skipif(not os.path.isdir(CORPUS), reason="the corpus is not here")
@pytest.mark.parametrize("name", sorted(os.listdir(CORPUS)) if os.path.isdir(CORPUS) else [])
def test_corpus_round_trips(name):
    with open(os.path.join(CORPUS, name), "rb") as stream:
        text = stream.read().decode("utf-8", "surrogateescape")
    compiled = _ruleset.compile_rules({"/etc/audit/rules.d/" + name: text}, machine="x86_64")
    assert compiled.text.startswith(_ruleset.HEADER)
    for rule in compiled.rules:
        assert parse(rule.canonical).canonical == rule.canonical
        again = parse(rule.render())
        assert again.canonical == rule.canonical
        assert again.resolve(lambda path: False).to_kernel() == rule.resolve(lambda path: False).to_kernel()
