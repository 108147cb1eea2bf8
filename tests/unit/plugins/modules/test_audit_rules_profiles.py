# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks through the module audit_rules and the drift check, on offline trees."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as conf_text
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import privileged as _privileged
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _ruleset_files
from ansible_collections.auditops.auditd.plugins.modules import audit_drift, audit_rules
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands
from rules_tree import RELEASES, Module, Tree

WATCH = "-w /etc/passwd -p wa -k identity"
COMMANDS = "30-auditops-commands.rules"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("product", RELEASES)
def test_what_is_applied_is_in_sync(tmp_path, product, machine):
    tree = Tree(tmp_path, product, machine)
    assert "disk.rules_d.missing" in tree.drifted(profiles=["auto"])
    result = tree.apply(profiles=["auto"])
    assert result["changed"] and result["profiles"] == ["cis_" + product]
    assert not [text for text in tree.rules_d().values() if not _ruleset_files.managed(text)]
    assert not tree.apply(profiles=["auto"])["changed"]
    assert {name for name, item in tree.drifted(profiles=["auto"]).items() if item["severity"] != "info"} == set()
    text = "".join(tree.rules_d().values())
    assert "path=/usr/bin/su " in text and "path=/usr/lib/helpers/helper " in text
    assert ("arch=b64 -S chmod" in text) == (machine == "x86_64")


@pytest.mark.parametrize("profiles", [["cis_rhel_9", "stig_rhel_9"], ["pci_dss"], ["auto", "pci_dss"]])
def test_benchmarks_beside_each_other(tmp_path, profiles):
    tree = Tree(tmp_path, "rhel_9")
    result = tree.apply(profiles=profiles, rules=["-w /srv/own -p wa -k own"], missing_paths="keep")
    assert {number.partition(":")[0] for control in result["controls"] for number in control["ids"]} == set(result["profiles"])
    assert "-w /srv/own -p wa -k own\n" in tree.rules_d()[_ruleset_files.LOCAL_FILE]
    found = tree.drifted(profiles=profiles, rules=["-w /srv/own -p wa -k own"], missing_paths="keep")
    assert found["disk.rules_d.aborts"]["severity"] == "critical"  # what was asked for: the boot stops at the first path that is missing


def test_auto_is_the_nearest_of_the_family(tmp_path):
    tree = Tree(tmp_path, "ubuntu_22_04")
    tree.write("etc/os-release", "ID=ubuntu\nVERSION_ID=20.04\n")
    result = tree.apply(profiles=["auto"])
    assert result["profiles"] == ["cis_ubuntu_22_04"] and "this host is ubuntu_20_04" in result["notes"][-1]
    finding = tree.drifted(profiles=["auto"])["disk.rules_d.profiles"]
    assert finding["severity"] == "info" and "ubuntu_20_04" in finding["actual"][0]
    tree.write("etc/os-release", "ID=arch\n")
    assert tree.apply(profiles=["auto"])["profiles"] == []
    assert "none for arch" in tree.drifted(profiles=["auto"])["disk.rules_d.profiles"]["actual"][0]


@pytest.mark.parametrize(("product", "release", "profile"), [
    ("rhel_9", None, "cis_ubuntu_24_04"), ("rhel_9", None, "cis_sle_15"), ("debian_12", None, "cis_rhel_9"),
    ("debian_12", None, "cis_amazon_2023"), ("amazon_2023", None, "cis_debian_13"), ("ubuntu_24_04", None, "stig_sle_15"),
    ("rhel_9", "ID=fedora\nVERSION_ID=41\n", "cis_debian_12"), ("debian_12", "ID=kali\nID_LIKE=debian\n", "stig_rhel_9"),
])
def test_a_benchmark_of_another_family_is_refused_and_nothing_is_written(tmp_path, product, release, profile):
    tree = Tree(tmp_path, product)
    tree.write("etc/audit/audit.rules", "")
    if release:
        tree.write("etc/os-release", release)
    for profiles in ([profile], ["auto", "pci_dss", profile]):
        with pytest.raises(AuditError, match=f"{profile} was written for .* family, and this host is .* family; name a benchmark of"):
            tree.apply(profiles=profiles)
        found = tree.drifted(profiles=profiles)["disk.rules_d.policy"]
        assert found["severity"] == "high" and profile in found["actual"]
    assert tree.rules_d() == {}


