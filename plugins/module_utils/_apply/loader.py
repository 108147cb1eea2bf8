# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the kernel to a wanted rule set without a blind window, and proving it by the kernel's own list."""

import errno
import os

from .. import _kernel
from .._errors import AuditError, NotAvailable
from .._rules import compiled as _ruleset
from .._rules import delta as _ruleset_delta
from .._rules import rule as _rule

IMMUTABLE = 2
# What the kernel says to a rule that is no use on this host; it is this rule's own fault, not the load's
REFUSALS = frozenset((errno.EINVAL, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.ELOOP, errno.E2BIG, errno.ENAMETOOLONG,
                      errno.EOPNOTSUPP))


class State(object):
    """What the kernel has: ``status`` (as _kernel.status), ``features``, ``rules`` [Rule]."""

    def __init__(self, status, features, rules):
        self.status, self.features, self.rules = status, features, rules

    @property
    def immutable(self):
        return self.status["enabled"] == IMMUTABLE


class Loaded(object):
    """What a load did: ``commands`` (auditctl's grammar), ``skipped`` [(Rule, reason)], ``count`` rules now in the kernel."""

    def __init__(self):
        self.commands, self.skipped, self.count = [], [], 0


def read(machine=None):
    """The State of this kernel; NotAvailable where it does not answer."""
    return State(_kernel.status(), _kernel.features(), [_rule.from_kernel(data, machine) for data in _kernel.rules()])


def control_steps(control, state, explicit_immutable=None):
    """[(word, value)] of the status words that differ from {option: value}, in the order to set them.

    ``enabled`` 2 is only among them where ``explicit_immutable`` is True: the kernel cannot be brought back from it.
    """
    steps = []
    for word, option in _ruleset.CONTROL_OPTIONS.items():
        if option in control and int(control[option]) != state.status[word]:
            steps.append((word, int(control[option])))
    if control.get("--loginuid-immutable") and not state.features.get("loginuid_immutable"):
        steps.append(("loginuid_immutable", 1))
    enabled = int(control.get("-e", state.status["enabled"]))
    if enabled == IMMUTABLE and not explicit_immutable:
        enabled = max(1, state.status["enabled"])
    if enabled != state.status["enabled"]:
        steps.append(("enabled", enabled))
    return steps


def control_command(step):
    """A status step in auditctl's own words."""
    word, value = step
    if word == "loginuid_immutable":
        return "--loginuid-immutable"
    return "%s %d" % (_ruleset.CONTROL_OPTIONS.get(word, "-e"), value)


def load(wanted, plan, steps, state, on_error="abort", machine=None):
    """Load ``plan`` and the status ``steps``; the Loaded. -e 2 comes last, when all else is proven.

    on_error abort: the first rule that the kernel refuses puts the previous set back and raises AuditError; skip: such rules are left
    out and told. Raises AuditError, the previous set in force, where the kernel's list is not the wanted one at the end.
    """
    result = Loaded()
    done = []
    before = {word: state.status[word] for word, _value in steps if word != "loginuid_immutable"}
    with _kernel.Netlink() as netlink:
        try:
            last = [step for step in steps if step == ("enabled", IMMUTABLE)]
            for step in plan.steps:
                if _do(netlink, step, on_error, result):
                    done.append(step)
                    result.commands.append(_ruleset_delta.command(step))
            _prove(netlink, wanted, result, machine, state.rules)
            for step in steps:
                if step not in last:
                    _set(netlink, step)
                    result.commands.append(control_command(step))
            _prove_control(netlink, [step for step in steps if step not in last])
        except (AuditError, OSError) as error:
            _undo(netlink, done, before, state, machine)
            details = dict(getattr(error, "details", {}))
            raise AuditError("%s; the previous set of %d rules is in force" % (error, len(state.rules)), **details)
        for step in last:
            _set(netlink, step)
            result.commands.append(control_command(step))
    return result


def _do(netlink, step, on_error, result):
    action, rule = step
    try:
        (_kernel.add_rule if action == "add" else _kernel.delete_rule)(netlink, rule.to_kernel())
        return True
    except _kernel.KernelError as error:
        if action == "delete" and error.errno == errno.ENOENT or action == "add" and error.errno == errno.EEXIST:
            return False  # somebody else was faster; the proof at the end says whether it is right
        why = os.strerror(error.errno)
        if action == "add" and on_error == "skip" and error.errno in REFUSALS:
            result.skipped.append((rule, why))
            return False
        where = "%s line %s: " % (rule.file, rule.line) if rule.file else ""
        raise AuditError("%sthe kernel refused %s: %s" % (where, _ruleset_delta.command(step), why),
                         problems=[{"file": rule.file, "line": rule.line, "token": _ruleset_delta.command(step), "reason": why}])


def _set(netlink, step):
    word, value = step
    try:
        if word == "loginuid_immutable":
            _kernel.set_loginuid_immutable(netlink)
        else:
            _kernel.set_status(netlink, **{word: value})
    except _kernel.KernelError as error:
        raise AuditError("the kernel refused %s: %s" % (control_command(step), os.strerror(error.errno)))


def _listed(netlink, machine, known=()):
    """The kernel's rules; those whose bytes are the same as of a ``known`` one are that one, which has been read already."""
    message = _kernel.AUDIT_LIST_RULES
    read = {rule.data: rule for rule in known}
    return [read.get(data) or _rule.from_kernel(data, machine) for data in netlink.request(message, reply=message, many=True)]


def _prove(netlink, wanted, result, machine, known):
    skipped = {id(rule) for rule, _why in result.skipped}
    identities = {_ruleset_delta.identity_of(rule) for rule, _why in result.skipped}
    expected = [rule for rule in wanted if id(rule) not in skipped and _ruleset_delta.identity_of(rule) not in identities]
    loaded = _listed(netlink, machine, known)
    found = _ruleset_delta.compare(expected, loaded)
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


def _undo(netlink, done, before, state, machine):
    """The previous set back in force, in its order."""
    try:
        for action, rule in reversed(done):
            _quietly(_kernel.delete_rule if action == "add" else _kernel.add_rule, netlink, rule.to_kernel())
        for word, value in before.items():
            if value != IMMUTABLE:
                _kernel.set_status(netlink, **{word: value})
        now = _listed(netlink, machine)
        if [rule.data for rule in now] != [rule.data for rule in state.rules]:
            plan = _ruleset_delta.plan(state.rules, now)
            for action, rule in plan.steps:
                _quietly(_kernel.add_rule if action == "add" else _kernel.delete_rule, netlink, rule.to_kernel())
            found = _ruleset_delta.compare(state.rules, _listed(netlink, machine))
            if any(found[:3]):
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
