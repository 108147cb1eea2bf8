# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML in which every text comes back as it was: with blanks, with Jinja, with words that YAML takes for something else."""

from __future__ import annotations

from collections.abc import Mapping

from .spread import Place, Stated, who

JINJA = ("{{", "{%", "{#", "#}", "%}", "}}")
INDENT = "  "


def scalar(value: object) -> str:
    """One value on one line. A text is always quoted; one that Ansible would take for a template is marked as what it is, data."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    mark = "!unsafe " if any(word in text for word in JINJA) else ""
    return mark + (_single(text) if text.isprintable() else _double(text))


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    """With escapes, YAML 1.1 section 5.6, for whatever is not printable."""
    written = []
    for char in text:
        number = ord(char)
        if char in '"\\':
            written.append("\\" + char)
        elif char.isprintable():
            written.append(char)
        else:
            written.append(f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}")
    return '"' + "".join(written) + '"'


def comment(text: str) -> str:
    """A comment: whatever is in it, it stays one line and starts nothing."""
    return "# " + "".join(char if char.isprintable() else "?" for char in text)


def of_place(place: Place) -> str:
    """The variables of a place, each with where it stood."""
    lines: list[str] = []
    for name, stated in place.stated.items():
        lines += _variable(name, stated)
    return "\n".join(lines) + "\n"


def _variable(name: str, stated: Stated) -> list[str]:
    value, sources = stated.variable.value, stated.variable.sources

    def source(place: object) -> str:
        return "  " + comment(who(sources[place], stated)) if place in sources else ""

    if isinstance(value, Mapping):
        items = [f"{INDENT}{key}: {scalar(one)}{source(key)}" for key, one in value.items()]
    elif isinstance(value, (list, tuple)):
        items = [f"{INDENT}- {scalar(one)}{source(number)}" for number, one in enumerate(value)]
    else:
        return [f"{name}: {scalar(value)}{source(None)}"]
    return [f"{name}:{source(None)}", *items]
