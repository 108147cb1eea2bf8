# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of C(-F) fields: how auditctl reads each kind, what it refuses, and what the kernel refuses after it.

A reader takes (line, value, text, name, sign): the line so far, the value, the whole word, the field as written, the operator.
"""

import errno
import re

from . import tables
from .rule import RuleError, message_types

NUMBER = re.compile(r"[ \t]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
DIGITS = frozenset("0123456789")
EQUAL = tables.OPERATORS["="]
ERRORS = {name: number for name, number in vars(errno).items() if name[0] == "E"}

BIT_OPERATORS = (tables.OPERATORS["&"], tables.OPERATORS["&="])
ALL_OPERATORS_ON = tables.ARGUMENTS | {tables.FIELDS["pers"], tables.FIELDS["devminor"]}
EITHER = (EQUAL, tables.OPERATORS["!="])
USERS_SET = tables.USERS | tables.GROUPS
EQUALITY_IN_KERNEL = frozenset((13, 14, 15, 19, 20, 21, tables.KEY, tables.FILETYPE, tables.COMPARE))


def number_of(text):
    """As strtol(3) and strtoul(3) with base 0 into an unsigned 32-bit word; what follows the digits is not looked at."""
    if text.isdecimal() and (text[0] != "0" or text == "0"):
        return int(text) & 0xFFFFFFFF
    found = NUMBER.match(text)
    if found is None:
        return 0
    sign, digits = found.groups()
    value = int(digits, 16) if digits[:2] in ("0x", "0X") else int(digits, 8) if digits[0] == "0" else int(digits)
    return (-value if sign == "-" else value) & 0xFFFFFFFF


def is_number(text, negative=True):
    return text[:1] in DIGITS and text != "" or negative and text[:1] == "-" and text[1:2] != "" and text[1:2] in DIGITS


def permission_bits(text, error):
    bits = 0
    known = dict(tables.PERMISSIONS)
    for letter in text:
        if letter.lower() not in known:
            raise error(letter)
        bits |= known[letter.lower()]
    return bits


def arch_field(line, value, text, name, sign):
    if line.calls:
        raise RuleError("arch must be before -S", text)
    if sign not in ("=", "!="):
        raise RuleError("%s only takes = or != operators" % name, text)
    elf = None
    if value[0] in DIGITS:
        elf = number_of(value)
    else:
        lower = value.lower()
        native = line.rule.machine
        if lower in ("b64", "b32"):
            machine = native
            if lower == "b32":
                machine = tables.TWINS.get(native, native)
            if (tables.ELF.get(machine, 0) & tables.ELF_64BIT != 0) != (lower == "b64"):
                machine = None
            elf = tables.ELF.get(machine or "")
        else:
            machine = tables.MACHINES.get(lower)
            found = re.match("[0-9a-f]+", lower)
            if machine is None and found:
                machine = tables.ELF_NAMES.get(int(found.group(), 16))
            elf = tables.ELF.get(machine or "")
    if elf not in tables.ELF_NAMES:
        raise RuleError("%s elf mapping not found: arch takes b64, b32 or a machine as uname -m prints it" % text, text)
    line.machine = tables.ELF_NAMES[elf]
    return elf


def user_field(line, value, text, name, sign):
    return _name_or_number(value, text, line.users, "user", negative=True)


def group_field(line, value, text, name, sign):
    return _name_or_number(value, text, line.groups, "group", negative=False)


def _name_or_number(value, text, lookup, what, negative):
    if is_number(value, negative):
        return number_of(value)
    if negative and value == "unset":
        return tables.UNSET
    found = lookup(value)
    if found is None:
        raise RuleError("Unknown %s: %s" % (what, value), text)
    return found


def exit_field(line, value, text, name, sign):
    if is_number(value):
        return number_of(value)
    number = ERRORS.get(value.lstrip("-").upper()) if value.count("-") <= 1 else None
    if number is None:
        raise RuleError("-F unknown errno -%s" % text, text)
    return (-number if value[0] == "-" else number) & 0xFFFFFFFF


def message_field(line, value, text, name, sign):
    if tables.LIST_NAMES[line.list] not in ("exclude", "user"):
        raise RuleError("msgtype field can only be used with exclude or user filter list", text)
    if value[0] in DIGITS:
        return number_of(value)
    found = message_types()[0].get(value.upper())
    if found is None:
        raise RuleError("-F unknown message type - %s" % text, text)
    return found


def permission_field(line, value, text, name, sign):
    if sign != "=":
        raise RuleError("%s only takes = operator" % name, text)
    if len(value) > 4:
        raise RuleError("String value too long: perm takes letters out of rwxa", text)
    return permission_bits(value, lambda letter: RuleError("Permission can only contain 'rwxa': not %s" % letter, text))


def filetype_field(line, value, text, name, sign):
    # -l prints the number, which auditctl itself does not take back
    found = number_of(value) if value[0] in DIGITS else tables.FILE_TYPES.get(value.lower())
    if found is None:
        raise RuleError("-F unknown file type - %s" % text, text)
    return found


def fstype_field(line, value, text, name, sign):
    if tables.LIST_NAMES[line.list] != "filesystem":
        raise RuleError("%s field is not valid for the filter" % name, text)
    found = number_of(value) if value[0] in DIGITS else tables.FILESYSTEMS.get(value.lower())
    if found is None:
        raise RuleError("file system type is unknown for field: %s" % text, text)
    line.filesystem = True
    return found


def argument_field(line, value, text, name, sign):
    if not is_number(value):
        raise RuleError("-F value should be number for %s" % text, text)
    return number_of(value)


def session_field(line, value, text, name, sign):
    if tables.LIST_NAMES[line.list] not in ("user", "exit", "exclude"):
        raise RuleError("%s must be used with exclude, user, or exit filter" % name, text)
    return tables.UNSET if value == "unset" else number_of(value)


def family_field(line, value, text, name, sign):
    found = number_of(value)
    if found >= tables.MAX_ADDRESS_FAMILY:
        raise RuleError("value is too large for field: %s" % text, text)
    if value[0] not in DIGITS:
        line.rule.notes += ((text, "auditctl reads a word that is no number as 0: give the number of the address family"),)
    return found


def key_field(line, value, text, name, sign):
    raise RuleError("key only takes = operator", text)


READERS = {
    tables.ARCH: arch_field, tables.EXIT: exit_field, tables.MSGTYPE: message_field, tables.PERM: permission_field,
    tables.FILETYPE: filetype_field, tables.FSTYPE: fstype_field, tables.SESSIONID: session_field,
    tables.SADDR_FAM: family_field, tables.KEY: key_field,
}
READERS.update(dict.fromkeys(tables.USERS, user_field))
READERS.update(dict.fromkeys(tables.GROUPS, group_field))
READERS.update(dict.fromkeys(tables.ARGUMENTS, argument_field))


# audit_to_watch(), audit_make_tree() and audit_to_inode(): each wants the others unset
ONE_OBJECT = (tables.PATH, tables.DIR, tables.INODE)
ONCE = "the kernel takes one %s in a rule, not %s and %s (Invalid argument)"


def kernel_refusals(rule):
    """(token, why) for each field that auditctl sends and every kernel refuses (kernel/auditfilter.c, audit_watch.c, audit_tree.c)."""
    objects = programs = 0
    for number, operator, value in rule.fields:
        objects += number in ONE_OBJECT
        programs += number == tables.EXE
        name = tables.FIELD_NAMES.get(number, str(number))
        if number in (tables.PATH, tables.DIR):
            if operator != EQUAL:
                yield "%s%s" % (name, value), "the kernel takes only = with %s (Invalid argument)" % name
            if value[:1] != "/":
                yield "%s=%s" % (name, value), "the kernel takes only an absolute path (Invalid argument)"
            elif number == tables.PATH and len(value) > 1 and value.endswith("/"):
                yield "path=%s" % value, "the kernel takes no path= that ends with /: a directory is dir= (Invalid argument)"
        elif value == tables.UNSET and number in USERS_SET and (number != tables.AUID or operator not in EITHER):
            yield name, "the kernel takes unset only with auid, and only = and != (Invalid argument)"
        elif number == tables.EXE and value[:1] != "/":
            yield "exe=%s" % value, "the kernel takes only an absolute path (Invalid argument)"
        elif operator in BIT_OPERATORS and number not in ALL_OPERATORS_ON:
            yield name, "the kernel takes no bit operator with %s (Invalid argument)" % name
        elif number in EQUALITY_IN_KERNEL and operator not in EITHER:
            yield name, "the kernel takes only = and != with %s (Invalid argument)" % name
        if rule.list == tables.LISTS["filesystem"] and number not in (tables.FSTYPE, tables.KEY):
            yield name, "the kernel takes only fstype on the filesystem list (Invalid argument)"
    if objects > 1:
        names = [tables.FIELD_NAMES[field[0]] for field in rule.fields if field[0] in ONE_OBJECT]
        if set(names) != {"inode"}:
            yield "%s=" % names[1], ONCE % ("path, dir or inode", names[0], names[1])
    if programs > 1:
        yield "exe=", ONCE % ("exe", "exe", "exe")
