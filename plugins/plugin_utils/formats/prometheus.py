# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""prometheus: the textfile collector's format (text 0.0.4), gauges for the fleet and for each host. Others may read the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.auditops.auditd.plugins.module_utils._utc import epoch

from ..fleet.model import HostReport, by_name
from ..fleet.stops import days_until
from .report import Report

PREFIX = "auditops_drift_"
Sample = tuple[dict[str, str], float]


def chunks(report: Report) -> Iterator[str]:
    fleet = report.fleet
    hosts = sorted(fleet.hosts, key=by_name)
    yield from _gauge("hosts", "Hosts of the report by status.", [({"status": status}, number) for status, number in fleet.counts.items()])
    yield from _gauge("findings", "Findings of all hosts.", [({"severity": name}, number) for name, number in fleet.severities.items()])
    yield from _gauge("hosts_compared_in_run", "Hosts that the last run compared.", [({}, fleet.in_run)])
    yield from _gauge("hosts_gone", "Hosts that left the inventory and still have a document.", [({}, len(fleet.gone))])
    yield from _gauge("host_in_sync", "Whether the host is in sync: 1; drifted or not known: 0.", [
        ({"host": host.name, "status": host.status}, host.status == "in_sync") for host in hosts])
    yield from _gauge("host_findings", "Findings of a host, severities without any left out.", [
        ({"host": host.name, "severity": severity}, number) for host in hosts for severity, number in host.counts.items() if number])
    yield from _gauge("host_can_stop_itself", "Whether the host can stop itself.", [
        ({"host": host.name}, bool(host.stops_now)) for host in hosts])
    yield from _gauge("host_days_until_stop", "Days until the host stops itself, where that is known.", [
        ({"host": host.name}, days) for host in hosts for days in _days(host)])
    yield from _gauge("host_collected_timestamp_seconds", "When the host was read.", [
        ({"host": host.name}, epoch(host.collected_at)) for host in hosts if host.collected_at])


def _days(host: HostReport) -> list[float]:
    known = [days for days in map(days_until, host.stops_now) if days is not None]
    return [min(known)] if known else []


def _gauge(name: str, words: str, samples: Iterable[Sample]) -> Iterator[str]:
    lines = [f"# HELP {PREFIX}{name} {words}", f"# TYPE {PREFIX}{name} gauge"]
    for labels, number in samples:
        inside = ",".join(f'{label}="{_label(value)}"' for label, value in labels.items())
        lines.append(f"{PREFIX}{name}{'{' + inside + '}' if inside else ''} {_number(number)}")
    yield "\n".join(lines) + "\n"


def _label(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