@pytest.mark.parametrize(("product", "release", "profile"), [
    ("rhel_10", None, "stig_rhel_9"), ("amazon_2023", None, "cis_rhel_9"), ("rhel_9", None, "cis_amazon_2023"),
    ("ubuntu_24_04", None, "cis_debian_12"), ("debian_12", None, "cis_ubuntu_24_04"),
    ("rhel_9", "ID=fedora\nVERSION_ID=41\n", "cis_rhel_9"), ("debian_12", "ID=kali\nID_LIKE=debian\n", "cis_ubuntu_24_04"),
    ("debian_12", "ID=arch\n", "cis_rhel_9"),
])
def test_a_benchmark_of_the_family_or_for_a_system_of_none_is_taken(tmp_path, product, release, profile):
    tree = Tree(tmp_path, product)
    if release:
        tree.write("etc/os-release", release)
    assert tree.apply(profiles=[profile])["profiles"] == [profile]
    found = tree.drifted(profiles=[profile])
    assert "disk.rules_d.policy" not in found and profile in str(found["disk.rules_d.profiles"]["actual"])


@pytest.mark.parametrize("word", ["6.2.3.1", "cis_debian_12:6.2.3.1", "key:scope", "control:sudoers"])
def test_what_is_skipped_is_not_there(tmp_path, word):
    tree = Tree(tmp_path)
    result = tree.apply(profiles=["cis_debian_12"], skip=[word])
    assert "-w /etc/sudoers -p" not in "".join(tree.rules_d().values())
    assert "sudoers" in [control["name"] for control in result["controls"] if control["status"] == "skipped"]
    assert tree.drifted(profiles=["cis_debian_12"], skip=[word]) == {}
    assert tree.drifted(profiles=["cis_debian_12"])["disk.rules_d.missing"]["controls"] == ["cis_debian_12:6.2.3.1"]


def test_an_unknown_word_is_refused_with_the_nearest_and_nothing_is_written(tmp_path):
    tree = Tree(tmp_path)
    for option, word, message in (("skip", "6.2.3.99", "did you mean"), ("filters", "chroni", "chrony"), ("profiles", "cis_debian", "12")):
        with pytest.raises(AuditError, match=message):
            tree.apply(**{"profiles": ["cis_debian_12"], option: [word]})
    assert tree.rules_d() == {}


def test_filters_come_before_the_rules(tmp_path):
    tree = Tree(tmp_path)
    tree.apply(profiles=["auto"], filters=["containers"])
    compiled = (tmp_path / "etc/audit/audit.rules").read_text()
    assert 0 < compiled.index("exe=/usr/bin/runc") < compiled.index("-S mount")
    assert tree.drifted(profiles=["auto"], filters=["containers"]) == {}


@pytest.mark.parametrize("purge", ["keep", "quarantine"])
def test_sample_files_byte_for_byte(tmp_path, purge):
    tree = Tree(tmp_path)
    samples = tree.samples()
    tree.write("etc/audit/rules.d/50-foreign.rules", "-w /etc/hosts -p wa -k theirs\n")
    wanted = {"profiles": ["ospp"], "purge": purge}
    result = tree.apply(**wanted, rules=["-a always,exit -F arch=b64 -S open -F a0=3 -F key=3", WATCH])
    files = tree.rules_d()
    assert {name: files[name] for name in samples} == samples
    assert "also in" in files[_ruleset_files.LOCAL_FILE] and result["left_out"] == []
    assert ("50-foreign.rules" in files) == (purge == "keep")
    assert not tree.apply(**wanted, rules=["-a always,exit -F arch=b64 -S open -F a0=3 -F key=3", WATCH])["changed"]
    assert tree.drifted(**wanted, rules=["-a always,exit -F arch=b64 -S open -F a0=3 -F key=3", WATCH]) == {}


