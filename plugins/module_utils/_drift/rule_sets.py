# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How two sets of rules differ, as findings, and which rules silence all others: for the files and for the kernel alike."""

import operator

from .._rules import delta, tables
from .._rules.files import managed

NEVER = 0  # the action
SYSCALL = 1300  # the record of a system call, linux/audit.h: without it no rule of the exit list is reported
COMPARE = {"=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
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
    for kind, rules, count in (("missing", comparison.missing, len(wanted.rules)), ("extra", comparison.extra, len(have.rules))):
        if rules:
            yield rules_item(sides, "%s.%s" % (prefix, kind), rules, count)
    for option in sorted(set(wanted.control) | set(have.control)):
        if option in ("-D", "-c", "-i"):
            continue
        if str(wanted.control.get(option)) != str(have.control.get(option)):
            yield sides.item(
                "%s.control.%s" % (prefix, option.lstrip("-")), _option(option, wanted.control), _option(option, have.control),
                severity="high" if option == "-f" and str(have.control.get(option)) == "2" else None)


def _option(option, control):
    if option not in control:
        return "no " + option
    return option if control[option] is True else "%s %s" % (option, control[option])


def rules_item(sides, ident, rules, count):
    """What is missing stands under expected, with its controls, what is too much under actual; the other side says how many there are."""
    lines = sorted(rule.render() for rule in rules)
    shown = lines[:MOST_RULES] + (["and %d more" % (len(lines) - MOST_RULES)] if len(lines) > MOST_RULES else [])
    if not ident.endswith(".missing"):
        return sides.item(ident, "none of these", shown)
    controls = sides.parsed.chosen.controls if sides.parsed.chosen else {}
    ids = {number for rule in rules for number in controls.get((rule.text or "").strip(), ())}
    return sides.item(ident, shown, "%d of %d rules missing" % (len(lines), count), controls=sorted(ids))


def silencing(sides, rules):
    """[rule with its place] of those that leave the kernel with little or nothing to record and are not the policy's own."""
    parsed = sides.parsed
    ours = {rule.canonical for rule in parsed.disk.rules if is_silencing(rule) and managed(parsed.files.get(rule.file, ""))}
    return ["%s%s" % (rule.render(), " (%s line %s)" % (rule.file, rule.line) if rule.file else "")
            for rule in rules if is_silencing(rule) and rule.canonical not in ours]


def is_silencing(rule):
    """Whether a rule leaves nothing to record: never on all of a list, or an exclude that takes the records of system calls."""
    fields = [field for field in rule.fields if field[0] not in (tables.ARCH, tables.KEY)]
    if rule.list == tables.LISTS["exclude"]:
        return bool(fields) and all(number == tables.MSGTYPE and COMPARE.get(_word(compare), operator.ne)(SYSCALL, value)
                                    for number, compare, value in fields)
    if rule.action != NEVER or fields:
        return False
    return rule.list == tables.LISTS["task"] or rule.list == tables.LISTS["exit"] and rule.is_all


def _word(compare):
    return tables.OPERATOR_NAMES.get(compare, compare)
