# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that compares itself by its own timer: what that leaves in the audit log at two hundred rules."""

from __future__ import annotations

import json
import time

from test_halt import SMALL_DISK

# What hardening guides watch, of all that a check touches; the others only make them two hundred
WATCHED = ["-w /etc/audit/ -p wa -k auditconfig", "-w /usr/sbin/auditctl -p x -k audittools", "-w /usr/sbin/auditd -p x -k audittools",
           "-w /etc/passwd -p wa -k identity",
           "-a always,exit -F arch=b64 -S execve -C uid!=euid -F euid=0 -k setuid",
           "-a always,exit -F arch=b64 -S unlink,unlinkat,rename,renameat -F auid>=1000 -F auid!=unset -k delete"]
TWO_HUNDRED = WATCHED + [f"-a always,exit -F arch=b64 -S mount -F a0={number} -k filler" for number in range(200 - len(WATCHED))]
WATCHED_PROGRAM, OF_SYSTEMD = "comm=.auditctl. .*audittools", "unit=audit-check .*res=success"
EVERY_MINUTE = {"audit_check_install": True, "audit_check_schedule": "* * * * *", "audit_rules_extra": TWO_HUNDRED, **SMALL_DISK}
NEXT_RUN = """before=$(systemctl show -P InvocationID audit-check.service)
while [ "$(systemctl show -P InvocationID audit-check.service)" = "$before" ] ||
      [ "$(systemctl show -P ActiveState audit-check.service)" != inactive ]; do sleep 1; done
systemctl show -P ExecMainPID audit-check.service"""


def test_a_run_by_the_timer_leaves_no_record_of_its_own(host):
    story = host("debian13", 64)
    assert story.play("remediate", **EVERY_MINUTE).returncode == 0

    def records(pattern):
        # the log has a 0x1d in each enriched record, at which splitlines() would cut it
        found = story.machine.run(script=f"grep -ahE '{pattern}' /var/log/audit/audit.log*", check=False).stdout
        return [line for line in found.split("\n") if line]

    story.machine.run(script=NEXT_RUN)  # the first asks auditctl for its release, and keeps it
    for number in range(3):
        before = len(records(WATCHED_PROGRAM)), len(records(OF_SYSTEMD))
        pid = story.machine.run(script=NEXT_RUN).stdout.split()[-1]
        story.machine.run("auditctl", "-s")  # a watched program, so that the log is known to be written behind the run
        end = time.monotonic() + 120
        while len(records(WATCHED_PROGRAM)) <= before[0] and time.monotonic() < end:
            time.sleep(1)
        assert int(pid) > 1 and len(records(WATCHED_PROGRAM)) > before[0] and len(records(OF_SYSTEMD)) > before[1]
        own = records(rf"\bp?pid={pid}\b")
        story.figures.append(f"run {number + 1} by the timer: {len(own)} records of its own")
        assert own == [], own
    document = json.loads(story.machine.run(script="cat /var/lib/auditops/drift/*.json").stdout)
    assert document["live"]["rules"]["loaded"] >= len(TWO_HUNDRED) and document["status"] in ("in_sync", "drifted")
