# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A spool of as many hosts as asked for, made without Ansible: mostly the same findings, figures of their own, one in nine not reached."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.plugin_utils.fleet import document

SYSTEMS = (
    ("Red Hat Enterprise Linux", "8.10", "3.1.2"), ("Red Hat Enterprise Linux", "9.5", "3.1.5"), ("Debian GNU/Linux", "12", "3.0.9"),
    ("Ubuntu", "24.04", "3.1.2"), ("Amazon Linux", "2023", "3.0.6"), ("Rocky Linux", "9.4", "3.1.2"),
)
WHY = "Today auditd does something else at that point than the policy says, and nobody chose that; it was set before this policy was."
CALLS = "adjtimex,settimeofday,clock_settime,stime,finit_module,init_module,delete_module,create_module,query_module,fchownat,lsetxattr"
RULES = [f"-a always,exit -F arch=b{32 * (1 + number % 2)} -S {CALLS} -F path=/usr/lib/polkit-1/polkit-agent-helper-{number} -F auid>=1000 "
         f"-F auid!=-1 -F key=rule-{number}" for number in range(40)]
VERDICTS = ("pass", "pass", "pass", "fail", "waived", "not_checked", "skipped")
WHY_OF = {
    "pass": "the finding is not there", "fail": "one finding speaks of it", "not_checked": "nothing here reads what it asks for",
    "waived": "the policy sets disk_full_action = SYSLOG; the log is rotated and pruned instead",
    "skipped": "build hosts audit no mounts (platform, approved by ciso, ticket SEC-7)",
}
EXCEPTIONS = (
    {"control": "6.3.1.2", "benchmark": "stig_rhel_9", "reason": "build hosts audit no mounts", "owner": "platform", "approved_by": "ciso",
     "expires": "2099-12-31", "ticket": "SEC-7"},
    {"key": "perm_mod", "reason": "the log has no room for it before the volume grows", "owner": "storage", "expires": "2026-02-28",
     "state": "expired", "controls": ["STIG RHEL-09-654015"]},
    {"skip": "stig_rhel_9:6.3.2", "reason": "audit_rules_skip", "state": "in_force", "controls": ["STIG RHEL-09-653020"]},
)
WAIVED = {"controls": ["CIS RHEL 9 6.3.2.3"], "subject": "disk_full_action", "benchmark": "halt", "policy": "SYSLOG",
          "reason": "auditd_failure_policy is keep_running", "compensating": "the log is rotated by time and pruned"}
RUN = {"id": "5" * 32, "started": "2026-11-20T10:00:00Z"}


def item(key: str, severity: str, layer: str, actual: object) -> dict:
    return {
        "id": f"{layer}.{key}", "layer": layer, "severity": severity, "expected": "SYSLOG", "actual": actual, "why": WHY,
        "controls": [f"CIS RHEL 9 6.3.2.{len(key)}", f"STIG RHEL-09-6530{len(key)}"], "fix": "role auditd: auditd_failure_policy",
    }


def risk(number: int) -> dict:
    days = 3 + number % 60
    full = f"/var/log/audit is full in about {days} days at {40 + number % 700} MB/day"
    severity = "critical" if days < 7 else "high"
    return {"id": "storage.admin_space_left_action", "effect": "stops_host", "severity": severity, "days": days,
            "key": "admin_space_left_action", "actual": "HALT",
            "sentence": f"{full}; then admin_space_left_action = HALT powers the host off"}


