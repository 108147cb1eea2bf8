# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict for each control: the counts add up to the benchmark, and no control passes that the graders, which look at text, fail."""

from __future__ import annotations

import re

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._drift import controls as _controls
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import profiles as _profiles
from ansible_collections.auditops.auditd.plugins.module_utils._library import settled
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _files
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands
from ansible_collections.auditops.auditd.plugins.plugin_utils.settings_judges import AnyHost
from baked import CASES, LIBRARY, PATH, Baked


@pytest.fixture
def bake(tmp_path):
    return lambda profile, product, **how: Baked(tmp_path, profile, product, **how)


def test_natural_order():
    numbers = ["6.3.3.10", "6.3.3.9", "RHEL-09-654010", "6.3.3.1"]
    assert sorted(numbers, key=_controls.natural) == ["6.3.3.1", "6.3.3.9", "6.3.3.10", "RHEL-09-654010"]


@pytest.mark.parametrize(("profile", "product"), CASES)
def test_a_good_tree(bake, profile, product):
    tree = bake(profile, product)
    document = tree.document()
    found = {control["id"]: control for control in document["controls"]}
    benchmark = LIBRARY["benchmarks"][profile]
    assert set(found) == {number for part in _controls.NUMBERED for number in benchmark.get(part, {})}, "each control once, none absent"
    assert len(document["controls"]) == len(found) and {control["benchmark"] for control in document["controls"]} == {profile}
    counted = _controls.counts(document["controls"])[profile]
    assert sum(counted.values()) == len(found) and counted["waived"] == counted["skipped"] == 0
    wrong = {number: (control["status"], control["why"]) for number, control in found.items() if control["status"] == "fail"}
    assert wrong == {}
    unchecked = {number for number, control in found.items() if control["status"] == "not_checked"}
    assert unchecked <= {number for part in ("elsewhere", "host", "remote_conf") for number in benchmark.get(part, {})}
    assert all(control["why"] for control in found.values() if control["status"] != "pass")
    assert all(control["title"] for control in found.values())


@pytest.mark.parametrize(("profile", "product"), CASES)
def test_a_bare_tree(bake, profile, product):
    tree = bake(profile, product, bare=True)
    found = tree.verdicts()
    assert {number: found[number]["why"] for number in tree.graded() if found[number]["status"] == "pass"} == {}
    rules = [number for number in LIBRARY["benchmarks"][profile]["rules"] if found[number]["status"] == "pass"]
    assert rules == []


@pytest.mark.parametrize(("profile", "product"), CASES)
@pytest.mark.parametrize("start", range(3))
def test_one_rule_gone(bake, profile, product, start):
    """All lines for one path, or one line of system calls: what the graders then miss does not pass, and nothing else fails."""
    tree = bake(profile, product)
    before, unreachable = tree.rules_files(), tree.graded()
    subjects = sorted({PATH.search(line).group(1).rstrip("/") if PATH.search(line) else line for text in before.values()
                       for line in text.splitlines() if line.startswith(("-a always,exit", "-w"))})
    for subject in subjects[start * 7::21]:
        path = re.compile(r"(?:-w |path=|dir=)%s/?(?: |$)" % re.escape(subject))
        for name, text in before.items():
            lines = [line for line in text.splitlines(keepends=True) if line.strip() != subject and not path.search(line)]
            tree.write("etc/audit/rules.d/" + name, "".join(lines), 0o600)
        found = tree.verdicts()
        failed = {number for number, control in found.items() if control["status"] == "fail"}
        if "-S clock_settime -F a0" in subject and not failed:  # the rule beside it has all of it; a checker of text misses the words
            continue
        assert failed, subject
        assert {number for number in tree.graded() - unreachable if found[number]["status"] == "pass"} == set(), subject
        assert all(subject.split(" -S ")[0] in found[number]["why"] or "recorded" in found[number]["why"] for number in failed), subject


