# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy leaves out of its benchmarks: by audit_rules_skip, and by the register of exceptions.

An id belongs to its benchmark. What one id no longer demands stays where another chosen id demands it.
"""

from collections import namedtuple

from . import exceptions, words

# why: where it is said, in words. entry: its record of the register, None for a word of audit_rules_skip
Record = namedtuple("Record", "why word entry")


class LeftOut(object):
    """``controls`` {control: {id: Record}} of rules, ``numbers`` {id: Record} of whole ids; an id is C(benchmark:number)."""

    def __init__(self) -> None:
        self.controls: "dict[str, dict]" = {}
        self.numbers: "dict[str, Record]" = {}

    def whole(self, control: str, ids: "list[str]") -> "Record | None":
        """The first Record of a control that none of the ids demands any more; None where one does."""
        records = self.controls.get(control, {})
        return records[ids[0]] if ids and all(number in records for number in ids) else None

    def demanding(self, control: str, ids: "list[str]") -> "list[str]":
        """The ids that still demand a control."""
        return [number for number in ids if number not in self.controls.get(control, {})]


def left_out(library: dict, names: "list[str]", asked: "dict[str, list[str]]", choice) -> LeftOut:
    """What the words of a choice (C(request.Choice)) leave out of what the named benchmarks ask for (C(words.asked)).

    AuditError for a word that names nothing, with the nearest that does.
    """
    result = LeftOut()
    records = [(Record("audit_rules_skip: %s" % word, str(word), None), None) for word in choice.skip]
    if choice.exceptions is not None:
        records += [(Record("audit_exceptions: " + exceptions.sentence(entry), word, entry), benchmark)
                    for word, benchmark, entry in choice.exceptions.words(choice.exceptions.in_force())]
    for record, benchmark in records:
        for control, number in named(library, names, asked, record.word, benchmark=benchmark):
            if control is not None:
                result.controls.setdefault(control, {}).setdefault(number, record)
            else:
                result.numbers.setdefault(number, record)
    return result


def named(library, names, asked, word, *, benchmark=None):
    """[(control, id)] that a word names among the chosen benchmarks, (None, id) for the id itself."""
    controls, numbers = words.meant(library, names, word)
    found: "list[tuple]" = [(control, number) for control in controls for number in asked.get(control, ())]
    for name, number in numbers:
        if name in names:
            ident = "%s:%s" % (name, number)
            found.append((None, ident))
            found += [(control, ident) for control in library["benchmarks"][name].get("rules", {}).get(number, ())]
    return [(control, number) for control, number in found if benchmark is None or number.partition(":")[0] == benchmark]
