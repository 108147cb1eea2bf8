# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that the kernel has loaded, read."""

from .grammar import parse
from .rule import Rule, from_kernel


def from_loaded(item: "bytes | str", known=None) -> Rule:
    """The Rule of what C(_kernel.loaded_rules) gives: the kernel's bytes, or a line of auditctl -l. ``known``: as of C(grammar.parse)."""
    if isinstance(item, bytes):
        rule = None if known is None else known.loaded(item)
        if rule is None:
            rule = from_kernel(item)
            if known is not None:
                known.add_loaded(rule)
        return rule
    return parse(item, grammar="any")
