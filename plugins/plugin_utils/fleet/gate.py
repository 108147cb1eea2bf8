# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails a run: findings above a severity or new ones, a batch that is worse than before, variables that are not in force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ..counted import counted
from .document import SEVERITIES
from .history import Changes
from .model import RANK, Fleet, HostReport
from .refusals import names_in_words
from .summary import one_line

NEVER, NEW = "never", "new"
FAIL_ON = (NEVER, NEW, *reversed(SEVERITIES))
# Keywords of a play see extra variables only: the same name in group_vars would be ignored without a word.
PLAY_VARIABLES = ("audit_hosts", "audit_serial")


@dataclass(frozen=True)
class Policy:
    """When to fail and when to stop. ``layers``: only these; empty for all."""

    fail_on: str = NEVER
    layers: Sequence[str] = ()
    serial: object = "100%"
    max_fail_percentage: float = 100.0


@dataclass(frozen=True)
class Batch:
    """Number ``number`` of ``of``."""

    hosts: Sequence[str]
    number: int = 1
    of: int = 1


def held(fleet: Fleet, changes: Changes, policy: Policy) -> list[tuple[str, str]]:
    """(host, one sentence) for every host of this run, or of the fleet where no run publishes, that ``fail_on`` fails."""
    if policy.fail_on == NEVER:
        return []
    new: dict[str, list[str]] = {}
    for host, ident in changes.new:
        new.setdefault(host, []).append(ident)
    found = []
    for report in fleet.hosts:
        if fleet.run is not None and fleet.expected and not report.in_run:
            continue
        if policy.fail_on == NEW:
            sentence = new_in_words(new.get(report.name, []), report.items, policy.layers)
        else:
            sentence = worst(report.items, policy.fail_on, policy.layers)
        if sentence:
            found.append((report.name, sentence))
    return found


def worst(items: Iterable[dict], fail_on: str, layers: Sequence[str] = ()) -> str:
    """The sentence for findings of severity ``fail_on`` or above; empty where there are none."""
    if fail_on in (NEVER, NEW):
        return ""
    found = [item for item in items if RANK[item["severity"]] <= RANK[fail_on] and (not layers or item["layer"] in layers)]
    if not found:
        return ""
    many = counted(len(found), "finding")
    return f"{many} of severity {fail_on} or above, the first: {found[0]['id']}: {found[0]['why']}"


def new_in_words(idents: Iterable[str], items: Iterable[dict], layers: Sequence[str] = ()) -> str:
    """The sentence for findings ``idents`` that are new; empty where there are none in ``layers``."""
    layer_of = {item["id"]: item["layer"] for item in items}
    found = [ident for ident in idents if not layers or layer_of.get(ident) in layers]
    if not found:
        return ""
    return f"{counted(len(found), 'finding')} new since the last run, the first: {found[0]}"


def stop_sentence(fleet: Fleet, batch: Batch, policy: Policy) -> str:
    """Why the next batch must not begin: "stopped at h1: ..."; empty where it may, and where there is none."""
    if batch.number >= batch.of:
        return ""
    wanted = set(batch.hosts)
    hosts = sorted((host for host in fleet.hosts if host.name in wanted), key=_name)
    for host in hosts:
        reason = _harm(host, fleet.run)
        if reason:
            return f"stopped at {host.name}: {reason}"
    failed = [host for host in hosts if host.error or host.failed]
    if hosts and 100.0 * len(failed) / len(hosts) > policy.max_fail_percentage:
        names = names_in_words([host.name for host in failed])
        return (f"stopped: {len(failed)} of {counted(len(hosts), 'host')} failed ({names}), more than audit_max_fail_percentage = "
                f"{policy.max_fail_percentage:g}")
    return ""


def end_sentence(fleet: Fleet, batch: Batch, held: Mapping[str, str]) -> str:
    """Why Ansible itself ends the run behind a batch of which every host fails; empty where one is left, or where no batch follows.

    ``held``: {host: why C(fail_on) fails it}.
    """
    wanted = set(batch.hosts)
    hosts = sorted((host for host in fleet.hosts if host.name in wanted), key=_name)
    if batch.number >= batch.of or not hosts or not all(host.error or host.failed or host.name in held for host in hosts):
        return ""
    if len(hosts) > 1:
        return f"stopped: all {len(hosts)} hosts of the batch failed ({names_in_words([host.name for host in hosts])})"
    return f"stopped at {hosts[0].name}: {one_line(hosts[0].error or held.get(hosts[0].name, '') or 'a task failed on it')}"


