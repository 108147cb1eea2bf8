# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two sides of a comparison are: documents of hosts and trees, a file with one, or a benchmark."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._library.words import nearest
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt.host import PARTS

from . import benchmark, hosts
from .difference import Comparison

LARGEST = 64 * 1024 * 1024  # bytes of a document


def compare(options: dict) -> Comparison:
    """The Comparison of both sides; AuditError where a side is none, or where both are benchmarks."""
    left, right = (document_of(options, side) for side in ("left", "right"))
    if left is not None and right is not None:
        return hosts.compare(options["left"], options["right"], (left, right))
    if left is not None:
        return benchmark.compare(options["left"], left, options["right"])
    if right is not None:
        return benchmark.compare(options["right"], right, options["left"])
    raise AuditError("audit_left and audit_right are two benchmarks: name a host, a tree or a document for one of them")


def document_of(options: dict, side: str) -> dict | None:
    """The document of a side, None for a benchmark. ``hosts`` of the options: the names of the inventory, for a name that is none."""
    name, document = options[side], options[f"{side}_info"]
    if document is not None:
        return _checked(document, f"audit_{side}")
    path = Path(name).expanduser()
    if path.is_file():
        if path.stat().st_size > LARGEST:
            raise AuditError(f"audit_{side}: {name} is larger than {LARGEST} bytes, which no document is")
        try:
            found = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise AuditError(f"audit_{side}: {name} is no JSON: {error}") from error
        return _checked(found.get("info", found) if isinstance(found, dict) else found, f"audit_{side}: {name}")
    if name in benchmark.names():
        return None
    raise AuditError(f"audit_{side}: {name} is neither a host of the inventory nor a directory, a file or a benchmark; "
                     + _meant(name, options.get("hosts") or ()))


def _meant(name: str, hosts_known: Iterable[str]) -> str:
    """The host, else the benchmark, that was probably meant. An inventory may have thousands of hosts: only near ones are named."""
    near = difflib.get_close_matches(name, sorted(hosts_known), 3)
    return f"of the hosts, did you mean {' or '.join(near)}?" if near else "of the benchmarks, " + nearest(name, benchmark.names())


def _checked(document: object, where: str) -> dict:
    if not isinstance(document, dict) or not all(part in document for part in PARTS):
        raise AuditError(f"{where}: this is not what audit_info returns")
    if document["rules"] is not None and "reads_rules_as" not in document["rules"]:
        raise AuditError(f"{where}: the document was made by an older release of this collection; read the host again")
    return document
