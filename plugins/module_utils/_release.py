# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of audit as tuples that compare."""

import re

_RELEASE = re.compile(r"(?:[0-9]+:)?v?([0-9]{1,6})(?:\.([0-9]{1,6}))?(?:\.([0-9]{1,6}))?")


def release_tuple(release):
    """"3.0.9", "1:3.0.9-1" and "3.0.9-1.el9" are (3, 0, 9), "3.0" is (3, 0, 0); what is no release is ()."""
    found = _RELEASE.match(release) if isinstance(release, str) else None
    return tuple(int(part or 0) for part in found.groups()) if found else ()
