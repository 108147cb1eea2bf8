# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare rules by meaning: the policy's with rules.d and with audit.rules, which augenrules makes of it.

A file that is written differently but means the same is no drift; so neither comments nor the order of files count, but what
augenrules makes of them does.
"""

from .._rules import files as _files
from . import rule_sets


def compare(sides):
    """The findings of the layers disk (rules.d) and compiled (audit.rules)."""
    if not sides.wanted.get("audit_rules") or sides.live["rules"] is None:
        return
    parsed = sides.parsed
    yield from _modes(sides)
    yield from _links(sides)
    yield from _silent(sides)
    for reasons, expected in ((parsed.profiles_refused, "profiles that this host can have"),
                              (parsed.rules_refused, "rules that this host can load")):
        if reasons:
            yield sides.item("disk.rules_d.policy", expected, reasons)
    wanted = rule_sets.wanted(sides)
    if wanted is None:
        return
    staged = parsed.staged
    if staged is not None:
        for path in staged.quarantined + staged.removed:
            yield sides.item("disk.rules_d_foreign." + path.rpartition("/")[2], "not there", "there")
        if staged.files != parsed.files:
            yield from rule_sets.differences(sides, "disk.rules_d", wanted, parsed.disk)
    yield from _audit_rules(sides, wanted)


def _modes(sides):
    for path, entry in sorted(sides.live["rules"]["disk"]["files"].items()):
        if int(entry["mode"], 8) & ~0o640:
            yield sides.item("disk.rules_d_mode." + path.rpartition("/")[2], "0640 or stricter", entry["mode"])


def _links(sides):
    rules = sides.live["rules"]
    places = [("disk", entry) for path, entry in sorted(rules["disk"]["files"].items()) if _files.managed(sides.parsed.files[path])]
    for layer, entry in places + ([("compiled", rules["compiled"])] if rules["compiled"] else []):
        if entry["link"] is not None:
            name = entry["path"].rpartition("/")[2]
            yield sides.item("%s.rules_link.%s" % (layer, name), "a file", "a symbolic link to " + entry["link"])


def _silent(sides):
    found = rule_sets.silencing(sides, sides.parsed.disk.rules)
    if found:
        yield sides.item("disk.rules_d_silent", "no rule that switches auditing off", found)


def _audit_rules(sides, wanted):
    if sides.live["rules"]["compiled"] is None:
        if wanted.rules or wanted.control:
            yield sides.item("compiled.audit_rules", "present", sides.live["unavailable"]["rules.compiled"])
        return
    aborts = sides.parsed.compiled.aborts_at
    if aborts is not None:
        where = "line %s: %s" % (aborts["line"], aborts["token"])
        why = "auditctl stops at this line, and nothing after it is loaded: %s" % aborts["reason"]
        yield sides.item("compiled.audit_rules.aborts", "loads to its end", where, why=why)
    yield from rule_sets.differences(sides, "compiled.audit_rules", wanted, sides.parsed.compiled)
