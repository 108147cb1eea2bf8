# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers with their nouns, as sentences have them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """"1 host", "3 hosts". ``noun``: in the singular, of those that take an s."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
