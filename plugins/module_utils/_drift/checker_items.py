# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference of audit-check means: rows of C(tables.ITEMS)."""

CHECK = "role audit_check"

# id, or the beginning of one: severity, subject, why, fix
ITEMS = {
    "schedule.check": (
        "low", "", "audit-check is not installed as the policy says, so this host is compared by code that is sent to it each time.", CHECK,
    ),
    "schedule.check_program": (
        "medium", "", "audit-check has other code than this collection: its answer does not count, and the code is sent each time.", CHECK,
    ),
    "schedule.check_file.": ("medium", "", "Root runs or believes this file of audit-check, and it is not as it was installed.", CHECK),
    "schedule.check_interpreter": ("medium", "", "audit-check does not start, or by another Python than the installer takes.", CHECK),
    "schedule.check_scheduler": ("medium", "", "Nothing on this host can start audit-check by the clock.", CHECK),
    "schedule.check_stale": ("low", "", "Something starts audit-check that the policy does not name.", CHECK),
    "schedule.check_age": (
        "medium", "", "The host has not compared itself for two periods of its schedule: nobody knows of what drifted since.", CHECK,
    ),
}
