# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key that waits for a restart must not keep HALT in force: what can be loaded is loaded, and what waits is reported."""

from __future__ import annotations

import re
import time

from test_halt import EVENTS, SMALL_DISK, flood, harden, numbers

POLICY = {"auditd_conf": {**SMALL_DISK["auditd_conf"], "name_format": "hostname"}}


def test_halt_is_out_of_force_whatever_waits_for_a_restart(host):
    story = host("debian13", 64)
    harden(story)
    assert story.play("remediate", **POLICY).returncode == 0
    again = story.play("remediate", **POLICY)
    assert again.returncode == 0
    assert re.search(r"changed=0 .* failed=0", again.stdout), again.stdout[-600:]
    document = story.document()
    assert document["status"] == "drifted", "the restart is still to come"
    assert "daemon.waits.name_format" in {item["id"] for item in document["items"]}

    flood(story)
    end = time.monotonic() + 1800
    while EVENTS - 1 not in numbers(story) and time.monotonic() < end:
        time.sleep(10)
    assert story.is_audited(), "with the old HALT in force the machine powers itself off here"
    assert EVENTS - 1 in numbers(story)
