# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of a comparison, and how a comparer writes a finding."""

from .._library.demands import Demands
from .._policy import locks
from .._rules.coverage import Recorded
from . import tables
from .cures import step_of
from .finding import name_of_row


class Sides(object):
    """``live`` and ``parsed``: what readers found on the host. ``wanted``: the policy. ``risks`` of the host. None of it reads the host."""

    def __init__(self, live, parsed, wanted, risks):
        self.live, self.parsed, self.wanted, self.risks = live, parsed, wanted, risks
        self.demands = Demands(wanted.get("benchmarks"), parsed.product, parsed.benchmarks)
        self.is_live = live["root"] == "/"
        self._recorded = {}

    def recorded(self, rules: "list") -> "Recorded":
        """What these rules leave a trace of, looked at once for all who ask. ``rules``: a list of C(parsed)."""
        if id(rules) not in self._recorded:
            self._recorded[id(rules)] = rules, Recorded(rules, links=self.parsed.links)  # the list too: so nothing else gets its id
        return self._recorded[id(rules)][1]

    @property
    def out_of_the_boot(self):
        """Whether the policy keeps auditd out of the boot."""
        return (self.wanted.get("audit_boot") or {}).get("service") == "disabled"

    @property
    def is_absent(self):
        """Neither a release nor a daemon: the package is not there. A package that was removed leaves its configuration on Debian; a tree
        that has one may lack the programs because nobody copied them."""
        live, daemon = self.live, self.live["daemon"] or {}
        is_left = live["auditd_conf"] is not None and not self.is_live
        return not is_left and live["version"] is None and not daemon.get("running") and not daemon.get("installed")

    @property
    def effective(self):
        """{key: value} that auditd would run with, {} where auditd.conf was not seen."""
        return (self.live["auditd_conf"] or {}).get("effective") or {}

    @property
    def settings(self):
        """The policy's settings: with what benchmarks set among them, else as they are written in the variables."""
        if self.parsed.settled is not None:
            return self.parsed.settled.settings
        return (self.wanted.get("auditd") or {}).get("settings") or {}

    @property
    def control(self):
        """{option: value} that the policy's rules give the kernel: -b, -f, -e, --backlog_wait_time; values as text."""
        policy = self.wanted.get("audit_rules") or {}
        found = {}
        for _name, text in sorted((policy.get("files") or {}).items()):
            for line in text.splitlines():
                words = line.split()
                if len(words) == 2 and words[0] in tables.CONTROL_WORDS:
                    found[words[0]] = words[1]
        for option, word in tables.CONTROL_WORDS.items():
            value = (policy.get("control") or {}).get(word)
            if value is None:
                value = (policy.get("control_defaults") or {}).get(word)
            if value is not None:
                found[option] = str(value)
        if locks(policy) is not None:
            found["-e"] = "2" if locks(policy) else "1"
        return found

    def item(self, ident, expected, actual, subject=None, **other):
        """One finding. Its severity, reason, cure and subject stand in the row of tables.ITEMS; ``other``: severity, why, fix, step or
        controls of this one. ``subject``: what benchmarks call it, for the ids of its controls.
        """
        row = name_of_row(ident)
        severity, usual_subject, why, fix = tables.ITEMS[row]
        finding = {
            "id": ident,
            "layer": ident.partition(".")[0],
            "severity": severity,
            "expected": expected,
            "actual": actual,
            "controls": self.demands.ids(subject or usual_subject),
            "why": why,
            "fix": fix,
            "step": step_of(row, self.wanted),
        }
        finding.update((name, value) for name, value in other.items() if value is not None)
        return finding
