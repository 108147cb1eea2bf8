# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a finding: the row of its id, and values as auditd.conf spells them."""

from .._conf.spelling import same, text_of
from . import tables

__all__ = ("row_of", "same", "text_of")


def row_of(ident: str) -> "tuple[str, str, str, str]":
    """(severity, subject, why, fix) of an id, or of the longest beginning of it that ends in a dot. LookupError for an id without a row:
    a finding nobody has described is a mistake of this collection, not a trifle.
    """
    parts = ident.split(".")
    for name in [ident] + [".".join(parts[:count]) + "." for count in range(len(parts) - 1, 0, -1)]:
        if name in tables.ITEMS:
            return tables.ITEMS[name]
    raise LookupError("no row of tables.ITEMS describes the finding %s" % ident)
