# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift documents on the controller: spooled per host, read back as a fleet, told in a few lines of text.

The documents come from hosts: their values are data, never a path, never markup, and a broken one is named, not fatal.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ansible_collections.auditops.auditd.plugins.module_utils._host import files as _io

SCHEMA = 1
STATUSES = ("drifted", "unknown", "in_sync")
STATUS_WORDS = {"drifted": "drifted", "unknown": "not known", "in_sync": "in sync"}
SEVERITIES = ("critical", "high", "medium", "low", "info")
LONGEST_NAME = 200  # bytes; with the suffixes below the 255 that filesystems take
LARGEST_DOCUMENT = 32 << 20  # bytes


def spool(report_dir: str, host: str, document: dict, phase: str) -> str:
    """Write the document of a host and return its path. Phase before keeps a second copy, phase now removes an old one."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    path = write_text(Path(report_dir) / "hosts" / file_name(host), text)
    before = Path(report_dir) / "before" / file_name(host)
    if phase == "before":
        write_text(before, text)
    elif phase == "now":
        before.unlink(missing_ok=True)
    return str(path)


def file_name(host: str) -> str:
    """The name of a host's document: what a file name cannot hold is percent-encoded, so no inventory name leaves the directory."""
    name = quote(host, safe="", errors="surrogateescape")
    name = "%2E" + name[1:] if name.startswith(".") else name or "%00"
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return name + ".json"


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    data = text.encode("utf-8", "backslashreplace")  # in JSON and in a page that is how to write what is no character
    _io.write_atomic(str(path), data)
    return path


@dataclass
class HostReport:
    """One host: the document of now and, where there was a remediation, the one before it."""

    name: str
    now: dict
    before: dict | None = None
    failed: bool = False  # this run did not get through on it, so an "in sync" is of an earlier one

    @property
    def status(self) -> str:
        return "unknown" if self.failed and self.now["status"] == "in_sync" else self.now["status"]

    @property
    def items(self) -> list[dict]:
        return self.now["items"]

    @property
    def counts(self) -> dict[str, int]:
        return count_by_severity(self.items)

    @property
    def fixed(self) -> list[dict]:
        """The findings of before that are gone; informational ones are no achievement."""
        left = {item["id"] for item in self.items}
        return [item for item in (self.before or {"items": []})["items"] if item["id"] not in left and item["severity"] != "info"]

    @property
    def stops(self) -> list[str]:
        """How this host would have stopped itself: before the remediation where there was one, else now."""
        return stop_sentences(self.before or self.now)

    @property
    def still_stops(self) -> bool:
        return bool(stop_sentences(self.now))


@dataclass
class Finding:
    """One finding id and the hosts that have it."""

    id: str
    severity: str
    layer: str
    fix: str
    controls: list[str]
    on: list[tuple[HostReport, dict]] = field(default_factory=list)


@dataclass
class Fleet:
    """All hosts of a report, worst first, and the files that could not be read."""

    hosts: list[HostReport]
    problems: list[tuple[str, str]]

    @property
    def counts(self) -> dict[str, int]:
        return {status: sum(host.status == status for host in self.hosts) for status in STATUSES}

    @property
    def before_counts(self) -> dict[str, int] | None:
        """As counts, of the documents before; None where no host has one. A host without one counts as it is now."""
        if not any(host.before for host in self.hosts):
            return None
        return {status: sum((host.before or host.now)["status"] == status for host in self.hosts) for status in STATUSES}

    @property
    def severities(self) -> dict[str, int]:
        return count_by_severity([item for host in self.hosts for item in host.items])

    @property
    def stopping(self) -> list[HostReport]:
        return [host for host in self.hosts if host.stops]

    @property
    def findings(self) -> list[Finding]:
        found: dict[str, Finding] = {}
        for host in self.hosts:
            for item in host.items:
                finding = found.setdefault(item["id"], Finding(item["id"], item["severity"], item["layer"], item["fix"], []))
                finding.controls.extend(control for control in item["controls"] if control not in finding.controls)
                finding.severity = min(finding.severity, item["severity"], key=SEVERITIES.index)
                finding.on.append((host, item))
        return sorted(found.values(), key=lambda finding: (SEVERITIES.index(finding.severity), -len(finding.on), finding.id))

    @property
    def waivers(self) -> list[tuple[dict, list[str]]]:
        """Each waiver once, with the hosts that have it."""
        found: dict[str, tuple[dict, list[str]]] = {}
        for host in self.hosts:
            for entry in host.now["waived"]:
                found.setdefault(json.dumps(entry, sort_keys=True), (entry, []))[1].append(host.name)
        return sorted(found.values(), key=lambda pair: (pair[0]["subject"], pair[0]["controls"]))


def count_by_severity(items: list[dict]) -> dict[str, int]:
    return {severity: sum(item["severity"] == severity for item in items) for severity in SEVERITIES}


def stop_sentences(document: dict) -> list[str]:
    risks = (document["live"].get("storage") or {}).get("risks") or []
    return [str(risk["sentence"]) for risk in risks if risk["effect"] == "stops_host" and risk["severity"] in ("critical", "high")]


