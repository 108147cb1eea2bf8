# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a host with a benchmark: the rules that its controls want here, and what it wants of auditd.conf and of the kernel's switches."""

from __future__ import annotations

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._library.conf import accepts
from ansible_collections.auditops.auditd.plugins.module_utils._library.demands import SWITCHES
from ansible_collections.auditops.auditd.plugins.module_utils._library.request import Choice, System
from ansible_collections.auditops.auditd.plugins.module_utils._library.resolve import resolve
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import Directive, Rule
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt.benchmarks import PRIVILEGED, product_of
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt.found import Adopted
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt.rule_lines import Reader, parsed

from .difference import Comparison
from .hosts import REFUSED, refusals

LAYER, CONF, SWITCH = "rules.d", "disk", "kernel"


def names() -> list[str]:
    return sorted(controls.shipped()["benchmarks"])


def compare(host: str, document: dict, name: str) -> Comparison:
    """The Comparison of a host, on the left, with a benchmark: what the host has beyond it is no difference."""
    result = Comparison(host, name, (product_of(document), controls.shipped()["benchmarks"][name]["title"]))
    if document["rules"] is None:
        raise AuditError(f"{host}: its rules were not read: {document['unavailable'].get('rules', 'unknown')}")
    seen = document["rules"]["reads_rules_as"]
    system = System(product_of(document), seen["machine"], audit_release=document["version"], uid_min=seen["uid_min"])
    found = resolve(controls.shipped(), Choice([name], privileged=PRIVILEGED), system)
    have = Reader(document, Adopted(host)).read()
    meanings = {line.rule.canonical for line in have.lines} | {option for option, (value, _source) in have.control.items() if value is True}
    refused = refusals(document["rules"]["disk"] or {})
    if refused:
        result.take(LAYER, REFUSED, refused, None)
    _rules(result, found["controls"], meanings, (seen["machine"], document["version"]))
    effective = None if document["auditd_conf"] is None else document["auditd_conf"]["effective"]
    for expected in found["expectations"]:
        option = SWITCHES.get(expected["key"])
        if option is None and effective is None:
            result.unknown.append(f"{CONF}: auditd.conf was not seen: {expected['id']}")
            continue
        stated = have.control.get(option or "")
        actual = (None if stated is None else str(stated[0])) if option else (effective or {}).get(expected["key"])
        layer = SWITCH if option else CONF
        if accepts(expected["accepted"], actual):
            result.same(layer)
        else:
            result.take(layer, f"{expected['id']} {option or expected['key']}", actual, " or ".join(expected["accepted"]))
    return result


def _rules(result: Comparison, entries: list[dict], have: set[str], reads: tuple[str, str | None]) -> None:
    for entry in entries:
        if entry["status"] != "loaded":
            if entry["name"] == "privileged_commands":
                result.unknown.append(f"{LAYER}: {', '.join(entry['ids'])}: which privileged programs the host has is not in its document")
            continue
        statements = [(line, parsed(line, *reads)) for line in entry["lines"]]
        missing = [line for line, one in statements if not (isinstance(one, (Rule, Directive)) and one.canonical in have)]
        result.same(LAYER, len(statements) - len(missing))
        if missing:
            result.take(LAYER, f"{', '.join(entry['ids'])} {entry['title']}", None, missing)