def test_copies_go_with_their_profile_unless_somebody_changed_them(tmp_path):
    tree = Tree(tmp_path)
    samples = tree.samples()
    tree.apply(profiles=["ospp"])
    changed, gone = sorted(samples)[:2]
    tree.write(f"etc/audit/rules.d/{changed}", samples[changed] + WATCH + "\n")
    assert tree.drifted(profiles=["ospp"])["disk.rules_d.extra"]["actual"] == [WATCH]
    assert f"disk.rules_d_foreign.{gone}" in tree.drifted(rules=[])
    tree.apply(rules=[])
    assert list(tree.rules_d()) == [changed, _ruleset_files.LOCAL_FILE]
    assert tree.drifted(rules=[]) == {}


def test_a_missing_sample_file_is_told_before_anything_is_written(tmp_path):
    tree = Tree(tmp_path)
    with pytest.raises(AuditError, match="install the package's documentation"):
        tree.apply(profiles=["ospp"])
    assert "install the package" in tree.drifted(profiles=["ospp"])["disk.rules_d.policy"]["actual"]


PANICS = {
    "control": {"control": {"failure": 2}},
    "beside another": {"content": "-b 8192 -f 2\n"},
    "files": {"files": {"80-own.rules": "-f 2\n"}},
    "overridden by control": {"files": {"80-own.rules": "-f 2\n"}, "control": {"failure": 1}},
}


@pytest.mark.parametrize("policy", ["keep_running", "suspend_auditing"])
@pytest.mark.parametrize("wanted", PANICS.values(), ids=PANICS)
def test_a_host_that_is_to_stay_up_gets_no_panic(tmp_path, wanted, policy):
    tree = Tree(tmp_path)
    with pytest.raises(AuditError, match="panics? when it cannot record.*auditd_failure_policy is " + policy) as refused:
        tree.apply(**wanted, failure_policy=policy)
    assert "audit_rules_failure" in str(refused.value) and tree.rules_d() == {}
    tree.apply(**wanted, failure_policy="stop_host")
    assert policy in tree.drifted(**wanted, failure_policy=policy)["disk.rules_d.policy"]["actual"]
    assert tree.drifted(**wanted, failure_policy="stop_host") == {}


@pytest.mark.parametrize("text", ["-f 1\n", "# -f 2\n", "-a always,exit -S open -F a2=2 -k f\n", "-w /etc/x-f -p wa -k 2\n"])
def test_what_only_looks_like_panic(tmp_path, text):
    Tree(tmp_path).apply(content=text, failure_policy="keep_running")


def test_another_file_that_lets_the_kernel_panic(tmp_path):
    tree = Tree(tmp_path)
    tree.write("etc/audit/rules.d/99-theirs.rules", "-f 2\n")
    assert tree.drifted(rules=[WATCH], failure_policy="keep_running")["disk.rules_d.control.f"]["severity"] == "high"
    tree.apply(rules=[WATCH], failure_policy="keep_running")  # ours comes last and decides
    assert "\n-f 1\n" in (tmp_path / "etc/audit/audit.rules").read_text()
    assert tree.drifted(rules=[WATCH], failure_policy="keep_running") == {}


def test_drift_finds_a_new_privileged_program(tmp_path):
    tree = Tree(tmp_path)
    tree.apply(profiles=["auto"])
    tree.setuid("usr/lib/helpers/second")
    tree.setuid("usr/local/bin/new")
    missing = tree.drifted(profiles=["auto"])["disk.rules_d.missing"]
    assert [line.split("path=")[1].split()[0] for line in missing["expected"]] == ["/usr/lib/helpers/second", "/usr/local/bin/new"]
    assert missing["controls"] == ["cis_debian_12:6.2.3.6"]
    tree.apply(profiles=["auto"])
    (tmp_path / "usr/local/bin/new").unlink()
    assert "path=/usr/local/bin/new" in tree.drifted(profiles=["auto"])["disk.rules_d.extra"]["actual"][0]