@pytest.mark.parametrize(("profile", "product"), CASES)
def test_one_key_wrong(bake, profile, product):
    tree = bake(profile, product)
    right, unreachable = tree.conf(), tree.graded()
    for number, keys in LIBRARY["benchmarks"][profile].get("auditd_conf", {}).items():
        for key in keys:
            wrong = {"max_log_file": "1", "space_left": "51", "admin_space_left": "1", "freq": "7", "action_mail_acct": "nobody"}.get(
                key, {"log_format": "RAW", "name_format": "NONE", "local_events": "no", "write_logs": "no", "log_group": "adm",
                      "flush": "SYNC", "verify_email": "no"}.get(key, "IGNORE"))
            tree.write("etc/audit/auditd.conf", _conf.merge(right, {key: wrong}, tree.release).text, 0o600)
            found = tree.verdicts()
            assert found[number]["status"] == "fail" and key in found[number]["why"], (number, key, found[number])
            assert {bad for bad in tree.graded() - unreachable if found[bad]["status"] == "pass"} == set(), key


@pytest.mark.parametrize(("change", "number", "status", "said"), [
    ({"space_left": "35%"}, "RHEL-09-653035", "pass", ""),
    ({"space_left": "500"}, "RHEL-09-653035", "fail", "space_left = >=25% is demanded, 500 is in force"),
    ({"local_events": None}, "RHEL-09-653075", "pass", "auditd's own default: a scanner"),
    ({"space_left_action": "EMAIL"}, "RHEL-09-653040", "pass", "a scanner wants it written email"),
    ({"action_mail_acct": "audit@example.org"}, "RHEL-09-653040", "not_checked", "whether mail to audit@example.org arrives"),
    ({"freq": "50"}, "RHEL-09-653095", "fail", "freq = 100 is demanded, 50 is in force"),
])
def test_settings(bake, change, number, status, said):
    tree = bake("stig_rhel_9", "rhel_9")
    tree.write("etc/audit/auditd.conf", _conf.merge(tree.conf(), change, tree.release).text, 0o600)
    found = tree.verdicts()[number]
    assert (found["status"], said in found["why"]) == (status, True), found


def test_a_value_that_no_policy_wants_is_a_finding_with_its_control(bake):
    tree = bake("stig_rhel_9", "rhel_9")
    tree.write("etc/audit/auditd.conf", _conf.merge(tree.conf(), {"freq": "50", "space_left_action": "EMAIL"}, tree.release).text, 0o600)
    items = {item["id"]: item for item in tree.document()["items"]}
    assert items["disk.auditd_conf.freq"]["controls"] == ["stig_rhel_9:RHEL-09-653095"]
    spelled = items["disk.auditd_conf.spelling.space_left_action"]
    assert (spelled["severity"], spelled["expected"], spelled["actual"]) == ("low", "email", "EMAIL")


def test_what_the_policy_sets_aside_is_waived_where_it_is_in_force(bake):
    tree = bake("cis_rhel_9", "rhel_9")
    unreachable = tree.graded()  # by these text checks, on any tree: test_library.UNREACHABLE
    keep = {**FAILURE_POLICIES["keep_running"]["settings"], "max_log_file_action": "IGNORE", "num_logs": "5"}
    policy = {"settings": keep, "own_keys": [], "failure_policy": "keep_running", "rotation_wanted": True}
    found = tree.verdicts(**policy)
    assert found["6.3.2.2"]["status"] == "pass", "the host has what is demanded, whatever the policy says"
    applied = settled.settle(settled.Asked(keep, failure_policy="keep_running", rotation_wanted=True, demands=tree.demands()),
                             tree.conf(), tree.release, AnyHost())
    tree.write("etc/audit/auditd.conf", applied.conf.text, 0o600)
    document = tree.document(**policy)
    found = {control["id"]: control for control in document["controls"]}
    waived = {number: control["why"] for number, control in found.items() if control["status"] == "waived"}
    assert set(waived) == {"6.3.2.2", "6.3.2.3", "6.3.2.4"} and all("instead: " in why for why in waived.values())
    assert {entry["subject"] for entry in document["waived"]} == {"max_log_file_action", "disk_full_action", "admin_space_left_action"}
    assert {number for number in tree.graded() - unreachable if found[number]["status"] == "pass"} == set()


