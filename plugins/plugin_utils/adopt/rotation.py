# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role audit_rotation that a rotation which is there already means."""

from __future__ import annotations

from ansible_collections.auditops.auditd.plugins.module_utils._rotation import conf, schedule
from ansible_collections.auditops.auditd.plugins.plugin_utils.variables import SPECIFICATIONS

from .found import Adopted, Source, Variable

PREFIX = "audit_rotation_"
UNDERSTOOD = "{name} is translated; audit_rotation_replace: true retires it once our rotation is proven"
DEFAULTS = {"schedule": "daily", "compress": "auto", "keep": "0", "keep_days": "0"}
NUMBERS = ("keep", "keep_days")
PERIODS = {period: word for word, (_fields, _calendar, period) in schedule.WORDS.items()}
NOT_INSTALLED = "the rotation of this collection is not installed; drift reports that, and remediate installs it"


def adopt(document: dict, adopted: Adopted) -> None:
    found = document["rotation"]
    if found is None:
        adopted.note(f"the rotation was not read: {document['unavailable'].get('rotation', 'unknown')}")
        return
    for sentence in found["conflicts"]:
        adopted.note(sentence if isinstance(sentence, str) else sentence["sentence"])
    if not found["installed"]:
        adopted.note(NOT_INSTALLED)
        _translate(found["jobs"], adopted)
        return
    source = {None: Source(conf.PATH)}
    for key, value in (found["config"] or {}).items():
        if value != conf.KEYS[key][1] and PREFIX + key in SPECIFICATIONS["audit_rotation"]:
            adopted.variables[PREFIX + key] = Variable(value, value, source)
    word = PERIODS.get(found["period"])
    if word is None:
        adopted.note("the schedule of audit-rotate is none of hourly, daily, weekly and monthly: set audit_rotation_schedule")
    elif word != "daily":
        adopted.variables[PREFIX + "schedule"] = Variable(word, word, {None: Source("the schedule of audit-rotate")})


def _translate(jobs: list[dict], adopted: Adopted) -> None:
    """What other jobs do, as variables; where two say it otherwise, the first one counts, and the second is listed."""
    for job in jobs:
        adopted.note(UNDERSTOOD.format(name=job["name"]))
        for option, text in job["settings"].items():
            name = PREFIX + option
            value = int(text) if option in NUMBERS else text
            if name in adopted.variables and adopted.variables[name].value != value:
                adopted.note(f"{job['name']}: {option} {text} contradicts {adopted.variables[name].value} of another job")
            elif text != DEFAULTS[option]:
                adopted.variables.setdefault(name, Variable(value, value, {None: Source(job["name"])}))
