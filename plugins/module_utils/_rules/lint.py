# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong, useless or dear in a set of audit rules that loads."""

from collections import namedtuple

from . import localise as _localise
from . import rule as _rule
from . import syscalls as _syscalls
from . import tables
from .merge import twin_key

Finding = namedtuple("Finding", "kind severity file line rule reason")
NEVER, ALWAYS = 0, 2
PANIC_BACKLOG = 8192  # records; below it -f 2 turns a burst into a panic
TWIN_LISTS = (tables.LISTS["exit"],)


def lint(compiled, host=None) -> "list[Finding]":
    """[Finding] about a C(compiled.Compiled): duplicates by meaning, shadowed rules, missing b32 twins, missing paths, dangerous control.

    ``host`` answers what paths exist; None leaves those questions out. What auditctl refuses is in C(compiled.problems) already.
    """
    found = []
    found.extend(_duplicates(compiled.rules))
    found.extend(_shadowed(compiled.rules))
    found.extend(_without_twin(compiled.rules))
    found.extend(_control(compiled))
    if host is not None:
        found.extend(_missing(compiled.rules, host))
    return found


def _finding(kind, severity, rule, reason):
    return Finding(kind, severity, rule.file, rule.line, rule.render(), reason)


def _duplicates(rules):
    first = {}
    for rule in rules:
        other = first.setdefault(rule.canonical, rule)
        if other is not rule and _rule.same_target(other, rule):
            yield _finding("duplicate", "low", rule, "it means the same as the rule in line %s of %s" % (other.line, other.file))


def _shadowed(rules):
    """A rule behind one that matches all it could match: the first match decides, the later one is never looked at."""
    by_list = {}
    for rule in rules:
        fields = _filters(rule)
        for other, other_fields in by_list.setdefault(rule.list, []):
            if other_fields <= fields and _covers(other, rule) and rule.canonical != other.canonical:
                yield _finding("shadowed", "medium" if rule.action != other.action else "low", rule,
                               "%s in line %s of %s matches all that this rule could" % (other.render(), other.line, other.file))
                break
        if len(by_list[rule.list]) < 2000:
            by_list[rule.list].append((rule, fields))


def _filters(rule):
    return frozenset(field for field in rule.fields)


def _covers(other, rule):
    if rule.list not in tables.SYSCALL_LISTS:
        return True
    if any(number in (tables.PATH, tables.DIR) for number, _operator, _value in rule.fields) and rule.path != other.path:
        return False  # the kernel keeps watches apart from the rules of system calls
    return other.is_all or other.mask & rule.mask == rule.mask


def _without_twin(rules):
    seen = set()
    for rule in rules:
        if rule.has_arch:
            seen.add((rule.arch, twin_key(rule)))
    for rule in rules:
        if rule.list in TWIN_LISTS and rule.action == ALWAYS and rule.has_arch and rule.arch in tables.TWINS:
            twin = tables.TWINS[rule.arch]
            if (twin, twin_key(rule)) not in seen and _any_call_on(rule, twin):
                yield _finding("no_b32_twin", "low", rule, "32-bit programs make the same calls unseen: no rule like it has arch=b32")


def _any_call_on(rule, machine):
    if rule.is_all:
        return True
    names, numbers = _syscalls.names(rule.arch) or {}, _syscalls.numbers(machine) or {}
    return any(names.get(number) in numbers for number in rule.syscalls())


def _control(compiled):
    control = compiled.control
    file = compiled.rules[0].file if compiled.rules else None
    if control.get("-f") == "2":
        backlog = int(control.get("-b", 64))
        if backlog < PANIC_BACKLOG:
            yield Finding("backlog_with_panic", "high", file, None, "-b %d" % backlog,
                          "-f 2 panics the kernel when a backlog of %d records is full; have %d or more" % (backlog, PANIC_BACKLOG))
    if control.get("-r", "0") != "0":
        yield Finding("rate_limit", "medium", file, None, "-r %s" % control["-r"], "records above %s a second are lost" % control["-r"])
    if control.get("-e") == "0":
        yield Finding("disabled", "high", file, None, "-e 0", "-e 0 switches auditing off")


def _missing(rules, host):
    for rule in rules:
        why = _localise.missing_path(host, rule)
        if why:
            yield _finding("missing_path", "medium", rule, "%s: the kernel refuses the rule, and auditctl -R stops there" % why)


def cost(rules: "list") -> dict:
    """{walked, by_syscall}: how many rules each system call is held against, and the most that one call of each arch meets.

    The kernel walks its whole exit list for every call and skips by mask; path= rules wait at their inode (kernel/auditsc.c).
    """
    walked = [rule for rule in rules if rule.list == tables.LISTS["exit"] and not any(field[0] == tables.PATH for field in rule.fields)]
    dearest = {}
    for machine in {rule.arch for rule in walked}:
        mine = [rule for rule in walked if not rule.has_arch or rule.arch == machine]
        counts = {}
        for rule in mine:
            if not rule.is_all:
                for number in rule.syscalls():
                    counts[number] = counts.get(number, 0) + 1
        everywhere = sum(1 for rule in mine if rule.is_all)
        names = _syscalls.names(machine) or {}
        top = max(counts, key=lambda number: (counts[number], -number)) if counts else None
        dearest[str(machine)] = {"syscall": names.get(top, top), "rules": everywhere + counts.get(top, 0)}
    return {"walked": len(walked), "by_syscall": dearest}
