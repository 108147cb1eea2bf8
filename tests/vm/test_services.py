# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a running systemd shows: a restart that it refuses to people, a masked service, and the rotation taken off again."""

from __future__ import annotations

from test_halt import SMALL_DISK

DROP_IN = """mkdir -p /etc/systemd/system/auditd.service.d
printf '[Unit]\\nRefuseManualStop=yes\\n' > /etc/systemd/system/auditd.service.d/as-rhel.conf
systemctl daemon-reload"""
NAMED = {"auditd_conf": {**SMALL_DISK["auditd_conf"], "name_format": "hostname"}}


def pid_of_auditd(story) -> str:
    return story.machine.run("pidof", "auditd").stdout.strip()


def test_it_is_restarted_where_it_has_to_be_though_systemd_refuses_a_stop(host):
    story = host("debian13", 64)
    story.machine.run(script=DROP_IN)
    before = pid_of_auditd(story)
    assert story.machine.run("systemctl", "restart", "auditd", check=False).returncode != 0, "the trap is real"
    assert story.play("remediate", **NAMED, auditd_restart="if_needed").returncode == 0
    assert pid_of_auditd(story) != before and story.is_audited()
    waiting = [item["id"] for item in story.document()["items"] if item["id"].startswith("daemon.waits")]
    assert waiting == [], "the name came into force by the restart"
    wait = "auditctl -m named; until grep -q '^node=lab .*named' /var/log/audit/audit.log; do sleep 0.2; done"
    story.machine.run(script=wait, timeout=300)


def test_a_masked_service_is_seen_and_cured(host):
    story = host("debian13", 64)
    story.machine.run("systemctl", "mask", "auditd")
    assert story.play("drift", **SMALL_DISK).returncode == 0
    assert any("masked" in str(item["actual"]) + item["why"] for item in story.document()["items"]), "the next boot has no auditd"
    assert story.play("remediate", **SMALL_DISK, audit_boot_service="enabled").returncode == 0
    assert story.machine.run("systemctl", "is-enabled", "auditd").stdout.strip() == "enabled" and story.is_audited()


def test_the_rotation_is_taken_off_again(host):
    story = host("debian13", 64)
    assert story.play("remediate", **SMALL_DISK).returncode == 0
    logs = "ls /var/log/audit"
    before = story.machine.run(script=logs).stdout.split()
    story.module("audit_rotation", state="absent")
    assert set(story.machine.run(script=logs).stdout.split()) >= set(before), "logs and archives stay"
    left = story.machine.run(script="systemctl list-timers --all --no-legend | grep audit-rotate; ls /usr/local/sbin /etc/cron.d"
                             " | grep audit-rotate", check=False).stdout
    assert left == "" and story.is_audited()
