# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a kernel's boot line inside the files that hold one: one edit for each kind of file, and nothing else of it changes."""

import re
from functools import partial

from .._errors import AuditError

GRUB_VARIABLE = "GRUB_CMDLINE_LINUX"  # of all entries; GRUB_CMDLINE_LINUX_DEFAULT leaves out those for recovery
GRUB_LINE = re.compile(r"^(?P<head>[ \t]*(?:export[ \t]+)?(?P<name>GRUB_CMDLINE_LINUX(?:_DEFAULT)?)(?P<adds>\+?)=)(?P<value>.*)$", re.M)
GRUB_ASSIGNS = re.compile(r"\bGRUB_CMDLINE_LINUX(?:_DEFAULT)?\+?=")
BLOCKS = {"if": 1, "case": 1, "for": 1, "while": 1, "until": 1, "fi": -1, "esac": -1, "done": -1}  # words of the shell
OPTIONS = re.compile(r"^(options[ \t]+)(.*)$", re.M)
STARTS_LINUX = re.compile(r"^linux[ \t]", re.M)  # an entry of the boot loader specification; others start an EFI program
FOR_INIT = " -- "  # what stands behind it is for init: kernel-parameters of the kernel's documentation
KERNELOPTS = re.compile(r"^(kernelopts=)(.*)$", re.M)
KERNELOPTS_USED = re.compile(r"\$\{?kernelopts\b")
PARAMETERS = re.compile(r"^([ \t]*parameters[ \t]*=[ \t]*)(\"?)([^\"\n]*)(\"?)", re.M)
PARMFILE = re.compile(r"^[ \t]*parmfile[ \t]*=[ \t]*(\S.*)$", re.M)
ENVIRONMENT_SIZE = 1024  # of a grub environment block, which grub writes in place
TRAILING = re.compile(r"\s*$")


def changed(line: str, wanted: "dict[str, str]") -> str:
    """The line with exactly these words under their names, each once; as it is where it says so already."""
    line, dashes, of_init = line.partition(FOR_INIT)
    return _changed(line, wanted) + dashes + of_init


def _changed(line, wanted):
    have = [word.partition("=")[::2] for word in line.split() if word.partition("=")[0] in wanted]
    if sorted(have) == sorted(wanted.items()):
        return line
    bare = without(line, wanted)
    words = " ".join("%s=%s" % (name, wanted[name]) for name in sorted(wanted))
    return "%s %s" % (bare, words) if bare.strip() else words


def without(line: str, names) -> str:
    """The line without these words."""
    return TRAILING.sub("", re.sub(r"(?:(?<=\s)|^)(?:%s)(?:=\S*)?(?:\s+|$)" % "|".join(map(re.escape, sorted(names))), "", line))


def entry(text: str, wanted: "dict[str, str]", *, in_environment: bool) -> str:
    """An entry of the boot loader specification that starts Linux. ``in_environment``: $kernelopts has the words, so its own line needs
    none."""
    lines = list(OPTIONS.finditer(text))
    if not lines:
        return (text if text.endswith("\n") else text + "\n") + "options %s\n" % changed("", wanted)
    if in_environment and any(KERNELOPTS_USED.search(line[2]) for line in lines):
        return OPTIONS.sub(lambda found: found[1] + without(found[2], wanted), text)
    last = lines[-1]
    before = OPTIONS.sub(lambda found: found[1] + without(found[2], wanted), text[:last.start()])
    return before + last[1] + changed(last[2], wanted) + text[last.end():]


def environment(text: str, wanted: "dict[str, str]") -> str:
    """A grub environment block of the same size; as it is where it has no kernelopts."""
    if not KERNELOPTS.search(text):
        return text
    edited = KERNELOPTS.sub(lambda found: found[1] + changed(found[2], wanted), text).rstrip("#")
    if edited == text.rstrip("#"):
        return text
    size = max(ENVIRONMENT_SIZE, len(text))
    if len(edited) > size:
        raise AuditError("the words do not fit into its %d bytes" % size)
    return edited + "#" * (size - len(edited))


