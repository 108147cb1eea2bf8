# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a unit leaves to auditd of the system calls, as systemd.exec(5) puts the assignments together."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._host import unit_filters

SERVICE = "@system-service"


def refused(lines, *, is_daemon=True):
    return unit_filters.closed([tuple(line.split("=", 1)) for line in lines], "x.service", is_daemon=is_daemon)


@pytest.mark.parametrize(("filters", "calls"), [
    ([], None), (["@system-service"], None), (["~@mount @swap @obsolete"], None), (["@known"], None),
    (["@network-io @file-system @basic-io @process @chown @resources @sync @signal"], None),
    (["@network-io @file-system @basic-io @process @chown @resources @sync"], "rt_sigaction"),
    (["~@network-io"], "bind, recvfrom, sendto, socket"), (["~sendto"], "sendto"), (["~sendto:EPERM"], "sendto"),
    (["~fchown:EPERM"], None), (["~@privileged:EPERM @sync"], "fsync"), ([SERVICE, "~@resources:kill"], "setpriority"),
    ([SERVICE, "~@privileged @resources"], "fchown, setpriority"), ([SERVICE, "~@sync"], "fsync"),
    (["~@network-io", ""], None), (["~@network-io", "@network-io"], None), (["~@sync", "", SERVICE], None),
    (["read write openat"], "bind, clone, fchown, fsync, recvfrom, rt_sigaction, sendto, setpriority, socket"),
    ([SERVICE, "~@mount"], None), ([SERVICE, "mount"], None),
])
def test_a_filter_that_takes_what_auditd_needs(filters, calls):
    found = refused([f"SystemCallFilter={one}" for one in filters])
    assert found == ([] if calls is None else [f"SystemCallFilter of x.service is without {calls}"])


def test_where_a_refused_call_is_an_error_auditd_goes_on_without_some():
    lines = ["SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources"]
    assert refused(lines) and not refused([*lines, "SystemCallErrorNumber=EPERM"])
    assert refused(["SystemCallFilter=~@network-io", "SystemCallErrorNumber=EPERM"])
    assert not refused(lines, is_daemon=False), "what loads the rules needs the kernel alone"


@pytest.mark.parametrize(("words", "fits"), [("native", True), ("x86-64", True), ("arm64", True), ("x86", False), ("x86 native", True)])
def test_an_architecture_that_is_not_auditds(words, fits):
    assert refused([f"SystemCallArchitectures={words}"]) == ([] if fits else [
        f"x.service has SystemCallArchitectures={words}, which is not that of auditd"])


@pytest.mark.parametrize(("lines", "may"), [(["", "~"], True), (["~"], True), (["~CAP_AUDIT_CONTROL", "~"], True), ([""], False)])
def test_all_capabilities_but_none(lines, may):
    assert bool(refused([f"CapabilityBoundingSet={one}" for one in lines])) is not may
