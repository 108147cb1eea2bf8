# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the comparison makes of a policy: its benchmarks, what is waived for them, and what no auditd would take."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import tables
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from drift_tree import AUDITD_CONF, CONF, WANTED, drift, found, replace, write


def test_a_risk_that_the_policy_chose_is_only_reported(tree):
    replace(AUDITD_CONF, "disk_full_action = SYSLOG", "disk_full_action = HALT")(tree)
    settings = dict(WANTED["auditd"]["settings"], disk_full_action="HALT")
    document = drift(tree, dict(WANTED, auditd={"settings": settings, "failure_policy": "stop_host"}))
    assert found(document) == {}
    assert found(document, "info")["storage.disk_full_action"]["fix"] == tables.ROOM


def of_profiles(*profiles):
    rules = controls.with_library(dict(WANTED["audit_rules"], profiles=profiles, failure_policy="keep_running"))
    return dict(WANTED, audit_rules=rules, auditd=dict(WANTED["auditd"], profiles=profiles))


def test_waived_controls_name_what_is_done_instead(tree):
    assert drift(tree)["waived"] == [], "nobody chose a benchmark"
    entries = {entry["subject"]: entry for entry in drift(tree, of_profiles("auto"))["waived"]}
    assert entries["max_log_file_action"]["controls"] == ["cis_debian_12:6.2.2.2"]
    assert entries["disk_full_action"]["benchmark"] == "halt or single" and entries["disk_full_action"]["policy"] == "SYSLOG"
    assert entries["enabled"]["benchmark"] == "-e 2" and entries["enabled"]["policy"] == "-e 1"
    assert "disk_error_action" not in entries, "CIS takes syslog there"
    assert all(entry["reason"] and entry["compensating"] != "none" for entry in entries.values())


PRODUCTS = [
    # os-release, ids of the finding about max_log_file_action, the subjects that are waived
    ("ID=debian\nVERSION_ID=12\n", ["cis_debian_12:6.2.2.2"], {"disk_full_action": "halt or single"}),
    ("ID=debian\nVERSION_ID=13\n", ["cis_debian_13:6.2.2.2"], {"enabled": "-e 2"}),
    ("ID=ubuntu\nVERSION_ID=22.04\n", ["cis_ubuntu_22_04:6.3.2.2"], {"disk_full_action": "halt or single"}),
    ("ID=ubuntu\nVERSION_ID=24.04\n", ["cis_ubuntu_24_04:6.2.2.2"], {"enabled": "-e 2"}),
    ("ID=rhel\nVERSION_ID=8.10\n", ["cis_rhel_8:6.3.2.2"], {"enabled": "-e 2"}),
    ("ID=rocky\nVERSION_ID=9.4\n", ["cis_rhel_9:6.3.2.2", "stig_rhel_9:RHEL-09-653055"], {"enabled": "-e 2"}),
    ("ID=rhel\nVERSION_ID=10.0\n", ["cis_rhel_10:6.3.2.2"], {"enabled": "-e 2"}),
    ("ID=amzn\nVERSION_ID=2023\n", ["cis_amazon_2023:5.2.2.2"], {"enabled": "-e 2"}),
    ("ID=arch\n", [], {}),
    ("ID=debian\nVERSION_ID=11\n", [], {}),
]


@pytest.mark.parametrize(("release", "ids", "waived"), PRODUCTS, ids=[case[0].replace("\n", " ") for case in PRODUCTS])
def test_ids_are_those_of_the_hosts_own_benchmarks(tree, release, ids, waived):
    write(tree, "/etc/os-release", release)
    replace(AUDITD_CONF, "_action = IGNORE", "_action = SUSPEND")(tree)
    document = drift(tree, of_profiles("auto") if ids else None)
    assert found(document)["disk.auditd_conf.max_log_file_action"]["controls"] == ids
    entries = {entry["subject"]: entry["benchmark"] for entry in document["waived"]}
    assert waived.items() <= entries.items() and bool(entries) == bool(ids)
    assert "max_log_file_action" not in entries, "it fails, so it is not waived"
    own = {number.partition(":")[0] for number in ids}
    spoken_of = [number for entry in document["items"] + document["waived"] for number in entry["controls"]]
    assert {number.partition(":")[0] for number in spoken_of} <= own | {name.replace("cis", "stig") for name in own}


