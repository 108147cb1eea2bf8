# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One audit rule: its text, its one canonical form, and the kernel's struct audit_rule_data.

Equal in meaning is equal in C(Rule.canonical), however a rule was spelled (auditctl(8) of 2.8.5 to 4.2.1). What auditctl itself
cannot tell apart in its own listing, dir= or path= behind a C(-w), is equal there too and told apart by C(same_target).
"""

import errno
import functools
import os
import struct
import sys

from .._errors import AuditError
from . import syscalls as _syscalls
from . import tables

ALL = (1 << 2048) - 1
COMPARED = (1 << 2016) - 1  # the last of the 64 mask words carries the kernel's syscall classes, auditctl does not look at it
HEAD = struct.Struct("=3I")  # struct audit_rule_data: flags, action, field_count; then mask[64], fields, values, fieldflags
WORDS = struct.Struct("=64I")
MASK_AT, FIELDS_AT, VALUES_AT, OPERATORS_AT, TEXT_AT = 12, 268, 524, 780, 1040
EXIT = tables.LISTS["exit"]
WATCH_FIELDS = frozenset((tables.PATH, tables.DIR, tables.PERM))

# What makes a rule equal in meaning does not depend on the order of its fields: all of them have to match
RANK = {"path": 0, "dir": 0, "exe": 1, "perm": 2}

_call_texts = {}
_permission_masks = {}


class RuleError(AuditError):
    """A rule that auditctl or the kernel refuses: ``line`` (int or None), ``token`` and ``reason`` say where and why.

    ``before``: as of a Directive, what auditctl has set by then.
    """

    before: "tuple" = ()

    def __init__(self, reason, token="", line=None, file=None, text=None):
        self.reason, self.token, self.line, self.file, self.text = reason, token, line, file, text
        where = "%s line %s: " % (file, line) if file and line else "line %s: " % line if line else ""
        super(RuleError, self).__init__(where + reason, line=line, token=token, reason=reason)

    def problem(self):
        return {"file": self.file, "line": self.line, "token": self.token, "reason": self.reason}


class Directive(object):
    """A line that sets something instead of adding a rule: ``name`` as -b or --backlog_wait_time, ``value`` a str or None.

    ``before``: what the line sets before that, ((name, value), ...).
    """

    __slots__ = ("name", "value", "before", "file", "line", "text")

    def __init__(self, name, value=None, before=()):
        self.name, self.value, self.before = name, value, before
        self.file = self.line = self.text = None

    @property
    def canonical(self):
        return self.name if self.value is None else "%s %s" % (self.name, self.value)

    def render(self):
        """The text for a rules file."""
        return self.canonical


class Rule(object):
    """``fields``: [(number, operator bits, int or str)] in the order written, without keys; ``mask``: int of 2048 bits.

    ``target`` is what a watched path is to the kernel, C(path) or C(dir); None for a C(-w) whose host is not known.
    ``watch``: written as -w. ``delete``: -d or -W. ``data``: the kernel's own bytes, where it comes from there.
    ``notes``: [(token, why)] what nobody can have meant; ``refused``: [(token, why)] what auditctl sends and every kernel refuses.
    ``before``: as of a Directive, what else its line sets.
    """

    __slots__ = ("list", "action", "prepend", "delete", "mask", "all_given", "fields", "keys", "target", "watch", "machine",
                 "file", "line", "text", "data", "notes", "refused", "before", "_canonical")

    def __init__(self, list_number=EXIT, action=2, machine=None):
        self.list, self.action, self.machine = list_number, action, machine or native_machine()
        self.prepend = self.delete = self.all_given = self.watch = False
        self.mask, self.fields = 0, []
        self.keys: "tuple" = ()
        self.notes: tuple = ()
        self.refused: tuple = ()
        self.before: "tuple" = ()
        self.target = self.file = self.line = self.text = self.data = self._canonical = None

    @property
    def canonical(self):
        """The one string of this meaning, itself a rule that parses back to it."""
        if self._canonical is None:
            self._canonical = self._make_canonical()
        return self._canonical

    @property
    def arch(self):
        """The machine whose system calls this rule names."""
        if self.list == tables.LISTS["io_uring"]:
            return "io_uring"
        for number, _operator, value in self.fields:
            if number == tables.ARCH:
                return tables.ELF_NAMES.get(value)
        return self.machine

    @property
    def has_arch(self):
        return any(number == tables.ARCH for number, _operator, _value in self.fields)

    @property
    def permissions(self):
        """The perm bits, None where the rule has no perm field."""
        for number, _operator, value in self.fields:
            if number == tables.PERM:
                return value
        return None

    @property
    def path(self):
        """The watched path or directory, None where there is none."""
        for number, _operator, value in self.fields:
            if number in (tables.PATH, tables.DIR):
                return value
        return None

    @property
    def is_all(self):
        return self.mask & COMPARED == COMPARED

    def syscalls(self):
        """The sorted numbers of the named system calls; meaningless where is_all."""
        return list(_bits(self.mask))

    def _make_canonical(self):
        everything = self._means_all()
        numbers = {number for number, _operator, _value in self.fields}
        if (everything and numbers <= WATCH_FIELDS and tables.PERM in numbers and len(numbers) == 2 == len(self.fields)
                and self.list == EXIT and self.action == 2):
            return "-w %s -p %s%s" % (escape(_bare(self.path)), permission_text(self.permissions),
                                      "".join(" -k " + escape(key) for key in self.keys))
        words = ["-a %s,%s" % (tables.ACTION_NAMES.get(self.action, self.action), tables.LIST_NAMES[self.list])]
        words += sorted({self._field_text(field) for field in self.fields if field[0] == tables.ARCH})
        if self.list in tables.SYSCALL_LISTS:
            words.append("-S all" if everything else "-S " + self._call_text())
        words += sorted({self._field_text(field, canonical=True) for field in self.fields if field[0] != tables.ARCH}, key=_field_order)
        words += ["-F key=" + escape(key) for key in self.keys]
        return " ".join(words)

    def _means_all(self):
        """Whether the mask narrows nothing: with perm only the calls of its class can match, whichever others the mask names.

        auditctl 3.1.3 and later puts that class in by itself, each release a little more of it.
        """
        if self.list not in tables.SYSCALL_LISTS or self.is_all:
            return True
        if self.list != EXIT:
            return self.mask & every_operation() == every_operation()
        permissions = self.permissions
        if permissions is None:
            return False
        needed = permission_mask(permissions, self.arch)
        return bool(needed) and self.mask & needed == needed

    def _call_text(self):
        key = (self.mask, self.arch)
        text = _call_texts.get(key)
        if text is None:
            names = _syscalls.names(key[1]) or {}
            text = ",".join(names.get(number) or str(number) for number in _bits(key[0]))
            if len(_call_texts) < 4096:
                _call_texts[key] = text
        return text

    def _field_text(self, field, canonical=False):
        number, operator, value = field
        sign = tables.OPERATOR_NAMES.get(operator, "=")
        if number == tables.COMPARE:
            left, right = tables.COMPARISONS[value - 1].split() if 0 < value <= len(tables.COMPARISONS) else ("?", str(value))
            return "-C %s%s%s" % (left, sign, right)
        name = tables.FIELD_NAMES.get(number, "f%d" % number)
        if canonical and number in (tables.PATH, tables.DIR):
            # the kernel takes only =, and up to 3.1.4 and 4.0.1 auditctl prints nothing else
            return "-F %s=%s" % (name, escape(_bare(value)))
        return "-F %s%s%s" % (name, sign, self.value_text(number, value))

    def value_text(self, number, value):
        """A field's value as auditctl -l prints it."""
        if number in tables.STRINGS:
            return escape(value)
        if number == tables.ARCH:
            name = tables.ELF_NAMES.get(value)
            if name == self.machine:
                return "b64" if value & tables.ELF_64BIT else "b32"
            if name is not None and tables.TWINS.get(self.machine) == name:
                return "b32"
            return name or "0x%X" % value
        signed = value - (1 << 32) if value & 0x80000000 else value
        if number == tables.PERM:
            return permission_text(value)
        if number == tables.EXIT:
            name = errno.errorcode.get(-signed) if signed < 0 else None
            return "-" + name if name else str(signed)
        if number == tables.MSGTYPE:
            return message_types()[1].get(value) or str(signed)
        if number == tables.FSTYPE:
            return tables.FILESYSTEM_NAMES.get(value) or str(signed)
        if number in tables.ARGUMENTS:
            return "0x%X" % value
        return str(value if number == tables.INODE else signed)

    def render(self):
        """The text for a rules file, in the order given: what auditctl loads from it is this very rule."""
        option = ("-d" if self.delete else "-A" if self.prepend else "-a")
        fields = list(self.fields)
        if self.watch:
            words = ["%s %s" % ("-W" if self.delete else "-w", escape(self.path)), "-p " + permission_text(fields[1][2])]
            fields = fields[2:]
        else:
            words = ["%s %s,%s" % (option, tables.ACTION_NAMES.get(self.action, self.action), tables.LIST_NAMES[self.list])]
            words += [self._field_text(field) for field in fields if field[0] == tables.ARCH]
            if self.list in tables.SYSCALL_LISTS and (self.all_given or not self.is_all):
                words.append("-S all" if self.is_all else "-S " + self._call_text())
        words += [self._field_text(field) for field in fields if field[0] != tables.ARCH]
        words += [("-k %s" if self.watch else "-F key=%s") % escape(key) for key in self.keys]
        return " ".join(words)

    def resolve(self, is_directory):
        """Settle what a -w watches, as auditctl does when it loads: an existing directory is dir=, all else path=."""
        if self.watch and self.target is None:
            self.target = "dir" if is_directory(self.path) else "path"
            number = tables.DIR if self.target == "dir" else tables.PATH
            self.fields[0] = (number,) + self.fields[0][1:]
            self._canonical = None
        return self

    def to_kernel(self):
        """The bytes of struct audit_rule_data to load or delete; a -w is taken as its target, or by what is on this host."""
        if self.data is not None:
            return self.data
        self.resolve(os.path.isdir)
        fields = list(self.fields)
        if self.keys:
            fields.append((tables.KEY, tables.OPERATORS["="], "\x01".join(self.keys)))
        values, text = [], b""
        for number, _operator, value in fields:
            if number in tables.STRINGS:
                value = value.encode("utf-8", "surrogateescape")
                text += value
                value = len(value)
            values.append(value & 0xFFFFFFFF)
        pad = [0] * (64 - len(fields))
        mask = ALL if self.is_all and self.list != tables.LISTS["task"] else self.mask
        return b"".join((
            HEAD.pack(self.list | (tables.PREPEND if self.prepend else 0), self.action, len(fields)),
            WORDS.pack(*[mask >> 32 * word & 0xFFFFFFFF for word in range(64)]),
            WORDS.pack(*([field[0] for field in fields] + pad)),
            WORDS.pack(*(values + pad)),
            WORDS.pack(*([field[1] for field in fields] + pad)),
            struct.pack("=I", len(text)), text,
        ))


