# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings of modules with the host they are about: Ansible prints each text once for a whole run, and without the host."""

from __future__ import annotations

import dataclasses
from typing import Any


def name_host(result: dict, host: str) -> None:
    """Put the host before each warning of a module's result, in place. Up to ansible-core 2.18 a warning is text, later a message."""
    if result.get("warnings"):
        result["warnings"] = [_named(warning, host) for warning in result["warnings"]]


def _named(warning: Any, host: str) -> object:
    if isinstance(warning, str):
        return f"{host}: {warning}"
    event: Any = getattr(warning, "event", None)
    if not hasattr(event, "msg"):
        return warning
    return dataclasses.replace(warning, event=dataclasses.replace(event, msg=f"{host}: {event.msg}"))
