# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How two sets of rules differ, as findings, and which rules silence all others: for the files and for the kernel alike."""

from .._rules import compiled, delta, finalize, silence
from .._rules.files import managed

BEATEN = "%s line %s has the last word at the next boot, not the policy."
MOST_RULES = 100  # of one finding; the count is in its other value


def wanted(sides):
    """_rules.compiled.Compiled of what rules.d is to be; None where the policy cannot be had on this host."""
    parsed = sides.parsed
    if parsed.profiles_refused or parsed.rules_refused:
        return None
    return parsed.staged.compiled if parsed.staged is not None else parsed.disk


def differences(sides, prefix, wanted, have):
    """Findings for missing and extra rules and for other control options of a file."""
    comparison = delta.compare(wanted.rules, have.rules)
    missing, otherwise = by_coverage(sides, comparison.missing, have.rules)
    if otherwise:
        yield rules_item(sides, prefix + ".written_otherwise", otherwise, len(wanted.rules))
    for kind, rules, count in (("missing", missing, len(wanted.rules)), ("extra", comparison.extra, len(have.rules))):
        if rules:
            yield rules_item(sides, "%s.%s" % (prefix, kind), rules, count)
    if comparison.out_of_order:
        yield sides.item(prefix + ".order", "the order of the policy", [rule.render() for rule in comparison.out_of_order][:MOST_RULES])
    for option in sorted(set(wanted.control) | set(have.control)):
        if option in ("-D", "-c", "-i"):
            continue
        if str(wanted.control.get(option)) != str(have.control.get(option)):
            line = have.set_by.get(option)
            theirs = line is not None and line.file != compiled.AUDIT_RULES and not managed(sides.parsed.files.get(line.file, ""))
            panics = option == "-f" and str(have.control.get(option)) == finalize.PANIC
            yield sides.item(
                "%s.control.%s" % (prefix, option.lstrip("-")), _option(option, wanted.control), _option(option, have.control),
                severity="high" if theirs or panics else None, why=BEATEN % (line.file, line.number) if theirs else None)


def by_coverage(sides, missing, have):
    """(missing rules, those of them whose benchmark has all it demands recorded by the rules that are there, written otherwise).

    A rule of the user's own is wanted as it stands, with its key.
    """
    chosen = sides.parsed.chosen
    of_benchmarks, meant = (chosen.controls, chosen.meant) if chosen else ({}, {})
    recorded = sides.recorded(have) if missing and of_benchmarks else None
    lacking, otherwise = [], []
    for rule in missing:
        line = (rule.text or "").strip()
        same = recorded is not None and line in of_benchmarks and recorded.why_not(meant.get(line, rule)) is None
        (otherwise if same else lacking).append(rule)
    return lacking, otherwise


def wants_rate_limit(policy):
    """Whether the policy itself limits the records a second."""
    if (policy.get("control") or {}).get("rate_limit"):
        return True
    return any(line.startswith("-r ") for text in (policy.get("files") or {}).values() for line in text.split("\n"))


def _option(option, control):
    if option not in control:
        return "no " + option
    return option if control[option] is True else "%s %s" % (option, control[option])


def rules_item(sides, ident, rules, count):
    """What is missing stands under expected, with its controls, what is too much under actual; the other side says how many there are."""
    lines = sorted(rule.render() for rule in rules)
    shown = lines[:MOST_RULES] + (["and %d more" % (len(lines) - MOST_RULES)] if len(lines) > MOST_RULES else [])
    if not ident.endswith((".missing", ".written_otherwise")):
        return sides.item(ident, "none of these", shown)
    controls = sides.parsed.chosen.controls if sides.parsed.chosen else {}
    ids = {number for rule in rules for number in controls.get((rule.text or "").strip(), ())}
    said = "%d of %d rules missing" if ident.endswith(".missing") else "%d of %d rules written otherwise"
    return sides.item(ident, shown, said % (len(lines), count), controls=sorted(ids) if ident.endswith(".missing") else [])


def silencing(sides, rules):
    """[rule with its place] of those that leave the kernel with little or nothing to record and are not the policy's own."""
    parsed = sides.parsed
    ours = {rule.canonical for rule in parsed.disk.rules if managed(parsed.files.get(rule.file, ""))}
    found = silence.silencing(rules)
    found += [rule for rule in silence.shadowing(rules, lambda other: other.canonical in ours) if rule not in found]
    return ["%s%s" % (rule.render(), " (%s line %s)" % (rule.file, rule.line) if rule.file else "")
            for rule in found if rule.canonical not in ours]
