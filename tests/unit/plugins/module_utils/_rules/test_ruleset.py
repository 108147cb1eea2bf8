# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import random
import subprocess
from collections import OrderedDict

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import delta as _ruleset_delta
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _ruleset_files
from ansible_collections.auditops.auditd.plugins.module_utils._rules import finalize as _finalize
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar as _rule_grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules import load_plan as _load_plan
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule

AUGENRULES = "/usr/sbin/augenrules"


def rules(*lines):
    return [_rule_grammar.parse(line, machine="x86_64") for line in lines]


def kernel(*lines):
    """The rules as they come back from a kernel where no watched path exists."""
    return [_rule.from_kernel(rule.resolve(lambda path: False).to_kernel(), "x86_64") for rule in rules(*lines)]


def tree(tmp_path, files):
    directory = tmp_path / "etc/audit/rules.d"
    directory.mkdir(parents=True)
    for name, text in files.items():
        (directory / name).write_bytes(text.encode())
    return Host(str(tmp_path))


def test_natural_order_is_that_of_ls(tmp_path):
    dice = random.Random(7)
    endings = [".rules", ".rules", "-x.rules", "10.rules", ".a.rules"]
    for round_number in range(10):
        directory = tmp_path / str(round_number)
        directory.mkdir()
        names = {
            "".join(dice.choice("0129aZz_-.~+") for _letter in range(dice.randint(1, 6))).lstrip(".-") + dice.choice(endings)
            for _name in range(30)
        }
        for name in names:
            (directory / name).touch()
        listed = subprocess.run(
            ["ls", "-1v", str(directory)], capture_output=True, text=True, check=True, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}
        )
        assert sorted((name for name in names if name[0] != "."), key=_ruleset.natural_key) == listed.stdout.split("\n")[:-1]


FILES = [
    {"10-a.rules": "-D\n-b 100\n# x\n\n-w /a -p wa\n", "9-b.rules": "-b 200\n-f 2\n-w /b -p wa\n", "99.rules": "-e 1\n-w /c -p wa\n"},
    {"a.rules": "  -D\n-w /a -p wa\n-D \n\t-f 2\n # c\n-e 1\n", "b.rules": " -e 0\n-b 7\n"},
    {"a.rules": "-w /a -p wa", "b.rules": "-w /b -p wa\n-b 1", "c.rules": ""},
    {"a.rules": "-w /a -p wa\r\n-e 1\r\n-D\r\n"},
    {"a.rules": ""},
    {
        "README": "-w /no -p wa\n",
        "x.rules.bak": "-w /no -p wa\n",
        ".hidden.rules": "-w /no -p wa\n",
        "x.rules": "--backlog_wait_time 7\n-i\n-c\n",
    },
    {},
]


@pytest.mark.skipif(not os.path.exists(AUGENRULES), reason="needs augenrules")
@pytest.mark.parametrize("files", FILES)
def test_compiles_as_augenrules_does(tmp_path, files):
    host = tree(tmp_path, files)
    with open(AUGENRULES, encoding="utf-8") as stream:
        script = stream.read()
    cr_stripped = "sub(/" in script
    script = script.replace("/etc/audit", str(tmp_path / "etc/audit"))
    subprocess.run(["sh", "-c", script, "augenrules"], check=False, capture_output=True)
    expected = (tmp_path / "etc/audit/audit.rules").read_bytes().decode().replace(str(tmp_path), "")
    awk = "mawk" if "mawk" in os.path.realpath("/usr/bin/awk") else "gawk"
    release = None if cr_stripped else "3.0.9"
    assert _ruleset.compile_rules(_ruleset.read_rules_d(host), release=release, awk=awk).text == expected


def compiled(files, **options):
    return _ruleset.compile_rules(
        OrderedDict(("/etc/audit/rules.d/" + name, text) for name, text in files.items()), machine="x86_64", **options
    )


def test_control_last_wins_and_rules_keep_their_place():
    result = compiled(
        {
            "1.rules": "-b 100\n-f 2\n-e 2\n--backlog_wait_time 60000\n--loginuid-immutable\n-w /a\n",
            "2.rules": "-D\n-b 8192\n-f 1\n-e 1\n-w /b\n",
        }
    )
    assert result.control == {"-D": True, "-b": "8192", "-f": "1", "-e": "1", "--backlog_wait_time": "60000", "--loginuid-immutable": True}
    assert [rule.path for rule in result.rules] == ["/a", "/b"]
    assert result.problems == []
    assert result.aborts_at is None


