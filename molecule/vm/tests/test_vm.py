# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each machine with its own kernel, asked over SSH: audited by the policy, rotated by the one scheduler it has, also after a reboot."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import vm_hosts

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
CRON, TIMER = "/etc/cron.d/audit-rotate", "/etc/systemd/system/audit-rotate.timer"


@pytest.fixture(scope="module", params=vm_hosts.machines(), ids=vm_hosts.IMAGES)
def machine(request):
    """A machine that is on; the end of its console is shown where a test fails."""
    yield request.param
    print(request.param.console[-1500:])


def test_the_report_says_in_sync(machine):
    document = json.loads((EPHEMERAL / f"report/hosts/{machine.name}.json").read_text())
    found = {item["id"] for item in document["items"] if item["severity"] != "info"}
    assert found <= {"kernel.lost"}, "what the kernel lost while it booted is over"


def test_its_rotation_has_run_and_is_scheduled_by_what_is_there(machine):
    there = machine.run(script=f"ls {CRON} {TIMER} 2> /dev/null || true").stdout.split()
    assert there == [CRON if machine.name.endswith("-cron") else TIMER]
    service = "cron" if there == [CRON] else "audit-rotate.timer"
    assert machine.run("systemctl", "is-active", service).stdout.strip() == "active"
    status = json.loads(machine.run("cat", "/var/lib/audit-rotate/status.json").stdout)
    assert status["result"] == "success", status


@pytest.mark.parametrize("reboot", [False, True], ids=["now", "after a reboot"])
def test_it_is_audited_by_the_policy(machine, reboot):
    if reboot:
        machine.reboot()
    assert machine.run("systemctl", "is-active", "auditd").stdout.strip() == "active"
    assert "space_left = 100" in machine.run("cat", "/etc/audit/auditd.conf").stdout.splitlines()
    status = machine.run("auditctl", "-s").stdout.splitlines()
    assert "failure 1" in status and "enabled 1" in status and "pid 0" not in status
    assert "key=lab_vm" in machine.run("auditctl", "-l").stdout
