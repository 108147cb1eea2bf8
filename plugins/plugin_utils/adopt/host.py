# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the document of one host (C(audit_info)) comes to as variables."""

from __future__ import annotations

from . import benchmarks, rotation, rules, settings
from .found import Adopted

PARTS = ("version", "distribution", "auditd_conf", "rules", "rotation", "unavailable")


class NotADocument(ValueError):
    """What was given is not what C(audit_info) returns."""


def adopt(name: str, document: object) -> Adopted:
    """The Adopted of a host. NotADocument, with what is missing, for anything but a document of C(audit_info)."""
    if not isinstance(document, dict) or not all(part in document for part in PARTS):
        missing = [part for part in PARTS if not isinstance(document, dict) or part not in document]
        raise NotADocument(f"{name}: this is no document of audit_info: it has no {', '.join(missing)}")
    adopted = Adopted(name, product=benchmarks.product_of(document))
    found = rules.read(document, adopted)
    settings.adopt(document, adopted, rules.panics(found.control) if found else None)
    if found is not None:
        rules.adopt(found, document, adopted)
    rotation.adopt(document, adopted)
    return adopted
