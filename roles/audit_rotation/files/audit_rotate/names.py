# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the log directory: which file is what, and what an archive is to be called.

audit.log                                  live, auditd writes it
audit.log.7, audit.log.7.gz                rotated: auditd's own numbers, or what somebody compressed in place
audit.log.2026-11-23T05:00:00Z[.2][.zst]   archive: time of its last record, a sequence where two share a second
.audit.log.NAME.audit-rotate-tmp           temporary
all else                                   foreign: never touched
"""

import calendar
import os
import re
import stat
import time

from ._rotation.conf import NAME_FORMAT
from .exits import Failure

SUFFIX_METHODS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
METHOD_SUFFIXES = {method: suffix for suffix, method in SUFFIX_METHODS.items()}
TEMPORARY = ".audit-rotate-tmp"
WIDELY_COPIED = ("%F_%T", "local")  # names by the script of the distributions' articles
DAY = 86400
TRUSTED_MTIME = 7200  # seconds between name and mtime that daylight saving time explains
CLOCKS_DIFFER = 86400  # seconds ahead of now that a date may be: hosts send each other logs, and zones are mistaken

PATTERNS = {
    "Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d)", "d": r"(?P<d>\d\d)", "H": r"(?P<H>\d\d)", "M": r"(?P<M>\d\d)", "S": r"(?P<S>\d\d)",
    "F": r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)", "T": r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)", "j": r"(?P<j>\d{3})",
    "s": r"(?P<s>\d{9,11})", "z": r"(?P<z>[+-]\d{4})",
}
TAIL = r"(?:\.(?P<sequence>\d{1,6}))?(?P<suffix>\.(?:gz|bz2|xz|zst))?\Z"
NUMBER = re.compile(r"[0-9]{1,6}\Z")  # str.isdigit() is true of digits that int() does not take


class Entry(object):
    """One file: ``name``, ``path``, ``kind``, ``stem`` (name without suffix), ``suffix``, ``method`` (None: plain), ``status``.

    A rotated log has a ``number``, an archive the ``time`` of its last record (epoch seconds) and a ``sequence``; ``staged``: it waits on
    another filesystem.
    """

    def __init__(self, directory, name, kind, status, *, suffix="", number=None, time=None, sequence=0):
        self.name = name
        self.path = os.path.join(directory, name)
        self.kind = kind
        self.status = status
        self.suffix = suffix
        self.stem = name[:len(name) - len(suffix)] if suffix else name
        self.method = SUFFIX_METHODS.get(suffix)
        self.number = number
        self.time = time
        self.sequence = sequence
        self.staged = False

    def __repr__(self):
        return "<%s %s>" % (self.kind, self.name)

    @property
    def order(self):
        """Sorts archives from the oldest to the newest."""
        return (self.time, self.sequence, self.name)


class Names(object):
    """The names beside one log. ``formats`` are (name_format, zone) pairs that were in use earlier: their files stay ours."""

    def __init__(self, base, name_format=NAME_FORMAT, zone="utc", formats=()):
        self.base = base
        self.name_format = name_format
        self.zone = zone
        self._patterns = []
        for known in [(name_format, zone), (NAME_FORMAT, "utc"), WIDELY_COPIED] + [tuple(pair) for pair in formats]:
            pattern = _pattern(known[0])
            if pattern is not None and known not in [entry[0] for entry in self._patterns]:
                self._patterns.append((known, pattern))

    @classmethod
    def beside(cls, settings, previous):
        """Those beside the log of these Settings, with the formats that ``previous``, the status file as it was judged, remembers."""
        config = settings.config
        return cls(settings.base, config["name_format"], config["name_zone"], previous.get("name_formats") or ())

    def stem(self, when):
        """The archive name, without sequence and suffix, for a last record at ``when`` (epoch seconds)."""
        moment = (time.gmtime if self.zone == "utc" else time.localtime)(when)
        text = self.name_format
        for letter in "sz":  # strftime takes both from the local zone, whatever it is given
            value = "%d" % when if letter == "s" else "+0000" if self.zone == "utc" else "%z"
            text = text.replace("%" + letter, value)
        return "%s.%s" % (self.base, time.strftime(text, moment))

    def scan(self, directory, owner):
        """[Entry] of everything in ``directory``; what is no regular file of ``owner`` (uid) is foreign, whatever its name."""
        found = []
        for name in sorted(os.listdir(directory)):
            try:
                status = os.lstat(os.path.join(directory, name))
            except FileNotFoundError:
                continue  # auditd has just renamed it
            entry = self.classify(directory, name, status)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != owner:
                entry.kind = "foreign"
            found.append(entry)
        return found

    def scan_staged(self, directory, owner):
        """[Entry] of what waits in ``directory``, on another filesystem; none where it does not exist or is not ours to read."""
        try:
            entries = self.scan(directory, owner)
        except (FileNotFoundError, PermissionError):
            return []
        for entry in entries:
            entry.staged = True
        return entries

    def scan_all(self, settings, owner=None):
        """[Entry] beside the log and of what waits elsewhere; a name that is in both counts once, as the file beside the log.

        ``owner`` is a uid, without one that of the log directory. Failure where that directory cannot be read.
        """
        try:
            owner = os.stat(settings.directory).st_uid if owner is None else owner
            entries = self.scan(settings.directory, owner)
        except OSError as error:
            raise Failure("unusable", "the log directory %s cannot be read: %s" % (settings.directory, error.strerror))
        present = {entry.name for entry in entries}
        return entries + [entry for entry in self.scan_staged(settings.stage_directory, owner) if entry.name not in present]

    def classify(self, directory, name, status):
        """The Entry a name alone stands for."""
        if name == self.base:
            return Entry(directory, name, "live", status)
        if name.startswith(".%s." % self.base) and name.endswith(TEMPORARY):
            return Entry(directory, name, "temporary", status)
        rest = name[len(self.base) + 1:] if name.startswith(self.base + ".") else ""
        number, suffix = os.path.splitext(rest)
        if NUMBER.match(rest):
            return Entry(directory, name, "rotated", status, number=int(rest))
        if NUMBER.match(number) and suffix in SUFFIX_METHODS:
            return Entry(directory, name, "rotated", status, suffix=suffix, number=int(number))
        for (_unused, zone), pattern in self._patterns:
            match = pattern.match(rest)
            when = _epoch(match.groupdict(), zone) if match else None
            if when is not None:
                is_exact = match.groupdict().get("H") or match.groupdict().get("s")
                if abs(status.st_mtime - when) <= TRUSTED_MTIME + (0 if is_exact else DAY):
                    when = int(status.st_mtime)
                return Entry(
                    directory, name, "archive", status, suffix=match.group("suffix") or "", time=when,
                    sequence=int(match.group("sequence") or 0))
        return Entry(directory, name, "foreign", status)

    def free_stem(self, when, taken):
        """A stem that no file in ``taken`` (names) has, with whatever suffix; a sequence is added where the second is taken."""
        stems = {stem_of(name) for name in taken}
        stem = self.stem(when)
        sequence = 0
        while (stem if not sequence else "%s.%d" % (stem, sequence)) in stems:
            sequence += 1
        return stem if not sequence else "%s.%d" % (stem, sequence)


def oldest_first(entries, now):
    """[Entry] of the archives among them. A date still to come is that of a clock which was ahead: what bears one was written before
    the clock was put right, and so before all that bears a date gone by. ``now``: epoch seconds."""
    latest = now + CLOCKS_DIFFER
    return sorted((entry for entry in entries if entry.kind == "archive"), key=lambda entry: (entry.time <= latest, entry.order))


def stem_of(name):
    """The name without the suffix of a compression."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix in SUFFIX_METHODS else name


