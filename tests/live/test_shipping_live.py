# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records on their way off the host: a real auditd, a real rsyslogd, and a second auditd that collects."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._shipping.processes import running
from ansible_collections.auditops.auditd.plugins.module_utils._shipping.queue_file import read as read_queue
from auditd_site import conf_text, wait_for
from log_server import Collector, free_port, remote_plugin, rsyslogd

SYSLOG_CONF = "/etc/audit/plugins.d/syslog.conf"


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("packages")


def numbers(text: str, tag: str) -> list[int]:
    return [int(number) for number in re.findall(rf"op=auditops-{tag} n=(\d+)", text)]


def read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def ship(site, **options):
    answer = site.module("audit_shipping", **options)
    assert "result" in answer, answer
    return answer["result"]


def test_syslog_gets_each_record(site, cache):
    site.start()
    with rsyslogd(cache, site.path("/dev/log")) as received:
        received.unlink(missing_ok=True)
        result = ship(site, to=["syslog"])
        assert result["changed"] and result["files"] == [SYSLOG_CONF] and result["waiting"] == []
        assert "active = yes" in site.path(SYSLOG_CONF).read_text()
        site.flood(300, "ship", 600)
        wait_for(lambda: len(set(numbers(read(received), "ship"))) == 300, "rsyslogd to have all 300")
        again = ship(site, to=["syslog"])
        assert not again["changed"] and again["files"] == []
        other = site.module("audit_shipping", to=["syslog"], facility="LOG_LOCAL5")
        assert other["result"]["waiting"] and "until auditd is restarted" in other["warnings"][0]
        assert not ship(site, to=["syslog"], facility="LOG_LOCAL5")["changed"], "what waits is no change"
        restarted = ship(site, to=["syslog"], facility="LOG_LOCAL6", restart="if_needed")
        assert restarted["waiting"] == []
        off = ship(site, to=[])
        assert off["switched_off"] == ["syslog"] and off["waiting"] == [] and not ship(site, to=[])["changed"]
        assert running(site.pid, "/sbin/audisp-syslog") is None, "proven by its process"
        site.send(5, "later")
        wait_for(lambda: len(site.numbers("later")) == 5, "the log to have the last")
        assert numbers(read(received), "later") == []


def test_what_others_switched_on_is_left_alone(site):
    text = "active = yes\ndirection = out\npath = /sbin/audisp-syslog\ntype = always\nargs = LOG_INFO\nformat = string\n"
    site.path(SYSLOG_CONF).write_text(text)
    site.path(SYSLOG_CONF).chmod(0o640)
    site.start()
    assert not ship(site, to=[])["changed"] and site.path(SYSLOG_CONF).read_text() == text


def shipping(site, options):
    """{id: finding} of the layer shipping under this policy."""
    policy = {"to": [], "priority": "LOG_INFO", "facility": "LOG_LOCAL6", "remote_server": "", "remote_conf": {},
              "failure_policy": "keep_running", **options}
    answer = site.module("audit_drift", audit_shipping=policy, code=None, root="/")
    assert "result" in answer, answer
    items = answer["result"]["drift"]["items"]
    return {item["id"]: item for item in items if item["layer"] == "shipping" and item["severity"] != "info"}


def waiting(directory: Path) -> int:
    """How many records wait in the queue."""
    found = read_queue(str(directory / "queue" / "remote.log"))
    return found.waiting if found else 0


@pytest.fixture
def collector(tmp_path):
    collector = Collector(tmp_path / "collector")
    collector.start()
    yield collector
    collector.end()


def sending(audited, collector, tmp_path, **conf):
    """audited ships to the collector, by a queue of its own."""
    audited.configure(q_depth=20000)
    audited.start(audited.path("/etc/audit/auditd.conf").read_text())
    return sending_to(collector, tmp_path, **conf)


def sending_to(collector, tmp_path, **conf):
    conf = {"port": collector.port, "queue_file": str(tmp_path / "queue" / "remote.log"), "queue_depth": 2000, **conf}
    return {"to": ["remote"], "remote_server": "127.0.0.1", "remote_conf": conf}


def test_a_collector_gets_each_record(audited, collector, cache, tmp_path):
    with remote_plugin(cache):
        options = sending(audited, collector, tmp_path)
        assert ship(audited, **options)["changed"] and not ship(audited, **options)["changed"]
        audited.flood(300, "ship", 300)
        wait_for(lambda: len(set(numbers(collector.log(), "ship"))) == 300, "the collector to have all 300", 60)


def test_a_host_that_is_to_collect_and_does_not_listen_yet_is_a_finding(audited):
    port = free_port()
    audited.start(conf_text())
    path = audited.path("/etc/audit/auditd.conf")
    path.write_text(conf_text(tcp_listen_port=port))
    assert shipping(audited, {"to": []})["shipping.listens"]["expected"] == f"auditd listens on port {port}"
    audited.kill()
    audited.start(path.read_text())
    wait_for(lambda: "shipping.listens" not in shipping(audited, {"to": []}), "auditd to listen")


