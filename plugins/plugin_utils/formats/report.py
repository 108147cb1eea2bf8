# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every format is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..fleet.history import Changes
from ..fleet.model import Fleet


@dataclass
class Report:
    """A fleet and what changed in it since the run before."""

    fleet: Fleet
    changes: Changes = field(default_factory=Changes)
