# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a line and its options, as auditctl's own splitter and getopt_long(3) take them."""

from .fields import DIGITS, number_of
from .rule import Directive, RuleError

OPTIONS = "hicslDvtC:e:f:r:b:a:A:d:S:F:m:R:w:W:k:p:q:"
TAKES_VALUE = {letter: OPTIONS[place + 1:place + 2] == ":" for place, letter in enumerate(OPTIONS) if letter != ":"}
LONG_OPTIONS = {  # name: (takes a value, first release)
    "loginuid-immutable": (False, None), "backlog_wait_time": (True, None), "reset-lost": (False, None),
    "reset_backlog_wait_time_actual": (False, (3, 0)), "signal": (True, (3, 0)),
}


def split(text):
    """The words of a line: blanks separate (no tabs), a backslash before a blank or a backslash keeps it."""
    if "\\" not in text:
        return [word for word in text.split(" ") if word]
    kept = text.replace("\\\\", "\x04").replace("\\ ", "\x07")
    return [word.replace("\x07", " ").replace("\x04", "\\") for word in kept.split(" ") if word]


def other_splits(text, words):
    """The words as a shell would see them, or with the blanks of a listed key; None where that is no different."""
    if '"' in text or "'" in text:
        import shlex
        try:
            return shlex.split(text)
        except ValueError:
            return None
    joined = []
    for word in words:
        in_key = joined and (joined[-1].startswith("key=") or joined[-2:-1] == ["-k"])
        if in_key and word not in ("-F", "-k"):
            joined[-1] += " " + word
        else:
            joined.append(word)
    return joined if joined != words else None


def _next_word(words, place, option):
    """(the value of an option, the place behind it)"""
    if place == len(words):
        raise RuleError("Option %s is invalid: it needs a value" % option, option)
    return words[place], place + 1


class Options(object):
    """What getopt_long(3) does for auditctl; C(_option) of a subclass takes those that make a rule, and the others come back to C(_set)."""

    release: "tuple | None" = None  # (3, 0, 9); None: the newest
    calls = False
    directive = None

    @property
    def said(self):
        """((name, value), ...) of what auditctl has set while it read the line, whatever becomes of the rest of it."""
        directive = self.directive
        return directive.before + ((directive.name, directive.value),) if directive else ()

    def _option(self, letter, value, words, place):
        """Take one option; the grammar says how."""
        raise NotImplementedError

    def _options(self, words):
        """Run the options; the words that belong to none, where getopt_long(3) moves them."""
        rest = []
        place = 0
        used = False
        while place < len(words):
            word = words[place]
            if word == "--":
                return rest + words[place + 1:]
            if word[0] != "-" or word == "-":
                rest.append(word)
                place += 1
                continue
            used = True
            place, left = self._long_option(words, place) if word[:2] == "--" else self._letters(words, place)
            if left is not None:
                return rest + left
        if not used:
            raise RuleError("no option in the line: a rule begins with -a, -A, -w, -d or -W", words[0])
        return rest

    def _long_option(self, words, place):
        """(place behind the option, the words behind it where auditctl stops looking, else None)"""
        word = words[place]
        place += 1
        name, has_value, value = word[2:].partition("=")
        name = self._long_name(name, word)
        takes, _since = LONG_OPTIONS[name]
        if takes and not has_value:
            value, place = _next_word(words, place, word)
        elif has_value and not takes:
            raise RuleError("Option %s is invalid: it takes no value" % word, word)
        return place, words[place:] if self._set("--" + name, value if takes else None) else None

    def _letters(self, words, place):
        """As _long_option(), for one word of one-letter options."""
        word = words[place]
        place += 1
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            takes = TAKES_VALUE.get(letter)
            if takes is None:
                raise RuleError("Option %s is invalid" % word, word)
            value = None
            if takes:
                value, letters = letters, ""
                if not value:
                    value, place = _next_word(words, place, word)
            if self._option(letter, value, words, place):
                return place, ([letters] if letters else []) + ([] if letter == "D" else words[place:])
        return place, None

    def _long_name(self, name, word):
        found = [option for option in LONG_OPTIONS if option.startswith(name)]
        if name in LONG_OPTIONS:
            found = [name]
        if len(found) != 1:
            raise RuleError("Option %s is invalid" % word, word)
        since = LONG_OPTIONS[found[0]][1]
        if since and self.release and self.release < since:
            raise RuleError("Option %s is invalid for this release of auditctl" % word, word)
        return found[0]

    def _set(self, name, value, words=(), place=0):
        if name in ("-e", "-f") and value not in ("0", "1", "2"):
            word = "Enable" if name == "-e" else "Failure"
            raise RuleError("%s must be 0, 1, or 2 was %s" % (word, value), value)
        if name in ("-r", "-b", "--backlog_wait_time"):
            if value[:1] not in DIGITS or not value:
                word = {"-r": "Rate", "-b": "Backlog"}.get(name, "Backlog_wait_time")
                raise RuleError("%s must be a numeric value was %s" % (word, value), value)
            value = str(number_of(value))
        if name == "-h":
            raise RuleError("-h only prints the usage, and fails", name)
        if name == "-R":
            raise RuleError("nested rule files not supported", name)
        if name == "-D":
            if len(words) == 3 and words[1] == "-k" and place == 1:
                value = words[2]
            elif len(words) != 1:
                raise RuleError("Wrong number of options for Delete all request: -D stands alone, or with -k KEY", words[place] if
                                place < len(words) else name)
        if name == "-q" and (self.calls or value.count(",") != 1 or value.endswith(",")):
            raise RuleError("Error parsing equivalent parts: -q takes MOUNT,SUBTREE", value)
        self.directive = Directive(name, value, self.said)
        return name in ("-i", "-c", "-D", "-m", "-q", "-t", "-v", "-l", "--loginuid-immutable", "--reset-lost",
                        "--reset_backlog_wait_time_actual")
