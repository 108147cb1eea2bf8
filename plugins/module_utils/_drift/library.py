# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark profiles in a comparison: their rules become part of the policy, their ids part of the findings, and what they ask of
auditd.conf is either waived by the policy or told, never set by choosing rules.
"""

from .._errors import AuditError
from .._library import conf as _library_conf
from .._library import profiles as _rule_profiles
from .._rules import compiled as _ruleset
from .finding import item, text_of, wanted_control

NOT_NAMED = "A benchmark that was chosen for the rules asks for this value in auditd.conf, and the policy does not name the key."
FOREIGN = "The rules of a benchmark for another system are loaded, as far as they fit this one; no auditor has agreed to that yet."
USERS_OWN = "auditd_conf sets it"
SWITCHES = {"enabled": "-e", "failure": "-f"}


class Chosen(object):
    """The profiles of a policy on one host: ``policy`` for the rules with their files in it, ``controls`` {rule line: ids}, ``foreign``
    sentences on benchmarks of other systems, ``expectations`` of auditd.conf and the kernel's switches, ``reasons`` {key: {reason,
    compensating}}.
    """

    def __init__(self, live, parsed, policy):
        stated = list(parsed.files.values()) + [parsed.host.text(_ruleset.AUDIT_RULES)]
        self.policy, resolved = _rule_profiles.expand(parsed.host, policy, live["version"], stated, everywhere=False)
        self.controls = _rule_profiles.controls_of(resolved)
        self.foreign = resolved["foreign"]
        self.expectations, self.reasons = resolved["expectations"], policy["library"]["waivers"]


def choose(live, parsed, policy, family):
    """(Chosen, None), or (None, finding) where the profiles cannot be had on this host."""
    try:
        return Chosen(live, parsed, policy), None
    except AuditError as error:
        return None, item("disk.rules_d.policy", "profiles that this host can have", str(error), family)


def items(chosen, live, wanted, family):
    """For information: a benchmark of another system, and what the profiles ask of auditd.conf, the host has not, and no policy decides."""
    if chosen.foreign:
        yield item("disk.rules_d.profiles", "benchmarks for this system", chosen.foreign, family, severity="info", why=FOREIGN,
                   fix="role audit_rules: audit_rules_profiles")
    effective = (live["auditd_conf"] or {}).get("effective")
    if effective is None:
        return
    settings = _settings(wanted)
    for key, accepted, ids in _asked(chosen):
        if key in SWITCHES or key in settings or _library_conf.accepts(accepted, effective.get(key)):
            continue
        finding = item("disk.auditd_conf.expected." + key, " or ".join(accepted), text_of(effective.get(key)), family,
                       severity="info", why=NOT_NAMED, fix="role auditd: auditd_conf.%s" % key)
        yield dict(finding, controls=ids)


def waived(chosen, wanted, others):
    """What the profiles ask and the policy sets aside, with those ``others`` that speak of something else."""
    settings, control = _settings(wanted), wanted_control(wanted)
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


def _settings(wanted):
    settings = (wanted.get("auditd") or {}).get("settings") or {}
    return {key.lower(): value for key, value in settings.items() if value is not None}
