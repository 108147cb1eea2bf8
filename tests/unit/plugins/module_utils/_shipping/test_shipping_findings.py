# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about shipping: what differs, what would stop the host, and what still ships although nobody asks for it."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping as apply
from ansible_collections.auditops.auditd.plugins.module_utils._apply import shipping_archives, shipping_cloudwatch
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import archives, cloudwatch, plugins
from shipping_tree import REMOTE, S3, SYSLOG, converged, findings, queue, remote


def test_a_host_as_the_policy_says_has_no_finding(tree):
    policy = {**REMOTE, "to": ["syslog", "remote"]}
    assert sorted(findings(tree, policy)) == ["shipping.conf.remote", "shipping.plugin.remote", "shipping.plugin.syslog"]
    converged(tree, policy)
    assert findings(tree, policy) == {}


@pytest.mark.parametrize("break_it, expected", [
    (lambda tree: tree("/etc/audit/plugins.d/syslog.conf", "active = no\n"), {"shipping.plugin.syslog": "high"}),
    (lambda tree: (tree.root / "etc/audit/plugins.d/au-remote.conf").unlink(), {"shipping.plugin.remote": "high"}),
    (lambda tree: (tree.root / "sbin/audisp-remote").unlink(), {"shipping.program.remote": "high"}),
    (lambda tree: tree("/etc/audit/audisp-remote.conf", "remote_server = elsewhere\n"), {"shipping.conf.remote": "medium"}),
    (lambda tree: tree("/var/spool/audit/remote.log", queue(waiting=9)), {"shipping.queue_full": "high", "shipping.lag": "medium"}),
    (lambda tree: tree("/var/spool/audit/remote.log", queue(waiting=2, text=b"")), {"shipping.queue": "medium"}),
    (lambda tree: tree("/var/spool/audit/remote.log", queue(waiting=1, text=b"")), {}),
])
def test_each_break_is_a_finding(tree, break_it, expected):
    policy = {**REMOTE, "to": ["syslog", "remote"]}
    converged(tree, policy)
    break_it(tree)
    found = findings(tree, policy)
    assert {ident: item["severity"] for ident, item in found.items()} == expected
    assert all(item["fix"] and item["why"].endswith(".") for item in found.values())


@pytest.mark.parametrize("failure_policy, stops", [("keep_running", True), ("suspend_auditing", True), ("stop_host", False)])
def test_a_plugin_that_stops_the_host_is_found_without_a_policy_for_shipping(tree, failure_policy, stops):
    tree("/etc/audit/plugins.d/au-remote.conf", "active = yes\npath = /sbin/audisp-remote\ntype = always\n")
    tree("/etc/audit/audisp-remote.conf", "remote_server = x\nnetwork_failure_action = HALT\ndisk_full_action = single\n")
    found = findings(tree, None, auditd={"settings": {}, "failure_policy": failure_policy})
    assert sorted(found) == (["shipping.stops.disk_full_action", "shipping.stops.network_failure_action"] if stops else [])
    assert all(item["severity"] == "critical" for item in found.values())


def test_a_policy_that_the_host_cannot_take_is_a_finding_that_remediate_refuses(tree):
    found = findings(tree, remote(transport="tls", tls_psk_file="/etc/psk", tls_psk_identity="me"))
    assert list(found) == ["shipping.policy"] and "tls came with audit 4.2" in found["shipping.policy"]["actual"]


# shipping that nobody asks for any more
OFF = {**S3, "to": []}
WAYS = {
    "syslog": (SYSLOG, plugins.path_of("syslog", "3.0.9")),
    "remote": (REMOTE, plugins.path_of("remote", "3.0.9")),
    "archives": (S3, archives.CRON),
    "cloudwatch": ({**S3, "to": ["cloudwatch"], "cloudwatch_log_group": "audit", "cloudwatch_log_stream": "x"}, cloudwatch.SOURCE),
}


def set_up(tree, policy):
    """All that the module does."""
    host = Host(str(tree.root))
    apply.converge(apply.plan(host, policy, "3.0.9"))
    shipping_archives.apply(host, shipping_archives.plan(host, policy))
    agent = shipping_cloudwatch.plan(host, policy, "3.0.9")
    if agent.changed:
        shipping_cloudwatch.apply(host, agent, "auto")


@pytest.mark.parametrize("way, others", [(way, others) for way in WAYS for others in ([], ["syslog"]) if way not in others])
def test_what_ships_although_nobody_names_it_any_more_is_a_finding_and_goes(rotating, way, others):
    policy, path = WAYS[way]
    set_up(rotating, {**policy, "to": policy["to"] + others})
    left = {**OFF, "to": others}
    found = findings(rotating, left)
    if way == "cloudwatch":  # audit-ship runs for it too
        assert found.pop("shipping.left.archives")["actual"]
    assert {ident: item["severity"] for ident, item in found.items()} == {"shipping.left." + way: "medium"}
    assert path in found["shipping.left." + way]["actual"]
    set_up(rotating, left)
    assert findings(rotating, left) == {}
    text = (rotating.root / path.lstrip("/")).read_text() if (rotating.root / path.lstrip("/")).exists() else ""
    assert not text or not plugins.is_active(text)


@pytest.mark.parametrize("path, text", [
    ("/etc/cron.d/audit-ship", "0 * * * * root /opt/site/audit-ship\n"), ("/etc/systemd/system/audit-ship.service", "[Service]\n"),
    ("/etc/audit/ship.json", '{"mine": 1}'), ("/etc/audit/ship.json", "7"), ("/etc/audit/ship.json", "x"),
    ("/etc/audit/plugins.d/syslog.conf", "active = yes\n"),
])
def test_what_others_made_is_neither_found_nor_taken_away(rotating, path, text):
    real = rotating(path, text)
    assert findings(rotating, OFF) == {}
    set_up(rotating, OFF)
    assert real.read_text() == text


def test_a_comparison_without_a_policy_for_shipping_says_nothing_of_what_ships(rotating):
    set_up(rotating, SYSLOG)
    assert findings(rotating, None, auditd={"settings": {}}) == {}
