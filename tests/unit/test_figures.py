# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark reaches under a failure policy, by the grader: the checks that fail are those that the policy sets aside, and no other.

The settings are those that C(_library.settled) makes of benchmark, policy and rotation on a host with a mailer and room. What the chapter
of a benchmark asks beside rules and settings (packages, the unit, the boot line, modes) is no matter of the failure policy; AIDE's control
fails everywhere, because nothing here configures it.
"""

from __future__ import annotations

import functools

import grader
import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf.environment import Environment
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._library import demands, settled
from ansible_collections.auditops.auditd.plugins.module_utils._library import resolve as _library
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

LIBRARY = controls.library()
CASES = grader.load("oval")
STOCK = """log_file = /var/log/audit/audit.log
log_group = root
log_format = ENRICHED
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 8
num_logs = 5
name_format = NONE
max_log_file_action = ROTATE
space_left = 75
space_left_action = SYSLOG
action_mail_acct = root
admin_space_left = 50
admin_space_left_action = SUSPEND
disk_full_action = SUSPEND
disk_error_action = SUSPEND
"""
SWITCHES = {"stop_host": "-D\n-f 2\n-e 2\n", "keep_running": "-D\n-f 1\n-e 1\n"}


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """Has a mailer, the tools, and a log partition with room."""
    root = tmp_path_factory.mktemp("host")
    for path in ("usr/lib/sendmail", "usr/sbin/auditctl"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
        (root / path).chmod(0o755)
    (root / "var/log/audit").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    return Host(str(root))


def conf_of(host, profiles, product, policy, own):
    release = LIBRARY["products"][product]["audit"]
    settings = {**FAILURE_POLICIES[policy]["settings"], "max_log_file_action": "IGNORE", **own}
    wanted = demands.Demands(demands.pack(LIBRARY), product, list(profiles)).settings(list(profiles))
    asked = settled.Asked(settings, own=own, failure_policy=policy, rotation_wanted=True, demands=wanted)
    result = settled.settle(asked, _conf.parse(STOCK), release, Environment(host), {"size_mb": 10000, "free_mb": 9000})
    return dict(_conf.effective(result.conf, release))


@functools.lru_cache(maxsize=None)
def files_of(profiles, product):
    return _library.resolve(LIBRARY, Choice(list(profiles)), System(product, programs=("/usr/bin/su",)))["files"]


def failing(host, case, policy, **own):
    expected = CASES[case]
    profiles = tuple(expected["profiles"])
    files = {**files_of(profiles, expected["product"]), "zz-auditops-finalize.rules": SWITCHES[policy]}
    conf = conf_of(host, profiles, expected["product"], policy, own)
    return {rule.split(" ")[-1] for rule, needs in expected["rules"].items() if grader.oval(needs, files, conf)}


ROTATED = "auditd_data_retention_max_log_file_action"
LOCKED, PANIC = "audit_rules_immutable", "audit_rules_system_shutdown"
STOPS = {"auditd_data_retention_admin_space_left_action"}
STOPS_WHEN_FULL = STOPS | {"auditd_data_disk_full_action"}

# case: what fails under stop_host, what more under keep_running
FAILS = {
    "cis_rhel_8 on rhel_8": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_rhel_9 on rhel_9": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_rhel_10 on rhel_10": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_amazon_2023 on amazon_2023": ({ROTATED}, STOPS | {LOCKED}),
    "cis_debian_12 on debian_12": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_debian_13 on debian_13": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_ubuntu_22_04 on ubuntu_22_04": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_ubuntu_24_04 on ubuntu_24_04": ({ROTATED}, STOPS_WHEN_FULL | {LOCKED}),
    "cis_sle_15 on sle_15": ({ROTATED}, STOPS),
    "stig_rhel_8 on rhel_8": (set(), {LOCKED}),
    "stig_rhel_9 on rhel_9": ({ROTATED + "_stig"}, STOPS | {LOCKED, PANIC}),
    "stig_rhel_10 on rhel_10": (set(), STOPS | {LOCKED, PANIC}),
    "stig_sle_15 on sle_15": (set(), set()),
    "stig_ubuntu_22_04 on ubuntu_22_04": (set(), {"auditd_data_disk_full_action"}),
    "stig_ubuntu_24_04 on ubuntu_24_04": (set(), {LOCKED}),
    "pci_dss on rhel_8": (set(), STOPS | {LOCKED}),
    "pci_dss on rhel_9": (set(), STOPS | {LOCKED}),
    "pci_dss on rhel_10": (set(), STOPS | {LOCKED}),
    "pci_dss on sle_15": (set(), STOPS | {LOCKED}),
}


@pytest.mark.parametrize("policy", sorted(SWITCHES))
@pytest.mark.parametrize("case", sorted(CASES))
def test_only_what_the_policy_sets_aside_fails(host, case, policy):
    always, more = FAILS[case]
    assert failing(host, case, policy) == (always if policy == "stop_host" else always | more)


@pytest.mark.parametrize("case", sorted(case for case, (always, _more) in FAILS.items() if always))
def test_what_the_user_asks_of_the_size_limit_leaves_nothing(host, case):
    """keep_logs is what CIS demands, rotate what the STIG does: then the guard, not the daemon, bounds the log."""
    assert failing(host, case, "stop_host", max_log_file_action="rotate" if "stig" in case else "keep_logs") == set()


def test_every_case_has_its_figures():
    assert set(FAILS) == set(CASES)