@pytest.mark.parametrize("kill", [True, False])
def test_nothing_is_lost_while_the_collector_is_away(audited, collector, cache, tmp_path, kill):
    with remote_plugin(cache):
        ship(audited, **sending(audited, collector, tmp_path))
        audited.send(20, "before")
        wait_for(lambda: len(numbers(collector.log(), "before")) == 20, "the collector to have the first", 60)
        collector.end(kill=kill)
        audited.flood(500, "away", 500)
        pid = audited.pid
        collector.start()
        audited.flood(20, "after", 20)
        wait_for(lambda: len(set(numbers(collector.log(), "after"))) == 20, "the collector to have the last", 90)
        assert set(numbers(collector.log(), "away")) == set(range(500))
        assert audited.pid == pid, "the host that sends goes on"


def test_nothing_is_lost_over_a_restart_of_the_sender(audited, collector, cache, tmp_path):
    with remote_plugin(cache):
        ship(audited, **sending(audited, collector, tmp_path))
        collector.end()
        audited.flood(200, "queued", 400)
        wait_for(lambda: waiting(tmp_path) >= 200, "the queue to have them", 60)
        audited.kill()
        collector.start()
        audited.start(audited.path("/etc/audit/auditd.conf").read_text())
        audited.send(5, "after")
        wait_for(lambda: set(numbers(collector.log(), "queued")) == set(range(200)), "the collector to have what was queued", 90)


def test_records_go_to_a_collector_that_has_moved(audited, collector, cache, tmp_path):
    """audisp-remote reads its file only when it starts: a reload alone leaves it with the address that it had."""
    with remote_plugin(cache):
        ship(audited, **sending(audited, collector, tmp_path))
        audited.send(20, "before")
        wait_for(lambda: len(set(numbers(collector.log(), "before"))) == 20, "the first collector to have the first", 60)
        other = Collector(tmp_path / "other")
        other.start()
        try:
            pid = audited.pid
            done = ship(audited, **sending_to(other, tmp_path))
            assert done["changed"] and not done["waiting"], done
            assert not ship(audited, **sending_to(other, tmp_path))["changed"]
            audited.flood(100, "moved", 100)
            wait_for(lambda: set(numbers(other.log(), "moved")) == set(range(100)), "the second collector to have the rest", 60)
            assert audited.pid == pid, "auditd goes on"
        finally:
            other.end()


def test_a_network_that_is_cut_loses_nothing_and_is_a_finding(audited, collector, cache, tmp_path):
    """SIGSTOP takes the other end away as a cut cable does: the connection stands, and nothing is answered."""
    with remote_plugin(cache):
        options = sending(audited, collector, tmp_path, heartbeat_timeout=2, max_time_per_record=2)
        ship(audited, **options)
        assert shipping(audited, options) == {}
        collector.process.send_signal(signal.SIGSTOP)
        try:
            audited.flood(400, "cut", 400)
            wait_for(lambda: waiting(tmp_path) > 200, "records to wait", 60)
            assert shipping(audited, options)["shipping.queue"]["severity"] == "medium"
        finally:
            collector.process.send_signal(signal.SIGCONT)
        audited.flood(20, "after", 20)
        wait_for(lambda: set(numbers(collector.log(), "cut")) == set(range(400)), "the collector to have all 400", 120)
        assert audited.numbers("cut") == list(range(400))


def test_a_full_queue_keeps_what_it_has_and_the_host_goes_on(audited, collector, cache, tmp_path):
    with remote_plugin(cache):
        options = sending(audited, collector, tmp_path, queue_depth=100)
        ship(audited, **options)
        collector.end()
        audited.flood(400, "full", 400)
        wait_for(lambda: waiting(tmp_path) >= 95, "the queue to fill", 60)
        assert shipping(audited, options)["shipping.queue_full"]["severity"] == "high"
        assert audited.pid and audited.numbers("full") == list(range(400)), "this host's own log has all of them"
        collector.start()
        audited.flood(20, "after", 20)
        wait_for(lambda: len(numbers(collector.log(), "full")) >= 90, "the collector to have what the queue held", 90)


def test_an_action_that_halts_is_replaced(audited, collector, cache, tmp_path):
    with remote_plugin(cache):
        options = sending(audited, collector, tmp_path)
        conf = audited.path("/etc/audit/audisp-remote.conf")
        conf.write_text("remote_server = 127.0.0.1\nport = 9\ndisk_low_action = halt\n")  # the plugin is off: nothing can halt here
        try:
            found = shipping(audited, options)
            assert "shipping.conf.remote" in found and "shipping.stops.disk_low_action" not in found, "it is not active"
            ship(audited, **options)
            assert "= halt" not in conf.read_text() and shipping(audited, options) == {}
        finally:
            conf.unlink()