def from_kernel(data: bytes, machine: "str | None" = None) -> Rule:
    """The Rule of the kernel's bytes; they are kept in ``data``, for the kernel deletes only what is equal to the last field."""
    flags, action, count = HEAD.unpack_from(data)
    rule = Rule(flags & tables.LIST_MASK, action, machine)
    rule.data = bytes(data)
    if sys.byteorder == "little":
        rule.mask = int.from_bytes(data[MASK_AT:FIELDS_AT], "little")
    else:
        rule.mask = sum(word << 32 * place for place, word in enumerate(WORDS.unpack_from(data, MASK_AT)))
    rule.all_given = rule.is_all
    head = struct.Struct("=%dI" % count)
    offset = TEXT_AT
    keys = []
    values, operators = head.unpack_from(data, VALUES_AT), head.unpack_from(data, OPERATORS_AT)
    for place, number in enumerate(head.unpack_from(data, FIELDS_AT)):
        value = values[place]
        if number in tables.STRINGS:
            text = data[offset:offset + value].decode("utf-8", "surrogateescape")
            offset += value
            if number == tables.KEY:
                keys += [key for key in text.split("\x01") if key]
                continue
            if number in (tables.PATH, tables.DIR):
                rule.target = "dir" if number == tables.DIR else "path"
            value = text
        rule.fields.append((number, operators[place], value))
    rule.keys = tuple(keys)
    return rule


