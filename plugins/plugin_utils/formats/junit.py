# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""junit: a suite a host, a case a control, and a case for each finding that no control speaks of. Informational findings pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from ..fleet.model import HostReport, by_name
from .csv_rows import in_cell
from .report import Report

NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production Char
SKIPPED = ("waived", "skipped", "not_checked")
Case = tuple[str, str, str, str]  # class, name, kind (pass, failure, error, skipped), text


def chunks(report: Report) -> Iterator[str]:
    hosts = sorted(report.fleet.hosts, key=by_name)
    shared = _Shared()
    totals = [sum(numbers) for numbers in zip(*(shared.counts(host) for host in hosts), strict=True)] or [0, 0, 0, 0]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="audit drift"{_counts(totals)}>\n'
    for host in hosts:
        stamp = f" timestamp={_attribute(host.collected_at[:-1])}" if host.collected_at else ""
        yield f"<testsuite name={_attribute(host.name)}{_counts(shared.counts(host))}{stamp}>\n"
        yield from shared.lines(host)
        yield "</testsuite>\n"
    yield "</testsuites>\n"


class _Shared:
    """What hosts have in common is written once: the cases of a list of verdicts, which most hosts of a product share, and of a finding."""

    def __init__(self) -> None:
        self._controls: dict[int, tuple[str, list[int], set[str]]] = {}
        self._items: dict[int, str] = {}

    def counts(self, host: HostReport) -> list[int]:
        """Tests, failures, errors, skipped."""
        _text, of_controls, reported = self._of_controls(host.now["controls"])
        own = [item["severity"] != "info" for item in host.items if item["id"] not in reported]
        compared = _compared(host, has_findings=bool(own))
        of_host = _line_counts(compared) if compared else [0] * 4
        return [sum(numbers) for numbers in zip(of_controls, [len(own), sum(own), 0, 0], of_host, strict=True)]

    def lines(self, host: HostReport) -> Iterator[str]:
        text, _counts_of, reported = self._of_controls(host.now["controls"])
        yield text
        own = [item for item in host.items if item["id"] not in reported]
        for item in own:
            if id(item) not in self._items:
                self._items[id(item)] = _line(_item_case(item))
            yield self._items[id(item)]
        compared = _compared(host, has_findings=bool(own))
        if compared:
            yield _line(compared)

    def _of_controls(self, controls: tuple[dict, ...]) -> tuple[str, list[int], set[str]]:
        found = self._controls.get(id(controls))
        if found is None:
            cases = [_control_case(control) for control in controls]
            counts = [sum(numbers) for numbers in zip([0] * 4, *map(_line_counts, cases), strict=True)]
            reported = {ident for control in controls if control["status"] == "fail" for ident in control["items"]}
            found = self._controls[id(controls)] = ("".join(map(_line, cases)), counts, reported)
        return found


def _control_case(control: dict) -> Case:
    kind = "failure" if control["status"] == "fail" else "skipped" if control["status"] in SKIPPED else "pass"
    text = f"{control['status'].replace('_', ' ')}: {control['why']}" if kind != "pass" else ""
    return (control["benchmark"], f"{control['id']} {control['title']}", kind, text)


def _item_case(item: dict) -> Case:
    return (item["layer"], item["id"], "pass" if item["severity"] == "info" else "failure", _sentence(item))


def _compared(host: HostReport, *, has_findings: bool) -> Case | None:
    """Whether the host was compared at all; None where the findings that no failed control names say so."""
    if host.status == "unknown":
        return ("host", "compared", "error", host.error or "a part of the policy could not be compared")
    return None if has_findings else ("host", "compared", "pass", "")


def _sentence(item: dict) -> str:
    return f"{item['severity']}: {item['why']} Has: {in_cell(item['actual'])}. Policy: {in_cell(item['expected'])}. Fix: {item['fix']}"


def _line(case: Case) -> str:
    group, name, kind, text = case
    head = f'<testcase classname={_attribute(group)} name={_attribute(name)} time="0"'
    if kind == "pass":
        return f"{head}/>\n"
    return f"{head}><{kind} message={_attribute(text[:500])}>{_text(text)}</{kind}></testcase>\n"


def _line_counts(case: Case) -> list[int]:
    return [1, case[2] == "failure", case[2] == "error", case[2] == "skipped"]


def _counts(numbers: list[int]) -> str:
    return "".join(f' {name}="{number}"' for name, number in zip(("tests", "failures", "errors", "skipped"), numbers, strict=True))


def _attribute(value: str) -> str:
    """In double quotes; white space that XML would make a blank is written by its number."""
    text = escape(_characters(value))
    return '"' + text.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;") + '"'


def _text(value: str) -> str:
    return escape(_characters(value), quote=False)


def _characters(value: str) -> str:
    return NO_CHARACTER.sub(_escaped, value)


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