EXCEPTION = {"reason": "no room for it", "owner": "ops", "ticket": "A-1"}


@pytest.mark.parametrize(("entry", "number", "status"), [
    ({"control": "cis_rhel_9:6.3.3.4"}, "6.3.3.4", "waived"),
    ({"control": "6.3.3.4"}, "6.3.3.4", "waived"),
    ({"control": "6.3.3.4", "benchmark": "cis_rhel_9"}, "6.3.3.4", "waived"),
    ({"key": "time-change"}, "6.3.3.4", "waived"),
    ({"file": "30-auditops-time.rules"}, "6.3.3.4", "waived"),
    ({"control": "cis_debian_12:6.2.3.4"}, "6.3.3.4", "fail"),
    ({"key": "time-change", "benchmark": "cis_debian_12"}, "6.3.3.4", "fail"),
    ({"setting": "max_log_file"}, "6.3.2.1", "waived"),
    ({"setting": "max_log_file", "benchmark": "cis_rhel_9"}, "6.3.2.1", "waived"),
    ({"setting": "max_log_file", "benchmark": "stig_rhel_9"}, "6.3.2.1", "fail"),
    ({"control": "6.3.3.4", "expires": "2020-01-01"}, "6.3.3.4", "fail"),
    ({"control": "6.3.3.4", "expires": "2999-01-01"}, "6.3.3.4", "waived"),
])
def test_exceptions(bake, entry, number, status):
    tree = bake("cis_rhel_9", "rhel_9")
    for name in tree.rules_files():
        if "time" in name:
            (tree.root / "etc/audit/rules.d" / name).unlink()
    tree.write("etc/audit/auditd.conf", _conf.merge(tree.conf(), {"max_log_file": "1"}, tree.release).text, 0o600)
    tree.policy["exceptions"] = [{**entry, **EXCEPTION}]
    document = tree.document(exceptions=tree.policy["exceptions"])
    found = {control["id"]: control for control in document["controls"]}
    assert found[number]["status"] == status, found[number]
    expired = entry.get("expires", "9") < "2026"
    if status == "waived":
        assert "no room for it (ops" in found[number]["why"]
        (record,) = document["exceptions"]
        assert record["owner"] == "ops" and record["state"] == "in_force" and "cis_rhel_9:" + number in record["controls"]
        missing = [item for item in document["items"] if item["id"] in ("disk.rules_d.missing", "disk.auditd_conf.max_log_file")
                   and "cis_rhel_9:" + number in item["controls"]]
        assert missing == [], "what is left out on record is no drift"
    elif expired:
        assert document["exceptions"][0]["state"] == "expired"
        assert any(item["id"].startswith("disk.exceptions.expired.") and item["severity"] == "low" for item in document["items"])
    else:
        assert document["exceptions"] == [], "it is about a benchmark that nobody chose"


def test_a_satisfied_control_is_not_listed_as_waived(bake):
    tree = bake("cis_rhel_9", "rhel_9")
    tree.policy["exceptions"] = [{"control": "6.3.3.4", **EXCEPTION}]
    assert tree.verdicts()["6.3.3.4"]["status"] == "pass"


def test_a_skip_is_of_its_benchmark_and_lines_that_others_demand_stay(bake):
    tree = bake("cis_rhel_9", "rhel_9")
    tree.policy.update(profiles=["cis_rhel_9", "stig_rhel_9"], skip=["cis_rhel_9:6.3.3.9"])
    whole, resolved = _profiles.expand(Host(str(tree.root)), tree.policy, tree.release)
    lines = [line for text in whole["files"].values() for line in text.splitlines() if not line.startswith("#")]
    assert any("-S chmod,fchmod,fchmodat" in line for line in lines), "RHEL-09-654015 still demands it"
    chmod = next(control for control in resolved["controls"] if control["name"] == "chmod")
    assert chmod["status"] == "loaded" and chmod["ids"] == ["stig_rhel_9:RHEL-09-654015"]
    for name, text in tree.rules_files().items():
        tree.write("etc/audit/rules.d/" + name, "".join(line for line in text.splitlines(keepends=True) if "chmod" not in line), 0o600)
    found = {(control["benchmark"], control["id"]): control["status"] for control in tree.document()["controls"]}
    assert found["cis_rhel_9", "6.3.3.9"] == "skipped" and found["stig_rhel_9", "RHEL-09-654015"] == "fail"


