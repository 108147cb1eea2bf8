# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules files that were moved out of rules.d: where they lie, where they came from, and which of them can go back."""

import json
import os

from . import compiled as _compiled
from . import files as _files

DIRECTORY = "/etc/audit/rules.d.quarantine"
MANIFEST = DIRECTORY + "/MANIFEST.json"


def manifest_of(host) -> "dict[str, dict]":
    """{name in the quarantine: {from, at, sha256, mode}}; empty where there is none, or it is not readable as ours."""
    try:
        found = json.loads(host.text(MANIFEST) or "{}")
    except (ValueError, RecursionError):
        return {}
    return {name: entry for name, entry in found.items() if isinstance(entry, dict)} if isinstance(found, dict) else {}


def manifest_text(entries: "dict[str, dict]") -> str:
    return json.dumps(entries, indent=1, sort_keys=True) + "\n"


def path_of(path: str) -> str:
    """Where a file of rules.d goes."""
    return DIRECTORY + "/" + os.path.basename(path)


def restorable(host, current: dict) -> "dict[str, tuple]":
    """{path in rules.d: (name in the quarantine, text)} of files that are still what they were, and whose name is free in rules.d."""
    found = {}
    for name, entry in sorted(manifest_of(host).items()):
        text = host.text(DIRECTORY + "/" + name) if os.path.basename(name) == name else None
        path = str(entry.get("from"))
        inside = path == _compiled.RULES_D + "/" + os.path.basename(path)
        if text is not None and inside and path not in current and path not in found and _files.digest(text) == entry.get("sha256"):
            found[path] = (name, text)
    return found
