# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role audit_rules that the rules of a host mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.auditops.auditd.plugins.module_utils._rules import silence

from . import benchmarks
from .found import Adopted, Entry, Source, Variable
from .rule_lines import HostRules, Reader, RuleLine

DEFAULT_BACKLOG, DEFAULT_WAIT = 8192, 60000
EXCEPTIONS_FILE = "11-adopted-exceptions.rules"  # read before those of benchmarks
NUMBERS = (
    ("-b", "audit_rules_backlog_limit"), ("-f", "audit_rules_failure"), ("--backlog_wait_time", "audit_rules_backlog_wait_time"),
    ("-r", "audit_rules_rate_limit"),
)
# option of auditctl, the variable that says it, {value of the option: value of the variable}
SWITCHES: tuple[tuple[str, str, dict[str, bool | str]], ...] = (
    ("-e", "audit_rules_immutable", {"2": True, "1": False}), ("--loginuid-immutable", "audit_rules_loginuid_immutable", {"True": True}),
    ("-c", "audit_rules_on_error", {"True": "skip"}), ("-i", "audit_rules_on_error", {"True": "skip"}),
)
NOT_READ = ("{path}: augenrules does not read it (no file, or a name that begins with a dot or does not end with .rules): nothing of it "
            "is in force, and nothing of it is in the variables")
LOADED_ALONE = "the kernel has a rule that stands in no file, and will be gone at the next boot: {rule}"
UNSTATED = "{option} is not stated by the rules; the role always states it ({value})"


def read(document: dict, adopted: Adopted) -> HostRules | None:
    if document["rules"] is None:
        adopted.note(f"the rules were not read: {document['unavailable'].get('rules', 'unknown')}")
        return None
    for odd in _unread(document):
        adopted.note(odd)
    return Reader(document, adopted).read()


def _unread(document: dict) -> list[str]:
    loaded, disk = document["rules"]["loaded"], document["rules"]["disk"]
    passed_over = [NOT_READ.format(path=path) for path in disk.get("not_read", ())]
    if not loaded:
        return passed_over
    known = {*disk["rules"], *(document["rules"]["compiled"] or {"rules": ()})["rules"]}
    return passed_over + [LOADED_ALONE.format(rule=rule) for rule in loaded["rules"] if rule not in known]


def panics(control: Mapping[str, tuple[object, Source]]) -> Source | None:
    """Where -f 2 is said; None where it is not."""
    said = control.get("-f")
    return said[1] if said is not None and str(said[0]) == "2" else None


def adopt(found: HostRules, document: dict, adopted: Adopted) -> None:
    """Fill in the audit_rules_* variables."""
    matched = benchmarks.match(frozenset(line.rule.canonical for line in found.lines), document)
    _profiles(matched, found, adopted)
    first = _exceptions(found.lines, matched.cover)
    rest = [line for line in found.lines if line.rule.canonical not in matched.cover and line not in first]
    take(first, rest, adopted)
    for line in found.lines:
        if line.rule.canonical in matched.cover:
            adopted.lines["rule"] -= 1
            adopted.lines["rule of a benchmark"] += 1
            _note_comments(line.comments, adopted)
    _note_comments(found.rest, adopted)
    for rule in silence.silencing([line.rule for line in found.lines]):
        adopted.dangers.append(f"{rule.text.strip()} leaves the kernel with nothing to record of its list: it is in the variables")
    if found.only_compiled:
        adopted.note(f"{found.only_compiled} rules stand in audit.rules alone, where augenrules would drop them; "
                     "they are in the variables, and remediate writes them to rules.d")
    control(found.control, adopted)
    for option, default in (("-b", DEFAULT_BACKLOG), ("-f", _default_failure(adopted)), ("--backlog_wait_time", DEFAULT_WAIT)):
        if option not in found.control:
            adopted.note(UNSTATED.format(option=option, value=default))


