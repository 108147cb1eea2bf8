# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark library, rendered for every product and graded as the two families of checkers grade it."""

from __future__ import annotations

import functools

import grader
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import resolve as _library
from ansible_collections.auditops.auditd.plugins.module_utils._library.product import product
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import lint as _ruleset_lint
from ansible_collections.auditops.auditd.plugins.module_utils._rules import syscalls as _syscalls
from ansible_collections.auditops.auditd.plugins.module_utils._rules import tables as _rule_tables
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

LIBRARY = controls.library()
PRODUCTS = sorted(LIBRARY["products"])
BENCHMARKS = sorted(LIBRARY["benchmarks"])
ARCHES = ("x86_64", "aarch64")
PROGRAMS = ("/usr/bin/chage", "/usr/bin/su", "/usr/lib/polkit-1/polkit-agent-helper-1")
FINAL = {"zz-auditops-finalize.rules": "-D\n-b 8192\n-f 2\n-e 2\n"}

# What no set of rules can satisfy, by profile and product: controls.md, section 2, part B
UNREACHABLE = {
    # OVAL of Debian 12 wants none of it; these text checks compare a whole line with one field, or name usermod where Debian has not got it
    "cis_debian_12 on debian_12": {"6.2.3.15", "6.2.3.16", "6.2.3.17", "6.2.3.18"},
    # Debian's paths in the policy of an EL: /etc/networks/ and AppArmor
    "cis_rhel_9 on rhel_9 (Oracle)": {"4.1.3.5", "4.1.3.14"},
}


SYSTEM = {"audit_release", "uid_min", "programs", "has_user"}  # the others are of the choice


def ask(profiles, product, arch="x86_64", **options):
    of_system = {"programs": PROGRAMS, **{name: value for name, value in options.items() if name in SYSTEM}}
    choice = Choice(profiles, **{name: value for name, value in options.items() if name not in SYSTEM})
    return _library.resolve(LIBRARY, choice, System(product, arch, **of_system))


@functools.lru_cache(maxsize=None)
def resolve(profiles, product, arch="x86_64", **options):
    return ask(profiles, product, arch, **options)


def compiled(result, arch="x86_64", **options):
    files = {_ruleset.RULES_D + "/" + name: text for name, text in result["files"].items()}
    return _ruleset.compile_rules(files, release=result["audit_release"], machine=arch, users=lambda name: 1, **options)


