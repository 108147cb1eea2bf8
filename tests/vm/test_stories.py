# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that halt and are rescued, are locked, panic, lose power and were off: each story by a machine that boots."""

from __future__ import annotations

import time

from test_halt import SMALL_DISK, harden

LOGS = """cd /var/log/audit; yes "$(tail -n 20 audit.log)" | head -c 5000000 > audit.log.1; chmod 400 audit.log.1
for number in 2 3 4 5 6 7 8 9; do cp -p audit.log.1 audit.log.$number 2> /dev/null || break; done; sync
auditctl -m full > /dev/null; auditctl -m full > /dev/null; df /var/log/audit"""


def fill(host):
    """Rotated logs until what is free is below each of auditd's thresholds, and an event for which auditd looks."""
    print(host.machine.run(script=f"nohup setsid sh -c '{LOGS}' > /tmp/fill 2>&1 < /dev/null &").stdout)


def test_halted_rescued_by_its_disks_it_boots_and_stays_up(host):
    story = host("debian13", 64)
    harden(story)
    fill(story)
    story.machine.wait_off(600)
    with story.machine.offline() as root:
        assert story.play_offline("remediate", root, **SMALL_DISK).returncode == 0
    story.machine.start()
    story.machine.wait_ssh(900)
    assert story.is_audited()
    assert story.play("remediate", **SMALL_DISK).returncode == 0
    assert story.play("drift", **SMALL_DISK).returncode == 0 and story.document()["status"] == "in_sync"
    fill(story)
    time.sleep(30)
    assert story.is_audited(), "what halted it does not halt it again"


def test_a_host_that_halts_is_cured_though_one_step_fails(host):
    story = host("debian13", 64)
    harden(story)
    story.machine.run(script="mv /usr/bin/zstd /usr/bin/zstd.away")
    done = story.play("remediate", **SMALL_DISK, audit_rotation_compress="zstd")
    assert done.returncode != 0 and "Could not be done" in done.stdout
    fill(story)
    time.sleep(30)
    assert story.is_audited(), "the step that failed kept HALT in force"
