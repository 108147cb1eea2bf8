# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules and the status of this machine's kernel: kept, emptied for a test, and put back, also where that run was killed."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

from auditd_site import BACKLOG_LIMIT, kernel_status

SAVED = Path("/var/tmp/auditops-live-kernel.json")
BOOT = Path("/proc/sys/kernel/random/boot_id")
STATUS_OPTIONS = {"failure": "-f", "rate_limit": "-r", "backlog_limit": "-b", "backlog_wait_time": "--backlog_wait_time", "enabled": "-e"}


def as_it_is() -> dict:
    """The kernel's rules and status, for put_back()."""
    rules = subprocess.run(["auditctl", "-l"], capture_output=True, text=True, check=True).stdout
    return {"status": kernel_status(), "rules": [rule for rule in rules.splitlines() if rule.startswith("-")]}


def empty() -> None:
    """No rules, a roomy backlog, no panic."""
    subprocess.run(["auditctl", "-D"], capture_output=True, check=True)
    subprocess.run(["auditctl", "-b", str(BACKLOG_LIMIT), "-f", "1"], capture_output=True, check=True)


def put_back(saved: dict) -> None:
    """What as_it_is() gave; what the kernel refuses is passed over."""
    subprocess.run(["auditctl", "-D"], check=False, capture_output=True)
    for rule in saved["rules"]:
        subprocess.run(["auditctl", *rule.split()], check=False, capture_output=True)
    for name, option in STATUS_OPTIONS.items():
        if name in saved["status"]:
            subprocess.run(["auditctl", option, str(saved["status"][name])], check=False, capture_output=True)


@contextlib.contextmanager
def kept():
    """The kernel's rules and status as they were, afterwards; empty rules and a roomy backlog meanwhile."""
    saved = as_it_is()
    SAVED.write_text(json.dumps({**saved, "boot": BOOT.read_text()}))
    empty()
    try:
        yield
    finally:
        put_back(saved)
        SAVED.unlink(missing_ok=True)


def put_back_what_was_left() -> None:
    """What kept() would have put back in a run that was killed in this boot."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        saved = json.loads(SAVED.read_text())
        if saved.pop("boot") == BOOT.read_text():
            put_back(saved)
    SAVED.unlink(missing_ok=True)