def lines_of(result):
    return [line for text in result["files"].values() for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("case", grader.load("oval"))
def test_oval_family_is_satisfied(case):
    expected = grader.load("oval")[case]
    result = resolve(tuple(expected["profiles"]), expected["product"])
    files = {**result["files"], **FINAL}
    missed = {rule: grader.oval(needs, files, result["auditd_conf"]) for rule, needs in expected["rules"].items()}
    assert {rule: needs for rule, needs in missed.items() if needs} == {}


@pytest.mark.parametrize("case", grader.load("text"))
def test_text_family_is_satisfied(case):
    expected = grader.load("text")[case]
    result = resolve(tuple(expected["profiles"]), expected["product"])
    files = {**result["files"], **FINAL}
    missed = {number for number, needs in expected["rules"].items() if grader.text(needs, files)}
    assert missed == UNREACHABLE.get(case, set())


@pytest.mark.parametrize("case", grader.load("oval"))
@pytest.mark.parametrize("also", ["pci_dss", "stig_rhel_9", "stig_rhel_8"])
def test_a_second_profile_breaks_nothing_of_the_first(case, also):
    expected = grader.load("oval")[case]
    result = resolve((*expected["profiles"], also), expected["product"])
    needs = [need for rule in expected["rules"].values() for need in rule if not need.startswith("conf ")]
    assert grader.oval(needs, {**result["files"], **FINAL}, {}) == []


@pytest.mark.parametrize(("product", "benchmark"), [
    ("debian_11", "cis_debian_12"), ("debian", "cis_debian_13"), ("ubuntu_25_10", "cis_ubuntu_24_04"), ("amazon_2", "cis_amazon_2023"),
    ("rhel_7", "cis_rhel_8"), ("sle_12", "cis_sle_15"), ("sle", "cis_sle_15"),
])
def test_auto_takes_the_nearest_of_the_family(product, benchmark):
    assert ask(["auto"], product)["profiles"] == [benchmark]


def test_auto_without_a_benchmark_says_so_and_leaves_the_rest():
    result = ask(["auto"], "arch")
    assert result["files"] == {} and result["profiles"] == [] and result["auditd_conf"] == {}
    (sentence,) = result["foreign"]
    for word in ("arch", "debian_12", "no benchmark applies", "name a profile"):
        assert word in sentence


@pytest.mark.parametrize(("profiles", "product", "like"), [
    (("stig_rhel_9",), "rhel_10", "rhel_10"), (("stig_rhel_9",), "debian_12", "debian_12"), (("cis_debian_12",), "rhel_9", "rhel_9"),
    (("stig_rhel_9",), "debian", "debian_13"), (("stig_rhel_9",), "arch", "rhel_9"),
])
def test_the_hosts_product_decides_forms(profiles, product, like):
    """RHEL 10's checkers count a pair for each program and read -a lines for each file; RHEL 9's count one line; Debian's read -w alone."""
    lines = lines_of(resolve(profiles, product))
    assert {line for line in lines if "/usr/bin/chcon" in line} == {
        line for line in lines_of(resolve(profiles, like)) if "/usr/bin/chcon" in line}
    modern = LIBRARY["products"][like]["watches"] == "modern"
    assert any(line.startswith("-a always,exit -F arch=b64 -F path=/etc/passwd") for line in lines) == modern
    assert sum("path=/usr/bin/chcon " in line for line in lines) == (2 if LIBRARY["products"][like]["commands"] == "pair" else 1)


def test_only_where_its_checkers_want_it():
    assert any("renameat2" in line for line in lines_of(resolve(("pci_dss",), "rhel_10")))
    assert any("fchmodat2" in line for line in lines_of(resolve(("pci_dss",), "rhel_10")))
    assert not any("renameat2" in line or "fchmodat2" in line for line in lines_of(resolve(("pci_dss",), "rhel_9")))


SETS = [(("auto",),), (("auto", "stig_rhel_9"),), (("pci_dss",),), (("auto", "pci_dss", "stig_rhel_8", "stig_ubuntu_22_04"),)]


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("profiles", [profiles for profiles, in SETS], ids="+".join)
def test_every_set_loads(product, arch, profiles):
    """Parses under the product's auditctl, nothing that the kernel has already, lint clean."""
    result = resolve(profiles, product, arch)
    assert result["files"]
    found = compiled(result, arch)
    assert found.problems == []
    assert [finding for finding in _ruleset_lint.lint(found) if finding.severity != "info"] == []
    assert len({rule.canonical for rule in found.rules}) == len(found.rules)


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("product", PRODUCTS)
def test_every_control_is_loaded_or_says_why_not(product, arch):
    for control in resolve(tuple(BENCHMARKS), product, arch)["controls"]:
        assert control["lines"] and control["key"] or control["reason"] or control["file"].startswith("10-"), control["name"]


@pytest.mark.parametrize(("product", "stig"), [
    ("rhel_8", "stig_rhel_8"), ("rhel_9", "stig_rhel_9"), ("rhel_10", "stig_rhel_10"), ("rhel_10", "stig_rhel_9"),
    ("debian_12", "stig_rhel_9"), ("ubuntu_22_04", "stig_ubuntu_22_04"), ("ubuntu_24_04", "stig_ubuntu_24_04"),
    ("sle_15", "stig_sle_15"), ("rhel_9", "pci_dss"),
])
def test_cis_and_stig_stay_below_the_cliff(product, stig):
    """70 rules on the exit list; from 80 on the kernel walks the whole list at 6 to 15 ns a rule (docs: cost of rules)."""
    files = {"passwd", "group", "shadow", "gshadow", "opasswd", "sudoers", "hosts", "hostname", "issue", "localtime", "lastlog", "utmp",
             "wtmp", "btmp"}
    found = compiled(resolve(("auto", stig), product), is_directory=lambda path: path.rsplit("/", 1)[1] not in files)
    on_exit_list = [rule for rule in found.rules if rule.list == _rule_tables.LISTS["exit"] and
                    not any(field[0] == _rule_tables.PATH for field in rule.fields)]
    assert 20 < len(on_exit_list) <= 70


@pytest.mark.parametrize("product", PRODUCTS)
def test_aarch64_names_only_calls_that_exist(product):
    found = compiled(resolve(("auto",), product, "aarch64"), "aarch64")
    names = set(_syscalls.numbers("aarch64"))
    for line in lines_of(resolve(("auto",), product, "aarch64")):
        if "arch=b64" in line and " -S " in line:
            assert set(line.split(" -S ")[1].split()[0].split(",")) <= names
    assert any(rule.arch == "arm" for rule in found.rules)


def test_what_a_call_cannot_do_here_is_said():
    by_name = {control["name"]: control for control in resolve(("cis_debian_12",), "debian_12", "ppc64le")["controls"]}
    assert by_name["chmod"]["left_out"][0]["reason"] == "ppc64le has no 32-bit programs"
    assert by_name["chmod"]["status"] == "loaded"
    old = ask(["cis_debian_13"], "debian_13", audit_release="3.0.9")
    assert not any("fchmodat2" in line for line in lines_of(old))
    assert any("chmod,fchmod,fchmodat " in line for line in lines_of(old))


@pytest.mark.parametrize(("fields", "expected"), [
    ({"ID": "debian", "VERSION_ID": "12"}, "debian_12"),
    ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "ubuntu_24_04"),
    ({"ID": "rhel", "VERSION_ID": "9.4"}, "rhel_9"),
    ({"ID": "rocky", "VERSION_ID": "8.10"}, "rhel_8"),
    ({"ID": "centos", "VERSION_ID": "10"}, "rhel_10"),
    ({"ID": "ol", "VERSION_ID": "9.1"}, "rhel_9"),
    ({"ID": "amzn", "VERSION_ID": "2023"}, "amazon_2023"),
    ({"ID": "circle", "VERSION_ID": "9.5", "ID_LIKE": "rhel fedora"}, "rhel_9"),
    ({"ID": "almalinux", "VERSION_ID": "9.4", "ID_LIKE": "rhel centos fedora"}, "rhel_9"),
    ({"ID": "fedora", "VERSION_ID": "41"}, "rhel_10"),
    ({"ID": "fedora", "VERSION_ID": "36"}, "rhel_9"),
    ({"ID": "nobara", "VERSION_ID": "40", "ID_LIKE": "fedora"}, "rhel_10"),
    ({"ID": "linuxmint", "VERSION_ID": "21.3", "ID_LIKE": "ubuntu debian", "UBUNTU_CODENAME": "jammy"}, "ubuntu_22_04"),
    ({"ID": "linuxmint", "VERSION_ID": "6", "ID_LIKE": "debian", "VERSION_CODENAME": "faye", "DEBIAN_CODENAME": "bookworm"}, "debian_12"),
    ({"ID": "pop", "VERSION_ID": "24.04", "ID_LIKE": "ubuntu debian", "UBUNTU_CODENAME": "noble"}, "ubuntu_24_04"),
    ({"ID": "raspbian", "VERSION_ID": "12", "ID_LIKE": "debian"}, "debian_12"),
    ({"ID": "kali", "VERSION_ID": "2024.1", "ID_LIKE": "debian", "VERSION_CODENAME": "kali-rolling"}, "debian"),
    ({"ID": "sles", "VERSION_ID": "15.5", "ID_LIKE": "suse"}, "sle_15"),
    ({"ID": "sles_sap", "VERSION_ID": "15.6", "ID_LIKE": "suse"}, "sle_15"),
    ({"ID": "opensuse-leap", "VERSION_ID": "15.6", "ID_LIKE": "suse opensuse"}, "sle_15"),
    ({"ID": "opensuse-tumbleweed", "VERSION_ID": "20241105", "ID_LIKE": "opensuse suse"}, "sle"),
    ({"ID": "arch"}, "arch"),
    ({"ID": "debian"}, "debian"),
    ({}, "unknown"),
])
def test_product(fields, expected):
    assert product(fields) == expected


