# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf as one release's own parser reads it: which lines it takes, how it splits them, what each value means.

Facts, observed with the releases 2.8.5 to 4.2.1: only 0x20 separates; a line longer than the buffer, a last line without
newline and a line with a NUL byte (together with the line after it) are skipped and the rest is used.
"""

import re
from collections import OrderedDict, namedtuple

from .keys import KEYS, PERCENT_SINCE, SIDE_EFFECTS, ULONG_MAX, at, known, lower, word_for
from .words import LONGEST_LINE, is_setting, words_of

Problem = namedtuple("Problem", "line key value reason fatal")
Problem.__doc__ = """One thing wrong with auditd.conf: ``line`` (from 1, None for the whole file), ``key``, ``value``, ``reason``
(a sentence), ``fatal`` (True where auditd refuses the file or the change must not be written)."""

Entry = namedtuple("Entry", "line words text")  # words as the parser splits them; none for a comment or an empty line
Skipped = namedtuple("Skipped", "line cause text")  # cause: long, unterminated, nul, after_nul
Reading = namedtuple("Reading", "entries skipped cross_checked")

COUNTS_SKIPPED_LINES_SINCE = (4, 1, 0)  # from here on a file of one skipped line is cross-checked too (seen in 4.1.x, not in 4.0.2)
SECONDS_SUFFIX_SINCE = (4, 1, 4)
ONE_DASH_SINCE = (4, 2, 0)

_DIGITS = re.compile(r"[0-9]{1,600}\Z")
_SPACE = re.compile(r"[0-9%]{1,600}\Z")
_DURATION = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]{1,600})(.*)\Z", re.S)
_PORTS = re.compile(r"[0-9][0-9-]{0,600}\Z")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "M": 30 * 86400}


def encode(text):
    """The bytes of a file's text, those that are not UTF-8 included."""
    return text.encode("utf-8", "surrogateescape")


def read(lines, ended, release):
    """The lines a release (tuple) takes and those it skips; ``lines`` without newlines, ``ended`` False where the last has none."""
    width = at(LONGEST_LINE, release) + 1  # what one read of the parser's buffer holds, newline included
    entries = []
    skipped = []
    terminated_once = False
    skipping = False
    for number, text in enumerate(lines, 1):
        data = encode(text)
        if number < len(lines) or ended:
            data += b"\n"
        last_read = (len(data) - 1) // width * width if data else 0
        nul = b"\0" in data[last_read:]
        terminated = data.endswith(b"\n") and not nul
        if terminated and not last_read and not skipping:
            entries.append(Entry(number, words_of(text), text))
        elif last_read:
            skipped.append(Skipped(number, "long", text))
        elif nul:
            skipped.append(Skipped(number, "nul", text))
        elif not terminated:
            skipped.append(Skipped(number, "unterminated", text))
        else:
            skipped.append(Skipped(number, "after_nul", text))
        skipping = not terminated
        terminated_once = terminated_once or terminated
    cross_checked = terminated_once or (bool(lines) and release >= COUNTS_SKIPPED_LINES_SINCE)
    return Reading(entries, skipped, cross_checked)


def number(text):
    """A whole number of digits only, None where the text is none."""
    return int(text) if _DIGITS.match(text) else None


def space(text, release):
    """(number, is percent) of a threshold, None where the parser refuses it: "25%", but also "%25" and "2%5" (which is 2)."""
    if "%" not in text or release < PERCENT_SINCE:
        value = number(text)
        return None if value is None else (value, False)
    if not _SPACE.match(text):
        return None
    digits = text.replace("%", " ", 1).split("%")[0].split()
    return (int(digits[0]) if digits else 0, True)


def ports(text, release):
    """(lowest, highest) of "1024" or "1024-65535", None where refused; before 4.2 only the first and the last number count."""
    if not _PORTS.match(text) or text.endswith("-"):
        return None
    parts = text.split("-")
    if len(parts) > 2 and release >= ONE_DASH_SINCE:
        return None
    return (int(parts[0]), int(parts[-1]))


def duration(text, release):
    """Seconds of "300", "5m", "1h", "2d" or "1M" (30 days; "s" from 4.1.4 on), as C long arithmetic gives them; None where refused."""
    found = _DURATION.match(text)
    if found is None:
        return None
    value, suffix = int(found.group(1)), found.group(2)
    if suffix not in SECONDS or not -2 ** 63 <= value < 2 ** 63 or (suffix == "s" and release < SECONDS_SUFFIX_SINCE):
        return None
    value = (value * SECONDS[suffix] + 2 ** 63) % 2 ** 64 - 2 ** 63
    return value if value >= 0 else None


def canonical(name, words, release):
    """The one spelling of a value (``words`` after the equals sign); what the parser refuses stays as it is written."""
    key = KEYS[name]
    kind = at(key.kind, release)
    text = words[0]
    if kind in ("word", "action"):
        word = word_for(key, text)
        if word == "EXEC" and len(words) > 1:
            return "EXEC " + words[1]
        return word or text
    if kind == "number":
        value = number(text)
        return text if value is None or value > ULONG_MAX else str(value)
    if kind == "space":
        value = space(text, release)
        return text if value is None else "%d%s" % (value[0], "%" if value[1] and value[0] else "")
    if kind == "ports":
        value = ports(text, release)
        return text if value is None else "%d-%d" % value
    if kind == "duration":
        value = duration(text, release)
        return text if value is None else str(value)
    return text


def effective(reading, release):
    """Every key of a release (tuple) -> the value auditd runs with, given in the table's spelling; None for off or not set."""
    values = OrderedDict()
    for name, key in KEYS.items():
        if known(name, release) and at(key.kind, release) != "ignored":
            values[name] = at(key.default, release)
    for entry in reading.entries:
        if not is_setting(entry.words) or len(entry.words) < 3 or entry.words[1] != "=":
            continue
        name = lower(entry.words[0])
        if name in values:
            values[name] = canonical(name, entry.words[2:], release)
            other = SIDE_EFFECTS.get((name, values[name]))
            if other is not None and other[0] in values:
                values[other[0]] = other[1]
    return values
