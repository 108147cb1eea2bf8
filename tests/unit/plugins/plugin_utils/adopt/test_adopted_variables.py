# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts have, as variables: nothing is lost, danger is named, what no variable says is listed, and the same is said once."""

from __future__ import annotations

import random
import time

import pytest
import trees
from ansible.parsing.dataloader import DataLoader
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import fleet, host, report, role_defaults, yaml_text

ROLES = ("auditd", "audit_rules", "audit_rotation")


def adopted(tmp_path, **tree):
    return host.adopt("web1", trees.document(trees.build(tmp_path / "web1", **tree)))


def values(one):
    return {name: variable.value for name, variable in one.variables.items()}


# what a host has beside a stock Debian 12: (conf, rules of 50-site.rules, the variables)
CASES = {
    "stock": ({}, "", {
        "auditd_failure_policy": "suspend_auditing", "auditd_conf": {"max_log_file_action": "ROTATE"}, "auditd_mode": "0640"}),
    "halts": ({"disk_full_action": "HALT", "disk_error_action": "halt", "admin_space_left_action": "HALT"}, "-f 2\n", {
        "auditd_failure_policy": "stop_host", "auditd_conf": {"max_log_file_action": "ROTATE", "space_left_action": "SYSLOG"}}),
    "panics_alone": ({}, "-f 2\n", {"auditd_failure_policy": "stop_host"}),
    "halts_without_panic": ({"disk_full_action": "SINGLE"}, "", {"auditd_failure_policy": "stop_host", "audit_rules_failure": 1}),
    "keeps_running": (dict.fromkeys(("admin_space_left_action", "disk_full_action", "disk_error_action"), "SYSLOG"), "", {
        "auditd_failure_policy": None}),
    "own_keys": ({"max_log_file": "64", "name_format": "HOSTNAME", "log_group": "root", "space_left": "25%"}, "", {"auditd_conf": {
        "log_group": "root", "max_log_file": "64", "name_format": "HOSTNAME", "max_log_file_action": "ROTATE", "space_left": "25%"}}),
    "overflow_halts": ({"overflow_action": "HALT"}, "", {"auditd_failure_policy": "stop_host"}),
    "switches": ({}, "-b 16384\n-r 100\n--backlog_wait_time 10\n--loginuid-immutable\n-c\n-e 2\n", {
        "audit_rules_backlog_limit": 16384, "audit_rules_rate_limit": 100, "audit_rules_backlog_wait_time": 10,
        "audit_rules_loginuid_immutable": True, "audit_rules_on_error": "skip", "audit_rules_immutable": True}),
    "unlocked": ({}, "-e 1\n", {"audit_rules_immutable": False}),
    "rules": ({}, "# who may\n-w /etc/sudoers -p wa -k scope\n\n-a never,exit -F path=/a\n", {
        "audit_rules_extra": ["# who may", "-w /etc/sudoers -p wa -k scope", "-a never,exit -F path=/a"]}),
}


@pytest.mark.parametrize("name", CASES)
def test_variables(tmp_path, name):
    conf, rules, wanted = CASES[name]
    one = adopted(tmp_path, conf=conf, rules={"site.rules": rules})
    assert {key: values(one).get(key) for key in wanted} == wanted
    assert variables.problems(values(one), ROLES) == []


def test_a_policy_by_the_failure_flag_alone_names_the_line_of_it(tmp_path):
    source = adopted(tmp_path, rules={"site.rules": "-f 2\n"}).variables["auditd_failure_policy"].sources[None]
    assert (source.path, source.line) == ("/etc/audit/rules.d/site.rules", 1)


@pytest.mark.parametrize("conf, rules, danger, change", [
    ({"disk_full_action": "HALT"}, "", "disk_full_action = HALT stops the host", "disk_full_action: HALT -> SYSLOG"),
    ({}, "-f 2\n", "-f 2 lets the kernel panic", "the kernel's failure flag: -f 2 -> -f 1"),
    ({"max_log_file_action": "KEEP_LOGS"}, "", "KEEP_LOGS keeps every log", "max_log_file_action: KEEP_LOGS -> IGNORE"),
    ({}, "-a never,task\n", "-a never,task leaves the kernel with nothing to record", ""),
    ({"overflow_action": "SINGLE"}, "", "overflow_action = SINGLE stops the host", "overflow_action: SINGLE -> SYSLOG"),
])
def test_danger_is_not_adopted_in_silence(tmp_path, conf, rules, danger, change):
    one = adopted(tmp_path, conf=conf, rules={"site.rules": rules})
    assert any(danger in sentence for sentence in one.dangers)
    assert not change or any(change in sentence for sentence in one.would_change)