def test_drift_does_not_walk(tmp_path, monkeypatch):
    tree = Tree(tmp_path)
    tree.apply(profiles=["auto"])
    monkeypatch.setattr(_privileged, "discover", lambda host: pytest.fail("the file systems were walked"))
    assert tree.drifted(profiles=["auto"]) == {}


def test_a_walk_that_was_cut_off_keeps_what_was_known(tmp_path, monkeypatch):
    tree = Tree(tmp_path)
    tree.apply(profiles=["auto"])
    whole = _privileged.discover
    monkeypatch.setattr(_privileged, "discover", lambda host: whole(host, -1))
    result = tree.apply(profiles=["auto"])
    assert not result["changed"] and "cut off" in result["notes"][0]


@pytest.mark.parametrize(("privileged", "has"), [("list", ["/usr/bin/passwd"]), ("off", [])])
def test_privileged_programs_without_a_search(tmp_path, privileged, has):
    tree = Tree(tmp_path, "rhel_9" if privileged == "off" else "debian_12")
    tree.apply(profiles=["stig_rhel_9" if privileged == "off" else "auto"], privileged=privileged)
    text = tree.rules_d()[COMMANDS]
    assert "/helper " not in text and all(path in text for path in has)


def test_paths_that_are_missing_in_a_tree_without_audit(tmp_path):
    """Such a tree is not a system yet: the benchmark's rules are written; what the user wrote is looked at."""
    tree = Tree(tmp_path)
    assert [entry["token"] for entry in tree.apply(profiles=["auto"])["left_out"]]
    (tmp_path / "usr/sbin/auditctl").unlink()
    result = tree.apply(profiles=["auto"], rules=["-w /nowhere/x -p wa -k own"])
    assert [entry["token"] for entry in result["left_out"]] == ["/nowhere/x"]
    assert set(tree.drifted(profiles=["auto"], rules=["-w /nowhere/x -p wa -k own"])) == {"disk.rules_d.left_out"}


def test_a_file_of_the_profiles_cannot_be_the_users(tmp_path):
    with pytest.raises(AuditError, match="30-auditops-commands.rules is a file of the profiles"):
        Tree(tmp_path).apply(profiles=["auto"], files={COMMANDS: WATCH})


def test_the_architecture_of_a_tree_that_does_not_tell(tmp_path):
    tree = Tree(tmp_path)
    (tmp_path / "bin/sh").unlink()
    tree.apply(profiles=["auto"], arch="aarch64")
    assert "arch=b64 -S fchmod,fchmodat" in "".join(tree.rules_d().values())


def test_rendered_touches_nothing(tmp_path):
    tree = Tree(tmp_path)
    result = tree.apply(profiles=["auto"], state="rendered")
    assert result["rendered"]["/etc/audit/rules.d/" + COMMANDS] and result["controls"] and tree.rules_d() == {}


def test_the_library_does_not_come_back_with_each_result(tmp_path):
    tree = Tree(tmp_path)
    module = Module(tree.policy(profiles=["auto"]))
    audit_rules.run(module)
    assert module.params["library"] is None
    drift = Module({"root": str(tmp_path), "release": tree.release, "auditd": None, "audit_rotation": None, "program": None,
                    "code": None, "benchmarks": demands.packed(), "audit_rules": tree.policy(profiles=["auto"])})
    audit_drift.run(drift)
    assert drift.params["audit_rules"]["library"] is None and drift.params["benchmarks"] is None


def test_without_the_library(tmp_path):
    with pytest.raises(AuditError, match="did not arrive"):
        tree = Tree(tmp_path)
        audit_rules.run(Module(dict(tree.policy(profiles=["auto"]), library=None)))


