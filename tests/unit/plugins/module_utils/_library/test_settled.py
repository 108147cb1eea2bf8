# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who comes first in auditd.conf: the user, a benchmark that the failure policy permits, the failure policy, the rest of the benchmark."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._library import settled
from ansible_collections.auditops.auditd.plugins.module_utils._library.demands import Demands
from ansible_collections.auditops.auditd.plugins.module_utils._library.exceptions import Exceptions
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands
from ansible_collections.auditops.auditd.plugins.plugin_utils.settings_judges import AnyHost

PACKED = Demands(demands.packed(), None)
CIS, STIG = ["cis_rhel_9"], ["stig_rhel_9"]
MAIL = "space_left_action"


class NoMailer(AnyHost):
    def executable(self, path):
        return False


def ask(names, policy, *, own=None, release="3.1.5", text=None, host=None, partition=None, register=(), today="2026-01-01"):
    own = own or {}
    settings = {**FAILURE_POLICIES[policy]["settings"], "max_log_file_action": "IGNORE", "num_logs": "5", **own}
    asked = settled.Asked(settings, own=own, failure_policy=policy, rotation_wanted=True,
                          demands=PACKED.settings(names, Exceptions(register, today, today)))
    return settled.settle(asked, _conf.parse(_conf.stock(release) if text is None else text), release, host or AnyHost(), partition)


@pytest.mark.parametrize(("names", "policy", "own", "expected"), [
    # what the failure policy permits of a benchmark comes before the failure policy
    (CIS, "keep_running", {}, {MAIL: "email", "disk_error_action": "syslog"}),
    (CIS, "keep_running", {}, {"disk_full_action": "SYSLOG", "admin_space_left_action": "SYSLOG", "max_log_file_action": "IGNORE"}),
    (CIS, "stop_host", {}, {MAIL: "email", "disk_error_action": "syslog", "disk_full_action": "halt"}),
    (CIS, "stop_host", {}, {"admin_space_left_action": "single", "max_log_file_action": "IGNORE"}),
    (CIS, "suspend_auditing", {}, {"disk_full_action": "SUSPEND", "admin_space_left_action": "SUSPEND", "disk_error_action": "syslog"}),
    (STIG, "keep_running", {}, {"disk_full_action": "syslog", "disk_error_action": "syslog", "overflow_action": "syslog"}),
    (STIG, "stop_host", {}, {"disk_full_action": "halt", "disk_error_action": "halt", "admin_space_left_action": "single"}),
    # the rest of the benchmark
    (STIG, "keep_running", {}, {"space_left": "25%", "admin_space_left": "5%", "freq": "100", "name_format": "hostname"}),
    # what the user wrote comes before all of it, and the pair is one
    (STIG, "keep_running", {"freq": "50"}, {"freq": "50", "space_left": "25%"}),
    (STIG, "keep_running", {"space_left": "500"}, {"space_left": "500", "admin_space_left": None}),
    (STIG, "keep_running", {"admin_space_left": "10"}, {"space_left": None, "admin_space_left": "10"}),
    (STIG, "stop_host", {"max_log_file_action": "rotate"}, {"max_log_file_action": "rotate"}),
    # two benchmarks: what both accept
    (["cis_rhel_9", "stig_rhel_9"], "keep_running", {}, {"disk_error_action": "syslog", "disk_full_action": "syslog"}),
    (["cis_rhel_9", "stig_rhel_9"], "stop_host", {}, {"disk_full_action": "halt", "disk_error_action": "syslog"}),
    (["pci_dss"], "keep_running", {}, {"space_left": "100", "admin_space_left": None}),
    ([], "stop_host", {}, {MAIL: "EMAIL", "admin_space_left_action": "HALT", "freq": None}),
])
def test_precedence(names, policy, own, expected):
    found = ask(names, policy, own=own)
    assert {key: found.settings.get(key) for key in expected} == expected
    assert found.untaken == {} and [problem for problem in found.problems if problem.fatal] == []


def stock(**values):
    return _conf.merge(_conf.parse(_conf.stock("3.1.5")), values, "3.1.5").text