def temporary(name):
    """The name that ``name`` is written under until it is whole."""
    return ".%s%s" % (name, TEMPORARY)


def _pattern(name_format):
    seen = set()

    def directive(match):
        text = PATTERNS[match.group(1)]
        for group in re.findall(r"\(\?P<(\w)>", text):
            if group in seen:
                text = text.replace("?P<%s>" % group, "?:")
            seen.add(group)
        return text
    try:
        pieces = re.split(r"(%.)", name_format)
        parts = [directive(re.match("%(.)", piece)) if piece.startswith("%") else re.escape(piece) for piece in pieces]
        return re.compile("".join(parts) + TAIL, re.ASCII)
    except (KeyError, AttributeError, re.error):
        return None  # a remembered format that this release does not know


def _epoch(parts, zone):
    """Epoch seconds of a name's parts; None where they are no date."""
    try:
        if parts.get("s"):
            return int(parts["s"])
        clock = tuple(int(parts.get(letter) or 0) for letter in "HMS")
        if parts.get("j"):
            day = (int(parts["Y"]), 1, int(parts["j"]))
            valid = 1 <= day[2] <= 366
        else:
            day = (int(parts["Y"]), int(parts["m"]), int(parts["d"]))
            valid = 1 <= day[1] <= 12 and 1 <= day[2] <= 31
        if not valid or clock[0] > 23 or clock[1] > 59 or clock[2] > 60 or day[0] < 1970:
            return None
        if parts.get("z"):
            offset = (int(parts["z"][1:3]) * 60 + int(parts["z"][3:5])) * 60
            return calendar.timegm(day + clock) - (offset if parts["z"][0] == "+" else -offset)
        return calendar.timegm(day + clock) if zone == "utc" else int(time.mktime(day + clock + (0, 0, -1)))
    except (KeyError, ValueError, OverflowError):
        return None
