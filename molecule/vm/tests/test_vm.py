# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 12 with its own kernel, asked over SSH: audited, in sync, and still so after a reboot."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import vms

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


@pytest.fixture(scope="module")
def machine():
    return vms.Machine("molecule-debian12")


def test_it_is_audited_by_the_policy(machine):
    document = json.loads((EPHEMERAL / "report/hosts/molecule-debian12.json").read_text())
    found = {item["id"] for item in document["items"] if item["severity"] != "info"}
    assert found <= {"kernel.lost"}, "what the kernel lost while it booted is over"
    assert "space_left = 100" in machine.run("cat", "/etc/audit/auditd.conf").stdout
    assert "audit-rotate.timer" in machine.run("systemctl", "list-timers", "--all", "--no-pager").stdout


def test_it_boots_so_too(machine):
    machine.reboot()
    assert machine.run("systemctl", "is-active", "auditd").stdout.strip() == "active"
    assert "\nfailure 1\n" in machine.run("auditctl", "-s").stdout
