# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents of a fleet whole, each as one line of JSON: what the formats json and jsonl have of a host."""

from __future__ import annotations

from collections.abc import Iterator

from . import document as drift_document
from .document import compact
from .model import Fleet, HostReport, by_name

LISTS = ("items", "exceptions", "waived")  # whose entries hosts have in common; of controls it is the whole list


def texts(fleet: Fleet) -> Iterator[str]:
    """The documents by name, read again one at a time: ten thousand of them do not fit in memory."""
    known: dict[int, str] = {}  # by identity: the fleet keeps what hosts have in common alive
    for host in sorted(fleet.hosts, key=by_name):
        yield _text(_document(host, fleet), known)


def _document(host: HostReport, fleet: Fleet) -> dict:
    """The document of a host as it lies in the spool; what the report knows of it where that has gone meanwhile."""
    try:
        return drift_document.read(host.path, fleet.pool)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return host.now


def _text(document: dict, known: dict[int, str]) -> str:
    """As C(compact) spells it, what hosts have in common spelled once."""
    fields = []
    for name, value in sorted(document.items()):
        if name in LISTS:
            text = f"[{','.join(_known(entry, known) for entry in value)}]"
        else:
            text = _known(value, known) if name == "controls" else compact(value)
        fields.append(f"{compact(name)}:{text}")
    return f"{{{','.join(fields)}}}"


def _known(value: object, known: dict[int, str]) -> str:
    text = known.get(id(value))
    if text is None:
        text = known[id(value)] = compact(value)
    return text
