# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two sides by meaning: other spellings are no difference, a difference is found in each layer, and what was not seen is never the same."""

from __future__ import annotations

import copy
import json
from html.parser import HTMLParser

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils.compare import benchmark, formats, hosts, sides

DOCUMENT = {
    "root": "/", "version": "3.0.9", "distribution": {"id": "debian", "name": "Debian", "version": "12", "family": "debian"},
    "auditd_conf": {"effective": {"disk_full_action": "SUSPEND", "num_logs": "5"}, "settings": {"num_logs": "5"}, "mode": "0640", "uid": 0},
    "daemon": {"running": True, "older_settings": False},
    "kernel": {"status": {"enabled": 1, "failure": 1, "backlog_limit": 8192, "lost": 3}},
    "rules": {
        "disk": {"rules": ["-a never,exit -F path=/n", "-w /a -p wa -k a", "-w /b -p wa -k b"], "control": {"-b": "8192", "-D": True},
                 "files": {"/etc/audit/rules.d/a.rules": {"text": "-w /a -p wa -k a\n-b 8192\n"}}},
        "compiled": {"rules": ["-w /a -p wa -k a"], "control": {}, "text": None}, "loaded": {"rules": ["-w /a -p wa -k a"]},
        "reads_rules_as": {"machine": "x86_64", "uid_min": 1000, "awk": "mawk", "product": "debian_12"}},
    "rotation": {"installed": True, "schedulers": ["cron"], "period": 86400, "config": {"keep": 0}, "conflicts": []},
    "services": {"enabled": True, "options": "", "loads_rules": True}, "permissions": {}, "volume": {"not_mounted": None, "unlabelled": []},
    "boot": {"audit": "1", "audit_backlog_limit": 8192}, "unavailable": {},
}


def changed(path, value):
    document = copy.deepcopy(DOCUMENT)
    *parents, last = path.split("/")
    place = document
    for part in parents:
        place = place[part]
    place[last] = value
    return document


SAME = {
    "words in other letters": ("auditd_conf/effective", {"disk_full_action": "suspend", "num_logs": "05"}),
    "order that decides nothing": ("rules/disk/rules", ["-a never,exit -F path=/n", "-w /b -p wa -k b", "-w /a -p wa -k a"]),
    "counters": ("kernel/status", {"enabled": 1, "failure": 1, "backlog_limit": 8192, "lost": 99}),
}
DIFFERENT = {
    "a setting": ("auditd_conf/effective/disk_full_action", "HALT", "disk", "disk_full_action", "SUSPEND", "HALT"),
    "a mode": ("auditd_conf/mode", "0666", "disk", "mode of auditd.conf", "0640", "0666"),
    "a rule": ("rules/disk/rules", ["-w /a -p wa -k a"], "rules.d", hosts.ONLY, ["-a never,exit -F path=/n", "-w /b -p wa -k b"], []),
    "an order": ("rules/disk/rules", ["-w /a -p wa -k a", "-w /b -p wa -k b", "-a never,exit -F path=/n"], "rules.d", hosts.ORDER, None,
                 None),
    "a word": ("rules/disk/control", {"-b": "320"}, "rules.d", "-b", "8192", "320"),
    "a loaded rule": ("rules/loaded/rules", [], "loaded rules", hosts.ONLY, ["-w /a -p wa -k a"], []),
    "audit.rules": ("rules/compiled/rules", [], "audit.rules", hosts.ONLY, ["-w /a -p wa -k a"], []),
    "the kernel": ("kernel/status/failure", 2, "kernel", "failure", "1", "2"),
    "the daemon": ("daemon/running", False, "daemon", "running", "true", "false"),
    "the rotation": ("rotation/config", {"keep": 9}, "schedule", "rotate.conf keep", "0", "9"),
    "the boot": ("boot/audit", None, "boot", "audit", "1", None),
    "a service": ("services/enabled", False, "services", "started at boot", "true", "false"),
    "a permission": ("permissions", {"/etc/audit": {"mode": "0777", "uid": 0}}, "disk", "/etc/audit", None, '["0777", 0]'),
}


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same(name):
    found = hosts.compare("a", "b", (DOCUMENT, changed(*SAME[name])))
    assert (found.status, found.differences) == ("same", [])


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_in_each_layer(name):
    path, value, layer, what, left, right = DIFFERENT[name]
    found = hosts.compare("a", "b", (DOCUMENT, changed(path, value)))
    assert [(one.layer, one.name) for one in found.differences] == [(layer, what)]
    assert what == hosts.ORDER or (found.differences[0].left, found.differences[0].right) == (left, right)


