# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of auditctl(8): what it takes, in which order, and the words with which it refuses.

It follows src/auditctl.c and lib/libaudit.c of audit-userspace 3.0.9 and 4.0.2: the first mistake of a line counts, options
may stand in any order that getopt_long(3) takes, numbers are read by strtol(3) with base 0, names in any case.
"""

import re

from .._release import release_tuple
from . import syscalls as _syscalls
from . import tables
from .fields import DIGITS, EQUAL, READERS, kernel_refusals, number_of, permission_bits
from .options import Options, other_splits, split
from .rule import ALL, Directive, Rule, RuleError, every_operation, permission_mask

NO_SYSCALLS_ON = {"task": "task", "user": "user", "filesystem": "filesystem", "exclude": "exclude"}
UNQUOTED = "in a rules file quotes are literal and a blank ends the word: auditctl -R refuses this line"
LITERAL = re.compile(r"[*?]|(?:^|/)\.\.(?:/|$)")
NO_WILDCARDS = "auditctl takes neither wildcards nor .. in a path: it is watched as it is written; name each path, or its directory"
KEY_NEEDS = "Key field needs a watch, syscall or exe path given prior to it"


def parse(line: str, *, machine=None, release=None, users=None, groups=None, is_directory=None, grammar="file", number=None, file=None,
          known=None):
    """The Rule or Directive of one line; None for a blank line or a comment.

    ``machine``: as uname -m, default this host's. ``release``: of the audit package, like "3.0.9"; None is the newest.
    ``users``, ``groups``: name -> number or None, default this host's. ``is_directory``: path -> bool, settles what a -w
    watches; None leaves that open. ``grammar``: C(file) as auditctl -R reads it (quotes are literal), C(any) also what a shell
    or C(auditctl -l) shows: quotes around blanks, and keys with blanks. ``number``, ``file`` go into the error.
    ``known``: C(known.Known) of this host.
    """
    text = line.rstrip("\n")
    result = None if known is None else known.line(text, machine, _version(release))
    if result is None:
        result = _read(text, (machine, release, users, groups), grammar, (number, file), known)
    if result is not None:
        result.file, result.line, result.text = file, number, text
    if is_directory is not None and isinstance(result, Rule):
        canonical = result._canonical if result.watch else None  # that of a -w is the same whatever it watches
        result.resolve(is_directory)
        result._canonical = result._canonical or canonical
    return result


def _version(release):
    return release if isinstance(release, tuple) else release_tuple(release) or None


def _read(text, host, grammar, place, known):
    """The Rule or Directive of a line whose ``host`` is (machine, release, users, groups), ``place`` (number, file)."""
    (machine, release, users, groups), (number, file) = host, place
    words = split(text)
    if not words or words[0].startswith("#"):
        return None
    reader = _Line(machine, release, users, groups)
    try:
        if len(text.encode("utf-8", "surrogateescape")) > tables.MAX_LINE:
            raise RuleError("the line is longer than the %d bytes that auditctl reads" % tables.MAX_LINE, token=words[0])
        try:
            result = reader.read(words)
        except RuleError:
            retry = other_splits(text, words) if grammar == "any" else None
            if retry is None:
                raise
            result = _Line(machine, release, users, groups).read(retry)
            if isinstance(result, Rule):
                result.notes += ((retry[-1], UNQUOTED),)
    except RuleError as error:
        refused = RuleError(error.reason, error.token, number, file, text)
        refused.before = reader.said
        raise refused
    if isinstance(result, Rule):
        result.before = reader.said
        if known is not None and grammar == "file" and not reader.looked_up:
            known.add_line(result, text, machine, reader.release)
    return result


class _Line(Options):
    """One line on its way: what auditctl keeps in its static variables."""

    def __init__(self, machine, release, users, groups):
        self.rule = Rule(machine=tables.MACHINES.get(machine, machine))
        self.release = _version(release)
        self._users, self._groups = users or _user_number, groups or _group_number
        self.looked_up = False  # whether what the line comes to depends on users or groups of the host
        self.list: int = None  # type: ignore[assignment]  # until -a or -w names it
        self.action: int = None  # type: ignore[assignment]
        self.operations = 0
        self.perm_field = False
        self.calls = self.permission = self.exe = self.filesystem = False
        self.machine = None  # whose calls -S names, once known
        self.prefix = None
        self.keys = []
        self.directive = None
        self.sends = self.passed_over = False  # passed over: auditctl reads no further in this line, and does not complain

    def users(self, name):
        self.looked_up = True
        return self._users(name)

    def groups(self, name):
        self.looked_up = True
        return self._groups(name)

    def read(self, words):
        rest = self._options(words)
        if self.passed_over:
            return self.directive
        if rest:
            raise RuleError("parameter passed without an option given: %s" % rest[0], rest[0])
        if self.keys:
            self._check_key_field()
        if not self.sends:
            if self.calls:
                raise RuleError("Error - no list specified: -a LIST,ACTION is missing", words[0])
            if self.directive is None:
                raise RuleError("no option that does anything", words[0])
            return self.directive
        rule = self.rule
        rule.list, rule.action, rule.keys = self.list, self.action, tuple(self.keys)
        if not self.calls and rule.list != tables.LISTS["task"]:
            rule.mask = ALL
        self._release_fills_in()
        rule.refused = tuple(kernel_refusals(rule))
        return rule

    def _option(self, letter, value, words, place):
        """Take one option; True where auditctl stops looking at the line after it."""
        if letter == "F":
            self._field(value)
        elif letter == "S":
            self._syscalls(value)
        elif letter == "k":
            if not (self.calls or self.permission or self.exe or self.filesystem) or self.list is None:
                raise RuleError("key option needs a watch or syscall given prior to it", "-k %s" % value)
            self._key(value)
        elif letter in "aAd":
            return self._setup(letter, value)
        elif letter in "wW":
            self._watch(letter, value)
        elif letter == "p":
            self._permissions(value)
        elif letter == "C":
            self._compare(value)
        else:
            return self._set("-" + letter, value, words, place)
        return False

    def _setup(self, letter, value):
        token = "-%s %s" % (letter, value)
        words = {"a": "Append", "A": "Add", "d": "Delete"}
        if letter != "d" and "task" in value and self.calls:
            raise RuleError("Syscall auditing requested for task list", token)
        self.operations += 1
        if self.operations != 1:
            raise RuleError("Multiple rule insert/delete operations are not allowed", token)
        bad = RuleError("%s rule - bad keyword %s: it takes LIST,ACTION, LIST one of exit, task, user, exclude, filesystem, io_uring, "
                        "ACTION always or never" % (words[letter], value), token)
        parts = value.split(",")
        if len(parts) != 2:
            raise bad
        first, second = parts
        if second == "possible" and first in tables.LISTS:
            self.directive, self.passed_over = Directive("-" + letter, value, self.said), True
            return True
        if first in tables.ACTIONS:
            first, second = second, first
        if first not in tables.LISTS or second not in tables.ACTIONS or self.list is not None and parts[0] in tables.ACTIONS:
            raise bad
        since = tables.LISTS_SINCE.get(first)
        if since and self.release and self.release < since:
            raise bad
        if letter == "A" and self.release and (4, 0, 4) <= self.release <= (4, 1, 0):
            raise RuleError("-A deletes instead of adding in auditctl 4.0.4 to 4.1.0 (No such file or directory): put the rule further up "
                            "and write -a", token)
        self.list, self.action = tables.LISTS[first], tables.ACTIONS[second]
        self.rule.list = self.list
        self.rule.prepend, self.rule.delete = letter == "A", letter == "d"
        self.sends = True
        return False

    def _watch(self, letter, path):
        token = "-%s %s" % (letter, path)
        if letter == "w" and self.list is not None:
            raise RuleError("watch option can't be given with a syscall", token)
        if len(path.encode("utf-8", "surrogateescape")) >= tables.MAX_PATH:
            raise RuleError("The path passed for the watch is too big", token)
        if path[:1] != "/":
            raise RuleError("The path must start with '/'", token)
        bare = path.rstrip("/") or "/" if len(path) > 2 else path
        if len(bare.rsplit("/", 1)[1].encode("utf-8", "surrogateescape")) > tables.MAX_NAME:
            raise RuleError("The base name of the path is too big", token)
        if self.rule.fields:
            raise RuleError("Rule is not empty: the watch comes first", token)
        rule = self.rule
        self._look_for_wildcards(path)
        rule.watch, rule.mask, rule.delete = True, ALL, letter == "W"
        self.list, self.action, self.calls, self.permission, self.sends = tables.LISTS["exit"], tables.ACTIONS["always"], True, True, True
        number = tables.DIR if path.endswith("/") else tables.PATH  # a guess, until resolve() has looked
        rule.fields = [(number, EQUAL, bare), (tables.PERM, EQUAL, 15)]

    def _permissions(self, text):
        token = "-p " + text
        if self.list is None:
            raise RuleError("permission option needs a watch given prior to it", token)
        if len(text) > 4:
            raise RuleError("permission %s is too long: it takes letters out of rwxa" % text, token)
        value = permission_bits(text, lambda letter: RuleError("Permission %s isn't supported: it takes r, w, x and a" % letter, token))
        fields = self.rule.fields
        if not fields:
            raise RuleError("Permissions should be preceded by other fields", token)
        places = [place for place, field in enumerate(fields) if field[0] == tables.PERM]
        for place in places:
            fields[place] = (tables.PERM, EQUAL, value)
        if not places:
            self._append(tables.PERM, EQUAL, value, token)
        self.permission = self.sends = True

    def _syscalls(self, text):
        token = "-S " + text
        if self.list == tables.LISTS["io_uring"]:
            self._io_uring(text, token)
            return
        name = tables.LIST_NAMES.get(self.list)
        if name in NO_SYSCALLS_ON:
            raise RuleError("syscall auditing cannot be put on the %s list" % name, token)
        machine = self.machine or self.rule.machine
        table = _syscalls.numbers(machine)
        for word in text.split(","):
            if not word:
                continue
            if word == "all":
                self.rule.mask |= ALL
                self.rule.all_given = True
                continue
            value = table.get(word) if table else None
            if value is None and table:
                value = table.get(word.lower())
            if value is not None and self._unknown_here(word.lower()):
                raise RuleError("Syscall name unknown: %s (the auditctl of this release does not know it yet)" % word, word)
            if value is None and word[0] in DIGITS:
                value = number_of(word)
            if value is None or value > 2047:
                known = " on %s" % machine if table else ": there is no table of the calls of %s, give numbers" % machine
                raise RuleError("Syscall name unknown: %s%s" % (word, known), word)
            self.rule.mask |= 1 << value
        self.calls = True
        self.machine = machine

    def _io_uring(self, text, token):
        table = _syscalls.numbers("io_uring")
        for word in text.split(","):  # up to 4.0.x auditctl takes one name for each -S
            value = number_of(word) if word[:1] in DIGITS else table.get(word.lower())
            if word == "all":
                self.rule.mask |= every_operation()
            elif value is None:
                raise RuleError("io_uring op unknown: %s" % word, token)
            else:
                self.rule.mask |= 1 << value
        self.calls = True

    def _exclude_is_narrow(self):
        return self.release is not None and self.release < tables.EXCLUDE_TAKES_MORE_SINCE

    def _unknown_here(self, name):
        return self.release is not None and any(self.release < since and name in names.split() for since, names in _syscalls.NOT_BEFORE)

    def _field(self, text):
        if self.list is None:
            raise RuleError("List must be given before field: -a LIST,ACTION comes first", "-F " + text)
        if text.startswith("key="):
            self._key(text[4:])
            return
        name, sign, value = _parts(text)
        number = self._field_number(name, sign, text)
        reader = READERS.get(number)
        if reader is not None:
            value = reader(self, value, text, name, sign)
        elif number in tables.STRINGS:
            if len(value.encode("utf-8", "surrogateescape")) > tables.MAX_PATH:
                raise RuleError("String value too long", text)
        elif value[0] not in DIGITS:
            raise RuleError("-F value should be number for %s" % text, text)
        else:
            value = number_of(value)
        self.perm_field |= number == tables.PERM
        self._append(number, tables.OPERATORS[sign], value, text)

    def _field_number(self, name, sign, text):
        """The number of a field that this list takes, with this operator."""
        number = tables.FIELDS.get(name)
        if number is None:
            number = tables.FIELDS.get(name.lower())
        since = tables.FIELDS_SINCE.get(name.lower())
        if number is None or since and self.release and self.release < since:
            raise RuleError("-F unknown field: %s" % name, text)
        listname = tables.LIST_NAMES[self.list]
        if listname == "exclude" and number not in tables.ON_EXCLUDE and self._exclude_is_narrow():
            raise RuleError("Only msgtype, *uid, *gid, pid, and subj* fields can be used with exclude filter: not %s" % name, text)
        if number in tables.EXIT_LIST_ONLY and listname != "exit" and not (listname == "exclude" and number == tables.PERM):
            raise RuleError("%s can only be used with exit filter list" % name, text)
        if number in tables.EQUALITY_ONLY and sign not in ("=", "!="):
            raise RuleError("%s only takes = or != operators" % name, text)
        return number

    def _look_for_wildcards(self, path):
        if LITERAL.search(path):
            self.rule.notes += ((path, NO_WILDCARDS),)

    def _append(self, number, operator, value, token):
        if len(self.rule.fields) >= tables.MAX_FIELDS - 1:
            raise RuleError("Too many fields in rule: at most %d" % (tables.MAX_FIELDS - 1), token)
        if number in (tables.PATH, tables.DIR):
            self._look_for_wildcards(value)
            self.rule.target = "dir" if number == tables.DIR else "path"
            self.permission = True
        elif number == tables.PERM:
            self.permission = True
        elif number == tables.EXE:
            self.exe = True
        self.rule.fields.append((number, operator, value))

    def _key(self, text):
        joined = "\x01".join(self.keys + [text])
        if len(joined.encode("utf-8", "surrogateescape")) > tables.MAX_KEY:
            raise RuleError("key option exceeds size limit: %d bytes, all keys together" % tables.MAX_KEY, text)
        if "\x01" in text and self.release and self.release >= (4, 2):
            raise RuleError("key %s has illegal character" % text, text)
        if text:
            self.keys += [key for key in text.split("\x01") if key]

    def _check_key_field(self):
        token = "key=%s" % self.keys[0]
        if self.list == tables.LISTS["exclude"] and self._exclude_is_narrow():
            raise RuleError("Only msgtype, *uid, *gid, pid, and subj* fields can be used with exclude filter: not key", token)
        if not (self.calls or self.permission or self.exe or self.filesystem):
            raise RuleError(KEY_NEEDS, token)

    def _compare(self, text):
        sign = "!=" if "!=" in text else "="
        left, found, right = text.partition(sign)
        if not found:
            raise RuleError("%s only takes = or != operators" % text, text)
        if not left or not right:
            raise RuleError("-C missing field name or value: it takes FIELD=FIELD or FIELD!=FIELD, not %s" % text, text)
        names = []
        for name, words in ((left, "-C unknown field: %s"), (right, "-C unknown right hand value for comparison with: %s")):
            number = tables.FIELDS.get(name.lower())
            if number is None:
                raise RuleError(words % name, text)
            names.append(tables.FIELD_NAMES[number])
        if self.list != tables.LISTS["exit"]:
            raise RuleError("%s can only be used with exit filter list" % text, text)
        for pair in (" ".join(names), " ".join(reversed(names))):
            if pair in tables.COMPARISONS:
                self._append(tables.COMPARE, tables.OPERATORS[sign], tables.COMPARISONS.index(pair) + 1, text)
                return
        raise RuleError("-C incompatible comparison: %s" % text, text)

    def _release_fills_in(self):
        """auditctl 3.1.3 and later adds the calls of -F perm (not of -p) to those that a rule names itself."""
        rule = self.rule
        new = self.release is not None and self.release >= tables.PERMISSION_SYSCALLS_SINCE
        if new and self.calls and self.perm_field and not rule.watch and not rule.is_all:
            rule.mask |= permission_mask(rule.permissions, rule.arch)


def _parts(text):
    """(name, operator, value) of the word after -F."""
    for sign in tables.OPERATOR_ORDER:
        name, found, value = text.partition(sign)
        if found:
            break
    else:
        raise RuleError("-F missing operation for %s" % text, text)
    if not name:
        raise RuleError("-F missing field name before operator for %s" % text, text)
    if not value:
        raise RuleError("-F missing value after operation for %s" % text, text)
    return name, sign, value


def _user_number(name):
    import pwd
    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None


def _group_number(name):
    import grp
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        return None
