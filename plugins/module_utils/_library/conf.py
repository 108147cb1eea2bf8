# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks expect of auditd.conf and of the kernel's switches, and which of it a failure policy waives."""

from collections import OrderedDict

from .._policy import FAILURE_POLICIES

ROTATED_BY_TIME = "IGNORE"  # max_log_file_action where audit_rotation rotates, auditd.cron(5)


def accepts(accepted: "list[str] | tuple", value) -> bool:
    """Whether a benchmark takes a value of auditd.conf: words in any case, C(>=6) and C(>=25%) that number or a larger one of the same
    unit, C(exec) with any program."""
    word = str(value).lower()
    for one in accepted:
        if one.startswith(">="):
            if _at_least(word, one[2:]):
                return True
        elif one.lower() in (word, word.partition(" ")[0]):
            return True
    return False


def agree(demands: "list") -> bool:
    """Whether one value satisfies all of these demands, each a list of the values that it accepts."""
    values = [one[2:] if one.startswith(">=") else one for accepted in demands for one in accepted]
    return any(all(accepts(accepted, value) for accepted in demands) for value in values)


def _at_least(value, least):
    numbers = [text.rstrip("%") for text in (value, least)]
    return value.endswith("%") == least.endswith("%") and numbers[0].isdecimal() and int(numbers[0]) >= int(numbers[1])


def expectations(library: dict, names: "list[str]", choice) -> dict:
    """{"settings": keys to set, "expectations": [...], "waivers": [...]} of the named benchmarks, for a C(request.Choice).

    Each waiver names the control, what it asks for, what is in force instead, why, and the compensating control. Without a failure policy
    nothing of auditd.conf is waived, except where two of the benchmarks contradict each other.
    """
    policy = FAILURE_POLICIES.get(choice.failure_policy, {})
    forced = dict(policy.get("settings", {}))
    if choice.rotation_wanted:
        forced["max_log_file_action"] = ROTATED_BY_TIME
    result = [{"id": "%s:%s" % (name, number), "key": key, "accepted": accepted}
              for name in names for number, keys in library["benchmarks"][name].get("auditd_conf", {}).items()
              for key, accepted in keys.items()]
    settings: "dict[str, str]" = OrderedDict()
    for expected in result:
        settings.setdefault(expected["key"], expected["accepted"][0].replace(">=", ""))
    waivers = []
    for expected in result:
        key = expected["key"]
        value = forced.get(key, settings[key])
        if not accepts(expected["accepted"], value):
            contradicted = None if key in forced else "another of the profiles asks for %s" % value
            waivers.append(_waiver(library, expected, value, contradicted))
    for key in forced:
        settings.pop(key, None)
    in_force = {"failure": policy.get("failure", 1)}
    if choice.immutable is not None:  # else it is left as the rules files have it, and nothing of it is set aside
        in_force["enabled"] = 2 if choice.immutable else 1
    switches = [{"id": "%s:%s" % (name, number), "key": switch, "accepted": [str(value)]}
                for name in names for number, values in library["benchmarks"][name].get("status", {}).items()
                for switch, value in values.items()]
    waivers += [_waiver(library, expected, str(in_force[expected["key"]])) for expected in switches
                if expected["key"] in in_force and expected["accepted"] != [str(in_force[expected["key"]])]]
    return {"settings": settings, "expectations": result + switches, "waivers": waivers}


def _waiver(library, expected, actual, contradicted=None):
    known = library["waivers"].get(expected["key"], {})
    return OrderedDict((
        ("control", expected["id"]), ("key", expected["key"]), ("expected", " or ".join(expected["accepted"])), ("actual", actual),
        ("reason", contradicted or known.get("reason", "the failure policy sets it")),
        ("compensating", None if contradicted else known.get("compensating")),
    ))
