# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the auditd of a host that collects really listens."""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import shipping as shipping_reader
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import processes


@pytest.mark.parametrize("family, address", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_process_that_listens_is_told_from_one_that_does_not(family, address):
    with socket.socket(family) as server:
        try:
            server.bind((address, 0))
        except OSError as error:
            pytest.skip(f"{address}: {error}")
        port = server.getsockname()[1]
        assert processes.listens(os.getpid(), port) is False, "bound, and it does not listen yet"
        server.listen(1)
        assert processes.listens(os.getpid(), port) is True
        with socket.create_connection((address, port)) as client:
            assert processes.listens(os.getpid(), client.getsockname()[1]) is False, "a connection is no listener"
        assert processes.listens(os.getppid(), port) in (False, None), "somebody else does"
    assert processes.listens(os.getpid(), port) is False


def test_a_process_that_has_gone_is_not_known_to_be_deaf():
    assert processes.listens(2 ** 22 + 1, 60) is None


@pytest.mark.parametrize("conf, listens, deaf_on", [
    ("tcp_listen_port = 60\n", False, 60), ("tcp_listen_port = 60\n", True, None), ("tcp_listen_port = 60\n", None, None),
    ("", False, None),
])
@pytest.mark.parametrize("policy", [{}, {"audit_shipping": {"to": []}}])
def test_an_auditd_that_is_to_collect_and_is_deaf_is_a_finding_whatever_the_policy(tree, monkeypatch, conf, listens, deaf_on, policy):
    path = tree.root / "etc/audit/auditd.conf"
    path.write_text(path.read_text() + conf)
    monkeypatch.setattr(processes, "listens", lambda pid, port: listens)
    live, parsed = document.look(Host(str(tree.root)), policy, "3.0.9")
    reading = type("Reading", (), {"live": {"daemon": {"pid": 7}}, "settings": {"tcp_listen_port": "60"} if conf else {}})
    live["shipping"]["deaf_on"] = shipping_reader._deaf_on(reading)
    found = {item["id"]: item for item in document.compare(live, parsed, policy)["items"]}
    item = found.get("shipping.listens")
    assert (item and item["expected"]) == (deaf_on and "auditd listens on port 60")
    assert item is None or item["severity"] == "high" and "auditd_restart: if_needed" in item["fix"]
