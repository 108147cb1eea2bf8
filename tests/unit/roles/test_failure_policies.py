# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role writes what the modules judge by: a failure policy means the same four actions in both."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._policy import FAILURE_POLICIES

VARS = Path(__file__).resolve().parents[3] / "roles/auditd/vars/main.yml"


def test_role_and_modules_agree():
    policies = yaml.safe_load(VARS.read_text())["__auditd_failure_policies"]
    assert policies == {name: policy["settings"] for name, policy in FAILURE_POLICIES.items()}