PROBLEMS = [
    ({"a.rules": "-w /a\n-a exit,possible -S open\n"}, {}, "passes over", 2, False),
    ({"a.rules": "-w /a\n-w /a -p rwxa\n-w /b\n"}, {}, "Rule exists", 2, True),
    ({"a.rules": "-w /a\nnonsense\n"}, {}, "no option", 2, True),
    ({"a.rules": "-w /a", "b.rules": "-w /b\n"}, {}, "no newline", 1, False),
    ({"a.rules": "-w /a\r\n"}, {}, "carriage return", 1, False),
    ({"a.rules": "-w /a\t-p wa\n"}, {}, "tab", 1, False),
    ({"a.rules": "-w /a\n  -D\n"}, {"awk": "mawk"}, "flush left", 2, False),
    ({"a.rules": "-i\n-w /a\n"}, {}, "hides", 1, False),
    ({"a b.rules": "-w /a\n"}, {"release": "3.0.9"}, "blank in its name", None, True),
    ({"a.rules": "-a always,exit -F path!=/b\n"}, {}, "only =", 1, True),
    ({"a.rules": "-W /a\n"}, {}, "no rule to delete", 1, True),
]


@pytest.mark.parametrize(("files", "options", "reason", "line", "fatal"), PROBLEMS)
def test_problems(files, options, reason, line, fatal):
    found = [problem for problem in compiled(files, **options).problems if reason in problem["reason"]]
    assert [(problem["line"], problem["fatal"]) for problem in found[:1]] == [(line, fatal)]


@pytest.mark.parametrize(
    ("text", "aborts"), [("-w /a\nbad\n-w /b\n", 2), ("-c\n-w /a\nbad\n-w /b\n", None), ("-i\nbad\n", None), ("bad\n-i\n", 1)]
)
def test_where_the_load_stops(text, aborts):
    result = compiled({"a.rules": text})
    assert (result.aborts_at or {}).get("line") == aborts


def test_deletes_and_prepends():
    result = compiled(
        {
            "a.rules": "-w /a -k k\n-w /b\n-A never,exit -F uid=1\n-W /b\n-w /c\n",
        }
    )
    assert [rule.canonical for rule in result.rules] == ["-a never,exit -S all -F uid=1", "-w /a -p rwxa -k k", "-w /c -p rwxa"]
    indented = compiled({"a.rules": "-w /a\n -D\n-w /b\n"}, awk="mawk")
    assert [rule.path for rule in indented.rules] == ["/b"]


BASE = ["-w /a -p wa -k a", "-a always,exit -F arch=b64 -S open -F auid>=1000 -F auid!=unset -k o", "-a always,user", "-a never,task"]


def test_in_sync_whatever_the_spelling():
    wanted = rules(
        "-a exit,always -F perm=aw -F path=/a -k a",
        "-a always,exit -F arch=b64 -S 2 -F auid!=-1 -F auid>=1000 -F key=o",
        "-a user,always",
        "-a task,never",
    )
    assert _ruleset_delta.compare(wanted, kernel(*BASE)) == ([], [], [], [])


@pytest.mark.parametrize("place", range(4))
def test_one_changed_rule_is_one_difference(place):
    lines = list(BASE)
    lines[place] = "-a always,exit -S mount -k changed"
    comparison = _ruleset_delta.compare(rules(*BASE), kernel(*lines))
    assert [len(part) for part in comparison] == [1, 1, 0, 0]
    assert comparison.missing[0].line is None
    assert comparison.extra[0].keys == ("changed",)


def test_directory_and_path_are_told_apart_where_known():
    have = kernel("-w /a -p wa")
    assert _ruleset_delta.compare(rules("-w /a -p wa"), have).missing == []
    assert len(_ruleset_delta.compare([rules("-w /a -p wa")[0].resolve(lambda path: True)], have).missing) == 1


def test_the_same_meaning_twice_is_redundant_not_extra():
    comparison = _ruleset_delta.compare(
        rules("-a always,exit -S open -F uid=0 -F gid=0"),
        kernel("-a always,exit -S open -F uid=0 -F gid=0", "-a always,exit -S open -F gid=0 -F uid=0"),
    )
    assert [len(part) for part in comparison] == [0, 0, 0, 1]


NEVER, ALWAYS, OTHER = "-a never,exit -S all -F auid=77", "-a always,exit -S open -k a", "-a always,exit -S mount -k b"