def test_auditd_conf_is_told_and_not_set(tmp_path):
    tree = Tree(tmp_path)
    tree.samples()
    before = (tmp_path / "etc/audit/auditd.conf").read_text()
    wanted = {"profiles": ["cis_debian_12", "ospp"], "failure_policy": "keep_running", "rotation_wanted": True, "immutable": False}
    result = tree.apply(**wanted)
    assert result["auditd_conf"]["freq"] == "50" and "disk_full_action" not in result["auditd_conf"]
    assert {waiver["key"] for waiver in result["waivers"]} >= {"disk_full_action", "max_log_file_action", "enabled"}
    assert (tmp_path / "etc/audit/auditd.conf").read_text() == before

    settings = {"disk_full_action": "SYSLOG", "max_log_file_action": "IGNORE", "max_log_file": 4}
    assert "disk_full_action" not in {entry["subject"] for entry in tree.drift(settings, **wanted)["waived"]}  # it has yet to be set
    applied = {"disk_error_action": "SYSLOG", **settings, "freq": 20}
    applied = conf_text.merge(conf_text.parse(conf_text.stock("3.0.9")), applied, "3.0.9").text
    (tmp_path / "etc/audit/auditd.conf").write_text(applied)
    document = tree.drift(settings, **wanted)
    told = {item["id"]: item for item in document["items"]}
    freq = told["disk.auditd_conf.expected.freq"]
    assert (freq["severity"], freq["expected"], freq["actual"], freq["controls"]) == ("info", "50", "20", ["ospp:FAU_GEN.1"])
    assert "disk.auditd_conf.expected.flush" not in told  # the host has it
    assert "disk.auditd_conf.expected.disk_full_action" not in told  # the policy decides
    waived = {entry["subject"]: entry for entry in document["waived"]}
    assert waived["disk_full_action"]["controls"] == ["cis_debian_12:6.2.2.3"]
    assert "max_log_file" not in waived  # what the user sets by name is no waiver of the policy
    assert len(document["waived"]) == len({(entry["subject"], entry["benchmark"]) for entry in document["waived"]})


def test_switches_that_the_policy_sets_are_not_waived(tmp_path):
    tree = Tree(tmp_path, "rhel_9")
    wanted = {"profiles": ["stig_rhel_9"], "immutable": True, "failure_policy": "stop_host", "control": {"failure": 2}}
    assert {entry["subject"] for entry in tree.drift({}, **wanted)["waived"]}.isdisjoint({"enabled", "failure"})
    assert {waiver["key"] for waiver in tree.apply(**wanted)["waivers"]}.isdisjoint({"enabled", "failure"})


@pytest.mark.parametrize("immutable", ["keep", None])
def test_a_lock_that_is_kept_as_it_is_waives_nothing(tmp_path, immutable):
    tree = Tree(tmp_path, "rhel_9")
    wanted = {"profiles": ["stig_rhel_9"], "failure_policy": "keep_running", "rotation_wanted": True}
    if immutable:
        wanted["immutable"] = immutable
    assert "enabled" not in {waiver["key"] for waiver in tree.apply(**wanted)["waivers"]}
    assert "enabled" not in {entry["subject"] for entry in tree.drift({}, **wanted)["waived"]}


def test_beside_stays_where_a_walk_would_go(tmp_path):
    tree = Tree(tmp_path)
    (tmp_path / "sbin").symlink_to("usr/bin")
    tree.setuid("var/lib/docker/x/su")
    host = Host(str(tmp_path))
    texts = ["-w /x", "-a always,exit -F path=/var/lib/docker/x/su -F perm=x", "# path=/usr/lib/helpers/gone", "path=/sbin/su", None]
    assert _privileged.beside(host, texts).paths == ["/usr/bin/su", "/usr/lib/helpers/helper"]
    tree.setuid("opt/with blank/tool")
    assert "/opt/with blank/tool" in _privileged.beside(host, ["-a always,exit -F path=/opt/with\\ blank/x -F perm=x"]).paths


