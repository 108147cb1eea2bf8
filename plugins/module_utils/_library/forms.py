# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a control as one system takes them: the spelling its checkers read, the system calls its machine and its auditctl have."""

import re

from .._release import release_tuple
from .._rules import grammar as _rule_grammar
from .._rules import rule as _rule
from .._rules import syscalls as _syscalls
from .._rules import tables
from .product import nearest

COMMAND_CONTROL = "privileged_commands"
MODERN, OLD = "modern", "old"
WATCH = re.compile(r"-w (\S+) -p (\w+) -k (\S+)$")
CALLS = re.compile(r" -S (\S+)")
COMMAND = re.compile(r"-a always,exit -F path=(\S+) -F perm=x (.*)$")


class Forms(object):
    """The library's lines on one system (C(request.System)), as the checkers of its product read them, whichever benchmark asks.

    ``product``: that of the library which the system is, or the nearest of its family. A system of no family has ``otherwise``, the
    product that the benchmark was written for. ``notes`` are sentences for a reader of the benchmark.
    """

    def __init__(self, library, system, otherwise=None):
        self.products, self.controls, self.system = library["products"], library["controls"], system
        self.product = nearest(self.products, system.product) or otherwise
        self.arch = tables.MACHINES.get(system.arch, system.arch)
        self.notes: "list[str]" = []
        self.release = system.audit_release or self.products.get(system.product, {}).get("audit")
        self.version = release_tuple(self.release) or None

    def style(self, what: str, default: str) -> str:
        """How the checkers of the product want ``what`` (watches, commands) spelled."""
        return self.products.get(self.product, {}).get(what, default)

    def variant(self, entry: dict) -> dict:
        """What a control or filter has of its own for the product; {} where it is the same everywhere."""
        return next((one for one in entry.get("variants", []) if self.product in one["products"]), {})

    def of_control(self, control: dict) -> "list[str]":
        """The lines of a control, narrow ones first: the kernel takes the first that matches."""
        variant = self.variant(control)
        own = variant.get("lines", control.get("lines", []))
        modern = self._modern(variant, own)
        return modern + [line for text in own for line in command_forms(text, self.style("commands", "plain"))]

    def _modern(self, variant, own):
        if self.style("watches", OLD) != MODERN:
            return []
        modern = variant["modern"] if "modern" in variant else [line for text in own for line in modern_watch(text)]
        if self.arch == "aarch64" and self.version and (4, 0) <= self.version < (4, 1) and modern:
            self.notes.append("%s: auditctl %s refuses arch and perm without -S on aarch64 (audit-userspace issue 496); only the "
                              "-w line is written" % (modern[0], self.release))
            return []
        return modern

    def of_programs(self, how: str, named: "set[str]") -> "list[str]":
        """One line for each privileged program that no other control names (``named``)."""
        control = self.controls[COMMAND_CONTROL]
        paths = {"discover": self.system.programs, "list": control["programs"], "off": ()}[how]
        text = "-a always,exit -F path=%s -F perm=x -F auid>=1000 -F auid!=unset -k " + control["key"]
        form = "pair" if self.style("commands", "plain") == "pair" else "plain"
        return [line for path in sorted(set(paths) - named) for line in command_forms(text % _rule.escape(path), form)]

    def fit(self, line: str) -> "tuple[str | None, str | None]":
        """(line as it is written here, None), or (None, why it is not written)."""
        line = line.replace("auid>=1000", "auid>=%d" % self.system.uid_min)
        arch = re.search(r" -F arch=(b32|b64)", line)
        machine = self.machine(arch.group(1)) if arch else self.arch
        if arch and machine is None:
            return None, "%s has no %s programs" % (self.arch, "32-bit" if arch.group(1) == "b32" else "64-bit")
        calls = CALLS.search(line)
        known = _syscalls.numbers(machine)
        if calls is None or known is None or calls.group(1) == "all":
            return line, None
        have = [name for name in calls.group(1).split(",") if name in known and not self.too_new(name)]
        if not have:
            where = machine if self.release is None else "%s under auditctl %s" % (machine, self.release)
            return None, "%s has no system call %s" % (where, calls.group(1))
        return line[:calls.start(1)] + ",".join(have) + line[calls.end(1):], None

    def machine(self, word: str) -> "str | None":
        """The machine behind b32 or b64 here, None where there is none."""
        if self.arch in ("i386", "arm", "ppc", "s390"):
            return self.arch if word == "b32" else None
        return self.arch if word == "b64" else tables.TWINS.get(self.arch)

    def too_new(self, name: str) -> bool:
        """Whether the system's auditctl came before it learned the name of a system call."""
        return any(self.version and self.version < since and name in names.split() for since, names in _syscalls.NOT_BEFORE)

    def unique(self, entries):
        """The (control, heading, lines) entries without a rule that an earlier one has already; the kernel would refuse it."""
        seen: "dict[str, str]" = {}
        result = []
        for name, heading, lines in entries:
            kept = []
            for line in lines:
                meaning = self.meaning(line)
                if meaning in seen:
                    self.notes.append("%s: %s is the same rule as one of %s" % (name, line, seen[meaning]))
                    continue
                seen[meaning] = name
                kept.append(line)
            result.append((name, heading, kept))
        return result

    def meaning(self, line: str) -> str:
        """The canonical spelling of a line; the line itself for an architecture whose system calls we have no table of."""
        try:
            return _rule_grammar.parse(line, machine=self.arch, release=self.release, users=lambda user: 1).canonical
        except _rule.RuleError:
            return line


def modern_watch(line: str) -> "list[str]":
    """The b32 and b64 forms of a -w line: a path that ends with a slash is a directory; none for any other line."""
    match = WATCH.match(line)
    if match is None:
        return []
    path, permissions, key = match.groups()
    field = "dir" if path.endswith("/") else "path"
    return ["-a always,exit -F arch=%s -F %s=%s -F perm=%s -F key=%s" % (arch, field, path, permissions, key) for arch in ("b32", "b64")]


def command_forms(line: str, form: str) -> "list[str]":
    """The lines that a rule about one program takes: products.yml says why."""
    match = COMMAND.match(line)
    if match is None or form == "plain":
        return [line]
    path, rest = match.groups()
    if form == "pair":
        return ["-a always,exit -F arch=%s -F path=%s -F perm=x %s" % (arch, path, rest) for arch in ("b32", "b64")]
    return [line, "-a always,exit -F path=%s %s" % (path, rest)]