@pytest.mark.parametrize(("names", "text", "expected"), [
    (STIG, stock(space_left="35%", admin_space_left="10%"), {"space_left": "35%", "admin_space_left": "10%"}),
    (STIG, stock(space_left="20%", admin_space_left="2%"), {"space_left": "25%", "admin_space_left": "5%"}),
    (STIG, stock(name_format="FQD"), {"name_format": "fqd"}),
    (CIS, stock(max_log_file="32"), {"max_log_file": "32"}),
    (CIS, stock(max_log_file="2"), {"max_log_file": "6"}),
    (["pci_dss"], stock(space_left="500", admin_space_left="200"), {"space_left": "500", "admin_space_left": None}),
    (["pci_dss"], stock(space_left="90", admin_space_left="80"), {"space_left": "100", "admin_space_left": None}),
    (["pci_dss"], stock(space_left="10%", admin_space_left="2%"), {"space_left": "100", "admin_space_left": "50"}),
])
def test_what_the_host_has_is_kept_where_it_is_enough(names, text, expected):
    found = ask(names, "keep_running", text=text)
    assert {key: found.settings.get(key) for key in expected} == expected


@pytest.mark.parametrize(("names", "options", "key", "value", "reason"), [
    (CIS, {"host": NoMailer()}, MAIL, "SYSLOG", "sendmail"),
    (CIS, {"host": NoMailer(), "policy": "stop_host"}, MAIL, "SYSLOG", "sendmail"),
    (STIG, {"release": "2.8.5"}, "overflow_action", None, "does not know this key"),
    (STIG, {"policy": "stop_host", "partition": {"size_mb": 1000, "free_mb": 40}}, "admin_space_left", None, "make room first"),
    (STIG, {"policy": "stop_host", "partition": {"size_mb": 1000, "free_mb": 60}}, "admin_space_left", "5%", None),
    (STIG, {"partition": {"size_mb": 1000, "free_mb": 40}}, "admin_space_left", "5%", None),
    (STIG, {"own": {MAIL: "SYSLOG"}, "host": NoMailer()}, MAIL, "SYSLOG", None),
])
def test_what_a_host_cannot_take_is_left_out_with_its_reason(names, options, key, value, reason):
    policy = options.pop("policy", "keep_running")
    found = ask(names, policy, **options)
    assert found.settings.get(key) == value
    assert (reason in found.untaken[key]) if reason else key not in found.untaken
    assert [problem for problem in found.problems if problem.fatal] == []


def test_what_the_user_wrote_is_refused_and_not_left_out():
    found = ask(CIS, "keep_running", own={MAIL: "EMAIL"}, host=NoMailer())
    assert [problem.key for problem in found.problems if problem.fatal] == [MAIL] and MAIL not in found.untaken


@pytest.mark.parametrize(("entry", "today", "applied"), [
    ({"setting": "freq"}, "2026-01-01", False),
    ({"setting": "freq", "benchmark": "stig_rhel_9"}, "2026-01-01", False),
    ({"setting": "freq", "benchmark": "stig_rhel_8"}, "2026-01-01", True),
    ({"control": "stig_rhel_9:RHEL-09-653095"}, "2026-01-01", False),
    ({"control": "RHEL-09-653095"}, "2026-01-01", False),
    ({"setting": "freq", "expires": "2026-01-01"}, "2026-01-01", False),
    ({"setting": "freq", "expires": "2025-12-31"}, "2026-01-01", True),
])
def test_an_exception_takes_a_demand_back_until_it_expires(entry, today, applied):
    found = ask(STIG, "keep_running", register=[{**entry, "reason": "slow disk", "owner": "ops"}], today=today)
    assert ("freq" in found.settings) is applied


def test_keys_that_change_every_record_are_named():
    before = {"name_format": "NONE", "log_format": "ENRICHED", "freq": "50"}
    (sentence,) = settled.breaking(before, {**before, "name_format": "hostname", "freq": "100"})
    assert sentence.startswith("name_format changes from NONE to hostname: ")
