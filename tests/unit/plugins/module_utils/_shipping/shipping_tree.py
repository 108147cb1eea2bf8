# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies for shipping, and a tree brought to them and compared with them."""

from __future__ import annotations

from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping as apply
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import queue_file

SYSLOG = {"to": ["syslog"], "priority": "LOG_INFO", "facility": "LOG_LOCAL6", "failure_policy": "keep_running"}
REMOTE = {**SYSLOG, "to": ["remote"], "remote_server": "logs.example.com", "remote_conf": {}}
S3 = {**SYSLOG, "to": ["s3"], "schedule": "hourly", "scheduler": "cron", "s3_bucket": "logs", "s3_prefix": "audit/web-1", "command": []}


def remote(**conf):
    return {**REMOTE, "remote_conf": conf}


def planned(tree, policy, release="3.0.9", **options):
    return apply.plan(Host(str(tree.root)), policy, release, **options)


def converged(tree, policy, release="3.0.9"):
    return apply.converge(planned(tree, policy, release))[0]


def queue(entries=10, first=0, waiting=0, size=8971, text=b"type=X msg=audit(1795410116.123:42): a"):
    head = queue_file.HEADER.pack(queue_file.MAGIC, 0, 0, entries, size, first, waiting)
    return head.ljust(size * (first + 1), b"\0") + text.ljust(size, b"\0") + b"\0" * size * (entries - first - 1)


def findings(tree, policy, **others):
    host = Host(str(tree.root))
    live, parsed = document.look(host, {"audit_shipping": policy, **others}, "3.0.9")
    found = document.compare(live, parsed, {"audit_shipping": policy, **others})
    return {item["id"]: item for item in found["items"] if item["layer"] == "shipping"}
