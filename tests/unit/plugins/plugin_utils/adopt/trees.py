# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host trees for the tests of adoption, and the documents that audit_info reads of them."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live.collect import collect

STOCK = {
    "log_file": "/var/log/audit/audit.log", "log_group": "adm", "log_format": "ENRICHED", "flush": "INCREMENTAL_ASYNC", "freq": "50",
    "max_log_file": "8", "num_logs": "5", "max_log_file_action": "ROTATE", "space_left": "75", "space_left_action": "SYSLOG",
    "admin_space_left": "50", "admin_space_left_action": "SUSPEND", "disk_full_action": "SUSPEND", "disk_error_action": "SUSPEND",
}
STOCK_RULES = "## First rule - delete all\n-D\n\n-b 8192\n--backlog_wait_time 60000\n-f 1\n"
DEBIAN = "ID=debian\nVERSION_ID=12\nNAME=Debian\n"
RHEL = "ID=rhel\nVERSION_ID=9.4\nNAME=RHEL\n"


def build(root: Path, *, conf: dict | None = None, rules: dict[str, str] | None = None, os_release: str = DEBIAN) -> Path:
    """A tree as Debian 12 ships audit 3.0.9, with ``conf`` over its auditd.conf and ``rules`` {name: text} beside its rules."""
    settings = {**STOCK, **(conf or {})}
    files = {
        "etc/os-release": os_release,
        "etc/audit/auditd.conf": "".join(f"{key} = {value}\n" for key, value in settings.items() if value is not None),
        "usr/sbin/auditd": "", "sbin/auditctl": "", "usr/bin/python3": "", "usr/sbin/cron": "", "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        **{f"etc/audit/rules.d/{name}": text for name, text in {"audit.rules": STOCK_RULES, **(rules or {})}.items()},
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(0o755 if "bin/" in name else 0o640)
    (root / "var/log/audit").mkdir(parents=True, exist_ok=True)
    return root


def document(root: Path, release: str = "3.0.9") -> dict:
    return collect(Host(str(root), None), release)
