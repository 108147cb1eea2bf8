# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments that make a policy, once for the module that applies it and for audit_drift, which compares it.

Before ansible-core 2.19 templated numbers and booleans arrive as text: only an argument spec makes them what they are, so
audit_drift has to have the same one. What goes to the checker on a host without a module is made by it on the controller.
"""

from ._severity import SEVERITIES

_CONTROL = {
    "backlog_limit": {"type": "int"},
    "failure": {"type": "int", "choices": [0, 1, 2]},
    "rate_limit": {"type": "int"},
    "backlog_wait_time": {"type": "int"},
}

RULES = {
    "files": {"type": "dict"},
    "rules": {"type": "list", "elements": "str"},
    "content": {"type": "str"},
    "profiles": {"type": "list", "elements": "str", "default": []},
    "skip": {"type": "list", "elements": "str", "default": []},
    "filters": {"type": "list", "elements": "str", "default": []},
    "exceptions": {"type": "list", "elements": "dict", "default": []},
    "privileged": {"type": "str", "choices": ["discover", "list", "off"], "default": "discover"},
    "failure_policy": {"type": "str", "choices": ["keep_running", "suspend_auditing", "stop_host"]},
    "rotation_wanted": {"type": "bool", "default": False},
    "arch": {"type": "str"},
    "library": {"type": "dict"},
    "control": {"type": "dict", "options": dict(_CONTROL, loginuid_immutable={"type": "bool"})},
    "control_defaults": {"type": "dict", "options": _CONTROL},
    "immutable": {"type": "str", "choices": ["keep", "true", "false"], "default": "keep"},
    "purge": {"type": "str", "choices": ["keep", "quarantine", "restore"], "default": "keep"},
    "on_error": {"type": "str", "choices": ["abort", "skip"], "default": "abort"},
    "missing_paths": {"type": "str", "choices": ["keep", "skip"], "default": "skip"},
    "optimise": {"type": "bool", "default": False},
    "allow_gap": {"type": "bool", "default": False},
}

OF_LIBRARY = ("profiles", "filters")  # options whose words are looked up in the benchmark library; each works without the other

# Options that say what benchmarks have to do with auditd.conf
BENCHMARK_CONF = {
    "profiles": {"type": "list", "elements": "str", "default": []},
    "benchmark_conf": {"type": "str", "choices": ["apply", "report"], "default": "report"},
    "own_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "exceptions": {"type": "list", "elements": "dict", "default": []},
    "skip": {"type": "list", "elements": "str", "default": []},
}

ROTATION = {
    "config": {"type": "dict", "default": {}},
    "schedule": {"type": "str", "default": "daily"},
    "scheduler": {"type": "str", "default": "auto", "choices": ["auto", "cron", "systemd"]},
    "guard_minutes": {"type": "int", "default": 1},
    "interpreter": {"type": "path"},
}

BOOT = {
    "service": {"type": "str", "choices": ["enabled", "disabled", "keep"], "default": "keep"},
    "line": {"type": "list", "elements": "str", "default": []},
}

SHIPPING = {
    "to": {"type": "list", "elements": "str", "choices": ["syslog", "remote", "cloudwatch", "s3", "command"], "default": []},
    "priority": {"type": "str", "default": "LOG_INFO"},
    "facility": {"type": "str", "default": "LOG_LOCAL6"},
    "remote_server": {"type": "str", "default": ""},
    "remote_conf": {"type": "dict", "default": {}},
    "schedule": {"type": "str", "default": "hourly"},
    "scheduler": {"type": "str", "default": "auto", "choices": ["auto", "cron", "systemd"]},
    "s3_bucket": {"type": "str", "default": ""},
    "s3_prefix": {"type": "str", "default": ""},
    "s3_region": {"type": "str", "default": ""},
    "s3_endpoint_url": {"type": "str", "default": ""},
    "s3_program": {"type": "str", "default": ""},
    "s3_copy_options": {"type": "list", "elements": "str", "default": []},
    "command": {"type": "list", "elements": "str", "default": []},
    "cloudwatch_log_group": {"type": "str", "default": ""},
    "cloudwatch_log_stream": {"type": "str", "default": "{instance_id}"},
    "cloudwatch_retention_days": {"type": "int", "default": 0},
    "cloudwatch_unseen_archives": {"type": "str", "choices": ["keep", "prune"], "default": "keep"},
    "cloudwatch_mode": {"type": "str", "choices": ["ec2", "onPremise", "auto"], "default": "auto"},
    "failure_policy": {"type": "str", "choices": ["keep_running", "suspend_auditing", "stop_host"], "default": "keep_running"},
}

PRESENCE = {"type": "str", "default": "present", "choices": ["present", "absent"]}

CHECK = {
    "schedule": {"type": "str", "default": "never"},
    "scheduler": {"type": "str", "default": "auto", "choices": ["auto", "cron", "systemd"]},
    "interpreter": {"type": "path"},
    "textfile": {"type": "path"},
}

AUDITD = dict(BENCHMARK_CONF, **{
    "reaction_hours": {"type": "int", "default": 24},
    "state": {"type": "str", "choices": ["merged", "replaced"], "default": "merged"},
    "settings": {"type": "dict", "default": {}},
    "failure_policy": {"type": "str", "choices": ["keep_running", "suspend_auditing", "stop_host"]},
    "rotation_wanted": {"type": "bool", "default": False},
    "guard": {"type": "str", "choices": ["timed", "exec"], "default": "timed"},
    "unsupported_keys": {"type": "str", "choices": ["fail", "drop"], "default": "fail", "no_log": False},
    "mode": {"type": "str"},
})

STATE = {"type": "str", "choices": ["merged", "replaced", "overridden"], "default": "overridden"}

DRIFT = {
    "root": {"type": "path", "default": "/"},
    "release": {"type": "str"},
    "auditd": {"type": "dict", "options": AUDITD},
    "audit_rules": {"type": "dict", "options": dict(RULES, state=STATE)},
    "audit_rotation": {"type": "dict", "options": ROTATION},
    "audit_boot": {"type": "dict", "options": BOOT},
    "audit_check": {"type": "dict", "options": dict(CHECK, state=PRESENCE)},
    "audit_shipping": {"type": "dict", "options": SHIPPING},
    "program": {"type": "dict"},
    "benchmarks": {"type": "str"},
    "code": {"type": "str"},
    "use": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "collect": {"type": "bool", "default": False},
    "max_age": {"type": "int", "default": 86400},
    "report_dir": {"type": "path"},
    "phase": {"type": "str", "choices": ["now", "before", "after"], "default": "now"},
    "fail_on": {"type": "str", "choices": ["never"] + list(SEVERITIES[::-1]), "default": "never"},
}

WANTED = ("auditd", "audit_rules", "audit_rotation", "audit_boot", "audit_check", "audit_shipping", "program", "benchmarks")
COMPARED = ("root", "release") + WANTED  # what of DRIFT a comparison on a host looks at

LONGEST_LOGGED, LONGEST_INVOCATION = 60, 440  # characters of one value and of a line in the journal, which stays below 500 bytes


def invocation(params: dict) -> str:
    """The line about a run of a module for the journal: each argument that is given, a short word or a number with its value.

    A policy would be tens of kilobytes. The option C(no_log) is no way out: it also takes each word of the policy, such as SYSLOG, out of
    the result.
    """
    named = [name + _shown(value) for name, value in sorted(params.items()) if value not in (None, "", [], {})]
    return ("Invoked with " + " ".join(named))[:LONGEST_INVOCATION]


def _shown(value):
    if isinstance(value, (bool, int, float)):
        return "=%s" % value
    is_short = isinstance(value, str) and len(value) <= LONGEST_LOGGED and all(" " <= letter <= "~" for letter in value)
    return "=" + value if is_short else ""
