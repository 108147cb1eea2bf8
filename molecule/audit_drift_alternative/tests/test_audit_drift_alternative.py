# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_drift with much set: only what was asked for is written, and it is written although the run fails."""

from __future__ import annotations

import hosts


def test_the_documents_are_there_although_the_run_failed():
    for name in hosts.roots():
        assert hosts.document(name)["status"] == "drifted", name


def test_no_page_is_written_where_none_is_asked_for():
    assert not (hosts.REPORT / "index.html").exists()