@pytest.mark.parametrize(
    ("wanted", "have", "wrong"),
    [
        ([NEVER, ALWAYS], [NEVER, ALWAYS], 0),
        ([NEVER, ALWAYS], [ALWAYS, NEVER], 1),
        ([ALWAYS, NEVER, OTHER], [ALWAYS, OTHER, NEVER], 1),
        ([ALWAYS, NEVER, OTHER], [NEVER, ALWAYS, OTHER], 1),
        ([ALWAYS, OTHER], [OTHER, ALWAYS], 0),
        ([NEVER, "-a always,user"], ["-a always,user", NEVER], 0),
    ],
)
def test_order_where_it_matters(wanted, have, wrong):
    assert len(_ruleset_delta.compare(rules(*wanted), kernel(*have)).out_of_order) == wrong


def test_commands_are_auditctls():
    steps = [
        _load_plan.Step("add", rules("-w /a -p wa -k k")[0]),
        _load_plan.Step("delete", rules("-w /a -p wa")[0]),
        _load_plan.Step("delete", rules(ALWAYS)[0]),
        _load_plan.Step("add", rules("-A never,user")[0]),
    ]
    assert [_load_plan.command(step) for step in steps] == [
        "-w /a -p wa -k k",
        "-W /a -p wa",
        "-d always,exit -S open -F key=a",
        "-A never,user",
    ]


def leaving(**how):
    return _ruleset_files.Leaving(options={"machine": "x86_64"}, **how)


def test_finalize_wins_over_the_distribution_file():
    words = {"backlog_limit": 8192, "failure": 1, "backlog_wait_time": 60000, "loginuid_immutable": True}
    text = _finalize.text(_finalize.words({"control": words, "immutable": True}, {}, {}))
    result = compiled({"99-x.rules": "-w /a\n", "audit.rules": "-D\n-b 64\n-f 2\n-e 1\n", _finalize.NAME: text})
    assert result.control == {"-D": True, "-b": "8192", "-f": "1", "--backlog_wait_time": "60000", "--loginuid-immutable": True, "-e": "2"}
    assert result.text.rstrip("\n").endswith("-e 2")
    before, _end, _behind = text.partition("\n-D\n")
    assert before.endswith("every file of rules.d is loaded again"), "whoever reads the file, or a diff of it, sees that no rule is dropped"


def test_what_a_foreign_file_has_is_left_out_of_ours():
    foreign = compiled({"50-other.rules": "-w /a -p wa -k a\n"}).rules
    ours = "-a exit,always -F path=/a -F perm=wa -k a\n-w /b -p wa\n-w /b -p wa\n"
    path = "/etc/audit/rules.d/70-auditops-local.rules"
    text, refused, skipped = _ruleset_files.leave_out(ours, path, {rule.canonical: rule for rule in foreign}, leaving())
    result = compiled({"70-auditops-local.rules": text, "50-other.rules": "-w /a -p wa -k a\n"})
    assert (refused, skipped, result.problems) == ([], [], [])
    assert [rule.path for rule in result.rules] == ["/b", "/a"]
    assert "50-other.rules line 1" in text


def test_skip_turns_bad_lines_into_comments():
    text, refused, _skipped = _ruleset_files.leave_out("-w /a\nbad line\n-w /b\n", "x.rules", {}, leaving(on_error="skip"))
    assert [(problem["file"], problem["line"]) for problem in refused] == [("x.rules", 2)]
    assert compiled({"a.rules": text}).aborts_at is None
    assert _ruleset_files.leave_out("bad\n", "x.rules", {}, leaving()).text == "bad\n"


def test_rules_of_missing_paths_become_comments():
    text, _refused, skipped = _ruleset_files.leave_out(
        "-w /a\n-w /gone\n", "x.rules", {}, leaving(missing=lambda rule: "gone" if rule.path == "/gone" else None)
    )
    assert [(entry["line"], entry["token"], entry["reason"]) for entry in skipped] == [(2, "/gone", "gone")]
    assert [rule.path for rule in compiled({"a.rules": text}).rules] == ["/a"]


@pytest.mark.parametrize("name", ["../x.rules", "x", "a b.rules", ".x.rules", "x.rules\n", "-x.rules", ""])
def test_bad_names(name):
    with pytest.raises(AuditError, match="rules"):
        _ruleset_files.check_names([name])


def test_names_with_digits_that_are_no_decimal_ones_have_an_order():
    names = ["\u00b2b.rules", "1a.rules", "\u00b2a.rules"]
    assert sorted(names, key=_ruleset.natural_key) == ["1a.rules", "\u00b2a.rules", "\u00b2b.rules"]