@pytest.mark.parametrize(("options", "words"), [
    ({"profiles": ["cis_debain_12"]}, ["'cis_debain_12'", "cis_debian_12"]),
    ({"skip": ["cis_debian_12:6.2.9.4"]}, ["6.2.9.4", "did you mean"]),
    ({"skip": ["cis_debain_12:6.2.3.4"]}, ["cis_debain_12", "cis_debian_12"]),
    ({"skip": ["key:permmod"]}, ["permmod", "perm_mod"]),
    ({"skip": ["file:30-auditops-tmie.rules"]}, ["30-auditops-time.rules"]),
    ({"skip": ["RHEL-09-65401"]}, ["RHEL-09-65401"]),
    ({"skip": ["control:chmdo"]}, ["chmod"]),
    ({"filters": ["chron"]}, ["chron", "chrony", "cron"]),
    ({"privileged": "find"}, ["'find'", "discover"]),
])
def test_unknown_words_are_refused_with_the_nearest_known(options, words):
    with pytest.raises(AuditError) as error:
        ask(**{"profiles": ["auto"], "product": "debian_12", **options})
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(("word", "gone"), [
    ("cis_debian_12:6.2.3.9", "perm_mod"),
    ("6.2.3.9", "perm_mod"),
    ("cis_debian_12:6.3.3.9", "perm_mod"),  # as the sibling benchmarks number it
    ("cis_rhel_9:6.3.3.9", None),  # of a benchmark that was not asked for
    ("RHEL-09-654015", None),  # an id that only others have
    ("stig_rhel_9:RHEL-09-654250", None),
    ("key:perm_mod", "perm_mod"),
    ("file:30-auditops-identity.rules", "identity"),
    ("control:delete", "delete"),
    ("delete", "delete"),
    ("cis_debian_12:6.2.2.2", None),  # about auditd.conf: no rule to leave out
])
def test_skip(word, gone):
    whole, rest = resolve(("auto",), "debian_12"), ask(["auto"], "debian_12", skip=[word])
    missing = set(lines_of(whole)) - set(lines_of(rest))
    assert set(lines_of(rest)) <= set(lines_of(whole))
    if gone is None:
        assert missing == set()
        return
    assert missing == {line for line in lines_of(whole) if line.endswith(" " + gone)}
    skipped = [control for control in rest["controls"] if control["status"] == "skipped"]
    assert skipped and all(control["reason"] == "audit_rules_skip: " + word for control in skipped)


