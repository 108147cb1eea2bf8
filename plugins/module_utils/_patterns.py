# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(re) for code that is started for one comparison: the patterns of a module are compiled when they are first used.

A hundred patterns stand at the top of the modules, and a host needs half of them. What is packed for a host imports this in the place of
C(re) (C(_parcel), C(host_library)).
"""

import re
import sys

IGNORECASE, MULTILINE, DOTALL, VERBOSE, ASCII = re.IGNORECASE, re.MULTILINE, re.DOTALL, re.VERBOSE, re.ASCII
I, M, S, X, A = IGNORECASE, MULTILINE, DOTALL, VERBOSE, ASCII  # noqa: E741  as re names them
escape, error = re.escape, re.error
match, fullmatch, search, sub, subn, split, findall, finditer = (
    re.match, re.fullmatch, re.search, re.sub, re.subn, re.split, re.findall, re.finditer)


class Later(object):
    """What C(re.compile) would have given, from the first use on."""

    _whole = None

    def __init__(self, pattern: "str | bytes", flags: int):
        self._asked = pattern, flags

    def __getattr__(self, name):
        # only what is used: to copy all of a pattern's attributes costs a comparison 3 ms (measured)
        if self._whole is None:
            self._whole = re.compile(*self._asked)  # type: ignore[type-var]
        found = getattr(self._whole, name)
        setattr(self, name, found)
        return found


def compile(pattern, flags=0):
    """At the top of a module Later; in a function, where a pattern may be refused, at once."""
    at_the_top = sys._getframe(1).f_code.co_name == "<module>"
    return Later(pattern, flags) if at_the_top else re.compile(pattern, flags)