@pytest.mark.parametrize(("broken", "number"), [
    (lambda tree: tree.write("etc/audit/auditd.conf", tree.conf().text, 0o644), "6.3.4.5"),
    (lambda tree: tree.write("etc/audit/rules.d/99-x.rules", "", 0o644), "6.3.4.5"),
])
def test_a_mode_that_is_too_wide(bake, broken, number):
    tree = bake("cis_rhel_9", "rhel_9")
    broken(tree)
    found = tree.verdicts()[number]
    assert found["status"] == "fail" and found["items"]


def test_audit_that_is_not_there_passes_nothing(bake, tmp_path):
    tree = bake("cis_rhel_9", "rhel_9")
    for name in ("sbin/auditd", "sbin/auditctl", "etc/audit/auditd.conf"):
        (tmp_path / name).unlink()
    wanted = {"auditd": {"settings": {}}, "audit_rules": tree.policy, "benchmarks": demands.packed()}
    live, parsed = _drift.look(Host(str(tmp_path)), wanted, None)
    statuses = {control["status"] for control in _drift.compare(live, parsed, wanted)["controls"]}
    assert "pass" not in statuses


def test_a_filter_that_was_chosen_waives_what_it_leaves_out(bake):
    tree = bake("cis_rhel_9", "rhel_9")
    never = "-a never,exit -F arch=b64 -S adjtimex,clock_settime -F auid=unset -F uid=1\n"
    tree.write("etc/audit/rules.d/20-auditops-filters.rules", never)
    assert tree.verdicts()["6.3.3.4"]["status"] == "fail"
    tree.policy["filters"] = ["chrony"]
    tree.write("etc/passwd", "chrony:x:1:1::/:/bin/false\n")
    whole, _resolved = _profiles.expand(Host(str(tree.root)), tree.policy, tree.release)
    tree.write("etc/audit/rules.d/20-auditops-filters.rules", _files.with_mark(whole["files"]["20-auditops-filters.rules"]))
    found = tree.verdicts()["6.3.3.4"]
    assert found["status"] == "waived" and "chrony" in found["why"]


OTHER_TOOLS = [
    # a line of the good tree, what another tool writes in its place
    ("-w /etc/sudoers -p wa -k scope", "-w /etc/sudoers -p rwa -k actions"),
    ("-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat", "-a always,exit -F arch=b64 -S fchmodat -S fchmod,lchown -S chmod"),
    (" -F auid>=1000 -F auid!=unset -k mounts", " -F auid>=500 -k mount"),
    ("-F exit=-EACCES", "-F success=0"),
]


@pytest.mark.parametrize(("line", "other"), OTHER_TOOLS)
def test_rules_that_are_written_otherwise_are_no_drift(bake, line, other):
    tree = bake("cis_debian_12", "debian_12")
    for name, text in tree.rules_files().items():
        if line in text:
            (tree.root / "etc/audit/rules.d" / name).unlink()
            lines = [row.replace(line, other) for row in text.splitlines() if row.startswith("-")]
            tree.write("etc/audit/rules.d/50-other-tool.rules", "".join(row + "\n" for row in dict.fromkeys(lines)), 0o600)
    tree.compile()
    document = tree.document()
    items = {item["id"]: item for item in document["items"]}
    assert "disk.rules_d.missing" not in items and items["disk.rules_d.written_otherwise"]["severity"] == "info"
    failed = [control for control in document["controls"] if control["status"] == "fail"]
    assert failed == []
    assert any("written otherwise" in control["why"] for control in document["controls"])


