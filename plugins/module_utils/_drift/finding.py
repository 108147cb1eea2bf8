# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One finding of a comparison, and the policy's own words for it."""

from . import tables


def item(ident, expected, actual, family, subject=None, severity=None, why=None, fix=None):
    """One finding; what is not given comes from the table, by the id or the longest beginning of it that ends in a dot."""
    entry = _entry(ident)
    return {
        "id": ident,
        "layer": ident.split(".")[0],
        "severity": severity or entry[0],
        "expected": expected,
        "actual": actual,
        "controls": tables.controls(subject or entry[1], family),
        "why": why or entry[2],
        "fix": fix or entry[3],
    }


def _entry(ident):
    parts = ident.split(".")
    names = [ident] + [".".join(parts[:count]) + "." for count in range(len(parts) - 1, 0, -1)]
    return next((tables.ITEMS[name] for name in names if name in tables.ITEMS), ("low", "", "", ""))


def text_of(value):
    """A value as auditd.conf spells it: YAML reads yes as true."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def wanted_control(wanted):
    """{option: value} that the policy's rules give the kernel: -b, -f, -e, --backlog_wait_time; values as text."""
    policy = wanted.get("audit_rules") or {}
    found = {}
    for _name, text in sorted((policy.get("files") or {}).items()):
        for line in text.splitlines():
            words = line.split()
            if len(words) == 2 and words[0] in tables.CONTROL_WORDS:
                found[words[0]] = words[1]
    for option, word in tables.CONTROL_WORDS.items():
        value = (policy.get("control") or {}).get(word)
        if value is not None:
            found[option] = str(value)
    if policy.get("immutable") is not None:
        found["-e"] = "2" if policy["immutable"] else "1"
    return found
