# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of rules.d that are ours: their names, their mark, what stands in them and what is left out."""

import hashlib
import os
import re
from collections import namedtuple

from .._errors import AuditError
from . import compiled as _compiled
from . import grammar as _grammar
from . import rule as _rule

LOCAL_FILE = "70-auditops-local.rules"
COPIES_FILE = "10-auditops-copies.rules"
COPY = re.compile(r"^## copied: (\S+) sha256 ([0-9a-f]{64})$", re.M)
MARK = "## Managed by auditops.auditd: changes made here are overwritten"
KERNEL_NOTE = "## left out, the kernel refused it (%s), here: "
REFUSED_BY_KERNEL = re.compile(r"^## left out, the kernel refused it \((.*?)\), here: (.*)$", re.M)
LEFT_OUT = "## also in %s line %s, left out here: "


def check_names(files) -> None:
    """Raise AuditError for a name that augenrules would not read, or that leaves the directory."""
    for name in files:
        if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\.rules\Z", name):
            raise AuditError("files: %r is not a name for a file of %s; it ends with .rules and has letters, digits and ._+- only"
                             % (name, _compiled.RULES_D))


def managed(text: str) -> bool:
    """Whether a file of rules.d is ours."""
    return text.lstrip("\n").startswith(MARK)


def with_mark(text: str) -> str:
    """A file's text as we write it: marked as ours, and ending with a newline.

    augenrules glues the last line of a file without one to the first line of the next; so ours begin with an empty line too.
    """
    text = text if text.endswith("\n") or not text else text + "\n"
    return text if managed(text) else "\n" + MARK + "\n" + text


def copies_text(texts: "dict[str, str]") -> str:
    """The text of the file that remembers which {name: text} are copies of the audit package's own, so that they can go again."""
    lines = ["## copied: %s sha256 %s" % (name, digest(text)) for name, text in texts.items()]
    return "## Files beside this one that are the audit package's own, byte for byte, as benchmarks want them\n" + "\n".join(lines) + "\n"


def copies_of(files: "dict[str, str]") -> "dict[str, str]":
    """{path: digest} that copies_text() left in rules.d ``files`` {path: text}."""
    text = files.get(_compiled.RULES_D + "/" + COPIES_FILE, "")
    return {_compiled.RULES_D + "/" + name: found for name, found in COPY.findall(text)} if managed(text) else {}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def refused_by_kernel(text: str) -> "dict[str, str]":
    """{line: reason} of what the kernel refused in our file ``text``."""
    return {line: reason for reason, line in REFUSED_BY_KERNEL.findall(text)}


def without(text: str, refused: "dict[int, str]") -> str:
    """Our file without the lines {number: reason} that the kernel refused: auditctl -R would stop there at boot."""
    lines = text.split("\n")
    for number, reason in refused.items():
        lines[number - 1] = KERNEL_NOTE % reason + lines[number - 1]
    return "\n".join(lines)


class Leaving(object):
    """Which lines of one of our files are left out on a host.

    ``missing``: Rule -> why its path cannot be there, or None. ``refused_before``: (rule, line) -> why the kernel refused it in an
    earlier run, or None. ``on_error`` skip: lines that auditctl or every kernel refuses become comments too. ``options``: of
    C(grammar.parse).
    """

    def __init__(self, *, on_error="abort", missing=None, refused_before=None, options=None):
        self.on_error, self.missing, self.refused_before, self.options = on_error, missing, refused_before, options or {}


LeftOut = namedtuple("LeftOut", "text refused skipped")


def leave_out(text: str, path: str, stated: dict, leaving: Leaving) -> LeftOut:
    """Our file ``path`` without the rules that are in ``stated`` {canonical: Rule}; its own are added there.

    auditctl -R would stop at the second one ("Rule exists") and never come to the rest, nor to -e 2. What is refused, and what is
    skipped because its path is missing or the kernel refused it before, are lists of dict file, line, token, reason.
    """
    lines, refused, skipped = [], [], []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            statement = _grammar.parse(line, number=number, file=path, **leaving.options)
            _refuse(statement)
        except _rule.RuleError as error:
            refused.append({"file": path, "line": number, "token": error.token, "reason": error.reason})
            lines.append("## refused by auditctl (%s): %s" % (error.reason, line) if leaving.on_error == "skip" else line)
            continue
        if isinstance(statement, _rule.Rule) and not statement.delete:
            line = _left_out(statement, line, stated, leaving, skipped)
        lines.append(line)
    return LeftOut("\n".join(lines), refused, skipped)


def _refuse(statement):
    """What every kernel refuses, and what nobody can have meant, is refused in a file of ours."""
    if isinstance(statement, _rule.Rule):
        for token, reason in tuple(statement.refused) + tuple(note for note in statement.notes if note[1] == _grammar.NO_WILDCARDS):
            raise _rule.RuleError(reason, token)


def _left_out(rule, line, stated, leaving, skipped):
    """The line, or the comment that it becomes."""
    why = leaving.missing(rule) if leaving.missing is not None else None
    again = leaving.refused_before(rule, line) if leaving.refused_before is not None and not why else None
    other = stated.get(rule.canonical)
    if again:
        skipped.append({"file": rule.file, "line": rule.line, "token": line, "reason": "the kernel refused it: %s" % again})
        return KERNEL_NOTE % again + line
    if why:
        skipped.append({"file": rule.file, "line": rule.line, "token": rule.path or line, "reason": why})
        return "## left out, %s, here: %s" % (why, line)
    if other is None:
        stated[rule.canonical] = rule
        return line
    if other.file == rule.file:
        return "## twice in this file, left out here: " + line
    return LEFT_OUT % (os.path.basename(other.file), other.line) + line
