# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which never rules keep a wanted rule from recording anything, by the programs that either looks at."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar, silence

B64, B32 = "-F arch=b64", "-F arch=b32"
WATCH = "-w /etc/sudoers -p wa -k scope"
# never rule, wanted rule -> whether the one silences the other, on x86_64
PAIRS = {
    "all programs, a watch": ("-S all", WATCH, True),
    "64-bit programs, a watch": (f"{B64} -S all", WATCH, True),
    "32-bit programs alone, a watch": (f"{B32} -S all", WATCH, False),
    "all but 32-bit programs, a watch": ("-F arch!=b32 -S all", WATCH, True),
    "all but 64-bit programs, a watch": ("-F arch!=b64 -S all", WATCH, False),
    "32-bit programs, a rule for them": (f"{B32} -S all", f"-a always,exit {B32} -S open -k x", True),
    "32-bit programs, a rule for the others": (f"{B32} -S all", f"-a always,exit {B64} -S open -k x", False),
    "64-bit programs, a rule for them": (f"{B64} -S open", f"-a always,exit {B64} -S open -k x", True),
    "64-bit programs, a rule for 32-bit ones": (f"{B64} -S all", f"-a always,exit {B32} -S open -k x", False),
    "64-bit programs, a rule that names none": (f"{B64} -S open", "-a always,exit -S open -k x", True),
    "32-bit programs, a rule that names none": (f"{B32} -S all", "-a always,exit -S open -k x", False),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_never_rule_silences_what_it_covers_of_the_programs_a_host_runs(name):
    never, wanted, silences = PAIRS[name]
    rules = [grammar.parse(line, machine="x86_64") for line in (f"-a never,exit {never}", wanted)]
    assert bool(silence.shadowing(rules, lambda rule: True)) == silences