def test_a_skipped_control_does_not_come_back_by_one_that_joins_it():
    rest = ask(["cis_rhel_9", "stig_rhel_9"], "rhel_9", skip=["control:delete_rmdir"])
    assert any(line.endswith("-k delete") and "rmdir" not in line for line in lines_of(rest))
    assert not any("rmdir" in line for line in lines_of(rest))


def test_joined_calls_are_one_rule():
    both = resolve(("cis_rhel_9", "stig_rhel_9"), "rhel_9")
    deletes = [line for line in lines_of(both) if line.endswith("-k delete")]
    assert len(deletes) == 2 and all("unlink,unlinkat,rename,renameat,rmdir" in line for line in deletes)
    rmdir = next(control for control in both["controls"] if control["name"] == "delete_rmdir")
    assert rmdir["lines"] == deletes and rmdir["ids"] == ["stig_rhel_9:RHEL-09-654065"]


@pytest.mark.parametrize(("how", "expected"), [("discover", set(PROGRAMS)), ("off", set())])
def test_privileged(how, expected):
    result = resolve(("cis_debian_12",), "debian_12", privileged=how)
    found = {line.split("path=")[1].split()[0] for line in lines_of(result) if line.endswith("-k privileged")}
    assert found == expected


def test_one_line_for_each_program_however_many_controls_ask():
    result = resolve(("cis_rhel_9", "stig_rhel_9"), "rhel_9", privileged="list")
    plain = [line for line in lines_of(result) if line.startswith("-a always,exit -F path=/usr/") and "perm=x" in line]
    paths = [line.split("path=")[1].split()[0] for line in plain]
    assert len(paths) == len(set(paths))


def test_uid_min_of_the_host():
    result = ask(["auto"], "rhel_9", uid_min=500)
    assert not any("auid>=1000" in line for line in lines_of(result))
    assert any("auid>=500" in line for line in lines_of(result))


