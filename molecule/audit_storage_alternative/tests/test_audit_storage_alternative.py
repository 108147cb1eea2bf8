# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_storage with a size: the filesystem fills its disk."""

from __future__ import annotations

import hosts


def test_the_filesystem_has_grown():
    assert hosts.disk_bytes() > (600 << 20)
