# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role audit_drift with nothing set: what it wrote on the controller, and that the hosts are as they were made."""

from __future__ import annotations

import hosts
import pytest


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return hosts.made_again(tmp_path_factory.mktemp("fresh"))


@pytest.mark.parametrize("name", sorted(hosts.roots()))
def test_not_a_byte_of_the_host_changed(fresh, name):
    assert hosts.digests(hosts.roots()[name]) == hosts.digests(fresh / name)


@pytest.mark.parametrize("name", sorted(hosts.roots()))
def test_each_host_has_a_document_that_says_what_is_wrong(name):
    document = hosts.document(name)
    assert document["status"] == "drifted" and document["items"], document["status"]


def test_the_host_that_halts_is_the_worst():
    severities = {item["severity"] for item in hosts.document("rhel-8")["items"]}
    assert "critical" in severities, severities


def test_there_is_one_page_for_people():
    assert "rhel-8" in (hosts.REPORT / "index.html").read_text()
