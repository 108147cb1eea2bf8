# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of exceptions is judged before any host is touched: one sentence for each entry that nobody could defend."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._library.exceptions import Exceptions
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, judges

RECORD = {"reason": "no room", "owner": "ops"}


@pytest.mark.parametrize(("entry", "said"), [
    ("6.3.3.4", "is no mapping"),
    ({}, "give one of control, key, setting, file, not none"),
    ({"control": "6.3.3.4", "key": "scope", **RECORD}, "not control and key"),
    ({"control": "6.3.3.4"}, "has no reason and no owner"),
    ({"control": "6.3.3.4", "reason": " ", "owner": "ops"}, "has no reason"),
    ({"control": "6.3.3.4", "expire": "2027-01-01", **RECORD}, "expire is unknown"),
    ({"control": "6.3.3.4", "expires": "01.02.2027", **RECORD}, "give a day, like 2027-03-31"),
    ({"control": "6.3.3.4", "expires": "2027-02-29", **RECORD}, "give a day"),
    ({"control": "6.3.3.4", "benchmark": "cis_rhel9", **RECORD}, "'cis_rhel9' is no benchmark; did you mean cis_rhel_9"),
    ({"control": "6.3.3.99", **RECORD}, "'6.3.3.99' is no control of the library"),
    ({"key": "perm_mode", **RECORD}, "no control of the library has the key 'perm_mode'; did you mean perm_mod"),
    ({"file": "30-auditops-tmie.rules", **RECORD}, "30-auditops-time.rules"),
    ({"setting": "space_lefft", **RECORD}, "no benchmark demands 'space_lefft' of auditd.conf; did you mean space_left"),
])
def test_refused(entry, said):
    with pytest.raises(AuditError) as error:
        controls.check_exceptions([{"control": "6.3.3.4", **RECORD}, entry])
    assert str(error.value).startswith("audit_exceptions[1]: ") and said in str(error.value)
    assert judges.register({"audit_exceptions": [{"control": "6.3.3.4", **RECORD}, entry]}, {}) == [str(error.value)]


@pytest.mark.parametrize("entry", [
    {"control": "cis_rhel_9:6.3.3.4", "expires": datetime.date(2027, 3, 31), "approved_by": "ciso", "ticket": 7},
    {"control": "RHEL-09-654015"}, {"control": "chmod"}, {"key": "perm_mod", "benchmark": "cis_debian_12"}, {"setting": "Space_Left"},
    {"file": "/var/log/audit"}, {"file": "30-auditops-time.rules"}, {"control": "6.3.3.4", "expires": "2028-02-29"},
])
def test_taken(entry):
    controls.check_exceptions([{**entry, **RECORD}])
    assert judges.register({"audit_exceptions": [{**entry, **RECORD}]}, {}) == []


@pytest.mark.parametrize(("expires", "state"), [
    (None, "in_force"), ("2026-03-31", "in_force"), ("2026-01-31", "expiring"), ("2026-01-01", "expiring"), ("2025-12-31", "expired"),
])
def test_state(expires, state):
    register = Exceptions([{"control": "6.3.3.4", "expires": expires, **RECORD}], "2026-01-01", "2026-01-31")
    assert register.state(register.entries[0]) == state
    assert bool(register.in_force()) is (state != "expired")
