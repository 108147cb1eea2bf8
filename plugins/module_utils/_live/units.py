# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of systemd that bring auditing up at boot: is one of them masked, and does auditd need it."""

from .._host import units


def read(reading) -> dict:
    """{masked: [unit], rules_required: bool, deleted: bool}: the last two as C(_host.units) has them."""
    host = reading.host
    masked = [name for name in (units.AUDITD, units.RULES) if units.is_masked(host, name)]
    return {"masked": masked, "rules_required": units.requires_rules(host), "deleted": units.is_deleted(host)}
