# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_storage with nothing set: the disk that grew is as it was."""

from __future__ import annotations

import hosts


def test_nothing_has_grown():
    assert hosts.disk_bytes() < (400 << 20)
