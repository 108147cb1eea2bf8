# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a finding: the row of its id, and values as auditd.conf spells them."""

from . import tables


def row_of(ident: str) -> "tuple[str, str, str, str]":
    """(severity, subject, why, fix) of an id, or of the longest beginning of it that ends in a dot. LookupError for an id without a row:
    a finding nobody has described is a mistake of this collection, not a trifle.
    """
    parts = ident.split(".")
    for name in [ident] + [".".join(parts[:count]) + "." for count in range(len(parts) - 1, 0, -1)]:
        if name in tables.ITEMS:
            return tables.ITEMS[name]
    raise LookupError("no row of tables.ITEMS describes the finding %s" % ident)


def text_of(value) -> "str | None":
    """A value as auditd.conf spells it: YAML reads yes as true."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def same(wanted, actual) -> bool:
    """Whether two values of a key are one to auditd: words in any case, numbers in any spelling; paths count as they are written."""
    if wanted is None or actual is None:
        return wanted is None and actual is None
    ours, theirs = (str(text_of(value)).split() for value in (wanted, actual))
    return len(ours) == len(theirs) and all(map(_same_word, ours, theirs))


def _same_word(wanted, actual):
    if wanted.isdecimal() and actual.isdecimal():
        return int(wanted) == int(actual)
    return wanted == actual if wanted.startswith("/") else wanted.upper() == actual.upper()
