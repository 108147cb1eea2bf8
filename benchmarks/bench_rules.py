# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the rule engine, as ratios within one run: python3 benchmarks/bench_rules.py (root, no auditd needed; rules are put back).

- comparing 1,000 wanted rules with the kernel's bytes, in CPU milliseconds, parsing included
- a delta of five rules (replaced, added, deleted) beside a full reload (auditctl -R) of the same set, in wall time
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../plugins"))

from module_utils import _kernel  # noqa: E402
from module_utils._apply import loader  # noqa: E402
from module_utils._rules import compiled, delta, grammar, load_plan  # noqa: E402
from module_utils._rules.rule import from_kernel  # noqa: E402

CHANGED, ROUNDS = 5, 3
KINDS = (
    "-w /etc/file%d -p wa -k identity%d",
    "-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat -F auid>=1000 -F auid!=unset -F a0=%d -k perm_mod%d",
    "-a always,exit -F arch=b32 -S open -S creat -S openat -F a0=%d -F success=1 -k access%d",
    "-a always,exit -F arch=b64 -F path=/usr/p%d -F perm=x -F auid>=1000 -F auid!=4294967295 -F key=privileged%d",
)


def texts(count):
    return [KINDS[number % len(KINDS)] % (number, number) for number in range(count)]


def compare(count):
    files = {compiled.RULES_D + "/bench.rules": "\n".join(texts(count)) + "\n"}
    data = [rule.to_kernel() for rule in compiled.compile_rules(files).rules]
    best = None
    for _round in range(5):
        start = time.process_time()
        wanted = compiled.compile_rules(files).rules
        have = [from_kernel(item) for item in data]
        assert not any(delta.compare(wanted, have))
        took = time.process_time() - start
        best = took if best is None else min(best, took)
    return best


def load(count):
    """{kind of delta of five rules: seconds}, seconds of a full reload, seconds of one delete, in a set of ``count`` rules.

    The kernel waits for an RCU grace period in each delete, holding the lock of the audit netlink: several deletes in one datagram, or from
    several threads, take as long one after the other. So a delta that deletes five of a hundred cannot be twenty times faster than deleting
    all; one that only adds is.
    """
    before = loader.read()
    wanted = [grammar.parse(text) for text in texts(count)]
    replaced = [grammar.parse(text) for text in texts(count)]
    for place in range(CHANGED):
        replaced[place * 7].keys = ("changed",)
    deltas = {"replaced": [], "added": [], "deleted": []}
    full = []
    try:
        for _round in range(ROUNDS):
            _apply(wanted)
            for kind, rules in (("replaced", replaced), ("deleted", replaced[CHANGED:]), ("added", replaced)):
                start = time.perf_counter()
                _apply(rules)
                deltas[kind].append(time.perf_counter() - start)
            full.append(_full_reload(count))
        state = loader.read()
        with _kernel.Netlink() as netlink:
            start = time.perf_counter()
            for rule in state.rules[:CHANGED]:
                _kernel.delete_rule(netlink, rule.to_kernel())
            one = (time.perf_counter() - start) / CHANGED
    finally:
        _apply(before.rules)
    return {kind: min(took) for kind, took in deltas.items()}, min(full), one


def _full_reload(count):
    with tempfile.NamedTemporaryFile("w", suffix=".rules") as stream:
        stream.write("-D\n" + "".join(text + "\n" for text in texts(count)))
        stream.flush()
        start = time.perf_counter()
        subprocess.run(["auditctl", "-R", stream.name], check=True, capture_output=True)
        return time.perf_counter() - start


def _apply(wanted):
    state = loader.read()
    with _kernel.Netlink() as netlink:
        return loader.load(netlink, wanted, load_plan.plan(wanted, state.rules), [], state)


def main():
    print("compare 1000 rules with the kernel's: %.0f ms CPU" % (compare(1000) * 1000))
    if os.geteuid() != 0 or _kernel.status()["enabled"] == 2:
        print("no rules are loaded: not root, or immutable")
        return
    for count in (100, 300):
        deltas, full, one = load(count)
        kinds = ", ".join(f"{kind} 1/{full / took:.0f}" for kind, took in deltas.items())
        alone = full / (CHANGED * one)
        print(f"{count} rules: a delta of five takes, of the time of a full reload: {kinds}; the kernel's five deletes alone 1/{alone:.0f}")


if __name__ == "__main__":
    main()