def test_filters_come_first_and_say_what_they_weaken():
    result = resolve(("auto",), "debian_12", filters=("chrony", "avc"))
    assert next(iter(result["files"])).startswith("20-")
    first = next(iter(result["files"].values()))
    assert "uid=_chrony" in first and "-a always,exclude -F msgtype=AVC" in first
    assert next(control for control in result["controls"] if control["name"] == "time_change")["weakened_by"] == ["chrony"]
    none = resolve(("auto",), "debian_12", filters=("chrony",), has_user=lambda name: False)
    assert "20-auditops-filters.rules" not in none["files"]
    assert "there is no user _chrony" in none["notes"][0]


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", sorted(LIBRARY["filters"]))
def test_every_filter_loads(name, product):
    found = compiled(resolve(("auto",), product, filters=(name,)))
    assert found.problems == []


def test_ospp_is_the_audit_packages_own_files(tmp_path):
    result = resolve(("ospp",), "debian_12")
    assert result["files"] == {} and result["controls"] == []
    names = [sample["name"] for sample in result["sample_files"]]
    assert {"10-base-config.rules", "11-loginuid.rules", "30-ospp-v42.rules", "43-module-load.rules"} <= set(names) and len(names) == 16
    directory = tmp_path / "usr/share/doc/auditd/examples/rules"
    directory.mkdir(parents=True)
    for name in names[1:]:
        (directory / name).write_text("# " + name + "\n")
    with pytest.raises(AuditError, match="10-base-config.rules.*FAU_GEN.1"):
        _library.sample_texts(Host(str(tmp_path)), result)
    (directory / names[0]).write_text("-D\n")
    assert _library.sample_texts(Host(str(tmp_path)), result)["10-base-config.rules"] == "-D\n"


@pytest.mark.parametrize(("policy", "waived"), [
    ("keep_running", {"disk_full_action", "space_left_action", "admin_space_left_action"}),
    ("suspend_auditing", {"disk_full_action", "disk_error_action", "space_left_action", "admin_space_left_action"}),
    ("stop_host", set()),
    (None, set()),
])
def test_what_a_failure_policy_waives(policy, waived):
    result = resolve(("cis_debian_12",), "debian_12", failure_policy=policy, immutable=True)
    assert {waiver["key"] for waiver in result["waivers"]} == waived
    for waiver in result["waivers"]:
        assert waiver["control"].startswith("cis_debian_12:6.2.2.") and waiver["compensating"] and waiver["reason"]
        assert waiver["key"] not in result["auditd_conf"]


def test_switches_that_the_role_does_not_set_are_waived():
    result = resolve(("stig_rhel_9",), "rhel_9", failure_policy="keep_running", immutable=False)
    assert {(waiver["control"], waiver["actual"]) for waiver in result["waivers"] if waiver["key"] in ("enabled", "failure")} == {
        ("stig_rhel_9:RHEL-09-654265", "1"), ("stig_rhel_9:RHEL-09-654275", "1")}


def test_two_benchmarks_that_contradict_each_other():
    result = resolve(("cis_rhel_9", "stig_rhel_9"), "rhel_9", immutable=True, failure_policy="stop_host")
    waiver = next(waiver for waiver in result["waivers"] if waiver["key"] == "max_log_file_action")
    assert waiver["control"] == "stig_rhel_9:RHEL-09-653055" and "keep_logs" in waiver["reason"]


def test_a_benchmark_of_another_product_is_noted():
    assert "stig_rhel_9 was written for rhel_9, this host is debian_12" in resolve(("stig_rhel_9",), "debian_12")["notes"][0]


def test_every_benchmark_and_control_is_of_use():
    used = {control for benchmark in LIBRARY["benchmarks"].values() for names in benchmark["rules"].values() for control in names}
    assert set(LIBRARY["controls"]) - used == set()


@pytest.mark.parametrize(("profile", "number"), [("stig_rhel_8", "RHEL-08-030122"), ("stig_rhel_9", "RHEL-09-654270")])
def test_login_ids_cannot_be_changed_under_a_stig(profile, number):
    result = resolve((profile,), profile[5:])
    (control,) = [control for control in result["controls"] if f"{profile}:{number}" in control["ids"]]
    assert control["lines"] == ["--loginuid-immutable"] and control["status"] == "loaded"
    assert compiled(result).control.get("--loginuid-immutable") is not None
