# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands of a script write over auditd.conf, audit.rules or rules.d, or delete them: read command by command, executed never."""

import os
import re

from .._paths import AUDITD_CONF
from .._rotation import conflicts
from .._rules.compiled import AUDIT_RULES, RULES_D

DIRECTORY = AUDITD_CONF.rpartition("/")[0]
QUOTED = r"'[^'\n]*'|\"[^\"\n]*\""
COMMAND = re.compile(r"[^\n;|&]+")  # also those inside quotes, which a shell may get as its script
WHOLE_COMMAND = re.compile(r"(?:%s|[^\n;|&])+" % QUOTED)
WORD = re.compile(r"(?:%s|\S)+" % QUOTED)
INSIDE_SHELL = re.compile(r"\s-\w*c\s+[\"']|\beval\b")  # its quoted word is a script too: sh -c, su -c
PIECE = re.compile(r"[^\n;|&\"']+")  # of such a script
ONTO_LAST = frozenset(("cp", "mv", "install", "rsync", "ln", "scp"))  # what is written is the last operand
ONTO_EACH = frozenset(("rm", "unlink", "shred", "truncate", "tee", "sponge", "mv", "patch"))
TARGET = re.compile(r"-[a-zA-Z]*t|--target-directory")
ONTO_OPTION = {  # option behind which stands what is written
    "cp": TARGET, "mv": TARGET, "install": TARGET, "ln": TARGET, "curl": re.compile(r"-[a-zA-Z#]*o|--output"),
    "wget": re.compile(r"-[a-zA-Z]*[OP]|--output-document|--directory-prefix"), "dd": re.compile("of"),
    "tar": re.compile(r"-[a-zA-Z]*C|--directory"), "unzip": re.compile("-d"),
}
ONTO_ASSIGNED = re.compile(r"(?:--(?:target-directory|directory|output|output-document|directory-prefix)|of)=(.*)")
UNPACKS = {"tar": re.compile(r"-?[a-zA-Z]*x|--extract|--get"), "unzip": re.compile(r"[^-]|-[^lptvZ]*$")}  # one word begins so
IN_PLACE = {"sed": re.compile(r"-[nErszul]*i|--in-place"), "perl": re.compile(r"-(?![mMI])[a-zA-Z0-9]*i")}
ONLY_READ = frozenset(("echo", "printf", "logger", "mail", "mailx", "grep", "egrep", "fgrep", "zgrep", "ausearch", "aureport", "auditctl",
                       "man", "which", "dpkg", "rpm", "aide", "stat"))  # "echo rm FILE" deletes nothing
WRITERS = ONTO_LAST | ONTO_EACH | frozenset(ONTO_OPTION) | frozenset(IN_PLACE) | ONLY_READ | {"find"}
SAME_STREAM, BOTH_STREAMS = re.compile(r"\d?[<>]&[\d-]"), re.compile(r"&>|>&")
REDIRECTS = re.compile(r"([^<>'\"]*?)\d?(>{1,2}\|?|<{1,3})(.*)")
VARIABLES = re.compile(
    r"^[ \t]*(?:(?:export|readonly|local|declare|typeset)[ \t]+)?(?P<name>\w+)=[\"']?(?P<value>[^\s;|&'\"]{0,200})"
    r"|\bfor[ \t]+(?P<each>\w+)[ \t]+in[ \t]+(?P<list>[^;\n]{0,200})|\$(?:(?P<used>\w+)|\{(?P<braced>\w+)\})", re.M)
USED = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
LONGEST_VALUE, LONGEST_TEXT = 200, 1 << 18  # characters: a variable may hold itself twice, and any user may write a script
NEGATED = re.compile(r"\s(?:!|-not)\s")
BRACES = re.compile(r"([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)")
MANY = re.compile(r"[*?\[]")
LEFTOVER = re.compile(r"\.(?:bak|rpm|dpkg|old|orig|save|prev|tmp|swp)|~")


def overwritten(text: str) -> "str | None":
    """The first path of auditd.conf, audit.rules or rules.d that a script without comments writes or deletes; None for none."""
    if "audit" not in text:
        return None
    text = BOTH_STREAMS.sub(">", SAME_STREAM.sub(" ", _with_values(text)))
    inside = ""
    for command in _commands(text):
        words, targets = _words(command)
        if words and words[0] in ("cd", "pushd"):
            inside = words[1] if len(words) > 1 and words[1].startswith(DIRECTORY) else ""
            continue
        for path in [_below(target, inside) for target in targets] + list(_written(command, words, inside)):
            if _counts(path):
                return os.path.normpath(path)
    return None


