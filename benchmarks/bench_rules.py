# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the rule engine, as ratios within one run: python3 benchmarks/bench_rules.py (root, no auditd needed; rules are put back).

- comparing 1,000 wanted rules with the kernel's bytes, in CPU milliseconds, parsing included
- a delta of five rules beside a full reload (auditctl -R) of the same set, in wall time
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../plugins"))

from module_utils import _kernel, _rule, _rule_loader, _ruleset, _ruleset_delta  # noqa: E402

KINDS = (
    "-w /etc/file%d -p wa -k identity%d",
    "-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat -F auid>=1000 -F auid!=unset -F a0=%d -k perm_mod%d",
    "-a always,exit -F arch=b32 -S open -S creat -S openat -F a0=%d -F success=1 -k access%d",
    "-a always,exit -F arch=b64 -F path=/usr/p%d -F perm=x -F auid>=1000 -F auid!=4294967295 -F key=privileged%d",
)


def texts(count):
    return [KINDS[number % len(KINDS)] % (number, number) for number in range(count)]


def compare(count):
    files = {_ruleset.RULES_D + "/bench.rules": "\n".join(texts(count)) + "\n"}
    data = [rule.to_kernel() for rule in _ruleset.compile_rules(files).rules]
    best = None
    for _round in range(5):
        start = time.process_time()
        wanted = _ruleset.compile_rules(files).rules
        have = [_rule.from_kernel(item) for item in data]
        assert not any(_ruleset_delta.compare(wanted, have))
        took = time.process_time() - start
        best = took if best is None else min(best, took)
    return best


def load(count, changed):
    """(seconds of a delta of ``changed`` rules, seconds of a full reload) of a set of ``count`` rules."""
    before = _rule_loader.read()
    wanted = [_rule.parse(text) for text in texts(count)]
    other = [_rule.parse(text) for text in texts(count)]
    for place in range(changed):
        other[place * 7].keys = ("changed",)
    try:
        _apply(wanted)
        start = time.perf_counter()
        _apply(other)
        delta = time.perf_counter() - start
        with tempfile.NamedTemporaryFile("w", suffix=".rules") as stream:
            stream.write("-D\n" + "".join(text + "\n" for text in texts(count)))
            stream.flush()
            start = time.perf_counter()
            subprocess.run(["auditctl", "-R", stream.name], check=True, capture_output=True)
            full = time.perf_counter() - start
    finally:
        _apply(before.rules)
    return delta, full


def _apply(wanted):
    state = _rule_loader.read()
    return _rule_loader.load(wanted, _ruleset_delta.plan(wanted, state.rules), [], state)


def main():
    print("compare 1000 rules with the kernel's: %.0f ms CPU" % (compare(1000) * 1000))
    if os.geteuid() != 0 or _kernel.status()["enabled"] == 2:
        print("no rules are loaded: not root, or immutable")
        return
    for count in (100, 300):
        delta, full = load(count, 5)
        print("%d rules: a delta of five takes 1/%.0f of a full reload" % (count, full / delta))


if __name__ == "__main__":
    main()
