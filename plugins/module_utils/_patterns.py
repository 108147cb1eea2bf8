# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(re) for code that is started for one comparison: a pattern is compiled when it is first used, and once for all runs on a host.

A hundred patterns stand at the top of the modules, and a host needs half of them: to compile those takes 8 ms, and to import C(re) 6, of
50 for a whole comparison (measured). What C(re) makes of a pattern is kept beside the compiled code (C(_parcel)), for the same Python only.
What is packed for a host imports this in the place of C(re) (C(host_library)).
"""

import _sre
import sys

IGNORECASE, MULTILINE, DOTALL, VERBOSE, ASCII = 2, 8, 16, 64, 256  # as re has them
I, M, S, X, A = IGNORECASE, MULTILINE, DOTALL, VERBOSE, ASCII  # noqa: E741  as re names them
MOST = 250  # patterns that are kept; the code has 150

kept: "dict" = {}  # {(pattern, flags): arguments of _sre.compile}, from a run before
_made: "dict" = {}  # {(pattern, flags): compiled pattern}
_later: "set" = set()  # (pattern, flags) of each Later


class error(ValueError):  # as re names it
    """A pattern that C(re) refuses."""


class Later(object):
    """What C(re.compile) would have given, from the first use on."""

    _whole = None

    def __init__(self, pattern: "str | bytes", flags: int):
        self._asked = pattern, flags
        _later.add(self._asked)

    def __getattr__(self, name):
        # only what is used: to copy all of a pattern's attributes costs a comparison 3 ms (measured)
        if self._whole is None:
            self._whole = _now(*self._asked)
        found = getattr(self._whole, name)
        setattr(self, name, found)
        return found


def compile(pattern, flags=0):
    """At the top of a module Later; in a function, where a pattern may be refused, at once."""
    return Later(pattern, flags) if sys._getframe(1).f_code.co_name == "<module>" else _now(pattern, flags)


def _now(pattern, flags):
    key = pattern, flags
    if key in _made:
        return _made[key]
    found = _sre.compile(*kept[key]) if key in kept else _by_re(pattern, flags)
    if len(_made) < MOST:
        _made[key] = found
    return found


def _by_re(pattern, flags):
    import re
    try:
        return re.compile(pattern, flags)
    except re.error as refused:
        raise error(str(refused))


def to_keep() -> "dict":
    """What C(kept) is to be in the next run: the patterns of all modules that were imported, and those that functions used."""
    asked = sorted(_later, key=repr) + [one for one in _made if one not in _later]
    return dict(one for one in map(_kept, asked[:MOST]) if one)


def _kept(asked):
    """((pattern, flags), arguments of _sre.compile); None where they do not give the same pattern: it is compiled each time then."""
    import re
    try:
        names_of_parts = ("_compiler", "_parser") if sys.version_info >= (3, 11) else ("sre_compile", "sre_parse")
        compiler, parser = (getattr(re, name) for name in names_of_parts)
        whole = re.compile(*asked)
        names = {number: name for name, number in whole.groupindex.items()}
        code = [int(word) for word in compiler._code(parser.parse(*asked), asked[1])]
        arguments = (asked[0], whole.flags, code, whole.groups, dict(whole.groupindex),
                     tuple(names.get(number) for number in range(whole.groups + 1)))
        return (asked, arguments) if _sre.compile(*arguments) == whole else None
    except (AttributeError, TypeError, re.error):  # another implementation of Python has other names
        return None


def escape(text):
    """As C(re.escape) of a str."""
    return "".join(one if one.isalnum() or one == "_" else "\\" + one for one in text)


def match(pattern, text, flags=0):
    return _now(pattern, flags).match(text)


def search(pattern, text, flags=0):
    return _now(pattern, flags).search(text)


def findall(pattern, text, flags=0):
    return _now(pattern, flags).findall(text)


def finditer(pattern, text, flags=0):
    return _now(pattern, flags).finditer(text)


def sub(pattern, with_what, text):
    return _now(pattern, 0).sub(with_what, text)


def split(pattern, text, maxsplit=0):
    return _now(pattern, 0).split(text, maxsplit)
