# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Capabilities and system calls that a unit leaves to auditd, or to what loads its rules: systemd.exec(5)."""

from . import unit_text

CAPABILITY = "CAP_AUDIT_CONTROL"
ALL = ("@known", "@system-service")
# system call: the sets of systemd.exec(5) that have it, beside ALL. Without these nobody speaks to the kernel's audit
NETLINK_CALLS = dict.fromkeys(("socket", "bind", "sendto", "recvfrom"), ("@network-io",))
# Without these auditd writes no log
LOG_CALLS = {"openat": ("@file-system",), "write": ("@basic-io",), "clone": ("@process",)}
# By these auditd is killed; where systemd has a refused call return an error instead, it goes on
OTHER_CALLS = {"fchown": ("@chown", "@privileged"), "setpriority": ("@resources",), "fsync": ("@sync",), "rt_sigaction": ("@signal",)}
OF_32_BITS = frozenset(("x86", "x32", "arm", "mips", "mips-le", "mips64-n32", "mips64-le-n32", "ppc", "s390"))


def closed(pairs: "list[tuple[str, str]]", name: str, *, is_daemon: bool) -> "list[str]":
    """A sentence for each; ``pairs`` of C(unit_text.assignments). ``is_daemon``: auditd itself, not what loads the rules."""
    found = [] if _may_control(pairs) else ["CapabilityBoundingSet of %s is without %s" % (name, CAPABILITY)]
    calls: "dict[str, tuple[str, ...]]" = dict(NETLINK_CALLS, **LOG_CALLS if is_daemon else {})
    is_killed = unit_text.last(pairs, "SystemCallErrorNumber").lower() in ("", "kill")
    if is_daemon and is_killed:
        calls.update(OTHER_CALLS)
    ending = [(key, _without_errors(value) if key == "SystemCallFilter" else value) for key, value in pairs]
    refused = sorted(call for call in calls if not _is_allowed(ending if call in OTHER_CALLS else pairs, call, calls[call] + ALL))
    if refused:
        found.append("SystemCallFilter of %s is without %s" % (name, ", ".join(refused)))
    words = " ".join(unit_text.values(pairs, "SystemCallArchitectures")).split()
    if words and OF_32_BITS.issuperset(words):
        found.append("%s has SystemCallArchitectures=%s, which is not that of auditd" % (name, " ".join(words)))
    return found


def _without_errors(value):
    """A SystemCallFilter without the calls that it has return an error, call:EPERM."""
    if not value.startswith("~"):
        return value
    return "~" + " ".join(word for word in value[1:].split() if word.partition(":")[2].lower() in ("", "kill"))


def _is_allowed(pairs, call, sets):
    """Whether SystemCallFilter lets a call through. The first assignment says whether it lists what is let in or, with ~, what is not;
    others add to that or, of the other kind, take away from it; an empty one begins again.
    """
    names, is_list_of_allowed, listed = (call,) + sets, None, False
    for value in (value for key, value in pairs if key == "SystemCallFilter"):
        if not value:
            is_list_of_allowed, listed = None, False
            continue
        is_refusal = value.startswith("~")
        if is_list_of_allowed is None:
            is_list_of_allowed = not is_refusal
        if any(word.partition(":")[0] in names for word in value.lstrip("~").split()):
            listed = is_refusal != is_list_of_allowed
    return is_list_of_allowed is None or listed == is_list_of_allowed


def _may_control(pairs):
    """Whether the bounding set keeps the capability; an assignment that begins with ~ takes away, others add to what they have."""
    allowed, is_first = True, True
    for key, value in pairs:
        if key != "CapabilityBoundingSet":
            continue
        if value == "~":  # all but none
            allowed, is_first = True, False
            continue
        named = CAPABILITY in value.upper().lstrip("~").split()
        if not value:
            allowed, is_first = False, True
            continue
        allowed = allowed and not named if value.startswith("~") else named or (allowed and not is_first)
        is_first = False
    return allowed
