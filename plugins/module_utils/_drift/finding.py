# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a finding: the row of its id, and values as auditd.conf spells them."""

from .._conf.spelling import same, text_of
from . import tables

__all__ = ("name_of_row", "row_of", "same", "text_of")


def name_of_row(ident: str) -> str:
    """The row of C(tables.ITEMS) for an id: the id itself, or the longest beginning of it that ends in a dot. LookupError for an id without
    a row: a finding nobody has described is a mistake of this collection, not a trifle.
    """
    parts = ident.split(".")
    for name in [ident] + [".".join(parts[:count]) + "." for count in range(len(parts) - 1, 0, -1)]:
        if name in tables.ITEMS:
            return name
    raise LookupError("no row of tables.ITEMS describes the finding %s" % ident)


def row_of(ident: str) -> "tuple[str, str, str, str]":
    """(severity, subject, why, fix) of an id."""
    return tables.ITEMS[name_of_row(ident)]
