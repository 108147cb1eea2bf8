# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large a filesystem is wanted, in the words of lvextend(8): C(max), C(10G), C(+5G), C(40%VG). Bytes everywhere else."""

import re

from .._errors import AuditError

UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
GRAMMAR = re.compile(r"(?P<more>\+?)(?P<number>\d{1,15}(?:\.\d{1,3})?)(?:(?P<unit>[KMGT])(?:iB|B)?|(?P<percent>%VG))\Z", re.I | re.A)


class Size(object):
    """``kind``: C(max), C(bytes) (at least so many), C(more) (so many more than there are), C(percent) (of the volume group)."""

    __slots__ = ("kind", "value", "text")

    def __init__(self, kind, value, text):
        self.kind, self.value, self.text = kind, value, text


def parse(text: str) -> Size:
    """The size that a text asks for. AuditError for anything else, and for nothing."""
    text = str(text).strip()
    if text.lower() == "max":
        return Size("max", 0, text)
    found = GRAMMAR.match(text)
    if found is None:
        raise AuditError(
            "size = %s: give max, a size such as 10G, so much more such as +5G, or a share of the volume group such as 40%%VG" % text)
    number = float(found.group("number"))
    if not number:
        raise AuditError("size = %s: nothing is made smaller or left empty; give more than 0" % text)
    if found.group("percent"):
        if found.group("more") or number > 100:
            raise AuditError("size = %s: a share of the volume group is 1%%VG to 100%%VG, without a sign" % text)
        return Size("percent", number, text)
    return Size("more" if found.group("more") else "bytes", int(number * UNITS[found.group("unit").upper()]), text)


def words(count: int) -> str:
    """A number of bytes for people: C(7.5 GB), C(64 MB), of 1024 as auditd.conf(5) counts."""
    for unit in ("T", "G", "M"):
        if count >= UNITS[unit]:
            return ("%.1f" % (count / float(UNITS[unit]))).replace(".0", "") + " %sB" % unit
    return "%d KB" % (count // 1024)
