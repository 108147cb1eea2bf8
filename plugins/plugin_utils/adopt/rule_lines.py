# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a host's rules, each with what becomes of it."""

from __future__ import annotations

import functools
import os
import zlib
from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.auditops.auditd.plugins.module_utils._release import release_tuple
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled, files, grammar
from ansible_collections.auditops.auditd.plugins.module_utils._rules.localise import AUDIT_RULES, UID_MIN_WORD
from ansible_collections.auditops.auditd.plugins.module_utils._rules.rule import Directive, Rule, RuleError

from .found import Adopted, Entry, Source

# What becomes of a line
TAKEN, BLANK, COMMENT, OURS, CONTROL, LISTED = "rule", "blank", "comment", "of this collection", "control word", "listed"
COMPILED = "of audit.rules as rules.d has it"
# A role would take these comments for its own notes, and put what stands behind them in force
JOINED = "no lines of their own"
NOTES_OF_OURS = ("## also in ", "## twice in this file, left out here: ", "## refused by auditctl (", "## left out, ", files.MARK)
NO_UTF8 = "\ufffd"
# Reasons of a host against a line that are judged here, or that another host may not have
JUDGED_HERE = ("there is no ", "Rule exists", "no rule to delete")
PANICS_THERE = "-f 2 in /etc/audit/audit.rules lets the kernel panic when it cannot record, wherever that file is loaded as it is"
KNOWN_WORDS = ("-D", "-b", "-f", "-e", "-r", "-c", "-i", "--backlog_wait_time", "--loginuid-immutable")


@dataclass
class RuleLine:
    """A rule that the host loads, with the comments above it."""

    entry: Entry
    rule: Rule
    comments: list[Entry] = field(default_factory=list)


@dataclass
class HostRules:
    """``lines`` in the order in which the host loads them; ``control`` {option of auditctl: (value, Source)}."""

    lines: list[RuleLine] = field(default_factory=list)
    control: dict[str, tuple[object, Source]] = field(default_factory=dict)
    only_compiled: int = 0
    rest: list[Entry] = field(default_factory=list)  # comments above nothing that becomes a rule


def number_of(name: str) -> int:
    """Stands for the number of a user or a group: the same name is the same number, and that is all a comparison on one host needs."""
    return 0 if name == "root" else 1 << 20 | zlib.crc32(name.encode("utf-8", "surrogateescape")) & 0xFFFFF


@functools.lru_cache(maxsize=65536)
def parsed(text: str, machine: str | None, release: str | None) -> Rule | Directive | RuleError | None:
    """What a line is: its RuleError where auditctl refuses it, None for a blank line or a comment."""
    try:
        return grammar.parse(text, machine=machine, release=release, users=number_of, groups=number_of)
    except RuleError as error:
        return error


