# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a log SELinux denials are, of whom, and the rule that would keep them out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import denials
from ansible_collections.auditops.auditd.plugins.module_utils._rules import grammar


def event(serial: int, domain: str, comm: str) -> str:
    """An AVC event as RHEL 9 writes it."""
    head = f"msg=audit(1700000000.123:{serial}):"
    return (
        f'type=AVC {head} avc:  denied  {{ getattr }} for  pid=4242 comm="{comm}" path="/srv/x" dev="dm-0" ino=99 '
        f"scontext=system_u:system_r:{domain}:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0\n"
        f'type=SYSCALL {head} arch=c000003e syscall=4 success=no exit=-13 pid=4242 comm="{comm}" subj=system_u:system_r:{domain}:s0\n'
        f"type=PROCTITLE {head} proctitle=2F7573722F7362696E2F6874747064\n")


def login(serial: int) -> str:
    return f"type=USER_LOGIN msg=audit(1700000000.123:{serial}): pid=1 uid=0 auid=0 ses=1 msg='op=login acct=\"root\" res=success'\n" * 3


def text(*parts: tuple[str, str, int], others: int = 0) -> bytes:
    found, serial = [], 0
    for domain, comm, count in parts:
        for serial in range(serial + 1, serial + count + 1):  # noqa: B020
            found.append(event(serial, domain, comm))
    return "".join(found + [login(number) for number in range(100000, 100000 + others)]).encode()


def test_of_whom_and_what_would_cut_them():
    found = denials.of(text(("httpd_t", "httpd", 300), ("ntpd_t", "chronyd", 120)))
    assert found["share_percent"] == 100
    assert [tuple(one.values()) for one in found["senders"]] == [("httpd_t", "httpd", 70), ("ntpd_t", "chronyd", 30)]
    assert "httpd_t" in found["hides"]
    grammar.parse(found["filter"], machine="x86_64", users=lambda name: 1, groups=lambda name: 1)


@pytest.mark.parametrize("data, share", [
    (text(("httpd_t", "httpd", 300), others=10), 100),
    (text(("httpd_t", "httpd", 100), others=1000), 10),
    (text(others=1000), None),
    (text(("httpd_t", "httpd", 1), others=1000), None),
    (b"type=AVC msg=audit(1.1:1): apparmor=\"DENIED\" operation=\"open\" profile=\"x\"\n" * 900, None),
    (b"\xff\xfe" * 40000, None),
    (b"", None),
])
def test_shares(data, share):
    found = denials.of(data) if data else None
    assert (found and found["share_percent"]) == share


@pytest.mark.parametrize("size, seen", [(300, True), (3, False)])
def test_only_a_log_that_says_something_is_looked_at(tmp_path, size, seen):
    (tmp_path / "var/log/audit").mkdir(parents=True)
    (tmp_path / "var/log/audit/audit.log").write_bytes(text(("httpd_t", "httpd", size)))
    reading = SimpleNamespace(host=Host(str(tmp_path)), settings={})
    assert (denials.read(reading) is not None) is seen
    assert denials.read(SimpleNamespace(host=Host(str(tmp_path)), settings={"log_file": "/nowhere/x.log"})) is None
