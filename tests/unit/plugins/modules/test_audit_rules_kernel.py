# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel that does something else than it acknowledges: the load is not proven, and the previous set is back."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _kernel
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import files as _io
from test_audit_rules import MOUNT, OTHER, WATCH, converge


def swallow(kernel, message):
    """Let the kernel acknowledge requests of this type and do nothing."""
    real = kernel.request
    kernel.request = lambda kind, payload=b"", **options: [] if kind == message else real(kind, payload, **options)


def test_words_that_it_did_not_take(kernel, host):
    swallow(kernel, _kernel.AUDIT_SET)
    with pytest.raises(AuditError, match="not proven: the kernel has backlog_limit 64, not 8192"):
        converge(host, rules=[WATCH], control={"backlog_limit": 8192})
    assert kernel.rules == []


def test_rules_that_it_did_not_take(kernel, host):
    swallow(kernel, _kernel.AUDIT_ADD_RULE)
    with pytest.raises(AuditError, match="not proven: the kernel lacks"):
        converge(host, rules=[WATCH, MOUNT])


def test_rules_in_another_order(kernel, host):
    """Each new one at the head of its list: what has to be looked at first then comes last."""
    never = "-a never,exit -F arch=b64 -S mount -F auid=1001"
    always = "-a always,exit -F arch=b64 -S mount -F key=mounts"
    real = kernel.request

    def request(kind, payload=b"", **options):
        if kind == _kernel.AUDIT_ADD_RULE:
            payload = bytes([payload[0] | 0x10]) + payload[1:]
        return real(kind, payload, **options)

    kernel.request = request
    with pytest.raises(AuditError, match="has in another order"):
        converge(host, rules=[never, always])


def test_words_go_back_with_the_rules(kernel, host):
    converge(host, rules=[WATCH])
    before = dict(kernel.status)
    real, seen = kernel.request, []

    def request(kind, payload=b"", **options):
        answer = real(kind, payload, **options)
        if kind == _kernel.AUDIT_GET and seen:
            kernel.request = real
            return [b"\7" * len(answer[0])]  # it says something else than it was given
        seen.extend([kind] if kind == _kernel.AUDIT_SET else [])
        return answer

    kernel.request = request
    with pytest.raises(AuditError, match="not proven"):
        converge(host, rules=[WATCH, OTHER], control={"backlog_limit": 8192, "failure": 2, "enabled": 0}, immutable=False)
    assert kernel.status == before and kernel.lines() == [WATCH]


def test_the_login_uid_is_locked_once(kernel, host):
    policy = {"rules": [WATCH], "control": {"loginuid_immutable": True}}
    result = converge(host, **policy)
    assert "--loginuid-immutable" in result["commands"] and kernel.features == 2
    assert converge(host, **policy)["changed"] is False


def test_what_can_go_back_does_where_one_file_cannot(kernel, host, monkeypatch):
    converge(host, rules=[WATCH])
    before = {name: host.text("/etc/audit/rules.d/" + name) for name in os.listdir(host.path("/etc/audit/rules.d"))}
    swallow(kernel, _kernel.AUDIT_ADD_RULE)
    real, written = _io.write_atomic, []

    def full_at_the_second_writing(path, *arguments, **options):
        written.append(path)
        if path.endswith("/audit.rules") and written.count(path) == 2:
            raise AuditError("cannot write %s: No space left on device" % path)
        return real(path, *arguments, **options)

    monkeypatch.setattr(_io, "write_atomic", full_at_the_second_writing)
    with pytest.raises(AuditError, match="not proven: the kernel lacks .*; not put back: /etc/audit/audit.rules"):
        converge(host, rules=[WATCH, OTHER])
    assert {name: host.text("/etc/audit/rules.d/" + name) for name in os.listdir(host.path("/etc/audit/rules.d"))} == before