class Reader:
    """Reads the rules of one document of C(audit_info) into a HostRules; what cannot be taken is noted in the Adopted."""

    def __init__(self, document: dict, adopted: Adopted) -> None:
        self.adopted, self.found = adopted, HostRules()
        self.rules = document["rules"]
        self.machine, self.release = self.rules["reads_rules_as"]["machine"], document["version"]
        self.pending: list[Entry] = []
        self.seen: dict[tuple[str, bool], Source] = {}
        self.in_force: Counter[str] = Counter()
        self.texts: set[str] = set()
        # what only the host knows to be refused: users that it has not, what its kernel does not take
        self.refused = {(entry["file"], entry["line"]): entry["reason"] for layer in ("disk", "compiled")
                        for entry in (self.rules[layer] or {}).get("problems", ())
                        if entry["fatal"] and not entry["reason"].startswith(JUDGED_HERE)}

    def read(self) -> HostRules:
        entries = self.rules["disk"]["files"]
        texts = {path: entries[path]["text"] for path in sorted(entries, key=lambda path: compiled.natural_key(os.path.basename(path)))}
        options = {"machine": self.machine, "users": number_of, "groups": number_of}
        disk = compiled.compile_rules(texts, self.release, self.rules["reads_rules_as"]["awk"], **options)
        self.in_force.update(rule.canonical for rule in disk.rules)
        self.texts = {line.strip() for text in texts.values() for line in text.split("\n")} - {""}
        self.found.control = {option: (value, Source(disk.set_by[option].file, disk.set_by[option].number))
                              for option, value in disk.control.items() if option in disk.set_by}
        version = release_tuple(self.release) or None
        joined = compiled.joined_lines(texts, version, compiled.Compiled())
        self._count_joined(texts, len(joined))
        for line in joined:
            self._take(Entry(line.text, Source(line.file, line.number)), is_ours=files.managed(texts[line.file]))
        self._leave_comments()
        self._only_compiled({rule.canonical for rule in disk.statements}, options)
        return self.found

    def _count_joined(self, texts: dict[str, str], count: int) -> None:
        """Without a newline at its end a file runs into the next one: two lines are one to augenrules, or none of them is read."""
        lost = sum(len(text.split("\n")) - (text.split("\n")[-1] == "") for text in texts.values()) - count
        if lost:
            self.adopted.lines[JOINED] += lost
            self.adopted.note(f"{lost} lines of rules.d are {JOINED}: a file has no newline at its end, or a name that augenrules does "
                              "not read")

    def _only_compiled(self, known: set[str], options: dict) -> None:
        """What audit.rules has and no file of rules.d; its control words count where rules.d has none at all."""
        text = (self.rules["compiled"] or {}).get("text")
        if not text:
            return
        written = compiled.parse_rules_file(text, release=self.release, **options)
        self.in_force.update(rule.canonical for rule in written.rules if rule.canonical not in known)
        is_generated = text.startswith(compiled.HEADER)
        lines = text.split("\n")
        for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, 1):
            self._take_compiled(Entry(line, Source(AUDIT_RULES, number)), known, is_generated=is_generated)
        self._leave_comments()
        for option, value in {} if is_generated else written.control.items():
            self.found.control.setdefault(option, (value, Source(AUDIT_RULES, written.set_by[option].number)))

    def _take_compiled(self, entry: Entry, known: set[str], *, is_generated: bool) -> None:
        """A line of audit.rules: a copy of one of rules.d, or one that stands there alone."""
        statement = parsed(entry.text, self.machine, self.release)
        if entry.text.startswith(compiled.HEADER) or entry.text.strip() in self.texts or (
                isinstance(statement, Rule) and statement.canonical in known):
            self._count(COMPILED)
            self._leave_comments()
        elif not isinstance(statement, Directive):
            self._take(entry, is_ours=False)
            self.found.only_compiled += isinstance(statement, Rule)
        elif self._stands_in_rules_d(statement):
            self._count(COMPILED)
        else:
            self._take_compiled_word(entry, statement, is_generated=is_generated)

    def _stands_in_rules_d(self, word: Directive) -> bool:
        return word.name in self.found.control and str(self.found.control[word.name][0]) == str(True if word.value is None else word.value)

    def _take_compiled_word(self, entry: Entry, word: Directive, *, is_generated: bool) -> None:
        said = self.found.control.get(word.name)
        if word.name == "-f" and str(word.value) == "2":
            self.adopted.dangers.append(PANICS_THERE)
        if said is not None:
            self._list(entry, f"{said[1].path} line {said[1].line} sets {word.name} {said[0]}, which counts once augenrules has run; this "
                              "line counts where a unit loads audit.rules by auditctl -R")
        elif is_generated:
            self._list(entry, "it stands below the line of augenrules, which drops it at its next run")
        else:
            self._take_word(entry, word)

    def _count(self, fate: str) -> None:
        self.adopted.lines[fate] += 1

    def _list(self, entry: Entry, why: str) -> None:
        self._count(LISTED)
        self.adopted.note(f"{entry.source.path} line {entry.source.line}: {entry.text.strip()}: {why}")
        self._leave_comments()

    def _leave_comments(self) -> None:
        self.found.rest += self.pending
        self.pending = []

    def _take(self, entry: Entry, *, is_ours: bool) -> None:
        if not entry.text.strip():
            self._count(BLANK)
            return
        if entry.text.lstrip(" ").startswith("#"):
            self._take_comment(entry, is_ours=is_ours)
            return
        statement = parsed(entry.text, self.machine, self.release)
        if NO_UTF8 in entry.text:
            self._list(entry, "it holds bytes that are no UTF-8, and a variable holds text")
        elif UID_MIN_WORD in entry.text:
            self._list(entry, f"it holds {UID_MIN_WORD}, in whose place the role writes a number")
        elif isinstance(statement, RuleError):
            self._list(entry, f"auditctl refuses it: {statement.reason}")
        elif isinstance(statement, Directive):
            self._take_word(entry, statement)
        elif statement is None:
            self._list(entry, "it is no rule")
        else:
            self._take_rule(entry, statement)

    def _take_comment(self, entry: Entry, *, is_ours: bool) -> None:
        if is_ours:
            self._count(OURS)
        elif NO_UTF8 in entry.text or UID_MIN_WORD in entry.text or entry.text.startswith(NOTES_OF_OURS):
            self._list(entry, "a comment that the role would not write as it is")
        else:
            self._count(COMMENT)
            self.pending.append(entry)

    def _take_word(self, entry: Entry, word: Directive) -> None:
        if word.name in KNOWN_WORDS and not word.before and (word.name != "-D" or word.value is None):
            self._count(CONTROL)
            self._leave_comments()
        else:
            self._list(entry, "no variable sets this")

    def _take_rule(self, entry: Entry, rule: Rule) -> None:
        why = self._why_not(rule) or self.refused.get(entry.source)
        identity = (rule.canonical, rule.prepend)
        if why:
            self._list(entry, why)
        elif identity in self.seen:
            first = self.seen[identity]
            self._list(entry, f"the same rule is in {first.path} line {first.line} already")
        else:
            self.seen[identity] = entry.source
            self._count(TAKEN)
            self.found.lines.append(RuleLine(entry, rule, self.pending))
            self.pending = []

    def _why_not(self, rule: Rule) -> str | None:
        if rule.delete:
            return "it deletes a rule, which no variable does"
        if rule.refused:
            return f"the kernel refuses it: {rule.refused[0][1]}"
        wildcards = [why for _token, why in rule.notes if why == grammar.NO_WILDCARDS]
        if wildcards:
            return wildcards[0]
        if rule.before:
            return "it sets a control word as well, and a variable holds rules alone"
        return None if self.in_force[rule.canonical] else "a later line deletes it again"
