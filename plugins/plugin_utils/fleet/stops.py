# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths on which a host stops itself: a setting and its value, before a remediation and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NOW, GONE, STAYS, SINCE, NOT_KNOWN = "", "no longer", "still so", "since the remediation", "not known now"
STATES = (NOW, GONE, STAYS, SINCE, NOT_KNOWN)
STOPPING_SEVERITIES = ("critical", "high")
OPTIONS = {"kernel_failure": "auditctl -f", "backlog_limit": "auditctl -b"}  # what is no key of auditd.conf


@dataclass(frozen=True)
class StopPath:
    """``name``: as in "admin_space_left_action = HALT". ``state``: one of STATES; NOW where nothing was remediated."""

    name: str
    risk: dict
    state: str = NOW

    @property
    def days(self) -> float | None:
        return days_until(self.risk)

    @property
    def sentence(self) -> str:
        return str(self.risk["sentence"])

    @property
    def is_open(self) -> bool:
        """Nobody has shown that the host does not stop itself on it any more."""
        return self.state != GONE


def stopping_risks(live: dict) -> tuple[dict, ...]:
    risks = (live.get("storage") or {}).get("risks") or []
    return tuple(risk for risk in risks if risk["effect"] == "stops_host" and risk["severity"] in STOPPING_SEVERITIES)


def days_until(risk: dict) -> float | None:
    days = risk.get("days")
    return days if isinstance(days, (int, float)) and not isinstance(days, bool) else None


def paths(before: Sequence[dict] | None, now: Sequence[dict], *, is_lost: bool = False) -> tuple[StopPath, ...]:
    """The paths of one host, of before the remediation first. ``before`` is None where nothing was remediated."""
    present = {_name(risk): risk for risk in now}
    if before is None:
        return tuple(StopPath(name, risk) for name, risk in present.items())
    found = []
    for risk in before:
        name = _name(risk)
        state = NOT_KNOWN if is_lost else STAYS if name in present else GONE
        found.append(StopPath(name, present.get(name, risk), state))
    known = {path.name for path in found}
    return tuple(found + [StopPath(name, risk, SINCE) for name, risk in present.items() if name not in known])


def _name(risk: dict) -> str:
    """auditd reads the words of its actions in any case; a program behind one is spelled as it is."""
    key = str(risk.get("key") or str(risk.get("id", "")).partition(".")[2] or risk.get("id") or "not known")
    value = risk.get("actual")
    if value is None:
        return key
    if key in OPTIONS:
        return f"{OPTIONS[key]} {value}"
    word, space, rest = str(value).partition(" ")
    return f"{key} = {word.upper()}{space}{rest}"
