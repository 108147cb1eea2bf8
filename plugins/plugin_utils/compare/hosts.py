# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare two documents of C(audit_info) by meaning, layer by layer: what auditd, augenrules and the kernel make of both sides."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.auditops.auditd.plugins.module_utils._conf import keys
from ansible_collections.auditops.auditd.plugins.module_utils._drift.finding import same

from .difference import Comparison

KERNEL_WORDS = ("enabled", "failure", "rate_limit", "backlog_limit", "backlog_wait_time")
GOES_ON = ("-c", "-i")  # behind a line that is refused
IGNORED_CONTROL = ("-D", *GOES_ON)  # how a file is loaded, not what is in force then
ACTION = re.compile(r"-a (\w+),(\w+)")
ORDER = "order of rules of different actions"
ONLY = "rules that the other side has not"
REFUSED = "lines that auditctl refuses"


def compare(left: str, right: str, documents: tuple[dict, dict]) -> Comparison:
    """The Comparison of two documents, called ``left`` and ``right``."""
    one, other = documents
    result = Comparison(left, right, (_about(one), _about(other)))
    for layer, fact, read in LAYERS:
        found = [_part(document, fact, read) for document in documents]
        if _seen(result, layer if layer == fact else f"{layer} ({fact})", found, documents):
            _mappings(result, layer, [side for side in found if side is not None])
    for layer, fact in RULES:
        _rules(result, layer, fact, documents)
    return result


def _about(document: dict) -> str:
    system = document["distribution"] or {}
    return f"{system.get('name') or 'unknown system'} {system.get('version') or ''}, audit {document['version'] or 'of an unknown release'}"


def _part(document: dict, fact: str, read: Callable[[dict], Mapping]) -> Mapping | None:
    found = document.get(fact)
    return None if found is None else read(found)


def _seen(result: Comparison, what: str, sides: Sequence[object], documents: tuple[dict, dict]) -> bool:
    """Whether both sides were seen. A running host that was not is unknown; a tree has no daemon and no kernel, which is no fault of it."""
    unseen = [(name, document) for name, side, document in zip((result.left, result.right), sides, documents, strict=True) if side is None]
    if unseen:
        sentence = f"{what}: not seen on {' and '.join(name for name, _document in unseen)}"
        (result.unknown if any(document["root"] == "/" for _name, document in unseen) else result.beside).append(sentence)
    return not unseen


def _mappings(result: Comparison, layer: str, sides: Sequence[Mapping]) -> None:
    left, right = sides
    for key in sorted({*left, *right}):
        if same(left.get(key), right.get(key)):
            result.same(layer)
        else:
            result.take(layer, key, _word(left.get(key)), _word(right.get(key)))


def _word(value: object) -> str | None:
    """A value as one word that compares with another."""
    return None if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _words(found: Mapping) -> dict[str, str | None]:
    return {key: _word(value) for key, value in found.items()}


def _settings(found: dict) -> Mapping:
    """What auditd runs with where the file says it, or where every release that is supported has the key."""
    said = {key: value for key, value in found["effective"].items()
            if value is not None and (key in found["settings"] or keys.KEYS[key].since <= keys.OLDEST_SUPPORTED)}
    return {**said, "mode of auditd.conf": found["mode"], "owner of auditd.conf": str(found["uid"])}


def _daemon(found: dict) -> Mapping:
    return _words({"running": found.get("running"), "runs with an older file": found.get("older_settings")})


def _kernel(found: dict) -> Mapping:
    status = found.get("status") or {}
    return _words({word: status[word] for word in KERNEL_WORDS if word in status})


def _rotation(found: dict) -> Mapping:
    config = {f"rotate.conf {key}": value for key, value in (found["config"] or {}).items()}
    return _words({
        "installed": found["installed"], "schedulers": found["schedulers"], "seconds between two runs": found["period"], **config})


def _services(found: dict) -> Mapping:
    return _words({"started at boot": found["enabled"], "options of auditd": found["options"], "loads rules": found["loads_rules"]})


def _permissions(found: dict) -> Mapping:
    return _words({path: [entry["mode"], entry["uid"]] for path, entry in found.items()})


def _volume(found: dict) -> Mapping:
    return _words({"mount point that is not mounted": found["not_mounted"], "files without an SELinux label": found["unlabelled"]})


def _boot(found: dict) -> Mapping:
    return _words({word: found[word] for word in ("audit", "audit_backlog_limit")})


# layer, fact of the document, what of it is compared
LAYERS: tuple[tuple[str, str, Callable[[dict], Mapping]], ...] = (
    ("disk", "auditd_conf", _settings), ("disk", "permissions", _permissions),
    ("daemon", "daemon", _daemon), ("kernel", "kernel", _kernel), ("schedule", "rotation", _rotation),
    ("services", "services", _services), ("storage", "volume", _volume), ("boot", "boot", _boot),
)
RULES = (("rules.d", "disk"), ("audit.rules", "compiled"), ("loaded rules", "loaded"))


def _rules(result: Comparison, layer: str, fact: str, documents: tuple[dict, dict]) -> None:
    sets = [(document["rules"] or {}).get(fact) for document in documents]
    if not _seen(result, layer, sets, documents):
        return
    seen = [found for found in sets if found is not None]
    left, right = ([str(rule) for rule in found["rules"]] for found in seen)
    only_left = [rule for rule in left if rule not in set(right)]
    only_right = [rule for rule in right if rule not in set(left)]
    result.same(layer, len(set(left) & set(right)))
    if only_left or only_right:
        result.take(layer, ONLY, only_left, only_right)
    elif runs(left) != runs(right):
        result.take(layer, ORDER, left, right)
    refused = [refusals(found) for found in seen]
    if sorted(refused[0]) != sorted(refused[1]):
        result.take(layer, REFUSED, refused[0], refused[1])
    words = [{option: _word(value) for option, value in found.get("control", {}).items() if option not in IGNORED_CONTROL}
             for found in seen]
    _mappings(result, layer, words)


def refusals(found: dict) -> list[str]:
    """What auditctl refuses of a set of rules, and whether it ends the load there: what stands behind it is not in force then."""
    goes_on = any(option in found.get("control", {}) for option in GOES_ON)
    return [f"{one['token']}: {one['reason']}" + ("; no line behind it is loaded" if one["fatal"] and not goes_on else "")
            for one in found.get("problems") or ()]


def runs(rules: Iterable[str]) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """{list: [(action, rules)]}: within a run of one action the order decides nothing."""
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for rule in rules:
        match = ACTION.match(rule)
        action, number = match.groups() if match else ("always", "exit")
        ordered = found.setdefault(number, [])
        if not ordered or ordered[-1][0] != action:
            ordered.append((action, set()))
        ordered[-1][1].add(rule)
    return {number: [(action, frozenset(members)) for action, members in ordered] for number, ordered in found.items()}
