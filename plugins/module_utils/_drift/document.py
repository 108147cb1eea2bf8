# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the live state of a host with the policy: the drift document (schema 2).

look() reads the host, compare() takes what it read and what the policy wants and reads nothing. The same host gives the same document but
for ``collected_at``: figures that move by themselves are left out or coarse (free room has two digits, the queue is given in tenths of its
limit), times are those of files and records.
"""

from .._live import collect, risks
from .._live.reading import Parsed
from .._utf8 import as_text
from . import controls, cures, figures, findings, tables
from .layers import LAYERS, readers
from .sides import Sides


def look(host, wanted: dict, release: "str | None" = None) -> "tuple[dict, Parsed]":
    """(live, parsed): what compare() needs of a host. ``host``: C(_host.host.Host); ``release`` of audit, for a tree that cannot tell."""
    parsed = Parsed()
    prepare = tuple((layer.fact + ".policy", layer.prepare) for layer in LAYERS if layer.prepare)
    return collect.collect(host, release, parsed, wanted=wanted, readers=readers(collect.READERS, LAYERS), prepare=prepare), parsed


def compare(live: dict, parsed: Parsed, wanted: dict) -> dict:
    """The drift document, without ``host``, which the controller knows.

    ``live`` and ``parsed`` come from look(); ``wanted`` is {auditd: {settings, failure_policy, rotation_wanted}, audit_rules: {files, ...},
    audit_rotation: {...}, program: {path: sha256}}; a part that is missing or None is not compared.
    """
    sides = Sides(live, parsed, wanted, risks.risks(live))
    found = [finding for layer in LAYERS if layer.bare or not sides.is_absent for finding in layer.compare(sides)]
    items = sorted(_unique(found), key=findings.order)
    verdicts = controls.verdicts(sides, items)
    items = sorted(items + controls.unexplained(sides, verdicts, items), key=findings.order)
    unseen = _unseen(sides)
    return as_text({
        "schema": tables.SCHEMA,
        "collected_at": live["collected_at"],
        "root": live["root"],
        "status": status(items, unseen),
        "steps": cures.worth_taking(items, verdicts, set(unseen.values())),
        "summary": findings.summary(items),
        "items": items,
        "controls": verdicts,
        "exceptions": controls.register(sides),
        "live": figures.of(live, sides.risks),
        "audit_storage_recommend": live["capacity"],
        "waived": controls.waived(sides, verdicts),
    })


def _unique(items):
    """Each finding under an id of its own: what comes again is numbered, what is the same again is left out."""
    seen = {}
    for finding in items:
        ident, number = finding["id"], 1
        while finding["id"] in seen and seen[finding["id"]] != finding:
            number += 1
            finding = dict(finding, id="%s_%d" % (ident, number))
        seen[finding["id"]] = finding
    return seen.values()


def status(items: "list[dict]", unseen: "dict[str, str]") -> str:
    """drifted: a finding of low or above; unknown: something that a wanted layer needs was not seen; otherwise in_sync."""
    if any(finding["severity"] != "info" for finding in items):
        return "drifted"
    return "unknown" if unseen else "in_sync"


def _unseen(sides):
    """{fact: part of the policy} of what a wanted layer needs and nobody saw. A tree has no daemon and no kernel: of it only what it has
    is needed (C(in_tree)).
    """
    needed = {fact: layer.policy for layer in LAYERS if sides.wanted.get(layer.policy)
              for fact in (layer.needs if sides.is_live else layer.in_tree) + (layer.fact + ".policy",)}
    for part in ("audit_rules", "auditd"):
        if (sides.wanted.get(part) or {}).get("profiles"):
            needed["benchmark.policy"] = part  # a policy for auditd.conf alone may name benchmarks too, and this host cannot have them
    return {fact: part for fact, part in needed.items() if fact in sides.live["unavailable"] and fact not in sides.parsed.absent}
