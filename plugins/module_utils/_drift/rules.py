# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare rules by meaning: the policy's with rules.d and with audit.rules, which augenrules makes of it.

A file that is written differently but means the same is no drift; so neither comments nor the order of files count, but what
augenrules makes of them does.
"""

from collections.abc import Iterator

from .._rules import files as _files
from .._utf8 import as_text
from . import rule_sets

ABORTS = "%s. At the next boot auditctl stops there: %d of %d rules are loaded, and nothing behind that line."
NO_AUDITD = " auditd.service requires audit-rules.service on this host, so auditd does not start either."
ODD_HANGS = "augenrules waits at this name for good when the host boots: no rule is loaded, and the start of auditd fails."


def compare(sides) -> "Iterator[dict]":
    """The findings of the layers disk (rules.d) and compiled (audit.rules)."""
    if not sides.wanted.get("audit_rules") or sides.live["rules"] is None:
        return
    parsed = sides.parsed
    yield from _next_boot(sides)
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
        yield from _left_out(sides, staged)
        for path in parsed.restorable:
            yield sides.item("disk.rules_d_quarantined." + path.rpartition("/")[2], "there", "in the quarantine")
        for path in staged.quarantined + staged.removed:
            yield sides.item("disk.rules_d_foreign." + path.rpartition("/")[2], "not there", "there")
        # where auditd.service has auditctl load audit.rules, rules.d has no say at the boot: what that file has is compared below
        is_loaded = (sides.live["services"] or {}).get("loader") != "auditctl"
        if staged.files != parsed.files and is_loaded:
            yield from rule_sets.differences(sides, "disk.rules_d", wanted, parsed.disk)
    yield from _audit_rules(sides, wanted)


def _next_boot(sides):
    """What augenrules and auditctl -R make of rules.d as it is, on this host, when it starts again."""
    parsed = sides.parsed
    for odd in parsed.files.odd:
        severity = "critical" if odd.hangs else "info" if odd.is_directory else None
        yield sides.item("disk.rules_d_odd." + odd.path.rpartition("/")[2], "a file", odd.why, severity=severity,
                         why=ODD_HANGS if odd.hangs else None, fix="remove %s" % odd.path)
    disk, needed = parsed.disk, sides.live["rules"]["auditd_needs_rules"]
    stops = disk.aborts_at
    failed = [problem for problem in disk.problems if problem["fatal"] and problem["line"]]
    if stops is not None:
        why = ABORTS % (stops["reason"], len(disk.survivors), len(disk.rules) + len(failed))
        yield sides.item("disk.rules_d.aborts", "loads to its end", _place(stops), why=why + (NO_AUDITD if needed else ""))
    elif failed and needed and "-i" not in disk.control:
        yield sides.item("disk.rules_d.aborts", "loads without an error", _place(failed[0]), why=failed[0]["reason"] + "." + NO_AUDITD)
    elif failed:
        lines = ["%s: %s" % (_place(problem), problem["reason"]) for problem in failed]
        accepted = sides.wanted["audit_rules"].get("on_error") == "skip"
        yield sides.item("disk.rules_d.skipped", "in force", lines[:rule_sets.MOST_RULES], severity="info" if accepted else None)
    limit = str(disk.control.get("-r", "0"))
    if limit != "0" and not rule_sets.wants_rate_limit(sides.wanted["audit_rules"]):
        line = disk.set_by["-r"]
        yield sides.item("disk.rules_d.rate_limit", 0, "%s (%s line %s)" % (limit, line.file, line.number))
    deleted = ["%s (deleted by %s line %s)" % (rule.render(), line.file, line.number) for rule, line in disk.deleted
               if _files.managed(parsed.files.get(rule.file, ""))]
    if deleted:
        yield sides.item("disk.rules_d.deleted", "none of these", deleted[:rule_sets.MOST_RULES])


def _place(problem):
    return "%s line %s: %s" % (problem["file"], problem["line"], problem["token"])


def _left_out(sides, staged):
    """What was asked for and is not in force on this host, each with its reason."""
    parts = {"disk.rules_d.left_out": [], "disk.rules_d.not_on_this_host": []}
    for entry in staged.skipped:
        ident = "left_out" if entry["file"].endswith("/" + _files.LOCAL_FILE) else "not_on_this_host"
        parts["disk.rules_d." + ident].append("%s: %s" % (entry["token"], entry["reason"]))
    for ident, lines in parts.items():
        if lines:
            yield sides.item(ident, "in force", lines)


def _modes(sides):
    for path, entry in sorted(sides.live["rules"]["disk"]["files"].items()):
        if int(entry["mode"], 8) & ~0o640:
            yield sides.item("disk.rules_d_mode." + path.rpartition("/")[2], "0640 or stricter", entry["mode"])


def _links(sides):
    rules = sides.live["rules"]
    ours = {as_text(path) for path, text in sides.parsed.files.items() if _files.managed(text)}  # as the document spells a path
    places = [("disk", entry) for path, entry in sorted(rules["disk"]["files"].items()) if path in ours]
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
        if "rules.compiled" not in sides.parsed.absent:
            yield sides.item("compiled.audit_rules_unread", "readable", sides.live["unavailable"]["rules.compiled"])
        elif wanted.rules or wanted.control:
            yield sides.item("compiled.audit_rules", "present", sides.live["unavailable"]["rules.compiled"])
        return
    aborts = sides.parsed.compiled.aborts_at
    if aborts is not None and sides.parsed.compiled is not sides.parsed.disk:
        where = "line %s: %s" % (aborts["line"], aborts["token"])
        why = "auditctl stops at this line, and nothing after it is loaded: %s" % aborts["reason"]
        yield sides.item("compiled.audit_rules.aborts", "loads to its end", where, why=why)
    for ident, compiled in (("only_there", sides.parsed.compiled), ("previous", sides.parsed.previous)):
        only = _in_no_file(sides.parsed, compiled)
        if only:
            yield rule_sets.rules_item(sides, "compiled.audit_rules." + ident, only, len(only))
    yield from rule_sets.differences(sides, "compiled.audit_rules", wanted, sides.parsed.compiled)


def _in_no_file(parsed, compiled):
    """The rules of audit.rules, or of the one before it, that stand in no file of rules.d: augenrules drops them."""
    if compiled is None or compiled is parsed.disk:
        return []
    known = {rule.canonical for rule in parsed.disk.statements}
    return [rule for rule in compiled.rules if rule.canonical not in known]
