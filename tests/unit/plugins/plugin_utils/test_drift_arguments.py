# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison is given of the roles' variables."""

from __future__ import annotations

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.auditops.auditd.plugins.plugin_utils import drift_arguments, role_values


def shipping(to):
    """The variables of the role audit_shipping on a host."""
    found = {"inventory_hostname": "web-1"}
    for part in ("defaults", "vars"):
        found.update(yaml.safe_load((role_values.ROLES / "audit_shipping" / part / "main.yml").read_text(encoding="utf-8")))
    found["audit_shipping_policy"] = trust_as_template(found["audit_shipping_policy"])
    return {**found, "audit_shipping_s3_prefix": "", "audit_shipping_to": to}


@pytest.mark.parametrize("to", [[], ["syslog"]])
def test_the_policy_of_shipping_is_sent_also_where_nobody_ships_so_that_what_is_left_of_it_is_found(to):
    variables = shipping(to)
    template = Templar(DataLoader(), variables=variables).template
    given = drift_arguments.of_roles(role_values.Values(variables, template))
    assert given["audit_shipping"] == template(variables["audit_shipping_policy"])
    assert drift_arguments.for_host(given)["audit_shipping"]["to"] == to
