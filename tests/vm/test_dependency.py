# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 13: auditd.service requires audit-rules.service, so one refused rule takes auditd down at the next boot."""

from __future__ import annotations

FOREIGN = "-w /no/such/directory/file -p wa -k foreign\n"


def test_a_refused_rule_is_critical_before_the_boot_and_mended_after_it(host):
    story = host("debian13", 64)
    story.machine.run(script=f"printf '%s' '{FOREIGN}' > /etc/audit/rules.d/zz-foreign.rules; augenrules > /dev/null")
    assert story.play("drift").returncode == 0
    severities = {item["severity"] for item in story.document()["items"]}

    story.machine.reboot()
    assert not story.is_audited(), "the trap is real: auditd did not start"
    assert "critical" in severities, "and it was reported before the boot"

    assert story.play("remediate").returncode == 0
    assert story.is_audited(), "the line is somebody's own, and keeps nothing away"
    skipped = next(item for item in story.document()["items"] if item["id"] == "disk.rules_d.skipped")
    assert skipped["severity"] == "high" and "zz-foreign.rules line 1" in skipped["actual"][0]
    story.machine.reboot()
    assert story.is_audited(), "and it stays so at the next boot"
