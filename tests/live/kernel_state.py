# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules and the status of this machine's kernel: kept, emptied for a test, and put back."""

from __future__ import annotations

import contextlib
import subprocess

from auditd_site import BACKLOG_LIMIT, kernel_status

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
    empty()
    try:
        yield
    finally:
        put_back(saved)