LISTED = {
    "refused": ("-a always,exit -F nofield=1 -k x\n", "auditctl refuses it"),
    "deletes": ("-w /a -p wa -k x\n-d exit,always -F path=/a -F perm=wa -F key=x\n", "it deletes a rule"),
    "deleted": ("-w /a -p wa -k x\n-W /a -p wa -k x\n", "a later line deletes it again"),
    "twice": ("-w /a -p wa -k x\n-a always,exit -F path=/a -F perm=wa -k x\n", "the same rule is in /etc/audit/rules.d/50-site.rules line"),
    "bytes": ("-w /caf\udce9 -p wa -k x\n", "bytes that are no UTF-8"),
    "wildcard": ("-w /etc/*.conf -p wa -k x\n", "wildcards"),
    "user": ("-a never,exit -F uid=chrony -F path=/x\n", "Unknown user: chrony"),
    "word": ("--reset-lost\n", "no variable sets this"),
    "number": ("-a always,exit -F arch=b64 -S chmod -F auid>=@UID_MIN@ -k x\n", "@UID_MIN@"),
    "note": ("## left out, there is no /x, here: -a never,task\n-w /a -p wa -k x\n", "a comment that the role would not write"),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_no_variable_says_is_listed(tmp_path, name):
    text, why = LISTED[name]
    one = adopted(tmp_path, rules={"50-site.rules": text})
    assert any(why in sentence for sentence in one.listed), one.listed
    assert "-a never,task" not in str(values(one))


def test_no_line_is_lost(tmp_path):
    texts = {f"{number}.rules": text for number, (text, _why) in enumerate(LISTED.values())}
    root = trees.build(tmp_path / "web1", rules=texts)
    one = host.adopt("web1", trees.document(root))
    written = [path.read_bytes().count(b"\n") for path in (root / "etc/audit/rules.d").iterdir()]
    written.append((root / "etc/audit/auditd.conf").read_bytes().count(b"\n"))
    assert sum(one.lines.values()) == sum(written)


def test_rules_of_audit_rules_alone_are_taken(tmp_path):
    root = trees.build(tmp_path / "web1")
    (root / "etc/audit/audit.rules").write_text("-D\n-w /opt/x -p wa -k site\n-b 9999\n")
    one = host.adopt("web1", trees.document(root))
    assert values(one)["audit_rules_extra"] == ["-w /opt/x -p wa -k site"]
    assert any("1 rules stand in audit.rules alone" in sentence for sentence in one.listed)


def benchmark_lines(name, product):
    from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
    from ansible_collections.auditops.auditd.plugins.module_utils._library.resolve import resolve

    found = resolve(controls.shipped(), Choice([name], privileged="off"), System(product, "x86_64", audit_release="3.0.9"))
    return {entry["name"]: entry["lines"] for entry in found["controls"] if entry["status"] == "loaded"}


def test_a_benchmark_but_for_three_controls(tmp_path):
    by_control = benchmark_lines("cis_debian_12", "debian_12")
    away = sorted(by_control)[:3]
    lines = [line for name, own in by_control.items() if name not in away for line in own]
    random.Random(1).shuffle(lines)
    privileged = "-a always,exit -F path=/usr/bin/passwd -F perm=x -F auid>=1000 -F auid!=unset -k privileged"
    text = "\n".join([*lines, "## ours", "-w /opt/app -p wa -k app", privileged]) + "\n"
    found = values(adopted(tmp_path, rules={"50-cis.rules": text}))
    assert found["audit_rules_profiles"] == ["cis_debian_12"]
    assert sorted(found["audit_rules_skip"]) == [f"control:{name}" for name in away]
    assert found["audit_rules_extra"] == ["## ours", "-w /opt/app -p wa -k app", privileged]


def test_an_exception_stays_before_the_benchmark(tmp_path):
    lines = [line for own in benchmark_lines("cis_debian_12", "debian_12").values() for line in own]
    rules = {"10-quiet.rules": "-a never,exit -F path=/usr/bin/noisy\n", "50-cis.rules": "\n".join(lines) + "\n",
             "90-late.rules": "-a never,exit -F path=/usr/bin/late\n"}
    found = values(adopted(tmp_path, rules=rules))
    assert found["audit_rules_files"] == {"11-adopted-exceptions.rules": "-a never,exit -F path=/usr/bin/noisy\n"}
    assert found["audit_rules_extra"] == ["-a never,exit -F path=/usr/bin/late"]


HOSTILE = [
    "# {{ lookup('pipe', 'id') }} {% raw %}", "# yes", "# key: value", "# 0o17", "# 'single' \"double\" \\back", "# tab\there",
    "# - [a, b]",
    "# caf\u00e9 \U0001f600 \u2028 \x85 \x1b[31m", "#!unsafe x", "# *alias &anchor !tag", "-w /etc/{{x}} -p wa -k {{key}}",
    "-w /etc/yes -p wa -k yes",
    "-w /etc/0o17 -p wa -k 0o17", "-w /etc/a:b -p wa -k a:b", "-w /etc/#x -p wa -k #k", "-w /etc/q' -p wa -k \"q",
    "-w /etc/%} -p wa -k {#x#}",
    "-w /etc/n\u00ef -p wa -k \u2028",
]


def test_hostile_text_comes_back_as_it_was(tmp_path):
    documents = {"web1": trees.document(trees.build(tmp_path / "web1", rules={"50-odd.rules": "\n".join(HOSTILE) + "\n"}))}
    found = fleet.of_documents(documents, {})
    path = tmp_path / "audit.yml"
    path.write_text(found.texts()["group_vars/all/audit.yml"])
    loaded = DataLoader().load_from_file(str(path))
    assert loaded["audit_rules_extra"] == HOSTILE
    unsafe = [text for text in HOSTILE if any(mark in text for mark in ("{{", "{%", "{#"))]
    assert path.read_text().count("!unsafe ") == len(unsafe) + 1  # {#x#} and %} in one line, and the line with a lone mark


@pytest.mark.parametrize("text", [
    "yes", "0o17", "a: b", "", " ", "- x", "{{ x }}", "'", "\"", "\\", "\n", "#", "null", "~", "1e3", "\ufeff", "\x00"])
def test_every_text_comes_back(tmp_path, text):
    path = tmp_path / "one.yml"
    path.write_text(f"one: {yaml_text.scalar(text)}  {yaml_text.comment(text)}\n")
    assert DataLoader().load_from_file(str(path)) == {"one": text}


KINDS = [
    {"os_release": trees.DEBIAN}, {"os_release": trees.DEBIAN, "conf": {"disk_full_action": "HALT"}},
    {"os_release": trees.RHEL, "rules": {"50-a.rules": "-w /a -p wa -k a\n-w /b -p wa -k b\n-a never,exit -F path=/n\n"}},
    {"os_release": trees.RHEL, "conf": {"max_log_file_action": "KEEP_LOGS"}}, {"os_release": trees.DEBIAN, "rules": {"9.rules": "-e 2\n"}},
    {"os_release": trees.RHEL, "rules": {"50-a.rules": "-b 32768\n-w /c -p wa -k c\n"}},
]


def noisy(kind, number):
    """The same in meaning: other comments, blanks and spellings, and rules of one action in another order."""
    rules = dict(kind.get("rules", {}))
    for name, text in rules.items():
        lines = [line.replace(" -k ", "  -k " if number % 2 else " -k ") for line in text.splitlines()]
        if number % 3 == 0 and len(lines) > 2:
            lines[0], lines[1] = lines[1], lines[0]
        rules[name] = f"# host {number}\n" + "\n\n".join(lines) + "\n"
    return {**kind, "rules": rules}


def test_300_trees_of_6_kinds_are_a_few_files(tmp_path):
    documents = {}
    for number in range(300):
        documents[f"host{number:03}"] = trees.document(trees.build(tmp_path / str(number), **noisy(KINDS[number % 6], number)))
    groups = {"web": [f"host{number:03}" for number in range(300) if number % 6 == 2], "all": list(documents)}
    found = fleet.of_documents(documents, groups)
    texts = found.texts()
    assert 3 <= len({**texts, **report.written(found)}) <= 10
    assert not any(path.startswith("host_vars") for path in texts) and "group_vars/web/audit.yml" in texts
    again = fleet.of_documents(dict(reversed(list(documents.items()))), dict(reversed(list(groups.items()))))
    assert (again.texts(), report.written(again)) == (texts, report.written(found))
    assert effective(tmp_path, found) == {one.name: {name: variable.meaning for name, variable in one.variables.items()}
                                          for one in found.adopted}


def effective(tmp_path, found):
    """{host: {variable: meaning}} by the places that a host is in; nothing is said twice for a host."""
    have: dict = {one.name: {} for one in found.adopted}
    for place in found.places:
        for name, stated in place.stated.items():
            for member in place.hosts:
                assert name not in have[member], (member, name)
                have[member][name] = stated.variable.meaning
    return have


def test_what_one_host_has_alone_is_in_its_file(tmp_path):
    documents = {name: trees.document(trees.build(tmp_path / name, conf=conf))
                 for name, conf in {"a": {}, "b": {}, "c": {"max_log_file": "99"}, "../d": {"max_log_file": "98"}}.items()}
    found = fleet.of_documents(documents, {"twins": ["a", "b"]})
    places = ("group_vars/all", "group_vars/twins", "host_vars/c", "group_vars/adopted_1")
    assert set(found.texts()) == {f"{place}/audit.yml" for place in places}
    assert "'../d':" in found.inventory()["adopted.yml"]


def test_ten_thousand_rules(tmp_path):
    text = "".join(f"## rule {number}\n-a always,exit -F arch=b64 -S openat -F path=/srv/{number} -F auid>=1000 -k k{number}\n"
                   for number in range(10000))
    document = trees.document(trees.build(tmp_path / "web1", rules={"50-many.rules": text}))
    start = time.process_time()
    found = fleet.of_documents({"web1": document}, {})
    assert len(found.texts()["group_vars/all/audit.yml"].splitlines()) > 20000
    assert time.process_time() - start < 60


def test_the_variables_that_can_be_adopted_are_variables_of_roles():
    for role, names in role_defaults.OF_ROLE.items():
        assert set(names) <= set(variables.SPECIFICATIONS[role])


@pytest.mark.parametrize("document", [None, [], {"version": "3.0.9"}, "text"])
def test_what_is_no_document_is_not_read(document):
    found = fleet.of_documents({"web1": document}, {})
    assert found.adopted == [] and "this is no document of audit_info" in found.unread["web1"]
