# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lines of rules files and rules of the kernel came to when they were last read, and which release auditctl said it is of.

A host that compares itself reads the same rules at each run; to read two hundred takes 18 ms of 60 (measured). What a line comes to depends
on its text, the machine and the release; a line that names a user or a group is read each time, and what a -w watches is settled each time.
What a rule of the kernel comes to depends on its bytes and the machine. auditctl is asked once for each file that it is: to start it takes
3 ms, and leaves a record where a rule watches it.
"""

from .rule import Rule, native_machine


class Known(object):
    """``before``: what states() of a run before returned; marshal(3) can write it. ``releases``: {identity of auditctl's file: release}."""

    def __init__(self, before: "tuple | None" = None):
        self._states, self.releases = before or ({}, {})
        self._machine = native_machine()
        self._releases: "dict" = {}  # those that this run asked for
        self._rules: "dict" = {}  # {key: (state, a Rule of it)} of those that this run asked for

    def line(self, text: str, machine: "str | None", release: "tuple | None") -> "Rule | None":
        """The Rule of a line, before it is resolved; None where it is not known."""
        return self._rule((text, machine or self._machine, release))

    def add_line(self, rule: Rule, text: str, machine: "str | None", release: "tuple | None") -> None:
        """Know this rule, which is not resolved yet, for its line."""
        self._add((text, machine or self._machine, release), rule)

    def loaded(self, data: bytes) -> "Rule | None":
        """The Rule of the kernel's bytes; None where they are not known."""
        rule = self._rule((data, self._machine))
        if rule is not None:
            rule.data = data
        return rule

    def add_loaded(self, rule: Rule) -> None:
        self._add((rule.data, self._machine), rule)

    def add_release(self, key: tuple, release: str) -> str:
        self._releases[key] = release
        return release

    def states(self) -> "tuple | None":
        """What the next run is given: all that this run asked for, and nothing else. None where it was given just that."""
        if self._rules.keys() == self._states.keys() and self._releases == self.releases:
            return None
        return {key: state[:-1] + (rule._canonical,) for key, (state, rule) in self._rules.items()}, self._releases

    def _rule(self, key):
        found = self._rules.get(key)
        state = self._states.get(key) if found is None else found[0]
        if state is None:
            return None
        rule = Rule.__new__(Rule)
        (rule.list, rule.action, rule.prepend, rule.delete, rule.mask, rule.all_given, fields, rule.keys, rule.target, rule.watch,
         rule.machine, rule.notes, rule.refused, rule.before, rule._canonical) = state
        rule.fields, rule.file, rule.line, rule.text, rule.data = list(fields), None, None, None, None
        if found is None:
            self._rules[key] = state, rule
        return rule

    def _add(self, key, rule):
        state = (rule.list, rule.action, rule.prepend, rule.delete, rule.mask, rule.all_given, tuple(rule.fields), rule.keys, rule.target,
                 rule.watch, rule.machine, rule.notes, rule.refused, rule.before, None)
        self._rules[key] = state, rule
