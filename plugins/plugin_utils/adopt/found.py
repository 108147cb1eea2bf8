# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found on one host, and what becomes of it: a variable with its source, or a sentence for the list of what no variable can say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Source(NamedTuple):
    """Where on the host it stands: a path, and a line counted from 1; None where it is the file as a whole."""

    path: str
    line: int | None = None


class Entry(NamedTuple):
    """One item of a list variable, as it stood on the host."""

    text: str
    source: Source


@dataclass(frozen=True)
class Variable:
    """A variable of a role. ``meaning``: equal for values that do the same on a host, so that other blanks are no difference.

    ``sources``: {place in the value: Source}; the place is an index of a list, a key of a dict, or None for the value as a whole.
    """

    value: object
    meaning: Hashable
    sources: Mapping[Any, Source] = field(default_factory=dict)


@dataclass
class Adopted:
    """One host. ``lines`` counts each line that was read under what became of it, so that none is lost."""

    name: str
    variables: dict[str, Variable] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)  # that stand above no line of a variable
    dangers: list[str] = field(default_factory=list)
    would_change: list[str] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    product: str = ""

    def note(self, sentence: str) -> None:
        if sentence not in self.listed:
            self.listed.append(sentence)
