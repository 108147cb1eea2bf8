# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are set and do nothing, because another one that they need is not: a warning each, as nothing is wrong on any host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Needs(NamedTuple):
    """``variable`` does something only where ``other`` is set, or has ``word`` in it; ``without``: what is missing, and what to set."""

    variable: str
    other: str
    word: str
    without: str


UNSET = ("", "never", None, False)  # what a variable has that asks for nothing; and an empty list or mapping
TABLE = (
    Needs("audit_check_schedule", "audit_check_install", "", "no host gets the checker that would run; set audit_check_install: true"),
    Needs("audit_check_textfile", "audit_check_install", "", "no host gets the checker that writes it; set audit_check_install: true"),
    Needs("audit_exceptions", "audit_rules_profiles", "", "no benchmark is chosen; name one in audit_rules_profiles"),
    Needs("audit_shipping_remote_server", "audit_shipping_to", "remote", "nothing is sent there; add remote to audit_shipping_to"),
    Needs("audit_shipping_remote_conf", "audit_shipping_to", "remote", "nothing is sent by it; add remote to audit_shipping_to"),
    Needs("audit_shipping_s3_bucket", "audit_shipping_to", "s3", "no archive is sent there; add s3 to audit_shipping_to"),
    Needs("audit_shipping_command", "audit_shipping_to", "command", "it gets no archive; add command to audit_shipping_to"),
    Needs("audit_shipping_cloudwatch_log_group", "audit_shipping_to", "cloudwatch",
          "no record is sent there; add cloudwatch to audit_shipping_to"),
)


def sentences(variables: Mapping) -> list[str]:
    """One for each variable of the table that is set in vain. ``variables``: as their specification converts them."""
    return [f"{row.variable} is set and has no effect: {row.without}" for row in TABLE if _is_set(variables.get(row.variable))
            and not (row.word in (variables.get(row.other) or ()) if row.word else _is_set(variables.get(row.other)))]


def _is_set(value: object) -> bool:
    return value not in UNSET and value not in ([], {})
