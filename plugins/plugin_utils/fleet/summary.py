# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet in a few lines of plain text: what the terminal shows, however large the fleet is."""

from __future__ import annotations

from ..counted import counted
from . import refusals, stops
from .document import STATUS_WORDS
from .history import Changes
from .model import Fleet, HostReport, age_in_days
from .stops import StopPath

MOST_LINES = 10  # of one list


def in_words(counts: dict[str, int], names: dict[str, str] | None = None) -> str:
    """The counts that are not zero: "2 critical, 1 low"; "none" where all are."""
    return ", ".join(f"{count} {(names or {}).get(name, name)}" for name, count in counts.items() if count) or "none"


def summary(fleet: Fleet, changes: Changes | None = None, *, limit: int = MOST_LINES) -> str:
    """The state of the fleet, the hosts that are not in sync, those that can or would have stopped themselves, what changed."""
    lines = [f"Audit drift of {counted(len(fleet.hosts), 'host')}: {in_words(fleet.counts, STATUS_WORDS)}{before_in_words(fleet)}"]
    lines += [f"  {sentence}" for sentence in progress(fleet)]
    lines += _hosts(fleet, limit)
    lines += controls(fleet)
    lines += _stopping(fleet, limit)
    lines += _stopped(fleet, limit)
    if changes is not None and changes.since:
        lines.append(f"Since {changes.since}: {changes.in_words()}")
    lines += [f"Not known: {plain(name)}: {plain(reason)}" for name, reason in fleet.problems[:limit]]
    if len(fleet.problems) > limit:
        lines.append(f"  and {len(fleet.problems) - limit} more, in the report")
    return "\n".join(lines)


def controls(fleet: Fleet) -> list[str]:
    """The verdicts of each benchmark in words: "stig_rhel_9: 73 pass, 2 fail, 1 waived"."""
    lines = []
    for benchmark, (hosts, counts) in fleet.control_counts.items():
        of = "" if len(fleet.hosts) == 1 else f" on {counted(hosts, 'host')}"
        lines.append(f"{plain(benchmark)}{of}: {verdicts_in_words(counts)}")
    return lines


def verdicts_in_words(counts: dict[str, int]) -> str:
    return in_words(counts, {"not_checked": "not checked"})


def before_in_words(fleet: Fleet) -> str:
    """The counts of before the remediation, and of how many hosts where some had none."""
    if not fleet.before_counts:
        return ""
    number = sum(fleet.before_counts.values())
    of = f", of the {counted(number, 'host')} remediated" if number < len(fleet.hosts) else ""
    return f" (before{of}: {in_words(fleet.before_counts, STATUS_WORDS)})"


def progress(fleet: Fleet) -> list[str]:
    """How much of the fleet this run has seen, and why it ended early where it did."""
    found = []
    if fleet.expected and fleet.finished < fleet.expected and not fleet.stopped:
        found.append(f"in progress: {fleet.finished} of {fleet.expected}")
    if fleet.run is not None and fleet.in_run < len(fleet.hosts):
        found.append(f"{fleet.in_run} of {len(fleet.hosts)} compared in this run")
    if fleet.stopped:
        done, batches = fleet.batches
        found.append(f"{done} of {batches} batches, {plain(fleet.stopped)}" if batches > 1 else plain(fleet.stopped))
    for names in fleet.of_one_machine[:MOST_LINES]:
        shown = plain(refusals.names_in_words(names))
        found.append(f"{shown}: one machine (one boot id) under {len(names)} names, counted {len(names)} times")
    if fleet.gone:
        dates = [host.collected_at for host in fleet.gone if host.collected_at]
        last = f", last read {max(dates)}" if dates else ""
        found.append(f"not in the inventory of this run and not counted: {counted(len(fleet.gone), 'host')}{last}")
    return found


def _hosts(fleet: Fleet, limit: int) -> list[str]:
    """A line a host that is not in sync, the worst first; one for all that were lost for the same reason, which stands there once."""
    groups: dict[tuple[str, ...], list[HostReport]] = {}
    for host in fleet.hosts:
        if host.status != "in_sync" or host.fixed or failing_controls(host) or unjudged(host):
            groups.setdefault(("lost", str(host.error), age(fleet, host)) if host.is_lost else ("host", host.name), []).append(host)
    shown = [(plain(refusals.names_in_words([host.name for host in hosts])), hosts) for hosts in groups.values()]
    width = max((len(names) for names, hosts in shown[:limit] if len(hosts) == 1), default=0)
    lines = [f"  {names:<{width}}  {_state(fleet, hosts[0], len(hosts))}" for names, hosts in shown[:limit]]
    return lines + _more([host for _names, hosts in shown[limit:] for host in hosts], 0)


