# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the kernel with the policy: its switches and limits, the rules it has loaded and their order."""

from collections.abc import Iterator

from .._policy import locks
from .._rules import delta
from . import rule_sets

# option -> word of struct audit_status
LOCKS_AT_BOOT = {"severity": "info", "why": "A rules file locks the rules (-e 2), which takes effect at the next boot.",
                 "fix": "nothing to do; audit_rules_immutable: true locks them now"}
STATUS_WORDS = (("-f", "failure"), ("-b", "backlog_limit"), ("--backlog_wait_time", "backlog_wait_time"))


def compare(sides) -> "Iterator[dict]":
    """The findings of the layer kernel."""
    status = (sides.live["kernel"] or {}).get("status")
    if status is None or not sides.wanted.get("audit_rules") or sides.live["rules"] is None:
        return
    if status.get("rate_limit") and not rule_sets.wants_rate_limit(sides.wanted["audit_rules"]):
        yield sides.item("kernel.rate_limit", 0, status["rate_limit"])
    silent = rule_sets.silencing(sides, sides.parsed.loaded or ())
    if silent:
        yield sides.item("kernel.rules.silent", "no rule that switches auditing off", silent)
    wanted = rule_sets.wanted(sides)
    if wanted is None:
        return
    yield from _status(sides, status, wanted.control)
    if sides.parsed.loaded is not None:
        yield from _rules(sides, wanted, status.get("enabled") == 2)


def _status(sides, status, control):
    policy = sides.wanted["audit_rules"]
    enabled, wanted_enabled = status.get("enabled"), str(control.get("-e", ""))
    if enabled == 0 and wanted_enabled != "0":
        yield sides.item("kernel.enabled", "1 or 2", 0)
    elif enabled == 1 and wanted_enabled == "2":
        yield sides.item("kernel.immutable", 2, 1, **({} if locks(policy) else LOCKS_AT_BOOT))
    elif enabled == 2 and wanted_enabled in ("0", "1"):
        yield sides.item("kernel.locked", int(wanted_enabled), 2)
    for option, word in STATUS_WORDS:
        value = str(control.get(option, ""))
        if not value.isdecimal() or status.get(word) is None or int(value) == status[word]:
            continue
        severity = why = None
        if word == "failure" and status[word] == 2:
            severity = "critical"
            why = "Today the kernel panics, which stops the host at once, when it cannot queue a record; the policy chose otherwise."
        elif word == "backlog_limit" and status[word] > int(value):
            if (policy.get("control") or {}).get(word) is None:
                continue  # nobody asked for less
            severity = "low"
        yield sides.item("kernel." + word, int(value), status[word], severity=severity, why=why)
    if status.get("lost"):
        yield sides.item("kernel.lost", 0, status["lost"])


def _rules(sides, wanted, locked):
    parsed = sides.parsed
    comparison = delta.compare(wanted.rules, parsed.loaded)
    missing, otherwise = rule_sets.by_coverage(sides, comparison.missing, parsed.loaded)
    if otherwise:
        yield rule_sets.rules_item(sides, "kernel.rules.written_otherwise", otherwise, len(wanted.rules))
    found = [rule_sets.rules_item(sides, "kernel.rules." + kind, rules, len(wanted.rules))
             for kind, rules in (("missing", missing), ("extra", comparison.extra)) if rules]
    if comparison.out_of_order:
        lines = [rule.render() for rule in comparison.out_of_order]
        found.append(sides.item("kernel.rules.order", "the order of rules.d", lines))
    if not (found and locked):
        yield from found
        return
    staged = parsed.compiled is not None and not any(delta.compare(wanted.rules, parsed.compiled.rules)[:2])
    if staged:
        after = "%d rules after the next boot" % len(wanted.rules)
        yield sides.item("kernel.reboot_required", after, "%d rules, locked" % len(parsed.loaded))
    else:
        for finding in found:
            yield dict(finding, fix=finding["fix"] + ", then reboot: the rules are locked (-e 2)")