def kernel_cmdline(text: str, wanted: "dict[str, str]") -> str:
    """/etc/kernel/cmdline: one boot line, comments since systemd 254."""
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    if not places:
        return text + " ".join("%s=%s" % pair for pair in sorted(wanted.items())) + "\n"
    for number in places[:-1]:
        lines[number] = without(lines[number], wanted)
    lines[places[-1]] = changed(lines[places[-1]], wanted)
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


def zipl(text: str, wanted: "dict[str, str]") -> str:
    """The parameters of each section of zipl.conf, as far as is known here. AuditError where a section takes them from a file."""
    named = PARMFILE.search(text)
    if named:
        raise AuditError("a section takes its line from parmfile = %s: put %s there by hand" % (
            named[1].strip(), " ".join("%s=%s" % pair for pair in sorted(wanted.items()))))
    return PARAMETERS.sub(lambda found: '%s"%s"' % (found[1], changed(found[3], wanted)), text)


def grub_defaults(texts: "dict[str, str]", wanted: "dict[str, str]") -> "dict[str, str]":
    """The files of grub's defaults, in the order in which grub-mkconfig reads them, with the words in the last assignment of
    GRUB_CMDLINE_LINUX and nowhere else. AuditError for what only a shell can tell."""
    for path, text in texts.items():
        _only_assignments(path, text)
    places = [(path, found) for path, text in texts.items() for found in GRUB_LINE.finditer(text) if found["name"] == GRUB_VARIABLE]
    # the last one that is no +=: what only adds takes no word of it away
    last = ([place for place in places if not place[1]["adds"]] or places)[-1:]
    edited = {}
    for path, text in texts.items():
        target = next((found.start() for where, found in last if where == path), None)
        edited[path] = GRUB_LINE.sub(partial(_assignment, wanted, target), text)
    if not last:
        path = next(iter(texts))
        ended = texts[path] if texts[path].endswith("\n") or not texts[path] else texts[path] + "\n"
        edited[path] = ended + '%s="%s"\n' % (GRUB_VARIABLE, changed("", wanted))
    return edited


def _only_assignments(path, text):
    """AuditError where a line is ended as Windows does, or a variable of ours is set in a condition or behind another command."""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#"):
            ours = len(GRUB_ASSIGNS.findall(line))
            place = "line %d of %s" % (number, path)
            if ours and line.endswith("\r"):
                raise AuditError("%s ends in a carriage return, which becomes a part of the boot line: take it out" % place)
            if ours and (depth or ours > 1 or not GRUB_LINE.match(line)):
                raise AuditError("%s sets GRUB_CMDLINE_LINUX in a condition or behind another command, and only a shell can tell what it "
                                 "comes to: put the words there by hand" % place)
            depth += BLOCKS.get(re.split(r"[\s;]", line.strip(), maxsplit=1)[0], 0)


def _assignment(wanted, last, found):
    """One assignment; ``last``: where the one begins that gets the words."""
    quote, inner, rest = _quoted(found["value"])
    new = changed(inner, wanted) if found.start() == last else without(inner, wanted) if _has(inner, wanted) else inner
    if new == inner:
        return found[0]
    if found["adds"] and new[:1].strip():
        new = " " + new  # it goes behind what is there
    quote = quote or '"'
    return found["head"] + quote + new + quote + rest


def _has(text, wanted):
    return any(word.partition("=")[0] in wanted for word in text.split())


def _quoted(value):
    """(quote, what is inside, what stands behind it) of the right side of a shell assignment; AuditError for what cannot be edited."""
    if value[:1] in ("'", '"'):
        inner, quote, rest = value[1:].partition(value[0])
        if not quote or "\\" in inner or rest.strip() and not rest.lstrip().startswith("#"):
            raise AuditError("the assignment %s is more than one quoted text" % value)
        return value[0], inner, rest
    word = re.split(r"[\s#;]", value, maxsplit=1)[0]
    if re.search(r"[\"'\\`(]", word):
        raise AuditError("the assignment %s is more than one word" % value)
    return "", word, value[len(word):]
