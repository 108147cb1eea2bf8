# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found out of three stops, read from the files that reports are made of."""

from __future__ import annotations

import json
import os
from pathlib import Path

import hosts
import pytest

STOPS = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "report/stops"
# host: (who stopped it, by which key, how sure that is)
VERDICTS = {
    "rhel-8": ("auditd", "disk_full_action", "high"),
    "debian-12": ("not_auditd", None, "high"),
    "rhel-9": ("not_auditd", None, "medium"),  # a line without a process id is none of auditd's
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name):
    found = json.loads((STOPS / f"{name}.json").read_text())["diagnosis"]
    assert (found["stopped_by"], found["key"], found["confidence"]) == VERDICTS[name], found
    assert found["when"]


@pytest.mark.parametrize("name", VERDICTS)
def test_nothing_of_the_host_was_changed(name):
    root = hosts.roots()[name]
    assert not (root / "var/lib/auditops").exists() and not (root / "usr/local/sbin/audit-rotate").exists()