def _state(fleet: Fleet, host: HostReport, hosts: int) -> str:
    """What a line of the summary says of a host, or of as many with the same error."""
    error = plain(one_line(host.error)) if host.error else ""
    if host.in_run and refusals.is_refusal(host.error):
        error = f"{'its' if hosts == 1 else 'their'} variables were refused; the task that fails says why"
    words = [in_words(host.counts)] * bool(host.items) + [error] * bool(error)
    failing = failing_controls(host)
    words += [f"{counted(failing, 'control')} failed"] * bool(failing)
    words += [f"no control of {plain(benchmark)} could be judged: {plain(why)}" for benchmark, why in unjudged(host).items()]
    state = f": {'; '.join(words)}" if words else ""
    gone = f"; {counted(len(host.fixed), 'finding')} gone" if host.fixed else ""
    return f"{STATUS_WORDS[host.status]}{f' ({hosts} hosts)' if hosts > 1 else ''}{state}{gone}{age(fleet, host)}"


def age(fleet: Fleet, host: HostReport) -> str:
    """Of a host that this run did not compare, or whose document is a day older than the newest: when it was read. Else empty."""
    days = age_in_days(host.collected_at, fleet.as_of)
    is_old = fleet.run is not None and not host.in_run
    if not host.collected_at or not (is_old or days):
        return ""
    return f" [read {host.collected_at}{f', {days_ago(days)}' if days else ''}]"


def days_ago(days: int) -> str:
    return "1 day ago" if days == 1 else f"{days} days ago"


def failing_controls(host: HostReport) -> int:
    return sum(counts["fail"] for counts in host.control_counts.values())


def unjudged(host: HostReport) -> dict[str, str]:
    """{benchmark: why} of those of which no control was looked at, as one of another family's systems."""
    return {benchmark: next(control["why"] for control in host.now["controls"] if control["benchmark"] == benchmark)
            for benchmark, counts in host.control_counts.items() if counts["not_checked"] == sum(counts.values())}


def _stopping(fleet: Fleet, limit: int) -> list[str]:
    lines: list[str] = []
    for words, hosts in stopping(fleet):
        lines.append(f"Hosts that {words}:")
        for host, path in hosts[:limit]:
            state = f" [{state_in_words(path)}]" if state_in_words(path) else ""
            lines.append(f"  {plain(host.name)}{state}: {plain(path.sentence)}{age(fleet, host)}")
        lines += _more(hosts, limit)
    return lines


def _stopped(fleet: Fleet, limit: int) -> list[str]:
    found = fleet.recent_stops
    lines = [f"Stopped by their audit {days_in_words(fleet.stops_of_days)}:"] * bool(found)
    lines += [f"  {plain(stop.host)}: {plain(stop.sentence)}" for stop in found[:limit]]
    return lines + _more(found, limit)


def days_in_words(days: int) -> str:
    return "in the last day" if days == 1 else f"in the last {days} days"


def stopping(fleet: Fleet) -> list[tuple[str, list[tuple[HostReport, StopPath]]]]:
    """(words, [(host, the path to name)]): who would have before its remediation, who can since then alone, and who can without a
    remediation; without empty lists."""
    before = [(host, _to_name(host)) for host in fleet.stopping if host.before and host.stop_paths[0].state != stops.SINCE]
    now = [(host, _to_name(host)) for host in fleet.stopping if not host.before]
    since = [(host, path) for host in fleet.stopping for path in _first_since(host)]
    found = [("would have stopped themselves", before),
             ("can stop themselves since the remediation, in a way in which they could not before", since), ("can stop themselves", now)]
    return [(words, hosts) for words, hosts in found if hosts]


def of_one(words: str) -> str:
    """The words of C(stopping) for one host alone."""
    return words.replace("themselves", "itself").replace("they", "it")


def _to_name(host: HostReport) -> StopPath:
    """One that is still open, if any is: nobody may read "no longer" of a host that can stop itself."""
    before = [path for path in host.stop_paths if path.state != stops.SINCE]
    return next((path for path in before if path.is_open), before[0])


def _first_since(host: HostReport) -> list[StopPath]:
    return [path for path in host.stop_paths if path.state == stops.SINCE][:1]


def state_in_words(path: StopPath) -> str:
    """What became of a path; empty where no remediation came between, and where the list says it of each host."""
    return "" if path.state == stops.SINCE else path.state


def _more(entries: list, limit: int) -> list[str]:
    return [f"  and {len(entries) - limit} more, in the report"] if len(entries) > limit else []


def one_line(error: str) -> str:
    """What a run failed with, which may be a list with a line for each thing."""
    return "; ".join(line.strip() for line in error.splitlines()).replace(":; ", ": ").replace(".; ", "; ")


def plain(text: object, longest: int = 400) -> str:
    """Text from a host without control characters, which a terminal would obey, and of a length that fits there."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in str(text)[:longest])
    return shown if len(str(text)) <= longest else shown + " ..."
