# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose variables were refused before anything was done: the reason once for all that share it, not once a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .model import Fleet

REFUSED = "; nothing was changed"  # how the sentence on refused variables ends
MOST_NAMES = 10
MOST_REASONS = 100  # which travel to each host of the run


def is_refusal(error: str | None) -> bool:
    return bool(error) and str(error).endswith(REFUSED)


def names_in_words(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """"web1, web2 and 490 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shared(fleet: Fleet, batch: Sequence[str]) -> list[dict[str, str]]:
    """The reasons that more than one host of the batch has: {reason, first: the host that is to give it, hosts: in words}."""
    by_reason: dict[str, list[str]] = {}
    error_of = {host.name: host.error for host in fleet.hosts if host.in_run and is_refusal(host.error)}
    for name in batch:
        if name in error_of:
            by_reason.setdefault(str(error_of[name]), []).append(name)
    found = [{"reason": reason, "first": names[0], "hosts": f"{len(names)} hosts ({names_in_words(names)})"}
             for reason, names in by_reason.items() if len(names) > 1]
    return found[:MOST_REASONS]


def in_words(host: str, reason: str, of_several: Sequence[Mapping[str, str]]) -> str:
    """What a refused host fails with: the reason, and for all but the first of several hosts that have it, where it is given."""
    for one in of_several:
        if one["reason"] == reason:
            return f"{one['hosts']}: {reason}" if one["first"] == host else f"refused as {one['first']} was, for the same reason{REFUSED}"
    return reason


def without_refused(arguments: Mapping[str, object], judged: Mapping[str, object]) -> dict[str, object]:
    """The arguments of a task but for those of ``judged`` {name: specification} that are refused by it: the comparison has refused the
    variable behind each of them, for every host, and what follows it goes by the default.
    """
    refused = {name for name in judged if name in arguments and ArgumentSpecValidator({name: judged[name]}).validate(
        {name: arguments[name]}).error_messages}
    return {name: value for name, value in arguments.items() if name not in refused}