def same_target(one: Rule, other: Rule) -> bool:
    """Whether two rules of equal canonical form watch the same thing; a -w of an unknown host may be either."""
    return one.target is None or other.target is None or one.target == other.target


def native_machine() -> str:
    """This host's machine as auditctl names it."""
    name = os.uname().machine
    return tables.MACHINES.get(name, name)


@functools.lru_cache(maxsize=1)
def message_types():
    """({name: number}, {number: name})"""
    numbers = _syscalls.unpack(tables.MESSAGE_TYPES)
    return numbers, {number: name for name, number in numbers.items()}


def permission_mask(permissions, machine):
    """The bits of the calls that a perm is put in for, on a machine; 0 where it has no table."""
    key = (permissions, machine)
    if key not in _permission_masks:
        numbers = _syscalls.numbers(machine) or {}
        names = " ".join(text for bit, text in tables.PERMISSION_SYSCALLS.items() if permissions & bit).split()
        _permission_masks[key] = sum(1 << number for number in {numbers[name] for name in names if name in numbers})
    return _permission_masks[key]


def every_operation():
    """The bits that -S all stands for on the io_uring list: what auditctl 4.0 names; later releases name more."""
    return sum(1 << number for number in _syscalls.numbers("io_uring").values() if number <= _syscalls.LAST_URING_OF_4_0)


def permission_text(bits: int) -> str:
    return "".join(letter for letter, bit in tables.PERMISSIONS if bits & bit)


def escape(text: str) -> str:
    """A value for a rules file: auditctl splits at blanks, and takes a backslash before one."""
    if "\\" in text or " " in text:
        return text.replace("\\", "\\\\").replace(" ", "\\ ")
    return text


def _bare(path):
    return path.rstrip("/") or "/" if len(path) > 2 else path


def _field_order(text):
    name = text[3:].split("=")[0].rstrip("!<>&")
    return (text.startswith("-C"), RANK.get(name, 3), text)


def _bits(mask):
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
