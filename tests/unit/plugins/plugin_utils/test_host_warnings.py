# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A warning about one host of many says which."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.auditops.auditd.plugins.plugin_utils.host_warnings import name_host


@dataclass(frozen=True)
class Event:
    msg: str


@dataclass(frozen=True)
class Message:
    event: Event


def test_text_and_messages_name_the_host():
    result = {"warnings": ["logrotate does it too", Message(Event("cron does it too")), 5]}
    name_host(result, "web1")
    assert result["warnings"] == ["web1: logrotate does it too", Message(Event("web1: cron does it too")), 5]


def test_a_result_without_warnings_stays():
    result = {"changed": False}
    name_host(result, "web1")
    assert result == {"changed": False}
