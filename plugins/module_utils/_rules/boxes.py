# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values for which a rule matches, as one set for each field, and what such boxes have in common.

Numbers are unsigned 32-bit words, as the kernel compares them (audit_comparator() of kernel/auditfilter.c). A field that a box does not
name may have any value.
"""

from . import tables
from .silence import LAST, PROCESSES, common, domain_of, spans_of

PATH, DIR = tables.PATH, tables.DIR
EXIT, SUCCESS = tables.FIELDS["exit"], tables.FIELDS["success"]
IGNORED = frozenset((tables.KEY, tables.ARCH, PATH, DIR))
FAILED = ((1 << 31, LAST),)  # exit: the negative numbers
AUID, PPID, SESSION = (tables.FIELDS[name] for name in ("auid", "ppid", "sessionid"))
# Fields of a file that a call names: a call that names none matches no condition on them, whatever its numbers (kernel/auditsc.c)
OF_A_FILE = frozenset(number for name, number in tables.FIELDS.items()
                      if name.startswith(("obj_", "dev")) or name in ("inode", "filetype"))
NAMES_A_FILE = ("names a file",)
ADDRESS_FAMILY, HAS_ADDRESS = tables.FIELDS["saddr_fam"], ("has a socket address",)  # the same of a call without such an argument
PERMISSIONS = frozenset(bit for _letter, bit in tables.PERMISSIONS)
NO_PERMISSION = 0  # the access of a call that is none of r, w, x, a
EVERY_ACCESS = PERMISSIONS | {NO_PERMISSION}
ALIASES = (("/var/run/", "/run/"),)


class Spans(object):
    """Numbers: ``parts`` [(first, last)], apart and in order."""

    def __init__(self, parts, domain=(0, LAST)):
        self.parts, self.domain = parts, domain

    def and_(self, other):
        return Spans(common([self.parts, other.parts]), self.domain)

    def without(self, other):
        left = list(self.parts)
        for first, last in other.parts:
            left = [piece for one, two in left for piece in ((one, min(two, first - 1)), (max(one, last + 1), two)) if piece[0] <= piece[1]]
        return Spans(left, self.domain)

    def __bool__(self):
        return bool(self.parts)


class Texts(object):
    """Texts: those of ``texts``, or all but them (``others``)."""

    def __init__(self, texts, others=False):
        self.texts, self.others = frozenset(texts), others

    def and_(self, other):
        if self.others and other.others:
            return Texts(self.texts | other.texts, True)
        if self.others or other.others:
            inside, outside = (other, self) if self.others else (self, other)
            return Texts(inside.texts - outside.texts)
        return Texts(self.texts & other.texts)

    def without(self, other):
        return self.and_(Texts(other.texts, not other.others))

    def __bool__(self):
        return self.others or bool(self.texts)


class Access(object):
    """Kinds of access (perm): bits of PERMISSIONS and NO_PERMISSION."""

    def __init__(self, kinds):
        self.kinds = frozenset(kinds)

    def and_(self, other):
        return Access(self.kinds & other.kinds)

    def without(self, other):
        return Access(self.kinds - other.kinds)

    def __bool__(self):
        return bool(self.kinds)


def kinds(bits: int) -> "frozenset":
    return frozenset(bit for bit in PERMISSIONS if bits & bit)


def conditions_of(rule) -> "dict | None":
    """{field: set of its values} of a rule, without its path, keys and system calls; None where no event can match it."""
    found = {}  # type: dict
    for number, operator, value in rule.fields:
        if number in IGNORED or number == tables.MSGTYPE:
            continue
        if number in OF_A_FILE or number == tables.COMPARE and "obj_" in _compared(value):
            found[NAMES_A_FILE] = Spans([(1, 1)], (0, 1))
        if number == ADDRESS_FAMILY:
            found[HAS_ADDRESS] = Spans([(1, 1)], (0, 1))
        field, values = _values(number, operator, value)
        found[field] = found[field].and_(values) if field in found else values
    if EXIT in found and not found[EXIT].without(Spans(list(FAILED))):
        # a call that returns an error has failed
        failed = Spans([(0, 0)], (0, 1))
        found[SUCCESS] = found[SUCCESS].and_(failed) if SUCCESS in found else failed
    return None if any(not values for values in found.values()) else found


def _compared(value):
    """The two fields that a comparison (-C) compares; an empty text for one that is not known."""
    return tables.COMPARISONS[value - 1] if 0 < value <= len(tables.COMPARISONS) else ""


def implied(rule, conditions: "dict") -> "dict":
    """The conditions that hold as well wherever a rule matches: what it watches is a file, and who has logged in has a session, and a
    parent (the first process alone has none)."""
    found = dict(conditions)
    if place_of(rule) is not None:
        found[NAMES_A_FILE] = Spans([(1, 1)], (0, 1))
    if AUID in found and not found[AUID].and_(Spans([(tables.UNSET, tables.UNSET)])):
        for field, span in ((PPID, PROCESSES), (SESSION, (0, tables.UNSET - 1))):
            always = Spans([span], domain_of(field))
            found[field] = found[field].and_(always) if field in found else always
    return found


def _values(number, operator, value):
    """(field, its values) of one condition; one that no set describes is a field of its own that is true or not."""
    sign = tables.OPERATOR_NAMES.get(operator)
    if number == tables.PERM:
        return number, Access(kinds(value))
    if number == tables.COMPARE:
        wanted = 1 if sign == "=" else 0
        return (number, value), Spans([(wanted, wanted)], (0, 1))
    if number in tables.STRINGS:
        return (number, Texts([value], sign == "!=")) if sign in ("=", "!=") else ((number, operator, value), Spans([(1, 1)], (0, 1)))
    spans = spans_of(operator, value)
    if not spans and sign in ("&", "&="):
        return (number, operator, value), Spans([(1, 1)], (0, 1))
    domain = domain_of(number)
    return number, Spans(common([spans, [domain]]), domain)


def _everything(values):
    if isinstance(values, Access):
        return Access(EVERY_ACCESS)
    return Texts((), True) if isinstance(values, Texts) else Spans([values.domain], values.domain)


class Box(object):
    """``sets`` {field: its values}; a field that is not there may have any."""

    def __init__(self, sets):
        self.sets = dict(sets)

    def narrowed(self, permissions: "int | None") -> "Box":
        """The box for calls that have only these of the kinds of access; None: whatever the box says."""
        return self if permissions is None else Box(dict(self.sets, **{})).with_(tables.PERM, Access(kinds(permissions)))

    def with_(self, field, values):
        sets = dict(self.sets)
        sets[field] = values
        return Box(sets)

    @property
    def is_empty(self):
        return any(not values for values in self.sets.values())

    def cut(self, conditions) -> "tuple[Box | None, list[Box]]":
        """(the part for which the conditions hold, None where there is none; the parts for which they do not)."""
        inside, outside = self, []
        for field, values in conditions.items():
            mine = inside.sets.get(field) or _everything(values)
            both, rest = mine.and_(values), mine.without(values)
            if not both:
                return None, [self]
            if rest:
                outside.append(inside.with_(field, rest))
            inside = inside.with_(field, both)
        return inside, outside

    def difference_from(self, conditions) -> "str | None":
        """The one field by which a rule does not match this box; None where there are more or none."""
        fields = [field for field, values in conditions.items() if not (self.sets.get(field) or _everything(values)).and_(values)]
        if len(fields) != 1:
            return None
        number = fields[0][0] if isinstance(fields[0], tuple) else fields[0]
        return tables.FIELD_NAMES.get(number)


def place_of(rule, links=()) -> "tuple[str, str] | None":
    """(what a rule watches: path, dir or either; where), None where it watches no path.

    ``links``: [(directory, what it is)] of directories at the top that are symbolic links here (C(localise.links_at_the_top)): the kernel
    follows them when it takes a rule.
    """
    for number, _operator, value in rule.fields:
        if number in (PATH, DIR):
            where = "/" + "/".join(part for part in value.split("/") if part)
            for alias, real in ALIASES + tuple(links):
                if (where + "/").startswith(alias):
                    where = real + where[len(alias):]
            kind = rule.target or (("dir" if number == DIR else "either") if rule.watch else "dir" if number == DIR else "path")
            return kind, where
    return None


def relation(wanted, have) -> "str | None":
    """Whether a rule for the place ``have`` sees the ``whole`` of ``wanted`` or a ``part`` of it; None: nothing. Both as of place_of()."""
    if have is None:
        return "whole"
    if wanted is None:
        return "part"
    (wanted_kind, wanted_path), (kind, path) = wanted, have
    if wanted_path == path:
        return "part" if wanted_kind == "dir" and kind == "path" else "whole"
    if kind != "path" and wanted_path.startswith(path.rstrip("/") + "/"):
        return "whole" if kind == "dir" else None
    if wanted_kind != "path" and path.startswith(wanted_path.rstrip("/") + "/"):
        return "part"
    return None