def test_a_rule_of_ones_own_is_wanted_as_it_stands(bake):
    tree = bake("cis_debian_12", "debian_12")
    tree.policy["rules"] = ["-w /etc/sudoers -p wa -k mine"]
    assert "disk.rules_d.missing" in {item["id"] for item in tree.document()["items"]}


@pytest.mark.parametrize(("mount", "status"), [("/var/log/audit", "pass"), ("/var/log", "fail"), ("/", "fail"), (None, "not_checked")])
def test_a_partition_of_its_own(bake, mount, status):
    tree = bake("cis_rhel_9", "rhel_9")
    wanted = {"audit_rules": tree.policy, "benchmarks": demands.packed()}
    live, parsed = _drift.look(Host(str(tree.root)), wanted, tree.release)
    live["storage"]["partition"] = mount and {"mount": mount, "size_mb": 900, "free_mb": 800, "device": "x", "filesystem": "xfs"}
    document = _drift.compare(live, parsed, wanted)
    found = {control["id"]: control for control in document["controls"]}["1.1.2.7.1"]
    assert found["status"] == status and bool(found["why"]) is (status != "pass")
    unexplained = [item for item in document["items"] if item["id"] == "disk.controls.cis_rhel_9"]
    assert bool(unexplained) is (status == "fail"), "a benchmark that was chosen is part of the policy"
    if unexplained:
        assert unexplained[0]["severity"] == "low" and document["status"] == "drifted"
        assert unexplained[0]["controls"] == ["cis_rhel_9:1.1.2.7.1"] and unexplained[0]["id"] in found["items"]


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize(("profile", "product"), CASES)
def test_no_host_with_a_control_that_fails_is_in_sync(bake, profile, product, bare):
    """And what fails is not listed as waived as well."""
    document = bake(profile, product, bare=bare).document()
    failed = {"%s:%s" % (control["benchmark"], control["id"]) for control in document["controls"] if control["status"] == "fail"}
    spoken_of = {ident for item in document["items"] if item["severity"] != "info" for ident in item["controls"]}
    assert failed <= spoken_of and (document["status"] == "drifted" or not failed)
    assert not failed.intersection(ident for entry in document["waived"] for ident in entry["controls"])


@pytest.mark.parametrize(("subject", "change", "number"), [
    ("log_directory_mode", lambda root: (root / "var/log/audit").chmod(0o777), "6.3.4.1"),
    ("tools_mode", lambda root: (root / "sbin/auditctl").chmod(0o777), "6.3.4.8"),
])
def test_a_file_beyond_its_bound(bake, subject, change, number):
    tree = bake("cis_rhel_9", "rhel_9")
    (tree.root / "var/log/audit").mkdir(parents=True, exist_ok=True)
    change(tree.root)
    found = tree.verdicts()[number]
    assert found["status"] == "fail" and found["items"], (subject, found)


@pytest.mark.parametrize(("profiles", "asked", "exceptions", "found"), [
    (["cis_rhel_9", "stig_rhel_9"], "keep_logs", [],
     {"max_log_file_action": ("low", ["cis_rhel_9:6.3.2.2: keep_logs", "stig_rhel_9:RHEL-09-653055: rotate or single"])}),
    (["cis_rhel_9", "stig_rhel_9"], "IGNORE", [], {"max_log_file_action": ("info", ["cis_rhel_9:6.3.2.2", "stig_rhel_9:RHEL-09-653055"])}),
    (["stig_rhel_9", "pci_dss"], "rotate", [],
     {"space_left": ("low", ["stig_rhel_9:RHEL-09-653035: >=25%", "pci_dss:10.5.1: >=100"])}),
    (["cis_rhel_9"], "keep_logs", [], {}),
    (["cis_rhel_9", "stig_rhel_9"], "keep_logs", [{"control": "stig_rhel_9:RHEL-09-653055"}], {}),
])
def test_benchmarks_that_contradict_each_other_are_both_named(bake, profiles, asked, exceptions, found):
    tree = bake("stig_rhel_9", "rhel_9")
    tree.policy.update(profiles=profiles, exceptions=[{**entry, **EXCEPTION} for entry in exceptions])
    tree.write("etc/audit/auditd.conf", _conf.merge(tree.conf(), {"max_log_file_action": asked}, tree.release).text, 0o600)
    items = {item["id"].rpartition(".")[2]: item for item in tree.document(profiles=profiles, exceptions=tree.policy["exceptions"])["items"]
             if item["id"].startswith("disk.auditd_conf.contradiction.")}
    assert set(items) == set(found)
    for key, (severity, words) in found.items():
        assert items[key]["severity"] == severity and all(word in items[key]["expected"] for word in words), items[key]
        assert {ident.partition(":")[0] for ident in items[key]["controls"]} == set(profiles)


