# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the kernel to a wanted rule set without a blind window, and proving it by the kernel's own list."""

import errno
import os

from .. import _kernel
from .._errors import AuditError, NotAvailable
from .._policy import locks
from .._rules import compiled as _compiled
from .._rules import delta as _delta
from .._rules import finalize as _finalize
from .._rules import load_plan as _load_plan
from .._rules import rule as _rule

# What the kernel says to a rule that is no use on this host; it is this rule's own fault, not the load's
REFUSALS = frozenset((errno.EINVAL, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.ELOOP, errno.E2BIG, errno.ENAMETOOLONG,
                      errno.EOPNOTSUPP))
NO_TWIN = "the kernel refused %s (%s), which stands in for a rule while the order changes"
DELETE_SECONDS = 0.016  # what the kernel takes to delete a rule and wait for its readers, measured on 6.18 with 201 rules


class State(object):
    """What the kernel has: ``status`` (as _kernel.status), ``features``, ``rules`` [Rule]."""

    def __init__(self, status, features, rules):
        self.status, self.features, self.rules = status, features, rules

    @property
    def immutable(self):
        return self.status["enabled"] == _kernel.IMMUTABLE


class Loaded(object):
    """What a load did: ``commands`` (auditctl's grammar), ``skipped`` [(Rule, reason)], ``count`` rules now in the kernel."""

    def __init__(self):
        self.commands, self.skipped, self.count = [], [], 0


def read(machine: "str | None" = None) -> State:
    """The State of this kernel; NotAvailable where it does not answer."""
    return State(_kernel.status(), _kernel.features(), [_rule.from_kernel(data, machine) for data in _kernel.rules()])


def control_steps(control: dict, state: State, policy: dict) -> "list[tuple]":
    """[(word, value)] of the status words that differ from {option: value}, in the order to set them.

    ``enabled`` 2 is only among them where the ``policy`` says immutable: the kernel cannot be brought back from it. A word that the
    policy does not set (control) is not weakened either: the kernel's larger backlog limit stays.
    """
    steps = []
    asked = policy.get("control") or {}
    for word, option in _compiled.CONTROL_OPTIONS.items():
        value = int(control[option]) if option in control else state.status[word]
        if word in _finalize.AT_LEAST and asked.get(word) is None:
            value = max(value, state.status[word])
        if value != state.status[word]:
            steps.append((word, value))
    if control.get("--loginuid-immutable") and not state.features.get("loginuid_immutable"):
        steps.append(("loginuid_immutable", 1))
    enabled = int(control.get("-e", state.status["enabled"]))
    if enabled == _kernel.IMMUTABLE and not locks(policy):
        enabled = max(1, state.status["enabled"])
    if enabled != state.status["enabled"]:
        steps.append(("enabled", enabled))
    return steps


def control_command(step: "tuple[str, int]") -> str:
    """A status step in auditctl's own words."""
    word, value = step
    if word == "loginuid_immutable":
        return "--loginuid-immutable"
    return "%s %d" % (_compiled.CONTROL_OPTIONS.get(word, "-e"), value)


def load(netlink, wanted: "list[_rule.Rule]", plan: "_load_plan.Plan", control: "list[tuple]", state: State, *,
         may_skip=None) -> Loaded:
    """Load ``plan`` and the status words ``control`` over an open _kernel.Netlink. -e 2 comes last, when all else is proven.

    ``may_skip``: Rule -> bool, whether a rule that the kernel refuses is left out and named in C(skipped); any other, and all where it is
    None, puts the previous set back and raises AuditError. AuditError, the previous set in force, too where the kernel's list is not the
    wanted one at the end.
    """
    result = Loaded()
    locking = [step for step in control if step == ("enabled", _kernel.IMMUTABLE)]
    other = [step for step in control if step not in locking]
    added = []
    try:
        for step in plan.steps:
            if _do(netlink, step, result, may_skip) and step.action == "add":
                added.append(step.rule)
        _prove(netlink, wanted, result, state.rules)
        _set_all(netlink, other, result)
        _prove_control(netlink, other)
        _set_all(netlink, locking, result)
        _prove_control(netlink, locking)
    except (AuditError, OSError) as error:
        _undo(netlink, {word for word, _value in control}, added, state)
        if isinstance(error, _load_plan.TwinError):
            raise
        details = dict(getattr(error, "details", {}))
        raise AuditError("%s; the previous set of %d rules is in force" % (error, len(state.rules)), **details)
    return result