def _with_values(text):
    """The text with the values of its variables, as far as they are words, in the order of its lines."""
    values = {}

    def value_of(found):
        return values.get(found.group(1) or found.group(2), found.group())

    def replaced(found):
        name = found.group("name") or found.group("each")
        if name is None:
            return values.get(found.group("used") or found.group("braced"), found.group())
        listed = (found.group("list") or "").split()
        value = ("{%s}" % ",".join(listed) if len(listed) > 1 else listed[0]) if listed else found.group("value") or ""
        values[name] = USED.sub(value_of, value)[:LONGEST_VALUE]
        return found.group()
    return VARIABLES.sub(replaced, text)[:LONGEST_TEXT]


def _commands(text):
    for found in WHOLE_COMMAND.finditer(text):
        command = found.group()
        if INSIDE_SHELL.search(command):
            yield from PIECE.findall(command)
        yield command


def _words(command):
    """(words, what is written by >) of a command, without quotes, comments and redirections."""
    words, targets, waiting = [], [], None
    for word in WORD.findall(command):
        if word.startswith("#"):
            break
        if waiting:
            targets += [word.strip("\"'(){}")] * (waiting[0] == ">")
            waiting = None
            continue
        redirect = REDIRECTS.match(word)
        if redirect:
            word, sign, target = redirect.groups()
            waiting = None if target else sign
            targets += [target.strip("\"'(){}")] * (target != "" and sign[0] == ">")
        words += [one for one in (part.strip("(){}") for part in _each(word.replace('"', "").replace("'", ""))) if one]
    return words, targets


def _each(word):
    """What a shell makes of the first pair of braces."""
    braces = BRACES.match(word)
    return [braces.group(1) + part + braces.group(3) for part in braces.group(2).split(",")] if braces else [word]


def _written(command, words, inside):
    place = next((number for number, word in enumerate(words) if _program(word) in WRITERS), None)
    if place is None:
        return
    program, rest = _program(words[place]), words[place + 1:]
    options = [word for word in rest if word.startswith("-")]
    operands = [_below(word, inside) for word in rest if not word.startswith("-")]
    if program == "find":
        yield from _found(command, operands)
        return
    behind = [_below(value, inside) for word, value in zip(rest, rest[1:])  # noqa: B905 Python 3.6
              if program in ONTO_OPTION and ONTO_OPTION[program].fullmatch(word)]
    behind += [_below(found.group(1), inside) for found in map(ONTO_ASSIGNED.match, rest) if found and program in ONTO_OPTION]
    if program in UNPACKS:
        if any(UNPACKS[program].match(word) for word in rest[:1] + options):
            yield from behind
            yield from (_below(word, behind[0] if behind else inside) for word in rest if not word.startswith(("-", "/")))
        return
    if program in ONTO_EACH or program in IN_PLACE and any(IN_PLACE[program].match(word) for word in options):
        yield from operands
    if program in ONTO_LAST and len(operands) > 1 and not behind:
        yield from _into(operands[-1], operands[:-1], options)
    for path in behind:
        yield from _into(path, operands, options)


def _found(command, operands):
    """What a find(1) below these directories deletes, by its patterns of names."""
    if not conflicts.FIND_DELETES.search(command) or NEGATED.search(command):
        return
    names = [name for _quote, name in conflicts.NAME.findall(command)] or ["*"]
    for top in map(os.path.normpath, operands):
        below = (DIRECTORY, RULES_D) if top == DIRECTORY else (RULES_D,) if top == RULES_D else ()
        yield from ("%s/%s" % (directory, name) for directory in below for name in names)


def _program(word):
    """The program of a word of a command, also behind the key of a unit and its prefixes: ExecStart=-/bin/cp."""
    return word.rpartition("/")[2].rpartition("=")[2].lstrip("-@:+!\\")


def _below(word, inside):
    return word if word.startswith("/") or not inside else inside.rstrip("/") + "/" + word


def _into(target, sources, options):
    """What is written where files are put at ``target``: into a directory under their own names."""
    directory = os.path.normpath(target)
    if directory not in (DIRECTORY, RULES_D):
        yield target
        return
    is_whole = any(re.match(r"-[a-zA-Z]*[rRa]|--(?:archive|recursive|delete)", word) for word in options)
    for source in sources:
        yield directory if is_whole or source.endswith("/") else directory + "/" + source.rpartition("/")[2]


def _counts(path):
    """Whether auditd or augenrules reads what lies there."""
    path = os.path.normpath(path)
    if path in (DIRECTORY, AUDITD_CONF, AUDIT_RULES, RULES_D):
        return True
    directory, _slash, name = path.rpartition("/")
    if MANY.search(name) is None:
        return directory == RULES_D and name.endswith(".rules")
    if directory == DIRECTORY:
        return any(conflicts.matches(path, one) for one in (AUDITD_CONF, AUDIT_RULES, RULES_D))
    end = MANY.split(name)[-1].lstrip("]")
    return directory == RULES_D and (end.endswith(".rules") or ".rules".endswith(end)) and LEFTOVER.search(name) is None
