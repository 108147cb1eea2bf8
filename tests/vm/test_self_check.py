# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that compares itself by its own timer: what that leaves in the audit log at two hundred rules."""

from __future__ import annotations

import json
import re

from test_halt import SMALL_DISK

# What hardening guides watch, of all that a check touches; the others only make them two hundred
WATCHED = ["-w /etc/audit/ -p wa -k auditconfig", "-w /usr/sbin/auditctl -p x -k audittools", "-w /usr/sbin/auditd -p x -k audittools",
           "-w /etc/passwd -p wa -k identity",
           "-a always,exit -F arch=b64 -S execve -C uid!=euid -F euid=0 -k setuid",
           "-a always,exit -F arch=b64 -S unlink,unlinkat,rename,renameat -F auid>=1000 -F auid!=unset -k delete"]
TWO_HUNDRED = WATCHED + [f"-a always,exit -F arch=b64 -S mount -F a0={number} -k filler" for number in range(200 - len(WATCHED))]
EVERY_MINUTE = {"audit_check_install": True, "audit_check_schedule": "* * * * *", "audit_rules_extra": TWO_HUNDRED, **SMALL_DISK}
ONE_MORE = """before=$(systemctl show -P ExecMainExitTimestampMonotonic audit-check.service)
while [ "$(systemctl show -P ExecMainExitTimestampMonotonic audit-check.service)" = "$before" ] ||
      [ "$(systemctl show -P ActiveState audit-check.service)" != inactive ]; do sleep 1; done
systemctl show -P ExecMainPID audit-check.service"""


def test_a_run_by_the_timer_leaves_no_record_of_its_own(host):
    story = host("debian13", 64)
    assert story.play("remediate", **EVERY_MINUTE).returncode == 0
    runs = [story.machine.run(script=ONE_MORE).stdout.split()[-1] for _each in range(3)][1:]  # the first asks auditctl for its release
    document = json.loads(story.machine.run(script="cat /var/lib/auditops/drift/*.json").stdout)
    print(runs, document["status"], document["live"]["rules"], document["items"])
    assert document["live"]["rules"]["loaded"] >= len(TWO_HUNDRED) and document["status"] in ("in_sync", "drifted")
    story.machine.run("auditctl", "-s")
    story.machine.run(script="until grep -q 'key=\"audittools\"' /var/log/audit/audit.log; do sleep 0.2; done", timeout=300)
    log = story.machine.run(script="cat /var/log/audit/audit.log*").stdout.splitlines()
    assert any("unit=audit-check" in line for line in log), "the timer's own records are there"
    own = [line for line in log if re.search(rf"\bp?pid=({'|'.join(runs)})\b", line)]
    assert own == []
    story.figures.append(f"{len(runs)} runs by the timer, {document['live']['rules']['loaded']} rules: {len(own)} records of their own")