@pytest.mark.parametrize("fact", ["daemon", "kernel", "boot", "auditd_conf", "rotation"])
def test_what_was_not_seen_is_not_the_same(fact):
    assert hosts.compare("a", "b", (DOCUMENT, changed(fact, None))).status == "unknown"
    tree = {**changed(fact, None), "root": "/mnt"}
    found = hosts.compare("a", "b", (DOCUMENT, tree))
    assert found.status == "same" and len(found.beside) == 1


def test_a_benchmark():
    found = benchmark.compare("web1", DOCUMENT, "cis_debian_12")
    names = [one.name for one in found.differences]
    assert found.status == "different" and any("6.2.3.1 " in name for name in names)
    assert any("max_log_file_action" in name for name in names)
    assert any("privileged" in sentence for sentence in found.unknown)


HOSTILE = "<script>alert(1)</script>\x1b[31m\u2028\n"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)


def test_a_part_that_was_not_seen_is_named_once():
    tree = {**changed("daemon", None), "root": "/mnt/a", "rules": {**DOCUMENT["rules"], "loaded": None}}
    assert hosts.compare("a", "b", (tree, DOCUMENT)).beside == ["daemon: not seen on a", "loaded rules: not seen on a"]


def test_formats_carry_hostile_text():
    found = hosts.compare(HOSTILE, "b", (DOCUMENT, changed("rules/disk/rules", [HOSTILE])))
    assert json.loads(formats.as_json(found))["left"] == HOSTILE
    text = formats.text(found)
    assert "\x1b" not in text and "\u2028" not in text and text.count("\n") < 20
    tags = Tags()
    tags.feed(formats.page(found))
    assert "script" not in tags.found and "table" in tags.found


@pytest.mark.parametrize("text, why", [
    ("{", "is no JSON"), ("[]", "not what audit_info returns"), ('{"schema": 2, "items": []}', "not what audit_info returns"),
    (None, "is neither")])
def test_what_is_no_side(tmp_path, text, why):
    path = tmp_path / "one.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(AuditError, match=why):
        sides.compare({"left": str(path), "right": "cis_debian_12", "left_info": None, "right_info": None})


@pytest.mark.parametrize(("name", "hint"), [
    ("cis_rhl_9", "of the benchmarks, did you mean cis_rhel_9"), ("w", "of the benchmarks, known are cis_"),
])
def test_a_near_miss_of_a_benchmark_is_suggested(name, hint):
    with pytest.raises(AuditError, match=hint):
        sides.compare({"left": "web1", "right": name, "left_info": DOCUMENT, "right_info": None})


@pytest.mark.parametrize(("name", "hint"), [
    ("wbe2", "of the hosts, did you mean web2"), ("db-prod1.example", "of the hosts, did you mean db-prod.example?"),
    ("cis_rhl_9", "of the benchmarks, did you mean cis_rhel_9"),
])
def test_a_near_miss_of_a_host_is_suggested(name, hint):
    hosts = ["web1", "web2", "db-prod.example"]
    with pytest.raises(AuditError) as said:
        sides.compare({"left": "web1", "right": name, "left_info": DOCUMENT, "right_info": None, "hosts": hosts})
    assert hint in str(said.value)


def test_sides(tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"info": DOCUMENT}))
    asked = {"left": str(path), "right": "web1", "left_info": None, "right_info": DOCUMENT}
    assert sides.compare(asked).status == "same"
    assert sides.compare({**asked, "left": "cis_debian_12"}).left == "web1"
    with pytest.raises(AuditError, match="two benchmarks"):
        sides.compare({**asked, "left": "cis_debian_12", "right": "ospp", "right_info": None})
