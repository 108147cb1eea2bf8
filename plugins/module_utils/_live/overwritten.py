# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands of a script write over auditd.conf, audit.rules or rules.d, or delete them: read command by command, executed never."""

import re

from .._paths import AUDITD_CONF
from .._rules.compiled import AUDIT_RULES, RULES_D

DIRECTORY = AUDITD_CONF.rpartition("/")[0]
COMMAND = re.compile(r"[^\n;|&]+")
ONTO_LAST = frozenset(("cp", "mv", "install", "rsync", "ln", "scp"))  # what is written is the last operand
ONTO_EACH = frozenset(("rm", "unlink", "shred", "truncate", "tee", "sponge", "mv"))
ONTO_OPTION = {  # option behind which stands what is written
    "cp": ("-t",), "mv": ("-t",), "install": ("-t",), "ln": ("-t",), "curl": ("-o", "--output"), "wget": ("-O", "--output-document"),
    "tar": ("-C", "--directory"), "unzip": ("-d",), "dd": (),
}
IN_PLACE = {"sed": re.compile(r"-[nErszul]*i|--in-place"), "perl": re.compile(r"-[a-zA-Z]*i")}
ONLY_SAY = frozenset(("echo", "printf", "logger"))  # "echo rm FILE" deletes nothing
WRITERS = ONTO_LAST | ONTO_EACH | frozenset(ONTO_OPTION) | frozenset(IN_PLACE) | ONLY_SAY
REDIRECTED = re.compile(r"\d?>{1,2}[|]?\s*[\"']?(/[^\s;|&'\"<>]*)")
SET_TO = re.compile(r"^[ \t]*(?:export[ \t]+|readonly[ \t]+)?(\w+)=[\"']?(%s[^\s;|&'\"]*)" % re.escape(DIRECTORY), re.M)
MANY = re.compile(r"[*?\[]")


def overwritten(text: str) -> "str | None":
    """The first path of auditd.conf, audit.rules or rules.d that a script without comments writes or deletes; None for none."""
    if DIRECTORY not in text:
        return None
    for name, value in SET_TO.findall(text):
        text = re.sub(r"\$\{%s\}|\$%s\b" % (name, name), value, text)
    inside = ""
    for command in COMMAND.finditer(text):
        words = [word.strip("\"'(){}") for word in command.group().split()]
        if words and words[0] in ("cd", "pushd"):
            inside = words[1] if len(words) > 1 and words[1].startswith(DIRECTORY) else ""
            continue
        for path in _written(command.group(), words, inside):
            if _counts(path):
                return path
    return None


def _written(command, words, inside):
    yield from REDIRECTED.findall(command)
    place = next((number for number, word in enumerate(words) if _program(word) in WRITERS), None)
    if place is None:
        return
    program, rest = _program(words[place]), words[place + 1:]
    options = [word for word in rest if word.startswith("-")]
    operands = [_below(word, inside) for word in rest if not word.startswith("-")]
    behind = [_below(value, inside) for word, value in zip(rest, rest[1:]) if word in ONTO_OPTION.get(program, ())]  # noqa: B905 Python 3.6
    behind += [_below(word.partition("=")[2], inside) for word in rest if word.startswith(("--target-directory=", "--directory=", "of="))]
    if program in ONTO_EACH or program in IN_PLACE and any(IN_PLACE[program].match(word) for word in options):
        yield from operands
    if program in ONTO_LAST and operands and not behind:
        yield from _into(operands[-1], operands[:-1], options)
    for path in behind:
        yield from _into(path, operands, options if program != "tar" else ["-r"])


def _program(word):
    """The program of a word of a command, also behind the key of a unit and its prefixes: ExecStart=-/bin/cp."""
    return word.rpartition("/")[2].rpartition("=")[2].lstrip("-@:+!")


def _below(word, inside):
    return word if word.startswith("/") or not inside else inside.rstrip("/") + "/" + word


def _into(target, sources, options):
    """What is written where files are put at ``target``: into a directory under their own names."""
    directory = target.rstrip("/")
    if directory not in (DIRECTORY, RULES_D):
        yield target
        return
    is_whole = any(re.match(r"-[a-zA-Z]*[rRa]|--(?:archive|recursive|delete)", word) for word in options)
    for source in sources:
        yield directory if is_whole or source.endswith("/") else directory + "/" + source.rpartition("/")[2]


def _counts(path):
    """Whether auditd or augenrules reads what lies there."""
    path = path.rstrip("/")
    if path in (DIRECTORY, AUDITD_CONF, AUDIT_RULES, RULES_D):
        return True
    directory, _slash, name = path.rpartition("/")
    is_pattern = MANY.search(name) is not None
    return directory == RULES_D and (name.endswith(".rules") or is_pattern) or directory == DIRECTORY and is_pattern