def _do(netlink, step, result, may_skip):
    """Whether the kernel did the step."""
    text = _load_plan.command(step)
    try:
        (_kernel.add_rule if step.action == "add" else _kernel.delete_rule)(netlink, step.rule.to_kernel())
    except _kernel.KernelError as error:
        if step.action == "delete" and error.errno == errno.ENOENT or step.action == "add" and error.errno == errno.EEXIST:
            return False  # somebody else was faster; the proof at the end says whether it is right
        why = os.strerror(error.errno)
        if step.moves:
            raise _load_plan.TwinError(NO_TWIN % (text, why))
        rule = step.stands_for or step.rule
        if step.action == "add" and error.errno in REFUSALS and may_skip is not None and may_skip(rule):
            if step.stands_for is None:
                result.skipped.append((rule, why))
            return False
        text = rule.render() if step.action == "add" else text
        where = "%s line %s: " % (rule.file, rule.line) if rule.file else ""
        raise AuditError("%sthe kernel refused %s: %s" % (where, text, why),
                         problems=[{"file": rule.file, "line": rule.line, "token": text, "reason": why}])
    result.commands.append(text)
    return True


def _set_all(netlink, steps, result):
    for step in steps:
        word, value = step
        try:
            if word == "loginuid_immutable":
                _kernel.set_loginuid_immutable(netlink)
            else:
                _kernel.set_status(netlink, **{word: value})
        except _kernel.KernelError as error:
            raise AuditError("the kernel refused %s: %s" % (control_command(step), os.strerror(error.errno)))
        result.commands.append(control_command(step))


def _listed(netlink, known):
    """The kernel's rules; those whose bytes are the same as of a ``known`` one are that one, which has been read already."""
    message = _kernel.AUDIT_LIST_RULES
    read = {rule.data: rule for rule in known}
    machine = known[0].machine if known else None
    return [read.get(data) or _rule.from_kernel(data, machine) for data in netlink.request(message, reply=message, many=True)]


def _prove(netlink, wanted, result, known):
    skipped = {_delta.identity_of(rule) for rule, _why in result.skipped}
    loaded = _listed(netlink, known)
    found = _delta.compare([rule for rule in wanted if _delta.identity_of(rule) not in skipped], loaded)
    for words, rules in (("lacks", found.missing), ("still has", found.extra), ("has in another order", found.out_of_order)):
        if rules:
            more = " and %d more" % (len(rules) - 1) if rules[1:] else ""
            raise AuditError("not proven: the kernel %s %s%s" % (words, rules[0].render(), more))
    result.count = len(loaded)


def _prove_control(netlink, steps):
    status = _kernel.netlink_status(netlink) if steps else {}
    for word, value in steps:
        if word in status and status[word] != value:
            raise AuditError("not proven: the kernel has %s %s, not %s" % (word, status[word], value))


def _undo(netlink, words, added, state):
    """The previous set back in force, in its order: by a plan of its own, so that no rule of both sets is away meanwhile.

    What was ``added`` goes too where the kernel's list does not show it.
    """
    try:
        for word in sorted(words - {"loginuid_immutable"}):
            if state.status[word] != _kernel.IMMUTABLE:
                _kernel.set_status(netlink, **{word: state.status[word]})
        now = _listed(netlink, state.rules)
        for step in _load_plan.plan(state.rules, now).steps:
            _quietly(_kernel.add_rule if step.action == "add" else _kernel.delete_rule, netlink, step.rule.to_kernel())
        before = {_delta.identity_of(rule) for rule in state.rules}
        for rule in added:
            if _delta.identity_of(rule) not in before:
                _quietly(_kernel.delete_rule, netlink, _load_plan.placed(rule, head=False).to_kernel())
        found = _delta.compare(state.rules, _listed(netlink, state.rules))
        if found.missing or found.extra or found.out_of_order:
            raise AuditError("the previous rules could not be put back: %d missing, %d too many; run augenrules --load" %
                             (len(found.missing), len(found.extra)))
    except NotAvailable as error:
        raise AuditError("the previous rules could not be put back: %s; run augenrules --load" % error)


def _quietly(function, netlink, data):
    try:
        function(netlink, data)
    except _kernel.KernelError as error:
        if error.errno not in (errno.ENOENT, errno.EEXIST):
            raise
