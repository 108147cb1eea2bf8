# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of exceptions (audit_exceptions): what is left out on purpose, by whom, why and until when.

An exception counts up to and with the day it names in C(expires), UTC; after that the control is demanded again.
"""

import re

from .._errors import AuditError

SUBJECTS = ("control", "key", "setting", "file")  # one of them says what is left out
RECORD = ("reason", "owner", "approved_by", "expires", "ticket")
NEEDED = ("reason", "owner")
ANNOUNCED = 30  # days before it expires
DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def problems(entries) -> "list[str]":
    """What is wrong with a register, one sentence for each entry; which controls and benchmarks there are is judged elsewhere."""
    found = []
    for place, entry in enumerate(entries):
        wrong = _wrong(entry)
        if wrong:
            found.append("audit_exceptions[%d]: %s" % (place, wrong))
    return found


def _wrong(entry):
    if not isinstance(entry, dict):
        return "%r is no mapping; give control, key, setting or file, and reason and owner" % (entry,)
    known = SUBJECTS + RECORD + ("benchmark",)
    strange = sorted(str(name) for name in entry if name not in known)
    if strange:
        return "%s is unknown; an exception has %s" % (strange[0], ", ".join(known))
    given = [name for name in SUBJECTS if entry.get(name)]
    if len(given) != 1:
        return "give one of %s, not %s" % (", ".join(SUBJECTS), " and ".join(given) or "none")
    missing = [name for name in NEEDED if not str(entry.get(name) or "").strip()]
    if missing:
        return "%s %s has no %s: an exception that nobody can defend is none" % (given[0], entry[given[0]], " and no ".join(missing))
    if entry.get("expires") and not _is_day(str(entry["expires"])):
        return "expires = %s: give a day, like 2027-03-31" % entry["expires"]
    return None


def _is_day(text):
    if not DAY.match(text):
        return False
    year, month, day = [int(part) for part in text.split("-")]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


class Exceptions(object):
    """A register on one day. ``today`` (YYYY-MM-DD, UTC) and ``soon``, the last day that is announced, come from the caller: nothing here
    looks at a clock. ``skip``: the words of audit_rules_skip, for settings.
    """

    def __init__(self, entries, today: str, soon: str, skip=()) -> None:
        wrong = problems(entries or ())
        if wrong:
            raise AuditError("; ".join(wrong))
        self.entries = [{name: str(value) for name, value in sorted(entry.items()) if value not in (None, "")} for entry in entries or ()]
        self.today, self.soon, self.skip = today, soon, [str(word) for word in skip]

    def in_force(self) -> "list[dict]":
        return [entry for entry in self.entries if not self.is_expired(entry)]

    def is_expired(self, entry: dict) -> bool:
        return "expires" in entry and entry["expires"] < self.today

    def state(self, entry: dict) -> str:
        """expired, expiring (within ANNOUNCED days) or in_force."""
        if self.is_expired(entry):
            return "expired"
        return "expiring" if "expires" in entry and entry["expires"] <= self.soon else "in_force"

    @staticmethod
    def words(entries: "list[dict]") -> "list[tuple[str, str | None, dict]]":
        """(word as audit_rules_skip takes it, benchmark or None, entry) of those exceptions that are from rules and controls."""
        found = []
        for entry in entries:
            if "control" in entry:
                control, benchmark = entry["control"], entry.get("benchmark")
                found.append((control if ":" in control or not benchmark else "%s:%s" % (benchmark, control), benchmark, entry))
            elif "key" in entry:
                found.append(("key:" + entry["key"], entry.get("benchmark"), entry))
            elif "file" in entry and "/" not in entry["file"]:
                found.append(("file:" + entry["file"], entry.get("benchmark"), entry))
        return found

    def of_setting(self, benchmark: str, number: str, key: str) -> "dict | None":
        """The exception in force from what a control of a benchmark demands of a key of auditd.conf, {control: word} of a skipped one."""
        for word in self.skip:
            if word in (number, "%s:%s" % (benchmark, number)):
                return {"control": word}
        for entry in self.in_force():
            if entry.get("benchmark") not in (None, benchmark):
                continue
            if entry.get("setting", "").lower() == key or entry.get("control") in (number, "%s:%s" % (benchmark, number)):
                return entry
        return None

    def of_file(self, benchmark: str, path: str) -> "dict | None":
        """The exception in force from what a benchmark demands of a file's mode and owner."""
        for entry in self.in_force():
            if entry.get("file") == path and entry.get("benchmark") in (None, benchmark):
                return entry
        return None


def subject(entry: dict) -> str:
    """What an exception leaves out, in words: C(control cis_rhel_9:6.3.3.4)."""
    name = next(name for name in SUBJECTS if name in entry)
    benchmark = "" if "benchmark" not in entry or ":" in entry[name] else " of %s" % entry["benchmark"]
    return "%s %s%s" % (name, entry[name], benchmark)


def sentence(entry: dict) -> str:
    """The record of an exception, for a reader of the report."""
    parts = ["%s (%s" % (entry["reason"], entry["owner"])]
    for name, word in (("approved_by", "approved by"), ("ticket", "ticket"), ("expires", "until")):
        if name in entry:
            parts.append("%s %s" % (word, entry[name]))
    return ", ".join(parts) + ")"
