# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading a plan: what the kernel refuses, and what it does otherwise than it says, leaves the previous set in force."""

from __future__ import annotations

import errno

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._apply import loader
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar, load_plan, tables
from ansible_collections.auditops.auditd.plugins.module_utils._rules import rule as _rule
from fake_kernel import FakeKernel

NEVER, ALWAYS, OTHER = "-a never,exit -S all -F auid=77", "-a always,exit -S open -F key=a", "-a always,exit -S mount -F key=b"
BAD = "-a always,exit -S all -F dir=/no/such -F key=bad"


class AppendsOnly(FakeKernel):
    """Takes no notice of where a rule is to go."""

    def request(self, message, payload=b"", **how):
        if message == _kernel.AUDIT_ADD_RULE:
            payload = bytes([payload[0] & ~tables.PREPEND]) + payload[1:]
        return super().request(message, payload, **how)


class TakesNoTwin(FakeKernel):
    """Refuses a rule that compares the process id."""

    def request(self, message, payload=b"", **how):
        if message == _kernel.AUDIT_ADD_RULE and any(field[0] == tables.FIELDS["pid"] for field in _rule.from_kernel(payload).fields):
            raise _kernel.KernelError("refused", errno.EINVAL)
        return super().request(message, payload, **how)


class SetsNothing(FakeKernel):
    """Says yes to every change of its status, and makes none."""

    def request(self, message, payload=b"", **how):
        return [] if message == _kernel.AUDIT_SET else super().request(message, payload, **how)


def rules(lines):
    return [grammar.parse(line, machine="x86_64", number=number, file="x.rules").resolve(lambda path: False)
            for number, line in enumerate(lines, 1)]


def state_of(kernel):
    listed = kernel.request(_kernel.AUDIT_LIST_RULES, many=True)
    return loader.State(dict(kernel.status), {}, [_rule.from_kernel(data, "x86_64") for data in listed])


def load(kernel, lines, control=(), **how):
    wanted, state = rules(lines), state_of(kernel)
    return loader.load(kernel, wanted, load_plan.plan(wanted, state.rules), list(control), state, **how)


def test_an_order_that_the_kernel_does_not_have_is_not_proven():
    kernel = AppendsOnly()
    kernel.load(ALWAYS)
    before = list(kernel.rules)
    with pytest.raises(AuditError, match="not proven: the kernel has in another order -a never.*previous set of 1 rules is in force"):
        load(kernel, [NEVER, ALWAYS])
    assert kernel.rules == before


def test_a_status_that_the_kernel_did_not_set_is_not_proven():
    kernel = SetsNothing()
    with pytest.raises(AuditError, match="not proven: the kernel has backlog_limit 64, not 9000"):
        load(kernel, [ALWAYS], [("backlog_limit", 9000)])
    assert kernel.rules == []


class SetsNoBacklog(FakeKernel):
    """Sets all words of its status but one."""

    def request(self, message, payload=b"", **how):
        before = self.status["backlog_limit"]
        answer = super().request(message, payload, **how)
        self.status["backlog_limit"] = before
        return answer


def test_a_status_is_set_back_where_a_part_of_it_was_not_taken():
    kernel = SetsNoBacklog()
    with pytest.raises(AuditError, match="has backlog_limit 64, not 9000"):
        load(kernel, [ALWAYS], [("failure", 0), ("backlog_limit", 9000)])
    assert (kernel.status["failure"], kernel.rules) == (1, [])


def test_what_was_set_before_a_failure_is_set_back():
    kernel = FakeKernel()
    kernel.lies = [rules([ALWAYS])[0].to_kernel()]
    with pytest.raises(AuditError, match="not proven"):
        load(kernel, [ALWAYS], [("failure", 0), ("enabled", 2)])
    assert (kernel.status["failure"], kernel.status["enabled"], kernel.rules) == (1, 1, [])
    kernel.lies = []
    assert load(kernel, [ALWAYS], [("enabled", 2), ("failure", 0)]).commands == [ALWAYS, "-f 0", "-e 2"]


