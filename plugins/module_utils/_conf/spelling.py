# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of auditd.conf that are one to auditd however they are written, and the spelling that a file already has."""


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


def as_written(settings: dict, written: dict, exact=()) -> dict:
    """``settings`` with the spelling that a file has (``written``: {key: text}) where it means the same: nothing is rewritten, and nothing
    reloaded, for capitals. ``exact``: keys whose spelling is wanted as it stands.
    """
    return {key: written[key.lower()] if key not in exact and value is not None and key.lower() in written
            and same(value, written[key.lower()]) else value for key, value in settings.items()}
