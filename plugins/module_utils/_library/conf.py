# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks expect of auditd.conf and of the kernel's switches, and which of it a failure policy waives."""

from collections import OrderedDict

from .._policy import FAILURE_POLICIES

ROTATED_BY_TIME = "IGNORE"  # max_log_file_action where audit_rotation rotates, auditd.cron(5)


def accepts(accepted, value):
    """Whether a value of auditd.conf is one that a benchmark takes; words compare without case, C(>=6) by number."""
    for one in accepted:
        if one.startswith(">="):
            if str(value).isdigit() and int(value) >= int(one[2:]):
                return True
        elif one.lower() == str(value).lower():
            return True
    return False


def expectations(library, names, failure_policy=None, rotation_wanted=False, immutable=False):
    """{"settings": keys to set, "expectations": [...], "waivers": [...]} of the named benchmarks.

    Each waiver names the control, what it asks for, what is in force instead, why, and the compensating control. Without a failure policy
    nothing of auditd.conf is waived, except where two of the benchmarks contradict each other.
    """
    policy = FAILURE_POLICIES.get(failure_policy)
    forced = dict(policy["settings"]) if policy else {}
    if rotation_wanted:
        forced["max_log_file_action"] = ROTATED_BY_TIME
    settings, result, waivers = OrderedDict(), [], []
    for name in names:
        benchmark = library["benchmarks"][name]
        for number, keys in benchmark.get("auditd_conf", {}).items():
            for key, accepted in keys.items():
                result.append({"id": "%s:%s" % (name, number), "key": key, "accepted": accepted})
    for expected in result:
        settings.setdefault(expected["key"], expected["accepted"][0].replace(">=", ""))
    for expected in result:
        key = expected["key"]
        value = forced.get(key, settings[key])
        if not accepts(expected["accepted"], value):
            because = None if key in forced else "another of the profiles asks for %s" % value
            waivers.append(_waiver(library, expected["id"], key, " or ".join(expected["accepted"]), value, because))
    for key in forced:
        settings.pop(key, None)
    in_force = {"enabled": 2 if immutable else 1, "failure": policy["failure"] if policy else 1}
    for name in names:
        for number, switches in library["benchmarks"][name].get("status", {}).items():
            for switch, value in switches.items():
                result.append({"id": "%s:%s" % (name, number), "key": switch, "accepted": [str(value)]})
                if in_force[switch] != value:
                    waivers.append(_waiver(library, "%s:%s" % (name, number), switch, str(value), str(in_force[switch]), None))
    return {"settings": settings, "expectations": result, "waivers": waivers}


def _waiver(library, number, key, expected, actual, because):
    known = library["waivers"].get(key, {})
    return OrderedDict((
        ("control", number), ("key", key), ("expected", expected), ("actual", actual),
        ("reason", because or known.get("reason", "the failure policy sets it")),
        ("compensating", None if because else known.get("compensating")),
    ))
