# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rescued volume looks like, read from its files: nothing here asks the collection's own code."""

from __future__ import annotations

import hosts
import pytest

RECORDS_PER_LOG = 2000


@pytest.fixture(params=("rhel-8", "debian-12"))
def root(request):
    return hosts.roots()[request.param]


def test_no_setting_stops_the_host(root):
    actions = {value for key, value in hosts.settings(root).items() if key.endswith("_action")}
    assert not {"halt", "single"} & actions, actions


def test_the_kernel_does_not_panic_at_the_next_boot(root):
    assert [line for line in hosts.compiled(root) if line.startswith("-f")] == ["-f 1"]


def test_what_was_replaced_is_kept(root):
    """The file that stopped the host can be put back byte for byte."""
    kept = [path for path in (root / "var/lib/auditops/rescue").rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in kept]
    assert any(b"max_log_file_action" in text for text in texts), kept


def test_every_record_is_still_there_exactly_once(root):
    serials = hosts.serials(root)
    assert serials == list(range(1, len(serials) + 1)) and len(serials) > 0 and len(serials) % RECORDS_PER_LOG == 0


def test_a_host_that_was_not_named_is_as_it_was():
    root = hosts.roots()["rhel-9"]
    assert not (root / "var/lib/auditops").exists() and not (root / "usr/local/sbin/audit-rotate").exists()