def test_the_lock_comes_after_the_proof():
    kernel = AppendsOnly()
    kernel.load(ALWAYS)
    with pytest.raises(AuditError, match="another order"):
        load(kernel, [NEVER, ALWAYS], [("enabled", 2)])
    assert kernel.status["enabled"] == 1


class DoesNotLock(FakeKernel):
    """Refuses -e 2, or says yes to it and stays as it was."""

    def __init__(self, says):
        super().__init__()
        self.says = says

    def request(self, message, payload=b"", **how):
        before = self.status["enabled"]
        answer = super().request(message, payload, **how)
        if self.status["enabled"] == 2:
            self.status["enabled"] = before
            if self.says == "no":
                raise _kernel.KernelError("refused", errno.EPERM)
        return answer


@pytest.mark.parametrize(("says", "why"), [("no", "the kernel refused -e 2"), ("yes", "not proven: the kernel has enabled 1, not 2")])
def test_a_lock_that_the_kernel_does_not_take_puts_the_previous_set_back(says, why):
    kernel = DoesNotLock(says)
    kernel.load(OTHER)
    before = list(kernel.rules)
    with pytest.raises(AuditError, match=f"{why}.*the previous set of 1 rules is in force"):
        load(kernel, [ALWAYS], [("failure", 0), ("enabled", 2)])
    assert (kernel.rules, kernel.status["failure"]) == (before, 1)


def test_a_twin_that_the_kernel_refuses_leaves_all_as_it_was():
    kernel = TakesNoTwin()
    kernel.load(ALWAYS, NEVER, OTHER)
    before = list(kernel.rules)
    with pytest.raises(load_plan.TwinError, match="Invalid argument.*stands in for a rule"):
        load(kernel, [OTHER, NEVER, ALWAYS])
    assert kernel.rules == before


def test_a_new_rule_that_is_bad_is_named_by_itself_not_by_its_twin():
    kernel = FakeKernel()
    kernel.load(ALWAYS, OTHER)
    kernel.refuse = {"/no/such": errno.ENOENT}
    wanted = [ALWAYS, NEVER, OTHER, BAD]
    with pytest.raises(AuditError) as refused:
        load(kernel, wanted)
    assert "x.rules line 4: the kernel refused %s: No such file" % BAD in str(refused.value)
    result = load(kernel, wanted, may_skip=bool)
    assert [(rule.render(), why) for rule, why in result.skipped] == [(BAD, "No such file or directory")]
    assert [_rule.from_kernel(data, "x86_64").canonical for data in kernel.rules] == [rule.canonical for rule in rules(wanted[:3])]


def test_a_rule_that_vanished_meanwhile_is_no_failure():
    kernel = FakeKernel()
    kernel.load(ALWAYS, OTHER)
    state, wanted = state_of(kernel), rules([OTHER])
    kernel.rules.pop(0)
    assert loader.load(kernel, wanted, load_plan.plan(wanted, state.rules), [], state).count == 1


@pytest.mark.parametrize(("control", "policy", "steps"), [
    ({"-b": "8192"}, {}, [("backlog_limit", 8192)]),
    ({"-b": "32"}, {}, []),
    ({"-b": "32"}, {"control": {"backlog_limit": 32}}, [("backlog_limit", 32)]),
    ({"-f": "1", "--backlog_wait_time": "15000"}, {}, []),
    ({"-e": "2"}, {"immutable": "keep"}, []),
    ({"-e": "2"}, {"immutable": "true"}, [("enabled", 2)]),
    ({"-e": "0"}, {}, [("enabled", 0)]),
    ({"--loginuid-immutable": True}, {}, [("loginuid_immutable", 1)]),
])
def test_the_steps_to_a_wanted_status(control, policy, steps):
    assert loader.control_steps(control, state_of(FakeKernel()), policy) == steps
