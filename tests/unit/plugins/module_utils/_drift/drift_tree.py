# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One tree in sync with one policy, and the comparison of it. Daemon and kernel are as a live host has them."""

from __future__ import annotations

import copy

from ansible_collections.auditops.auditd.plugins.module_utils._daemon.report import report_values
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _ruleset_files
from ansible_collections.auditops.auditd.plugins.module_utils._rules import finalize as _finalize
from ansible_collections.auditops.auditd.plugins.module_utils._severity import SEVERITIES
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, demands

CONF = """\
log_file = /var/log/audit/audit.log
log_group = root
max_log_file = 8
max_log_file_action = IGNORE
num_logs = 5
space_left = 75
space_left_action = SYSLOG
admin_space_left = 50
admin_space_left_action = SYSLOG
disk_full_action = SYSLOG
disk_error_action = SYSLOG
"""
RULES = ["-w /etc/sudoers -p wa -k scope", "-a always,exit -F arch=b64 -S execve -F key=exec"]
WANTED = {
    "auditd": {
        "settings": {
            "max_log_file_action": "IGNORE", "num_logs": 5, "space_left_action": "SYSLOG", "admin_space_left_action": "SYSLOG",
            "disk_full_action": "SYSLOG", "disk_error_action": "SYSLOG",
        },
        "failure_policy": "keep_running", "rotation_wanted": True,
    },
    "audit_rules": {
        "rules": RULES, "control": {"backlog_limit": 8192, "failure": 1, "backlog_wait_time": 60000}, "immutable": False, "purge": "keep",
    },
    "audit_rotation": {"config": {"keep_days": 30}, "schedule": "daily", "scheduler": "cron"},
    "program": {},
    "benchmarks": demands.packed(),
}
SUBJECTS = {"enabled", "failure", *controls.HOST_SUBJECTS}
STATUS = {
    "enabled": 1, "failure": 1, "pid": 7, "rate_limit": 0, "backlog_limit": 8192, "lost": 0, "backlog": 0, "features": 127,
    "backlog_wait_time": 60000, "backlog_wait_time_actual": 0,
}
REPORT = {
    "version": "3.0.9", "writing_to_logs": True, "logging_suspended": False, "disk_error": False, "max_log_file_mb": 8, "space_left_mb": 75,
    "admin_space_left_mb": 50, "process_priority": -4,
}
DAEMON = {
    "installed": True, "enabled": True, "running": True, "pid": 7, "directory": None, "report": REPORT, "last_record": {"res": "success"},
    "older_settings": False, "waiting": {}, "log_held": True,
}


def write(root, path, text, mode=0o640):
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


def collect(tree, live=True, wanted=None):
    """The document of the tree; ``live``: with a daemon and a kernel, as if it ran."""
    host = Host(str(tree))
    document, parsed = _drift.look(host, WANTED if wanted is None else wanted, "3.0.9")
    if live:
        document.update(root="/", daemon=copy.deepcopy(DAEMON), kernel={"status": dict(STATUS), "features": None})
        for name in ("daemon", "kernel", "rules.loaded"):
            document["unavailable"].pop(name)
        parsed.loaded = list(parsed.disk.rules)
        parsed.report_values = report_values(host, (document["auditd_conf"] or {}).get("effective") or {})
    return document, parsed


def drift(tree, wanted=None, live=True, change=None):
    wanted = WANTED if wanted is None else wanted
    document, parsed = collect(tree, live, wanted)
    if change:
        change(document, parsed)
    return _drift.compare(document, parsed, wanted)


def found(document, least="low"):
    worst = SEVERITIES.index(least)
    return {item["id"]: item for item in document["items"] if SEVERITIES.index(item["severity"]) <= worst}


def replace(path, old, new):
    def act(root):
        place = root / path.lstrip("/")
        text = place.read_text()
        assert old in text
        place.write_text(text.replace(old, new))
    return act


def remove(path):
    return lambda root: (root / path.lstrip("/")).unlink()


AUDITD_CONF = "/etc/audit/auditd.conf"
BASE = _ruleset.RULES_D + "/" + _ruleset_files.LOCAL_FILE
FINALIZE = _ruleset.RULES_D + "/" + _finalize.NAME
COMPILED = _ruleset.AUDIT_RULES


def status(**values):
    return lambda live, parsed: live["kernel"]["status"].update(values)


def daemon(**values):
    return lambda live, parsed: live["daemon"].update(values)


def report(**values):
    return lambda live, parsed: live["daemon"]["report"].update(values)


def loaded(act):
    return lambda live, parsed: act(parsed.loaded)