def _harm(host: HostReport, run: dict | None) -> str:
    """How a host is worse than before the remediation of this run."""
    before = host.before
    if before is None or run is None or before.run != run["id"]:
        return ""
    if host.status == "unknown" and before.status != "unknown":
        return f"its state is not known any more: {one_line(host.error) if host.error else 'a part of the policy could not be compared'}"
    daemon, daemon_before = host.live.get("daemon") or {}, before.live.get("daemon") or {}
    if daemon.get("running") is False and (daemon.get("installed") or daemon_before.get("running")):
        return "auditd is not alive"
    lost, lost_before = (host.live.get("kernel") or {}).get("lost"), (before.live.get("kernel") or {}).get("lost")
    if isinstance(lost, int) and isinstance(lost_before, int) and lost > lost_before:
        return f"the kernel lost {counted(lost - lost_before, 'record')}"
    known = {item["id"] for item in before.items if item["severity"] == "critical"}
    new = [item for item in host.items if item["severity"] == "critical" and item["id"] not in known]
    return f"a critical finding that was not there: {new[0]['id']}: {new[0]['why']}" if new else ""


def batch_sizes(total: int, serial: object) -> list[int]:
    """How ansible cuts ``total`` hosts into batches for a value of ``serial``: a number, a percentage, or a list whose last one repeats."""
    steps = list(serial) if isinstance(serial, (list, tuple)) else [serial]
    sizes, left, step = [], total, 0
    while left > 0:
        size = min(_batch_size(steps[min(step, len(steps) - 1)], total), left)
        sizes.append(size)
        left -= size
        step += 1
    return sizes


def _batch_size(step: object, total: int) -> int:
    text = str(step).strip()
    size = int(float(text[:-1]) / 100 * total) or 1 if text.endswith("%") else int(text)
    return size if size > 0 else total


def batch_of(play_hosts: Sequence[str], alive: Sequence[str], serial: object) -> Batch:
    """The batch that ``alive`` hosts are in, with those of it that failed. A ``serial`` that is no size counts as one batch."""
    try:
        sizes = batch_sizes(len(play_hosts), serial)
    except ValueError:
        sizes = []
    present, start = set(alive), 0
    for number, size in enumerate(sizes, 1):
        hosts = play_hosts[start:start + size]
        start += size
        if present.intersection(hosts):
            return Batch(hosts, number, len(sizes))
    return Batch(play_hosts, 1, 1)


def not_in_force(variables: Mapping[str, object], extra: Mapping[str, object], names: Iterable[str] = PLAY_VARIABLES) -> str:
    """The sentence for variables of a play that were set where a play cannot see them; empty where all are in force."""
    wrong = [name for name in names if name in variables and name not in extra]
    if not wrong:
        return ""
    return (f"{' and '.join(wrong)}: set in the inventory or in group_vars, where a play's own keywords do not see it, so it would be "
            f"ignored; give it as an extra variable instead: -e {wrong[0]}=...; nothing was changed")


def read_serial(serial: object) -> object:
    """What an audit_serial says: extra variables given as NAME=VALUE are texts, which are read as YAML; as it is where that cannot be."""
    if not isinstance(serial, str):
        return serial
    try:
        return yaml.safe_load(serial)
    except yaml.YAMLError:
        return serial


def no_batches(serial: object) -> str:
    """The sentence for an audit_serial that Ansible could not take; empty for one that it can."""
    sizes = read_serial(serial)
    if all(_is_size(size) for size in (sizes if isinstance(sizes, list) and sizes else [sizes])):
        return ""
    return (f"audit_serial = {serial}: give a number of hosts from 1, a percentage such as 10%, or a list such as [1, 10%, 100%]; "
            "nothing was changed")


def _is_size(value: object) -> bool:
    return re.fullmatch(r"0*[1-9]\d*%?", str(value)) is not None and not isinstance(value, (bool, float))


def no_percentage(value: object) -> str:
    """The sentence for an audit_max_fail_percentage that is no number from 0 to 100; empty where it is one. Without it, the hosts are
    changed before the report refuses the value."""
    try:
        fits = 0 <= float(str(value)) <= 100
    except ValueError:
        fits = False
    return "" if fits else f"audit_max_fail_percentage = {value}: give a number from 0 to 100; nothing was changed"


def _name(host: HostReport) -> str:
    return host.name
