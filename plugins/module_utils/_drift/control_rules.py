# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on what a control demands to be recorded: by rules.d, by audit.rules, and by the kernel where it can be asked."""

from .._rules.compiled import AUDIT_RULES
from .._rules.coverage import Recorded
from .._rules.rule import Directive
from .permissions import REFUSED, is_refused

FILTERS = "/20-auditops-filters.rules"  # _library.resolve writes it
NOTHING_HERE = "nothing to record here"
OFF = "the kernel's auditing is switched off"


class Rules(object):
    """The sets of rules of a host, and what each control of the chosen profiles (C(_live.benchmark.Chosen)) demands of them."""

    def __init__(self, sides, chosen):
        self.sides, self.chosen = sides, chosen
        parsed = sides.parsed
        self.sets, self.reasons = [], {}
        self.files = files_of(sides)
        self.sets += [(where, compiled.loaded) for where, compiled in self.files]
        if parsed.loaded is not None:
            self.sets.append(("kernel", parsed.loaded))
        filters = {rule.canonical for rule in (parsed.disk.rules if parsed.disk else ()) if (rule.file or "").endswith(FILTERS)}
        self.recorded = [(where, sides.recorded(rules)) for where, rules in self.sets]
        self.unfiltered = self.recorded
        if filters:
            self.unfiltered = [(where, Recorded([rule for rule in rules if rule.canonical not in filters], links=parsed.links))
                               for where, rules in self.sets]
        self.unloaded = _unloaded(sides, self.files)
        self.enabled = ((sides.live["kernel"] or {}).get("status") or {}).get("enabled")

    def verdict(self, control, ident) -> "tuple[str, str]":
        """(status, why) of one control of the library, as an id asks for it."""
        chosen = self.chosen
        if ident not in chosen.asked.get(control, ()):
            return "not_checked", NOTHING_HERE + ": it is not asked of this system"
        if not self.sets:
            return "not_checked", "the rules could not be read: %s" % self.sides.live["unavailable"].get("rules", "")
        status, why = self._recorded(control)
        record = chosen.left.controls.get(control, {}).get(ident)
        if record is not None and status != "pass":
            return ("skipped" if record.entry is None else "waived"), record.why
        return status, why

    def _recorded(self, control):
        if control not in self.reasons:
            self.reasons[control] = self._look(control)
        return self.reasons[control]

    def _look(self, control):
        lines = self.chosen.demanded.get(control, ())
        present = [line for line in lines if line not in self.chosen.absent]
        if not present:
            reason = next((self.chosen.absent[line] for line in lines), None)
            return "not_checked", "%s: the kernel takes no rule for it yet" % reason if reason else NOTHING_HERE + ": this host has none"
        if self.enabled == 0 or self.unloaded:
            return "fail", OFF if self.enabled == 0 else self.unloaded
        missing = [why for line in present for why in self._why_not(self.recorded, line)]
        if missing and self.chosen.filters and not [why for line in present for why in self._why_not(self.unfiltered, line)]:
            return "waived", "audit_rules_filters: %s leaves a part of it out" % ", ".join(self.chosen.filters)
        if missing:
            return "fail", "; ".join(list(dict.fromkeys(missing))[:2])
        other = [line for line in present if not self._is_spelled(line)]
        return "pass", "recorded by rules that are written otherwise; a scanner may want %s" % other[0] if other else ""

    def _why_not(self, sets, line):
        statement = self.chosen.statements[line]
        if isinstance(statement, Directive):
            wanted = True if statement.value is None else statement.value
            for where, compiled in self.files:
                if str(compiled.control.get(statement.name)) != str(wanted):
                    yield "%s is missing in %s" % (line, where)
            return
        for where, recorded in sets:
            why = recorded.why_not(self.chosen.meant.get(line, statement))
            if why:
                yield "%s: %s in %s" % (line, why, "the kernel" if where == "kernel" else where)

    def _is_spelled(self, line):
        statement = self.chosen.statements[line]
        return isinstance(statement, Directive) or all(statement.canonical in recorded.known for _where, recorded in self.recorded)

    def sample(self, name) -> "tuple[str, str]":
        """A file of the audit package, byte for byte in rules.d."""
        text = next((text for path, text in self.sides.parsed.files.items() if path.endswith("/" + name)), None)
        wanted = (self.chosen.policy.get("verbatim") or {}).get(name)
        if text is not None and text == wanted:
            return "pass", ""
        return "fail", "%s is not in rules.d as the audit package has it" % name


def _unloaded(sides, files):
    """Why the next boot records nothing, whatever stands in the files; None where it does."""
    facts = (sides.live["permissions"] or {}).get(AUDIT_RULES)
    if facts is not None and is_refused(facts):
        return REFUSED
    return next(("%s: -e 0 in %s" % (OFF, where) for where, compiled in files if str(compiled.control.get("-e")) == "0"), None)


def files_of(sides) -> "list[tuple]":
    """[(rules.d or audit.rules, its Compiled)] of what the next boot loads: rules.d where augenrules makes audit.rules of it, and
    audit.rules where it has other rules, because nobody made it again. Where the unit has auditctl load audit.rules, that alone."""
    disk, compiled = sides.parsed.disk, sides.parsed.compiled
    if compiled is not None and (sides.live["services"] or {}).get("loader") == "auditctl":
        return [("audit.rules", compiled)]
    found = [("rules.d", disk)] if disk is not None else []
    is_stale = disk is None or [rule.canonical for rule in disk.rules] != [rule.canonical for rule in getattr(compiled, "rules", ())]
    return found + ([("audit.rules", compiled)] if compiled is not None and is_stale else [])
