# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison of two sides finds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Difference:
    """One thing that is otherwise on the other side; a side that has nothing of the kind is None. Values are text or lists of text."""

    layer: str
    name: str
    left: str | list[str] | None
    right: str | list[str] | None


@dataclass
class Comparison:
    """``unknown``: sentences about what was not seen on a side, and so is neither equal nor different; ``beside`` about what a tree cannot
    have. ``about``: (left, right) of what each side is. ``alike`` {layer: how many things are the same}.
    """

    left: str
    right: str
    about: tuple[str, str] = ("", "")
    differences: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    alike: dict[str, int] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return "different" if self.differences else "unknown" if self.unknown else "same"

    def take(self, layer: str, name: str, left: str | list[str] | None, right: str | list[str] | None) -> None:
        self.differences.append(Difference(layer, name, left, right))

    def same(self, layer: str, count: int = 1) -> None:
        if count:
            self.alike[layer] = self.alike.get(layer, 0) + count