def take(first: Sequence[RuleLine], rest: Sequence[RuleLine], adopted: Adopted) -> None:
    """The rules that no benchmark has: ``first`` stand before those of benchmarks, ``rest`` behind them."""
    if first:
        _whole_file(first, adopted)
    if rest:
        items = _items(rest)
        sources = {place: item.source for place, item in enumerate(items)}
        adopted.variables["audit_rules_extra"] = Variable([item.text for item in items], _meaning(rest), sources)


def _profiles(matched: benchmarks.Match, found: HostRules, adopted: Adopted) -> None:
    if not matched.names:
        return
    sources = {None: next(line.entry.source for line in found.lines if line.rule.canonical in matched.cover)}
    variables = adopted.variables
    variables["audit_rules_profiles"] = Variable(list(matched.names), matched.names, sources)
    if matched.skip:
        skip = [f"control:{name}" for name, _ids in matched.skip]
        variables["audit_rules_skip"] = Variable(skip, tuple(skip), sources)
        for name, ids in matched.skip:
            adopted.note(f"the benchmark's control {name} ({', '.join(ids)}) is not on the host as its checkers read it: "
                         "it is in audit_rules_skip")
    variables["audit_rules_privileged"] = Variable(benchmarks.PRIVILEGED, benchmarks.PRIVILEGED, sources)


def _exceptions(lines: Sequence[RuleLine], cover: frozenset[str]) -> list[RuleLine]:
    """Rules that stand before one of a benchmark on the same list and are of the other action: audit_rules_extra comes behind them."""
    later: set[tuple[int, int]] = set()
    found = []
    for line in reversed(lines):
        rule = line.rule
        if rule.canonical in cover:
            later.add((rule.list, rule.action))
        elif any(number == rule.list and action != rule.action for number, action in later):
            found.append(line)
    return found[::-1]


def _whole_file(lines: Sequence[RuleLine], adopted: Adopted) -> None:
    text = "".join(item.text + "\n" for item in _items(lines))
    adopted.variables["audit_rules_files"] = Variable({EXCEPTIONS_FILE: text}, _meaning(lines), {EXCEPTIONS_FILE: lines[0].entry.source})


def _items(lines: Sequence[RuleLine]) -> list[Entry]:
    return [item for line in lines for item in (*line.comments, line.entry)]


def _meaning(lines: Sequence[RuleLine]) -> tuple:
    """Equal for rules that do the same: within a list the order counts only between rules of different actions."""
    runs: dict[int, list[tuple[int, set]]] = {}
    for line in lines:
        rule = line.rule
        ordered = runs.setdefault(rule.list, [])
        if not ordered or ordered[-1][0] != rule.action:
            ordered.append((rule.action, set()))
        ordered[-1][1].add((rule.canonical, rule.prepend))
    return tuple((number, tuple((action, frozenset(rules)) for action, rules in ordered)) for number, ordered in sorted(runs.items()))


def _note_comments(comments: Sequence[Entry], adopted: Adopted) -> None:
    for comment in comments:
        adopted.comments.append(f"{comment.source.path} line {comment.source.line}: {comment.text.strip()}")


def _default_failure(adopted: Adopted) -> int:
    policy = adopted.variables.get("auditd_failure_policy")
    return 2 if policy is not None and policy.value == "stop_host" else 1


def control(words: Mapping[str, tuple[object, Source]], adopted: Adopted) -> None:
    """The variables of words {option of auditctl: (value, where it stood)} that are no rules; auditd_failure_policy is there already."""
    defaults = {"-b": DEFAULT_BACKLOG, "-f": _default_failure(adopted), "--backlog_wait_time": DEFAULT_WAIT, "-r": None}
    for option, name in NUMBERS:
        if option in words and int(str(words[option][0])) != defaults[option]:
            value, source = words[option]
            adopted.variables[name] = _variable(int(str(value)), source)
    for option, name, by_value in SWITCHES:
        if option not in words:
            continue
        value, source = words[option]
        if str(value) in by_value:
            adopted.variables[name] = _variable(by_value[str(value)], source)
        else:
            adopted.note(f"{option} {value} switches auditing off: no variable says that")


def _variable(value: int | bool | str, source: Source) -> Variable:
    return Variable(value, value, {None: source})
