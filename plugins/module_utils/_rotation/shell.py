# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a shell script does nothing but rotate, compress and delete logs of one directory: read command by command, executed never.

A script that has one command or one path more is not understood, and so is anything that this reader cannot split. What it finds is what
the script keeps and how it compresses.
"""

import re

KEYWORDS = frozenset(("if", "then", "else", "elif", "fi", "while", "until", "do", "done", "{", "}", "!", "time"))
SEPARATORS = frozenset((";", "&", "&&", "||", "|", "(", ")", ";;", "\n"))
COMPRESSORS = {"gzip": "gzip", "pigz": "gzip", "bzip2": "bzip2", "xz": "xz", "zstd": "zstd"}
# commands that do nothing beside what their arguments say, and what these name is looked at
HARMLESS = frozenset((
    ":", "[", "basename", "cat", "cd", "chmod", "chown", "cut", "date", "dirname", "echo", "egrep", "exit", "export", "false", "fgrep",
    "grep", "head", "local", "logger", "ls", "mv", "pgrep", "pidof", "printf", "read", "readonly", "return", "rm", "set", "shift", "shopt",
    "sleep", "sort", "stat", "sync", "tail", "test", "touch", "tr", "true", "umask", "uniq", "unlink", "wait", "wc",
)) | frozenset(COMPRESSORS)
PREFIXES = frozenset(("nice", "ionice", "exec", "command", "sudo", "env"))
SIGNALS = frozenset(("kill", "pkill", "killall", "service", "auditctl", "systemctl", "invoke-rc.d"))
ROTATES = re.compile(r"-(?:s\s*)?(?:SIG)?USR1\b|\brotate\b|\busr1\b", re.I)
AUDITD = re.compile(r"(?<![\w-])auditd(?:\.service|\.pid)?(?![\w.-])")
SENDS = re.compile(r"-[a-z]*[fnu]|--(?:file|server|socket)")  # logger(1): a file, or to another place than this host's log
PATH = re.compile(r"(?<![\w.})-])/[A-Za-z][\w./*?\[\]{},$@+:%~-]*")
ELSEWHERE = re.compile(r"/dev/(?:null|stdout|stderr)$|/(?:var/)?run/(?:audit/)?auditd\.pid$|/etc/init\.d/auditd$|"
                       r"(?:/usr)?(?:/local)?/s?bin/[\w.+-]+$")
# of awk and sed, what starts no command and writes no file
PRINTS = re.compile(r"(?!.*(?:system|getline|[|>]))\{.*\}$|s(.).*\1[gIp0-9]*$", re.S)
SEARCH_PATH = re.compile(r"^[ \t]*(?:export[ \t]+)?PATH=\S*", re.M)
# the process id of auditd, by any command that prints it
AUDITD_PID = re.compile(r"(?:\$\(|`)\s*(?:(?:/usr)?/s?bin/)?(?:(?:pidof|pgrep)(?:\s+-\w+)*\s+auditd|cat\s+\S*auditd\.pid)\s*(?:\)|`)")
OWN_VARIABLE = re.compile(r"(?:\bfor\s+|\bread\s+(?:-\w+\s+)*)(\w+)")
SET_VARIABLE = re.compile(r"(?:^|[\s;])(\w+)=")
USED = re.compile(r"\$\{?(\w+)")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)$", re.S)
FUNCTION = re.compile(r"\b([A-Za-z_]\w*)\s*\(\s*\)")
VARIABLE = re.compile(r"\$\{?(\w+)\}?$")


class Understood(object):
    """``settings``: {option of rotate.conf: value as text} that the script shows; ``rotates``: whether it makes auditd rotate."""

    def __init__(self):
        self.settings, self.rotates = {}, False


class NotUnderstood(Exception):
    """A word that this reader does not know."""


def understand(text: str, directory: str) -> "Understood | None":
    """The Understood of a script that only works on logs in ``directory``; None for any other."""
    if directory not in text and "audit" not in text:
        return None  # most scripts of a host: nothing of them has to be read
    reader = _Reader(directory)
    try:
        reader.read(text)
    except (NotUnderstood, ValueError):
        return None
    found = reader.found
    return found if found.rotates or reader.touches else None


class _Reader(object):
    def __init__(self, directory):
        self.directory = directory
        self.found, self.touches = Understood(), False
        self.variables, self.functions = {}, set()
        self.own = set()  # variables that the script itself gives a value
        self.inside = False  # a cd into the directory makes relative names its own

    def read(self, text):
        lines = [line for line in text.replace("\\\n", " ").split("\n") if not line.strip().startswith("#")]
        text = "\n".join(re.sub(r"(^|\s)#.*$", "", line) for line in lines)
        text = re.sub(r"\bfunction\s+(\w+)(?:\s*\(\s*\))?", r"\1()", text)
        self.functions.update(FUNCTION.findall(text))
        text = FUNCTION.sub("", text)
        if "<<" in text or "eval" in text.split() or "${!" in text or "system(" in text:
            raise NotUnderstood(text)
        text = AUDITD_PID.sub(" auditd ", SEARCH_PATH.sub("", text))
        self._paths(text)
        self.own.update(OWN_VARIABLE.findall(text) + SET_VARIABLE.findall(text))
        # what stands in $( ) and backquotes is commands as well; quotes around them would hide them
        text = text.replace("$((", " ").replace("$(", " ; ").replace("`", " ; ").replace('"', "").replace("\n", " ; ")
        self._commands(_split(text))

    def _paths(self, text):
        for path in PATH.findall(text):
            inside = path == self.directory or path.startswith(self.directory + "/")
            if ".." in path.split("/") or not (inside or ELSEWHERE.match(path)):
                raise NotUnderstood(path)
            self.touches = self.touches or inside
        if re.search(r"(?:^|[\s/])\.\.(?:[\s/]|$)", text):
            raise NotUnderstood("..")

    def _commands(self, tokens):
        command, before = [], ";"
        for token in tokens + [";"]:
            if token in SEPARATORS:
                if before == "|" and command and self._name(command[0]) == "logger":
                    raise NotUnderstood("logger")  # it may pass the records on
                self._command(command)
                command, before = [], token
            else:
                command.append(token)

    def _command(self, words):
        words = _without_redirections(words)
        while words and (words[0] in KEYWORDS or words[0] in PREFIXES or words[0].startswith("-") or ASSIGNMENT.match(words[0])):
            match = ASSIGNMENT.match(words[0])
            if match:
                self._assign(*match.groups())
            words = words[1:]
        if not words or words[0] in ("for", "case", "esac", "in") or words[0].isdigit():
            return
        name = self._name(words[0])
        arguments = words[1:]
        if name in self.functions or name == "[[":
            return
        if name in SIGNALS:
            if not _rotates_auditd(name, " ".join(arguments)):
                raise NotUnderstood(" ".join(words))
            self.found.rotates = True
        elif name == "find":
            self._find(arguments)
        elif name == "xargs":
            self._command([word for word in arguments if not word.startswith("-") and not word.isdigit() and "{" not in word])
        elif name in ("awk", "sed"):
            if not all(PRINTS.match(word) for word in arguments if not word.startswith(("-", "/", "$"))):
                raise NotUnderstood(name)
        elif name not in HARMLESS or name == "logger" and any(SENDS.match(word) for word in arguments):
            raise NotUnderstood(name)
        elif name == "cd":
            self.inside = self._is_directory(arguments)
        elif name in COMPRESSORS:
            self.found.settings["compress"] = COMPRESSORS[name]
        if name in ("rm", "mv", "unlink", "chmod", "chown", "touch") or name in COMPRESSORS:
            self._targets(arguments)

    def _name(self, word):
        """The program of a command; a variable counts as what the script assigns to it."""
        match = VARIABLE.match(word)
        if match:
            word = self.variables.get(match.group(1), word)
        return word.split(" ")[0].rpartition("/")[2] or word

    def _assign(self, name, value):
        self.variables[name] = value
        word = value.strip("'")
        if name == "KEEP" and word.isdecimal():
            self.found.settings["keep"] = word
        elif name == "COMPRESS" and word in COMPRESSORS:
            self.found.settings["compress"] = COMPRESSORS[word]

    def _is_directory(self, arguments):
        return any(word.rstrip("/") == self.directory or self._value(word).rstrip("/") == self.directory for word in arguments)

    def _value(self, word):
        match = VARIABLE.match(word)
        return self.variables.get(match.group(1), "") if match else word

    def _targets(self, words):
        """What is changed is named by its path, by a variable, or by a name in the directory that the script has changed into."""
        for word in words:
            if not (word.startswith(("-", "/", "$", "{", "+")) or word.isdigit() or self.inside):
                raise NotUnderstood(word)
            name = USED.match(word)
            if name and name.group(1) not in self.own and not (name.group(1).isdigit() and self.functions):
                raise NotUnderstood(word)  # whoever starts the script says where this is

    def _find(self, words):
        if not (self.inside or any(self._is_below(word) for word in words[:3])):
            raise NotUnderstood("find")
        text = " ".join(words)
        deletes = "-delete" in words
        for place, word in enumerate(words):
            if word in ("-exec", "-execdir", "-ok"):
                command = [one for one in words[place + 1:] if one not in ("{}", "\\", "+")]
                self._command(command[:1] + [one for one in command[1:] if one.startswith("-")])
                deletes = deletes or bool(command) and command[0].rpartition("/")[2] in ("rm", "unlink")
        match = re.search(r"-mtime \+(\d+)", text)
        if match and deletes:
            self.found.settings["keep_days"] = match.group(1)

    def _is_below(self, word):
        value = self._value(word)
        return value == self.directory or value.startswith(self.directory + "/")


def _rotates_auditd(name, arguments):
    """Whether a command of SIGNALS does nothing but have auditd rotate; systemctl start audit-rotate-upload does more."""
    if not ROTATES.search(arguments) or not (name == "auditctl" or AUDITD.search(arguments)):
        return False
    return name != "systemctl" or arguments.lstrip().startswith(("kill ", "-"))


def _split(text):
    """The words of a text without quotes of the double kind. ValueError where a quote is not closed."""
    import shlex  # only a script that names the log needs it
    reader = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>")
    reader.whitespace_split = True
    reader.commenters = ""
    return list(reader)


def _without_redirections(words):
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif re.match(r"\d*[<>]", word) or set(word) <= set("<>&"):
            skip = True
            if kept and kept[-1].isdigit():
                kept.pop()
        else:
            kept.append(word)
    return kept
