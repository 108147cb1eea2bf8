# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that stand in audit.rules alone: written there by hand, also below augenrules' header, or for a unit that knows no augenrules.

Whoever puts audit.rules together again from rules.d drops them. Where the policy keeps other people's rules they become a rules file of
their own, which is nobody's but the host's: it has no mark of ours, and stays whatever the policy becomes.
"""

from . import compiled as _compiled
from . import grammar as _grammar
from . import rule as _rule
from . import silence, tables

NAME = "60-from-audit-rules%s.rules"
FIRST_NAME = "12-from-audit-rules%s.rules"  # read before the rules of others, which an exception (never) has to precede
NOTE = "## These rules stood in audit.rules alone, which is made of the files in this directory: they are kept here\n"
NEVER = tables.ACTIONS["never"]
CONTROL = ("-b", "-e", "-f", "-r", "--backlog_wait_time", "--loginuid-immutable")  # what a handwritten audit.rules sets besides rules


def taken_over(
        host, current: "dict[str, str]", wanted: "dict[str, str]", release: "str | None" = None, **options) -> "tuple[str, str] | None":
    """(path, text) of the rules file that keeps what stands in audit.rules alone; None where there is nothing to keep.

    ``current`` {path: text}: rules.d, ``wanted``: what a policy writes there. ``options``: of C(compiled.parse_rules_file), with
    ``refused``: what the kernel would refuse is not kept, for at the next boot nothing behind it would be loaded.
    """
    text = host.text(_compiled.AUDIT_RULES)
    if not text or not text.strip() or _says_nothing_else(text, [*current.values(), *wanted.values()]):
        return None
    if text.startswith(_compiled.HEADER) and not _edited_last(host, current):
        return None  # a file of rules.d has changed since augenrules made it: what it has more may be what somebody took out there
    written = _compiled.parse_rules_file(text, release=release, **options)
    known = _statements([*current.values(), *wanted.values()], release, options)
    silent = {rule.canonical for rule in silence.silencing(written.rules)}  # one that switches auditing off has its copy, and no more
    kept = [rule for rule in written.rules if rule.canonical not in known and rule.canonical not in silent]
    lines = ["%s\n" % rule.text.strip() for rule in sorted(kept, key=_line)]
    if not text.startswith(_compiled.HEADER):
        stated = _compiled.control_of(current, release)
        lines += [_word(option, written.control[option]) for option in CONTROL if option in written.control and option not in stated]
    if not lines:
        return None
    name = FIRST_NAME if any(rule.action == NEVER for rule in kept) else NAME
    return _free(name, current), NOTE + "".join(lines)


def _edited_last(host, current):
    """Whether audit.rules was written after everything in rules.d, so that what it has more was written into it."""
    written = host.stat(_compiled.AUDIT_RULES)
    others = [host.stat(path) for path in [_compiled.RULES_D, *current]]
    return all(written.st_mtime_ns > other.st_mtime_ns for other in others if other is not None)


def _says_nothing_else(text, texts):
    """Whether each line is one of rules.d, as augenrules leaves it: nothing has to be parsed then."""
    known = {line.strip() for written in texts for line in written.split("\n")}
    return all(line.strip() in known or line.startswith("#") for line in text.split("\n") if line.strip())


def _line(rule):
    return rule.line


def _word(option, value):
    return option + "\n" if value is True else "%s %s\n" % (option, value)


def _statements(texts, release, options):
    """The canonical spelling of every rule in the texts, also of those that are deleted or refused further on."""
    found = set()
    parse = {name: value for name, value in options.items() if name != "refused"}
    for text in texts:
        for line in text.split("\n"):
            try:
                statement = _grammar.parse(line, release=release, **parse)
            except _rule.RuleError:
                continue
            if isinstance(statement, _rule.Rule):
                found.add(statement.canonical)
    return found


def _free(name, current):
    """A name that rules.d does not have yet."""
    number = 1
    path = "%s/%s" % (_compiled.RULES_D, name % "")
    while path in current:
        number += 1
        path = "%s/%s" % (_compiled.RULES_D, name % ("-%d" % number))
    return path
