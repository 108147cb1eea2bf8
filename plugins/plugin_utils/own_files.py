# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this collection's own files lie on the controller, and how its YAML is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

COLLECTION = Path(__file__).resolve().parents[2]
ROLES = COLLECTION / "roles"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast


def read_yaml(text: str) -> Any:
    return yaml.load(text, Loader=LOADER)  # a SafeLoader