def test_a_benchmark_that_was_chosen_is_named_on_any_host_of_its_family(tree):
    rules = controls.with_library(dict(WANTED["audit_rules"], profiles=["cis_ubuntu_24_04"]))
    document = drift(tree, dict(WANTED, audit_rules=rules))
    waived = [entry["controls"] for entry in document["waived"] if entry["subject"] == "max_log_file_action"]
    assert waived == [["cis_ubuntu_24_04:6.2.2.2"]]


@pytest.mark.parametrize("with_rules", [True, False])
@pytest.mark.parametrize(("profile", "release"), [("cis_rhel_9", "ID=debian\nVERSION_ID=12\n"), ("cis_debian_12", None)])
def test_benchmarks_that_the_host_cannot_have_are_never_in_sync(tree, profile, release, with_rules):
    os_release = tree / "etc/os-release"
    if release is None:
        os_release.unlink(missing_ok=True)
        os_release.mkdir()
    else:
        write(tree, "/etc/os-release", release)
    wanted = of_profiles(profile)
    document = drift(tree, wanted if with_rules else dict(wanted, audit_rules=None))
    assert ("disk.rules_d.policy" in found(document)) == with_rules
    assert document["status"] == ("drifted" if with_rules else "unknown")
    assert document["status"] == "drifted" or document["live"]["unavailable"]["benchmark.policy"]


def test_what_a_benchmark_demands_and_the_policy_grants_is_not_waived(tree):
    settings = dict(WANTED["auditd"]["settings"], max_log_file_action="keep_logs", disk_full_action="halt")
    rules = dict(WANTED["audit_rules"], immutable=True)
    entries = [entry["subject"] for entry in drift(tree, dict(WANTED, auditd={"settings": settings}, audit_rules=rules))["waived"]]
    assert "max_log_file_action" not in entries and "disk_full_action" not in entries and "enabled" not in entries


POLICIES = [
    # what the policy adds, a word of the reason, None where the policy is right
    ({"num_logs": 1}, "num_logs"),
    ({"disk_full_action": "HALT"}, "auditd_failure_policy"),
    ({"space_left": 50}, "admin_space_left"),
    ({"admin_space_left": 80}, "space_left"),
    ({"report_interval": "1h"}, "report_interval"),
    ({"max_log_file": "8\n-e 0"}, "max_log_file"),
    ({"nonsense": 1}, "nonsense"),
    ({"space_left_action": "EMAIL"}, "sendmail"),
    ({"Space_Left": 200}, None),
]


@pytest.mark.parametrize(("settings", "word"), POLICIES)
def test_a_policy_that_auditd_would_refuse_is_one_finding(tree, settings, word):
    wanted = copy.deepcopy(WANTED)
    wanted["auditd"]["settings"].update(settings)
    finding = found(drift(tree, wanted)).get("disk.auditd_conf.policy")
    assert (finding is None) == (word is None)
    assert word is None or word in str(finding["actual"])


def test_what_the_file_has_wrong_already_is_not_the_policy_s_fault(tree):
    write(tree, "/etc/audit/auditd.conf", CONF + "nonsense = 1\n")
    ids = set(found(drift(tree)))
    assert "disk.auditd_conf.refused.nonsense" in ids
    assert "disk.auditd_conf.policy" not in ids


def test_keys_that_the_release_does_not_know_can_be_dropped(tree):
    wanted = copy.deepcopy(WANTED)
    wanted["auditd"]["settings"]["report_interval"] = "1h"
    wanted["auditd"]["unsupported_keys"] = "drop"
    assert found(drift(tree, wanted)) == {}