def test_an_exception_of_the_users_that_comes_first(tmp_path):
    tree = Tree(tmp_path)
    wanted = {"profiles": ["auto"], "rules": ["-A never,exit -F arch=b64 -S mount -F exe=/usr/bin/su", WATCH.replace("identity", "own")]}
    result = tree.apply(**wanted)
    calls = [rule for rule in result["after"]["rules"] if "-S mount" in rule]
    assert calls[0].startswith(("-a never,exit", "-A never,exit")) and len(calls) > 1
    assert not tree.apply(**wanted)["changed"] and tree.drifted(**wanted) == {}


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_a_bad_line_beside_a_benchmark(tmp_path, on_error):
    tree = Tree(tmp_path)
    own = ["-a always,exit -F arch=b64 -S nosuch -k x", "-w /etc/own -p wa -k own"]
    wanted = {"profiles": ["auto"], "rules": own, "on_error": on_error}
    if on_error == "abort":
        with pytest.raises(AuditError, match=r'audit_rules_extra\[0\] "-a .*": Syscall name unknown: nosuch.*nothing was changed'):
            tree.apply(**wanted)
        assert tree.rules_d() == {}
        return
    result = tree.apply(**wanted)
    assert "nosuch" in [entry["token"] for entry in result["left_out"]]
    assert "-w /etc/own -p wa -k own" in result["after"]["rules"] and not tree.apply(**wanted)["changed"]
    found = tree.drifted(**wanted)
    assert set(found) == {"disk.rules_d.left_out"} and "nosuch" in found["disk.rules_d.left_out"]["actual"][0]


def test_optimise_beside_a_benchmark(tmp_path):
    tree = Tree(tmp_path)
    plain = tree.apply(profiles=["auto"])["after"]["rules"]
    own = ["-a always,exit -F arch=b64 -S %s -F uid=0 -k own" % call for call in ("bpf", "userfaultfd")]
    wanted = {"profiles": ["auto"], "rules": own, "optimise": True}
    after = tree.apply(**wanted)["after"]["rules"]
    assert [rule for rule in after if rule.endswith("key=own") or rule.endswith("-k own")][1:] == []
    assert len(after) <= len(plain) + 1 and not tree.apply(**wanted)["changed"] and tree.drifted(**wanted) == {}


@pytest.mark.parametrize("missing_paths", ["keep", "skip"])
def test_missing_paths_beside_a_benchmark(tmp_path, missing_paths):
    tree = Tree(tmp_path)
    wanted = {"profiles": ["auto"], "missing_paths": missing_paths}
    result = tree.apply(**wanted)
    assert bool(result["left_out"]) == (missing_paths == "skip")
    assert not tree.apply(**wanted)["changed"]
    assert ("disk.rules_d.aborts" in tree.drifted(**wanted)) == (missing_paths == "keep")
    for entry in result["left_out"]:
        (tmp_path / entry["token"].lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    assert ("disk.rules_d.missing" in tree.drifted(**wanted)) == (missing_paths == "skip")


@pytest.mark.parametrize("rules", [[], [WATCH]])
def test_filters_work_without_a_profile(tmp_path, rules):
    tree = Tree(tmp_path)
    policy = {"filters": ["cron"], "rules": rules}
    assert "disk.rules_d.missing" in tree.drifted(**policy)
    result = tree.apply(**policy)
    assert result["changed"] and result["profiles"] == [] and "cron" in tree.rules_d()["20-auditops-filters.rules"]
    assert not tree.apply(**policy)["changed"]
    assert {name for name, item in tree.drifted(**policy).items() if item["severity"] != "info"} == set()
    with pytest.raises(AuditError, match="chronny"):
        tree.apply(filters=["chronny"], rules=rules)


def test_a_system_that_does_not_say_what_it_is_has_no_benchmark_and_is_not_in_sync(tmp_path):
    tree = Tree(tmp_path)
    tree.write("etc/audit/audit.rules", "")
    (tmp_path / "etc/os-release").unlink()
    (tmp_path / "etc/os-release").mkdir()
    found = tree.drifted(profiles=["cis_debian_12"])["disk.rules_d.policy"]
    assert found["severity"] == "high" and "/etc/os-release: Is a directory" in found["actual"]
