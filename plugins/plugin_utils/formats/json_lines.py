# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""jsonl: one drift document a line, whole, by the name of the host."""

from __future__ import annotations

from collections.abc import Iterator

from ..fleet import whole
from .report import Report


def chunks(report: Report) -> Iterator[str]:
    for document in whole.texts(report.fleet):
        yield document + "\n"