def room(number: int) -> dict | None:
    if number % 7 == 3:
        return None
    peak = 40 + number % 700
    return {"mb_per_day": peak / 2, "peak_mb_per_day": peak, "peak_day_mb": peak, "stored_mb_per_day": peak / 16, "compression_ratio": 8.0,
            "keep_days": 90, "needed_mb": 8 * peak, "fits": 8 * peak < 3000, "days_until_full": number % 500 if number % 5 else None,
            "reaction_hours": 24, "space_left": peak, "admin_space_left": peak // 3}


def controls(number: int) -> list[dict]:
    found = []
    for part, rule in ((part, rule) for part in range(1, 5) for rule in range(1, 13)):
        status = VERDICTS[(part * rule + number % 7) % 7]
        items = [f"disk.auditd_conf.key_{rule}"] if status == "fail" else []
        found.append({"benchmark": ("cis_rhel_9", "stig_rhel_9")[part % 2], "id": f"6.3.{part}.{rule}", "status": status, "items": items,
                      "title": f"Ensure that the audit rule {part}.{rule} is there", "why": WHY_OF[status]})
    return found


def one(number: int) -> dict:
    name, version, release = SYSTEMS[number % len(SYSTEMS)]
    host, moment = host_name(number), f"2026-11-20T10:{number // 60 % 60:02}:{number % 60:02}Z"
    if number % 9 == 8:
        reason = "Failed to connect to the host via ssh: connection timed out"
        return document.failed(host, reason, collected_at=moment, run=RUN, phase="now", unreachable=True)
    head = {"schema": 2, "host": host, "run": RUN, "phase": "now", "collected_at": moment, "policy": {"digest": "a" * 64}, "root": "/"}
    layers = ("disk", "compiled", "daemon", "kernel", "schedule", "boot")
    severities = ("critical", "high", "medium", "low", "low", "info")
    items = [item(f"auditd_conf.key_{n}", severities[n % 6], layers[(n + number % 3) % 6], ("HALT", "SUSPEND", "ROTATE")[(n + number) % 3])
             for n in range(number % 5 and 3 + number % 17)]
    if items and number % 10 == 1:
        missing = item("missing", "medium", "disk", f"{len(RULES)} of {len(RULES)} rules missing")
        items.append({**missing, "id": "disk.rules_d.missing", "expected": RULES})
    risks = [risk(number)] if number % 11 == 0 else []
    items += [{**item("admin_space_left_action", found["severity"], "storage", "HALT"), "why": found["sentence"]} for found in risks]
    storage = {"partition": {"mount": "/var/log/audit", "free_mb": 100 * (number % 90), "size_mb": 10000},
               "growth": {"mb_per_day": 40 + number % 700}, "risks": risks}
    live = {"version": release, "distribution": {"id": name.split()[0].lower(), "name": name, "version": version}, "storage": storage,
            "kernel": {"lost": number % 13 // 12, "enabled": 1, "failure": 1}, "daemon": {"running": True, "installed": True},
            "rules": {"disk": 80, "compiled": 80, "loaded": 80}, "unavailable": {}}
    status = "drifted" if any(found["severity"] != "info" for found in items) else "in_sync"
    return {**head, "status": status, "summary": {}, "items": items, "controls": controls(number),
            "audit_storage_recommend": room(number), "exceptions": list(EXCEPTIONS[:1 + number % 3]), "live": live, "waived": [WAIVED]}


def stop(number: int) -> dict:
    """Every fortieth host stopped once, a few days apart."""
    when = f"2026-{10 + number // 40 % 2}-{1 + number // 40 % 19:02}T03:12:07Z"
    lines = [{"source": "/var/log/messages", "line": line, "time": when, "text": f"auditd[600]: Audit daemon is low on disk space, {line}"}
             for line in range(40)]
    return {"schema": 1, "host": host_name(number), "run": RUN, "collected_at": "2026-11-20T11:00:00Z", "status": "auditd",
            "diagnosis": {"stopped_by": "auditd", "when": when, "confidence": "high"}, "timeline": lines,
            "summary": f"auditd (high confidence) at {when}: auditd powered the host off because the log's partition had no room"}


def host_name(number: int) -> str:
    return f"{('web', 'db', 'app', 'cache')[number % 4]}{number:05}.eu-central-1.example.com"


def groups(hosts: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"all": []}
    for number in range(hosts):
        found["all"].append(host_name(number))
        found.setdefault(("web", "db", "app", "cache")[number % 4], []).append(host_name(number))
        found.setdefault("canary" if number % 50 == 0 else "rest", []).append(host_name(number))
    return found


def build(directory: Path, hosts: int) -> Path:
    """Write the documents as the spool has them, without its fsync for each: a benchmark of the report is none of the disk."""
    (directory / "hosts").mkdir(parents=True, exist_ok=True)
    for number in range(hosts):
        found = one(number)
        (directory / "hosts" / document.file_name(found["host"])).write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
        if number % 40 == 0:
            (directory / "stops").mkdir(exist_ok=True)
            (directory / "stops" / document.file_name(found["host"])).write_text(json.dumps(stop(number), indent=2, sort_keys=True) + "\n")
    return directory


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), int(sys.argv[2])))
