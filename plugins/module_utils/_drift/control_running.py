# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on "the running and the on-disk configuration are the same": rules.d, what augenrules made of it, and what the kernel has.

What a checker runs is C(augenrules --check), which compares rules.d with audit.rules; it asks no kernel, and this does.
"""

from .._rules import delta

ONLY_WRITTEN = "audit.rules has the same rules, written otherwise than augenrules would write them: augenrules --check reports a change"


def verdict(sides) -> "tuple[str, str]":
    """(status, why); fail as soon as two of the three differ, not_checked where one of them could not be seen."""
    parsed, unavailable = sides.parsed, sides.live["unavailable"]
    if parsed.disk is None:
        return "not_checked", "the rules could not be read: %s" % unavailable.get("rules", "not available here")
    if parsed.compiled is None:
        if "rules.compiled" in parsed.absent:
            return "fail", "there is no audit.rules: augenrules --load was never run"
        return "not_checked", "audit.rules could not be read: %s" % unavailable.get("rules.compiled", "not available here")
    differs = _differs("rules.d", parsed.disk.rules, "audit.rules", parsed.compiled.rules) or _options(parsed)
    if not differs and parsed.loaded is not None:
        differs = _differs("rules.d", parsed.disk.rules, "the kernel", parsed.loaded)
    if differs:
        return "fail", differs
    if parsed.loaded is None:
        return "not_checked", "audit.rules is what rules.d makes; the kernel could not be asked: %s" % unavailable.get(
            "rules.loaded", "not available here")
    return "pass", "" if parsed.compiled.text == parsed.disk.text else ONLY_WRITTEN


def _differs(one, rules, other, others):
    found = delta.compare(rules, others)
    for kind, differing in (("lacks", found.missing), ("has besides", found.extra), ("has in another order", found.out_of_order)):
        if differing:
            more = " and %d more" % (len(differing) - 1) if len(differing) > 1 else ""
            return "%s %s, compared with %s: %s%s" % (other, kind, one, differing[0].render(), more)
    return None


def _options(parsed):
    """What augenrules would write for the kernel's switches and is not in audit.rules."""
    disk, compiled = parsed.disk.control, parsed.compiled.control
    for option in sorted(set(disk) | set(compiled)):
        if str(disk.get(option)) != str(compiled.get(option)):
            return "audit.rules and rules.d differ in %s" % option
    return None
