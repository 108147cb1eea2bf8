# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of the distribution have a mode that a benchmark made stricter, and what the package manager says of them."""

import json

from .._errors import AuditError

PATH = "/var/lib/auditops/package_modes.json"


def read(host) -> "dict[str, str]":
    """{path: what the package manager said}; {} where nothing was recorded, or nobody can read it."""
    try:
        found = json.loads(host.text(PATH) or "{}")
    except (AuditError, ValueError):
        return {}
    return {str(path): str(said) for path, said in found.items()} if isinstance(found, dict) else {}
