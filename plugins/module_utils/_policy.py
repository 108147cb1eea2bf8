# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host does when its audit trail cannot be written: the three answers of C(auditd_failure_policy).

Each answer sets the four disk actions of auditd.conf and the kernel's failure flag (auditctl C(-f): 0 silent, 1 printk,
2 panic) together, and names the words that contradict it in any action of auditd.conf.
"""

STOPPING_WORDS = ("SINGLE", "HALT")

FAILURE_POLICIES: "dict[str, dict]" = {
    "keep_running": {
        "settings": {
            "space_left_action": "SYSLOG",
            "admin_space_left_action": "SYSLOG",
            "disk_full_action": "SYSLOG",
            "disk_error_action": "SYSLOG",
        },
        "failure": 1,
        "refused": STOPPING_WORDS,
    },
    "suspend_auditing": {
        "settings": {
            "space_left_action": "SYSLOG",
            "admin_space_left_action": "SUSPEND",
            "disk_full_action": "SUSPEND",
            "disk_error_action": "SUSPEND",
        },
        "failure": 1,
        "refused": STOPPING_WORDS,
    },
    "stop_host": {
        "settings": {
            "space_left_action": "EMAIL",
            "admin_space_left_action": "HALT",
            "disk_full_action": "HALT",
            "disk_error_action": "HALT",
        },
        "failure": 2,
        "refused": (),
    },
}


def locks(policy: dict) -> "bool | None":
    """Whether a policy for rules ends with -e 2 (C(immutable) true), with -e 1 (false), or keeps what the rules files say: None."""
    return {"true": True, "false": False}.get(str(policy.get("immutable")).lower())
