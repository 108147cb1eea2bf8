# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether audit is on the host at all."""

from collections.abc import Iterator


def compare(sides) -> "Iterator[dict]":
    """One finding where it is not."""
    if sides.is_absent:
        yield sides.item("disk.audit", "installed", "not installed")
