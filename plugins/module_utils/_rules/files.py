# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of rules.d that are ours: their names, their mark, what stands in them and what is left out."""

import os
import re

from .._errors import AuditError
from . import compiled as _ruleset
from . import grammar as _rule_grammar
from . import rule as _rule

LOCAL_FILE, FINALIZE_FILE = "70-auditops-local.rules", "zz-auditops-finalize.rules"
COPIES_FILE = "10-auditops-copies.rules"
COPY = re.compile(r"^## copied: (\S+) sha256 ([0-9a-f]{64})$", re.M)
MARK = "## Managed by auditops.auditd: changes made here are overwritten"
KERNEL_NOTE = "## left out, the kernel refused it (%s), here: "
REFUSED_BY_KERNEL = re.compile(r"^## left out, the kernel refused it \((.*?)\), here: (.*)$", re.M)
LEFT_OUT = "## also in %s line %s, left out here: "


def check_names(files):
    """Raise AuditError for a name that augenrules would not read, or that leaves the directory."""
    for name in files:
        if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\.rules\Z", name):
            raise AuditError("files: %r is not a name for a file of %s; it ends with .rules and has letters, digits and ._+- only"
                             % (name, _ruleset.RULES_D))


def finalize_text(control=None, immutable=None):
    """The text of the file that sorts last: augenrules lets the last -b, -f and -e win, and moves -D to the top.

    ``control``: {backlog_limit, failure, rate_limit, backlog_wait_time: int, loginuid_immutable: bool}; None and absent words are
    left to other files. ``immutable``: True -e 2, False -e 1, None no word about it.
    """
    lines = ["", MARK, "-D"]
    control = control or {}
    for word, option in _ruleset.CONTROL_OPTIONS.items():
        if control.get(word) is not None:
            lines.append("%s %d" % (option, control[word]))
    if control.get("loginuid_immutable"):
        lines.append("--loginuid-immutable")
    if immutable is not None:
        lines.append("-e %d" % (2 if immutable else 1))
    return "\n".join(lines) + "\n"


def managed(text):
    """Whether a file of rules.d is ours."""
    return text.lstrip("\n").startswith(MARK)


def with_mark(text):
    """A file's text as we write it: marked as ours, and ending with a newline.

    augenrules glues the last line of a file without one to the first line of the next; so ours begin with an empty line too.
    """
    text = text if text.endswith("\n") or not text else text + "\n"
    return text if managed(text) else "\n" + MARK + "\n" + text


def copies_text(texts):
    """The text of the file that remembers which {name: text} are copies of the audit package's own, so that they can go again."""
    lines = ["## copied: %s sha256 %s" % (name, digest(text)) for name, text in texts.items()]
    return "## Files beside this one that are the audit package's own, byte for byte, as benchmarks want them\n" + "\n".join(lines) + "\n"


def copies_of(files):
    """{path: digest} that copies_text() left in rules.d ``files`` {path: text}."""
    text = files.get(_ruleset.RULES_D + "/" + COPIES_FILE, "")
    return {_ruleset.RULES_D + "/" + name: found for name, found in COPY.findall(text)} if managed(text) else {}


def digest(text):
    import hashlib
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def refused_by_kernel(text):
    """{line: reason} of what the kernel refused in our file ``text``."""
    return {line: reason for reason, line in REFUSED_BY_KERNEL.findall(text)}


def without(text, refused):
    """Our file without the lines {number: reason} that the kernel refused: auditctl -R would stop there at boot."""
    lines = text.split("\n")
    for number, reason in refused.items():
        lines[number - 1] = KERNEL_NOTE % reason + lines[number - 1]
    return "\n".join(lines)


def leave_out(text, path, stated, on_error="abort", missing=None, refused_before=None, **options):
    """(text, refused, skipped) of our file ``path`` without the rules that are in ``stated`` {canonical: Rule}; its own are added there.

    auditctl -R would stop at the second one ("Rule exists") and never come to the rest, nor to -e 2. on_error skip: lines that auditctl
    refuses (``refused``) become comments too. ``missing``: Rule -> why its path cannot be there, or None; such rules (``skipped``) become
    comments, and those for which ``refused_before`` ((rule, line) -> why the kernel refuses it, or None) has an answer. Both are
    lists of dict file, line, token, reason.
    """
    lines, refused, skipped = [], [], []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            statement = _rule_grammar.parse(line, number=number, file=path, **options)
        except _rule.RuleError as error:
            refused.append(error.problem())
            lines.append("## refused by auditctl (%s): %s" % (error.reason, line) if on_error == "skip" else line)
            continue
        if isinstance(statement, _rule.Rule) and not statement.delete:
            why = missing(statement) if missing is not None else None
            other = stated.get(statement.canonical)
            again = refused_before(statement, line) if refused_before is not None and not why else None
            if again:
                skipped.append({"file": path, "line": number, "token": line, "reason": "the kernel refused it: %s" % again})
                line = KERNEL_NOTE % again + line
            elif why:
                skipped.append({"file": path, "line": number, "token": statement.path or line, "reason": why})
                line = "## left out, %s, here: %s" % (why, line)
            elif other is None:
                stated[statement.canonical] = statement
            elif other.file == path:
                line = "## twice in this file, left out here: " + line
            else:
                line = LEFT_OUT % (os.path.basename(other.file), other.line) + line
        lines.append(line)
    return "\n".join(lines), refused, skipped
