# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet adopted: its hosts, and the files of variables and the inventory that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from . import files, yaml_text
from .found import Adopted
from .host import NotADocument, adopt
from .spread import Place, spread

INVENTORY = "adopted.yml"
KINDS = {"all": "group_vars", "group": "group_vars", "host": "host_vars"}


@dataclass
class Fleet:
    """``unread`` {host: why}; ``findings`` {host: findings of a comparison with the adopted variables, None where there was none}.
    ``knows_hosts``: whether it was read of hosts; files of variables do not say which hosts there are.
    """

    adopted: list[Adopted]
    places: list[Place]
    unread: dict[str, str] = field(default_factory=dict)
    findings: dict[str, list[dict] | None] = field(default_factory=dict)
    knows_hosts: bool = True

    def texts(self) -> dict[str, str]:
        """{path below the destination: text} of the files of variables."""
        return {str(PurePosixPath(KINDS[place.kind], place.name, files.NAME)): yaml_text.of_place(place) for place in self.places}

    def inventory(self) -> dict[str, str]:
        """{path below the destination: text} of the inventory; empty where nobody knows which hosts there are."""
        return {INVENTORY: inventory(self.adopted, self.places)} if self.knows_hosts else {}


def of_documents(
    documents: Mapping[str, object], groups: Mapping[str, Iterable[str]], *, unread: Mapping[str, str] | None = None,
    findings: Mapping[str, list[dict] | None] | None = None,
) -> Fleet:
    """The Fleet of {host: document of C(audit_info)} and the groups {name: hosts} of the inventory; what is no document is unread."""
    adopted, left = [], dict(unread or {})
    for name in sorted(documents):
        try:
            adopted.append(adopt(name, documents[name]))
        except NotADocument as error:
            left[name] = str(error)
    return of_adopted(adopted, groups, unread=left, findings=findings)


def of_adopted(
    adopted: Sequence[Adopted], groups: Mapping[str, Iterable[str]], *, unread: Mapping[str, str] | None = None,
    findings: Mapping[str, list[dict] | None] | None = None,
) -> Fleet:
    return Fleet(list(adopted), spread(adopted, groups), dict(unread or {}), dict(findings or {}))


def inventory(adopted: Sequence[Adopted], places: Sequence[Place]) -> str:
    """An inventory of names and groups alone: how a host is reached is said by the inventory that was read."""
    lines = ["all:", "  hosts:"] + [f"    {yaml_text.scalar(name)}:" for name in sorted(one.name for one in adopted)]
    groups = [place for place in places if place.kind == "group"]
    if groups:
        lines.append("  children:")
    for place in groups:
        lines += [f"    {yaml_text.scalar(place.name)}:", "      hosts:"]
        lines += [f"        {yaml_text.scalar(host)}:" for host in place.hosts]
    return "\n".join(lines) + "\n"
