# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modes, owners and groups of the files of audit, where a benchmark that the policy chose bounds them."""

from collections.abc import Iterator

from .._library.bounds import PARTS, Bounds

SET_BY_ROLE = ("settings", "rules", "compiled")
FIX_BY_HAND = "chmod %04o %s; chown root:root %s"
FIX_TOOL = FIX_BY_HAND + "; or install its package again"
FIX_LOG = "auditd sets it by log_group at its next start or rotation; %s" % FIX_BY_HAND
SHIPPING = "read by %s for shipping"
MORE_THAN_READING = 0o022  # who may write there is no shipper


def compare(sides) -> "Iterator[dict]":
    """One finding for each file that is looser than a chosen benchmark allows."""
    for path, facts, bound, wrong in _beyond(sides):
        if _reader(facts, wrong) is None:
            ids = sorted({number for part in wrong for number in bound.ids[part]})
            yield sides.item("disk.files." + path[1:].replace("/", "."), _expected(bound), _actual(facts), controls=ids,
                             fix=_fix(path, facts["kind"], bound), step=None if facts["kind"] in SET_BY_ROLE else "")


def waived(sides) -> "list[dict]":
    """Bounds that are set aside because an access control list lets somebody read: [{controls, subject, benchmark, policy, reason,
    compensating}]."""
    found = []
    for path, facts, bound, wrong in _beyond(sides):
        reader = _reader(facts, wrong)
        if reader is not None:
            found.append({
                "controls": sorted({number for part in wrong for number in bound.ids[part]}), "subject": path,
                "benchmark": _expected(bound), "policy": _actual(facts), "reason": SHIPPING % reader,
                "compensating": "the access control list names who reads, and audit_drift reports whoever can write"})
    return found


def excepted(sides) -> "list[tuple[dict, str]]":
    """[(exception, id)] of the bounds that a register of exceptions sets aside, where the host is beyond them."""
    found = []
    for path, _facts, bound, wrong in _beyond(sides, whole=True) if sides.parsed.exceptions is not None else ():
        for number in sorted({number for part in wrong for number in bound.ids[part]}):
            entry = sides.parsed.exceptions.of_file(number.partition(":")[0], path)
            if entry is not None:
                found.append((entry, number))
    return found


def of_packages(sides) -> "list[tuple[str, str, list[str]]]":
    """[(path, what the package manager says of it, ids)] of the files of packages that benchmarks gave a stricter mode."""
    bounds = Bounds(sides.demands.library["benchmarks"], sides.parsed.benchmarks)
    found = []
    for path, said in sorted(sides.parsed.package_modes.items()):
        facts = (sides.live["files"] or {}).get(path)
        if facts is None:
            continue
        bound = bounds.of(path, facts["kind"])
        if bound is not None and bound.ids["mode"] and not int(facts["mode"], 8) & ~bound.most:
            found.append((path, said, bound.ids["mode"]))
    return found


def _beyond(sides, *, whole=False):
    """(path, facts, Bound, [part]) of the files that are not within their bounds; ``whole``: whatever the exceptions say."""
    exceptions = None if whole else sides.parsed.exceptions
    bounds = Bounds(sides.demands.library["benchmarks"], sides.parsed.benchmarks, exceptions)
    if not bounds.names:
        return
    log_group = sides.effective.get("log_group")
    for path, facts in sorted((sides.live["files"] or {}).items()):
        bound = bounds.of(path, facts["kind"], log_group)
        wrong = [part for part in PARTS if bound is not None and bound.ids[part] and not _holds(part, facts, bound, log_group)]
        if wrong:
            yield path, facts, bound, wrong


def _holds(part, facts, bound, log_group):
    if part == "mode":
        return not int(facts["mode"], 8) & ~bound.most
    if part == "owner":
        return facts["uid"] == 0
    return facts["gid"] == 0 or facts["kind"].startswith("log") and log_group not in (None, "root")


def _reader(facts, wrong):
    """Whom an access control list lets read, where that alone is what goes beyond a bound; None else."""
    mask_alone = wrong == ["mode"] and not int(facts["mode"], 8) & (MORE_THAN_READING | 0o007)
    return ", ".join(facts["readers"]) if facts["readers"] and mask_alone else None


def _fix(path, kind, bound):
    text = {"tool": FIX_TOOL, "log": FIX_LOG, "log_directory": FIX_LOG}.get(kind, FIX_BY_HAND)
    most = 0o640 if bound.most is None else bound.most
    return "role audit_rules with this benchmark among audit_rules_profiles" if kind in SET_BY_ROLE else text % (most, path, path)


def _expected(bound):
    words = [] if bound.most is None else ["mode %04o or stricter" % bound.most]
    return ", ".join(words + ["%s root" % part for part in ("owner", "group") if bound.ids[part]])


def _actual(facts):
    names = ["%s %s" % (part, "root" if facts[number] == 0 else facts[number]) for part, number in (("owner", "uid"), ("group", "gid"))]
    return "mode %s, %s" % (facts["mode"], ", ".join(names))