def load(report_dir: str, hosts: list[str] | None = None, failed: list[str] | None = None) -> Fleet:
    """Read the documents below ``report_dir``; only those of ``hosts`` where that is given. ``failed`` are hosts this run failed on."""
    fleet = Fleet([], [])
    directory = Path(report_dir) / "hosts"
    failed_names = {file_name(host) for host in failed or ()}
    wanted = None if hosts is None else {file_name(host) for host in hosts}
    entries = [entry.name for entry in directory.iterdir()] if directory.is_dir() else []
    names = sorted(name for name in entries if name.endswith(".json") and not name.startswith("."))
    for name in names:
        if wanted is not None and name not in wanted:
            continue
        now = _load(directory / name, fleet.problems)
        if now is not None:
            earlier = Path(report_dir) / "before" / name
            before = _load(earlier, fleet.problems) if os.path.lexists(earlier) else None
            fleet.hosts.append(HostReport(now["host"], now, before, name in failed_names))
            if name in failed_names:
                reason = f"this run failed on the host or did not reach it: what is shown is of {now.get('collected_at')}"
                fleet.problems.append((f"hosts/{name}", reason))
    for host in sorted(hosts or ()):
        if file_name(host) not in names:
            fleet.hosts.append(HostReport(host, _checked({"schema": SCHEMA, "status": "unknown", "host": host}), None, True))
            fleet.problems.append((host, "there is no document of this host: it was not reached, or its comparison failed"))
    fleet.hosts.sort(key=lambda host: (STATUSES.index(host.status), [-host.counts[severity] for severity in SEVERITIES], host.name))
    return fleet


def _load(path: Path, problems: list[tuple[str, str]]) -> dict | None:
    shown = f"{path.parent.name}/{path.name}"
    try:
        if path.is_symlink() or not path.is_file():
            raise ValueError("it is not a regular file")
        if path.stat().st_size > LARGEST_DOCUMENT:
            raise ValueError("it is larger than any drift document")
        return _checked(json.loads(path.read_bytes().decode("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        problems.append((shown, f"not a drift document: {reason}"))
        return None


def _checked(document: object) -> dict:
    """The document with every value that the report relies on in its proper type; ValueError where it has none."""
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    if document.get("schema") != SCHEMA:
        raise ValueError(f"its schema is {document.get('schema')!r}, not {SCHEMA}")
    if document.get("status") not in STATUSES:
        raise ValueError(f"its status is {document.get('status')!r}")
    if not isinstance(document.get("host"), str):
        raise ValueError("it does not name its host")
    live = document.get("live") if isinstance(document.get("live"), dict) else {}
    items, waived = _dicts(document.get("items"), ITEM_TEXTS, SEVERITIES), _dicts(document.get("waived"), WAIVER_TEXTS)
    return dict(document, items=items, waived=waived, live=_checked_live(live))


ITEM_TEXTS = ("id", "layer", "why", "fix")
WAIVER_TEXTS = ("subject", "benchmark", "policy", "reason", "compensating")


def _dicts(value: object, texts: tuple[str, ...], severities: tuple[str, ...] = ()) -> list[dict]:
    found = []
    for entry in value if isinstance(value, list) else []:
        if not isinstance(entry, dict):
            raise ValueError("one of its entries is no object")
        if severities and entry.get("severity") not in severities:
            raise ValueError(f"the severity of a finding is {entry.get('severity')!r}")
        controls = [str(control) for control in entry.get("controls") or []]
        proper = {name: str(entry.get(name, "")) for name in texts}
        found.append({"expected": None, "actual": None, **entry, **proper, "controls": controls})
    return found


def _checked_live(live: dict) -> dict:
    storage = live.get("storage") if isinstance(live.get("storage"), dict) else {}
    risks = [risk for risk in storage.get("risks") or [] if isinstance(risk, dict) and {"effect", "severity", "sentence"} <= set(risk)]
    distribution = live.get("distribution") if isinstance(live.get("distribution"), dict) else {}
    return dict(live, storage=dict(storage, risks=risks), distribution=distribution)


def in_words(counts: dict[str, int], names: dict[str, str] | None = None) -> str:
    """The counts that are not zero: "2 critical, 1 low"; "none" where all are."""
    return ", ".join(f"{count} {(names or {}).get(name, name)}" for name, count in counts.items() if count) or "none"


def summary(fleet: Fleet, limit: int = 20) -> str:
    """What the terminal shows: the state of the fleet, the hosts that are not in sync, those that would have stopped themselves."""
    many = f"{len(fleet.hosts)} host{'' if len(fleet.hosts) == 1 else 's'}"
    lines = [f"Audit drift of {many}: {in_words(fleet.counts, STATUS_WORDS)}"]
    if fleet.before_counts:
        lines[0] += f" (before: {in_words(fleet.before_counts, STATUS_WORDS)})"
    shown = [host for host in fleet.hosts if host.status != "in_sync" or host.fixed]
    width = max((len(_plain(host.name)) for host in shown[:limit]), default=0)
    for host in shown[:limit]:
        counts = f": {in_words(host.counts)}" if host.items else ""
        line = f"  {_plain(host.name):<{width}}  {STATUS_WORDS[host.status]}{counts}"
        gone = f"; {len(host.fixed)} finding{'' if len(host.fixed) == 1 else 's'} gone" if host.fixed else ""
        lines.append(line + gone)
    lines.extend(_more(shown, limit))
    if fleet.stopping:
        tense = "would have stopped themselves" if fleet.before_counts else "can stop themselves"
        lines.append(f"Hosts that {tense}:")
        for host in fleet.stopping[:limit]:
            after = "" if not fleet.before_counts else " [still so]" if host.still_stops else " [no longer]"
            lines.append(f"  {_plain(host.name)}{after}: {_plain(host.stops[0])}")
        lines.extend(_more(fleet.stopping, limit))
    lines.extend(f"Not known: {_plain(name)}: {_plain(reason)}" for name, reason in fleet.problems)
    return "\n".join(lines)


def _more(entries: list, limit: int) -> list[str]:
    return [f"  ... and {len(entries) - limit} more, in the report"] if len(entries) > limit else []


def _plain(text: str) -> str:
    """Text from a host without control characters: a terminal would obey them."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
