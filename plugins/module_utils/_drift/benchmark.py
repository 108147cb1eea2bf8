# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark profiles in a comparison: what they ask of auditd.conf is waived by the policy, or reported; choosing rules never sets it."""

from .._library import conf as _library_conf
from . import tables
from .finding import text_of

USERS_OWN = "auditd_conf sets it"
SWITCHES = {"enabled": "-e", "failure": "-f"}


def compare(sides):
    """For information: a benchmark of another system, and what the profiles ask of auditd.conf, the host has not, and no policy decides."""
    chosen = sides.parsed.chosen
    if chosen is None:
        return
    if chosen.foreign:
        yield sides.item("disk.rules_d.profiles", "benchmarks for this system", chosen.foreign)
    if sides.live["auditd_conf"] is None:
        return
    settings = _settings(sides)
    for key, accepted, ids in _asked(chosen):
        if key in SWITCHES or key in settings or _library_conf.accepts(accepted, sides.effective.get(key)):
            continue
        yield sides.item("disk.auditd_conf.expected." + key, " or ".join(accepted), text_of(sides.effective.get(key)), controls=ids,
                         fix="role auditd: auditd_conf.%s" % key)


def waived(sides):
    """What the benchmarks demand and the policy sets aside: [{controls, subject, benchmark, policy, reason, compensating}]."""
    others = _waived_by_table(sides)
    chosen = sides.parsed.chosen
    if chosen is None:
        return others
    settings, control = _settings(sides), sides.control
    found = []
    for key, accepted, ids in _asked(chosen):
        value = control.get(SWITCHES[key]) if key in SWITCHES else settings.get(key)
        if value is None or _library_conf.accepts(accepted, text_of(value)):
            continue
        known = chosen.reasons.get(key) or {}
        found.append({
            "controls": ids,
            "subject": key,
            "benchmark": " or ".join(accepted),
            "policy": text_of(value),
            "reason": known.get("reason", USERS_OWN),
            "compensating": known.get("compensating", "none"),
        })
    subjects = {entry["subject"] for entry in found}
    found += [entry for entry in others if entry["subject"] not in subjects]
    return sorted(found, key=lambda entry: (entry["subject"], entry["benchmark"]))


def _asked(chosen):
    """(key, accepted values, [ids]) of the expectations, those that say the same as one."""
    found = {}
    for entry in chosen.expectations:
        found.setdefault((entry["key"], tuple(entry["accepted"])), []).append(entry["id"])
    return [(key, accepted, ids) for (key, accepted), ids in sorted(found.items())]


def _settings(sides):
    return {key.lower(): value for key, value in sides.settings.items() if value is not None}


def _waived_by_table(sides):
    settings, family = sides.settings, sides.family
    found = []
    for subject, demanded, reason, compensating in tables.WAIVERS:
        key = subject.partition(".")[0]
        word = str(settings.get(key) or "").partition(" ")[0].upper()
        if word and word not in demanded and tables.controls(subject, family):
            found.append(_waiver(subject, " or ".join(demanded).lower(), settings[key], reason, compensating, family))
    control = sides.control
    if control.get("-f") in ("0", "1") and tables.controls("failure", family):
        found.append(_waiver("failure", "-f 2", "-f " + control["-f"], *tables.WAIVED_FAILURE, family=family))
    if control.get("-e") in ("0", "1"):
        found.append(_waiver("enabled", "-e 2", "-e " + control["-e"], *tables.WAIVED_IMMUTABLE, family=family))
    return sorted(found, key=lambda entry: entry["subject"])


def _waiver(subject, benchmark, policy, reason, compensating, family):
    return {
        "controls": tables.controls(subject, family),
        "subject": subject.partition(".")[0],
        "benchmark": benchmark,
        "policy": text_of(policy),
        "reason": reason,
        "compensating": compensating,
    }
