# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a chosen benchmark demands of the actions of audisp-remote.conf: the user comes first, then the benchmark, then the role."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.auditops.auditd.plugins.module_utils._library.conf import accepts
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import remote_conf
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls

ROLE = Path(__file__).resolve().parents[3] / "roles/audit_shipping"
VARIABLES = yaml.safe_load((ROLE / "vars/main.yml").read_text())
DEMANDED = {"network_failure_action": "syslog", "disk_full_action": "syslog"}


def trusted(value):
    return {name: trust_as_template(text) if isinstance(text, str) else text for name, text in value.items()}


@pytest.mark.parametrize(("given", "found"), [
    ({}, {}),
    ({"audit_rules_profiles": []}, {}),
    ({"audit_rules_profiles": ["cis_sle_15"]}, {}),
    ({"audit_rules_profiles": ["stig_sle_15"]}, DEMANDED),
    ({"audit_rules_profiles": "cis_sle_15, stig_sle_15"}, DEMANDED),
    ({"audit_rules_profiles": ["stig_sle_15"], "audit_benchmark_conf": "report"}, {}),
    ({"audit_rules_profiles": ["stig_sle_15"], "audit_shipping_remote_conf": {"port": 61}}, {**DEMANDED, "port": 61}),
    ({"audit_rules_profiles": ["stig_sle_15"], "audit_shipping_remote_conf": {"network_failure_action": "warn_once"}},
     {**DEMANDED, "network_failure_action": "warn_once"}),
    ({"audit_rules_profiles": ["stig_sle_15"], "audit_shipping_remote_conf": {"Disk_Full_Action": "stop"}},
     {"network_failure_action": "syslog", "Disk_Full_Action": "stop"}),
])
def test_who_comes_first(given, found):
    variables = trusted({"audit_shipping_remote_conf": {}, **VARIABLES, **given})
    assert Templar(DataLoader(), variables=variables).template(variables["__audit_shipping_remote_conf"]) == found


def test_the_role_has_what_the_library_demands_of_actions():
    """The first word that each failure policy permits, where the role's own is not accepted."""
    refused = {word for policy in ("keep_running", "suspend_auditing", "stop_host") for word in remote_conf.refused_words(policy)}
    wanted: dict[str, dict[str, str]] = {}
    for name, benchmark in controls.library()["benchmarks"].items():
        for keys in benchmark.get("remote_conf", {}).values():
            for key, accepted in keys.items():
                if key in remote_conf.ACTION_KEYS and not accepts(accepted, remote_conf.KEYS[key].ours):
                    wanted.setdefault(name, {})[key] = next(word for word in accepted if word not in refused)
    assert VARIABLES["__audit_shipping_demanded"] == wanted == {"stig_sle_15": DEMANDED}