@pytest.mark.parametrize(("text", "exceptions", "status", "is_found"), [
    (None, [], "fail", True), ("active = no\n", [], "fail", True), ("active = yes\n", [], "pass", False),
    ("# active = yes\n", [], "fail", True),
    ("active = no\n", [{"control": "pci_dss:10.3.3"}], "waived", False),
])
def test_the_syslog_plugin_of_pci(bake, text, exceptions, status, is_found):
    tree = bake("pci_dss", "rhel_9")
    tree.policy["exceptions"] = [{**entry, **EXCEPTION} for entry in exceptions]
    (tree.root / "etc/audit/plugins.d/syslog.conf").unlink()
    if text is not None:
        tree.write("etc/audit/plugins.d/syslog.conf", text, 0o600)
    document = tree.document(exceptions=tree.policy["exceptions"])
    found = {control["id"]: control for control in document["controls"]}["10.3.3"]
    assert found["status"] == status
    items = [item for item in document["items"] if item["id"] == "shipping.syslog_demanded"]
    assert bool(items) is is_found
    if is_found:
        assert items[0]["controls"] == ["pci_dss:10.3.3"] and "audit_shipping" in items[0]["fix"] and items[0]["id"] in found["items"]


LOADS = "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-%s\n"
AUGENRULES, AUDITCTL = "/sbin/augenrules --load", "/sbin/auditctl -R /etc/audit/audit.rules"


@pytest.mark.parametrize("loader", [AUGENRULES, AUDITCTL])
def test_what_was_never_compiled_is_not_recorded(bake, loader):
    tree = bake("cis_rhel_9", "rhel_9")
    tree.write("usr/lib/systemd/system/auditd.service", LOADS % loader)
    path = tree.root / "etc/audit/audit.rules"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "sudoers" not in line))
    control = tree.verdicts()["6.3.3.1"]
    assert control["status"] == "fail" and "in audit.rules" in control["why"], control
    path.unlink()
    assert tree.verdicts()["6.3.3.1"]["status"] == "pass", "rules.d has it, and there is nothing else to go by"


@pytest.mark.parametrize(("loader", "number", "status"), [
    (AUGENRULES, "6.3.3.1", "fail"), (AUDITCTL, "6.3.3.1", "pass"),
    (AUGENRULES, "6.3.3.20", "fail"), (AUDITCTL, "6.3.3.20", "pass"),
])
def test_rules_that_stand_in_audit_rules_alone(bake, loader, number, status):
    """As another tool hardens a host: the unit has auditctl load audit.rules, and rules.d is not used."""
    tree = bake("cis_rhel_9", "rhel_9")
    tree.write("usr/lib/systemd/system/auditd.service", LOADS % loader)
    for name in tree.rules_files():
        (tree.root / "etc/audit/rules.d" / name).unlink()
    control = tree.verdicts()[number]
    assert control["status"] == status, control
    assert status == "pass" or "rules.d" in control["why"]
    missing = {item["id"] for item in tree.document()["items"] if item["id"].endswith((".missing", ".control.e", ".control.f"))}
    assert (missing == set()) is (loader == AUDITCTL), missing
    tree.write("etc/audit/audit.rules", "-D\n-b 8192\n-f 1\n", 0o600)
    document = tree.document()
    assert {control["id"]: control for control in document["controls"]}[number]["status"] == "fail"
    assert "compiled.audit_rules.missing" in {item["id"] for item in document["items"]}
