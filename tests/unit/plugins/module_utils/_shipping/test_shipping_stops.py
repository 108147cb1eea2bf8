# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""halt and single are taken out of audisp-remote.conf and out of the audisp-remote that runs; nothing else is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import audisp_remote, rescue, shipping, shipping_stops
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import files
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import shipping as shipping_facts
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import remote_conf
from shipping_tree import REMOTE, converged, findings

CONF = "/etc/audit/audisp-remote.conf"
PLUGIN = "active = yes\ndirection = out\npath = /sbin/audisp-remote\ntype = always\n"
BEFORE = (b"# caf\xe9: network_failure_action = halt is what a comment says\n\nremote_server = x\n  Network_Failure_Action =  HALT\n"
          b"disk_low_action = single because\noverflow_action = halt\r\ndisk_full_action = suspend\ndisk_error_action = exec /bin/halt\n"
          b"remote_ending_action = SINGLE")
AFTER = (BEFORE.replace(b"Action =  HALT", b"Action =  warn_once").replace(b"single because", b"syslog because")
         .replace(b"= halt\r", b"= syslog\r").replace(b"= SINGLE", b"= reconnect"))


def stopping(tree, text=BEFORE, plugin=PLUGIN):
    tree("/etc/audit/plugins.d/au-remote.conf", plugin, 0o640)
    return tree(CONF, text, 0o644)


def converge(tree, *, conf=None, failure_policy="keep_running", release="3.0.9", **options):
    return shipping_stops.converge(Host(str(tree.root)), {"remote_conf": conf, "failure_policy": failure_policy}, release, **options)


@pytest.mark.parametrize("failure_policy", ["keep_running", "suspend_auditing"])
def test_only_what_stops_the_host_is_replaced_and_the_second_run_changes_nothing(tree, failure_policy):
    real = stopping(tree)
    checked = converge(tree, failure_policy=failure_policy, check_mode=True)
    assert checked["changed"] and real.read_bytes() == BEFORE
    done = converge(tree, failure_policy=failure_policy)
    assert (done["files"], done["waiting"]) == ([CONF], []) and done["diff"] == checked["diff"]
    assert real.read_bytes() == AFTER and real.stat().st_mode & 0o777 == 0o644
    assert not any("stops" in ident for ident in findings(tree, None, auditd={"settings": {}, "failure_policy": failure_policy}))
    assert not converge(tree, failure_policy=failure_policy)["changed"] and not list(real.parent.glob("audisp-remote.conf.*"))


def test_every_action_that_may_halt_is_replaced_by_one_that_the_role_takes(tree):
    real = stopping(tree, "".join(f"{key} = halt\n" for key in remote_conf.ACTION_KEYS))
    converge(tree)
    found = remote_conf.parse(real.read_text())
    assert found == {key: remote_conf.KEYS[key].ours for key in remote_conf.ACTION_KEYS} and remote_conf.stopping(found) == []


@pytest.mark.parametrize(("conf", "word"), [
    ({"network_failure_action": "stop"}, "stop"),
    ({"Network_Failure_Action": "Ignore"}, "Ignore"),
    ({"network_failure_action": "exec /sbin/auditd"}, "exec /sbin/auditd"),
    ({"network_failure_action": "exec /sbin/nothing"}, "warn_once"),
    ({"network_failure_action": "halt"}, "warn_once"),
    ({"network_failure_action": "suspend"}, "warn_once"),
    ({"network_failure_action": "nonsense"}, "warn_once"),
    ({"network_failure_action": None}, "warn_once"),
    ({"disk_full_action": "stop", "no_such_key": 1}, "warn_once"),
    (None, "warn_once"),
])
def test_the_users_own_word_wins_where_policy_and_host_take_it(tree, conf, word):
    real = stopping(tree, "network_failure_action = halt\n")
    converge(tree, conf=conf)
    assert real.read_text() == f"network_failure_action = {word}\n"


@pytest.mark.parametrize(("text", "plugin", "failure_policy"), [
    (BEFORE, PLUGIN, "stop_host"),
    (BEFORE, PLUGIN.replace("yes", "no"), "keep_running"),
    (b"network_failure_action = warn_once\n# overflow_action = halt\n", PLUGIN, "keep_running"),
    (b"network_failure_action=halt\nhalt = single\nmy_action = halt\n", PLUGIN, "keep_running"),
], ids=["stop_host", "inactive", "none", "no-action"])
def test_where_nothing_stops_the_host_against_the_policy_nothing_is_touched(tree, text, plugin, failure_policy):
    real = stopping(tree, text, plugin)
    identity = files.identity(str(real))
    assert not converge(tree, failure_policy=failure_policy)["changed"] and files.identity(str(real)) == identity


def test_no_file_and_no_plugin_are_no_error(tree):
    assert not converge(tree)["changed"]
    tree("/etc/audit/plugins.d/au-remote.conf", PLUGIN)
    assert not converge(tree)["changed"]


def test_before_3_0_it_is_the_file_of_audispd_and_a_rescue_keeps_it(tree):
    tree("/etc/audisp/plugins.d/au-remote.conf", PLUGIN, 0o640)
    real = tree("/etc/audisp/audisp-remote.conf", BEFORE, 0o640)
    host = Host(str(tree.root))
    tree("/var/log/audit/audit.log", "", 0o600)
    rescue.begin(host, check_mode=False)
    assert converge(tree, release="2.8.5")["files"] == ["/etc/audisp/audisp-remote.conf"] and real.read_bytes() == AFTER
    rescue.undo(host, check_mode=False)
    assert real.read_bytes() == BEFORE


def test_a_copy_is_kept_where_it_is_asked_for(tree):
    real = stopping(tree)
    kept = converge(tree, backup=True)["backup_file"]
    with open(kept, "rb") as stream:
        assert stream.read() == BEFORE
    assert kept.startswith(str(real) + ".")


def test_a_link_is_replaced_and_what_it_leads_to_stays(tree):
    real = stopping(tree)
    elsewhere = tree("/srv/remote.conf", BEFORE, 0o640)
    real.unlink()
    real.symlink_to("/srv/remote.conf")
    converge(tree)
    assert not real.is_symlink() and real.read_bytes() == AFTER and elsewhere.read_bytes() == BEFORE
    assert real.stat().st_mode & 0o777 == 0o640


def test_what_another_writes_meanwhile_is_left_as_it_is(tree, monkeypatch):
    real = stopping(tree)
    write = files.write_atomic

    def meanwhile(*arguments, **named):
        real.write_text("remote_server = theirs\n")
        return write(*arguments, **named)

    monkeypatch.setattr(files, "write_atomic", meanwhile)
    with pytest.raises(AuditError, match="was changed by another process"):
        converge(tree)
    assert real.read_text() == "remote_server = theirs\n"


STARTS_AGAIN = "while :; do (exec -a /sbin/audisp-remote sleep 300); done"
STARTS_ONCE = "(exec -a /sbin/audisp-remote sleep 300); sleep 300; :"


@pytest.fixture
def live(tree, monkeypatch):
    """live(script): a host whose auditd is this script of bash; what it was asked to run is in ``asked``."""
    running = []

    def start(script):
        process = subprocess.Popen(["bash", "-c", script], start_new_session=True)
        running.append(process)
        host = Host(str(tree.root), lambda argv, **_options: asked.append(argv) or (0, "", ""))
        host.is_live = True
        monkeypatch.setattr(host, "path", lambda path, follow=True: str(tree.root) + path)
        monkeypatch.setattr(shipping_stops._daemon, "find", lambda _host: process.pid)
        assert audisp_remote._daemon.wait_for(lambda: audisp_remote.processes.running(process.pid, "audisp-remote"), 10)
        return host, process.pid

    asked = start.asked = []
    yield start
    for process in running:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize(("script", "waits"), [(STARTS_AGAIN, None), (STARTS_ONCE, "has not started it again")], ids=["again", "not-again"])
def test_the_one_that_runs_is_started_again_and_auditd_gets_no_signal(tree, live, monkeypatch, script, waits):
    stopping(tree)
    host, auditd = live(script)
    monkeypatch.setattr(audisp_remote, "STARTS_WITHIN", 1.0 if waits else 10.0)
    policy = {"remote_conf": {}, "failure_policy": "keep_running"}
    first = audisp_remote.processes.running(auditd, "audisp-remote")
    assert shipping_stops.converge(host, policy, "3.0.9", check_mode=True)["changed"]
    assert audisp_remote.processes.running(auditd, "audisp-remote") == first and live.asked == []
    done = shipping_stops.converge(host, policy, "3.0.9")
    assert [argv[1:] for argv in live.asked] == [["-m", audisp_remote.RECORD]]
    second = audisp_remote.processes.running(auditd, "audisp-remote")
    assert (second is None, len(done["waiting"])) == (bool(waits), int(bool(waits))) and second != first
    assert not waits or waits in done["waiting"][0]
    assert os.path.exists(f"/proc/{auditd}"), "auditd goes on"
    assert not shipping_stops.converge(host, policy, "3.0.9")["changed"]
    assert audisp_remote.processes.running(auditd, "audisp-remote") == second


@pytest.mark.parametrize("failure_policy", ["keep_running", "stop_host"])
@pytest.mark.parametrize("scope", ["stops", "all"])
def test_one_that_was_started_before_its_file_was_written_is_found_and_started_again(tree, live, scope, failure_policy):
    """So it is left by a run that is killed between the writing of the file and the signal."""
    shipped = {**REMOTE, "failure_policy": failure_policy}
    converged(tree, shipped)
    time.sleep(audisp_remote.SETTLED)  # what starts within a tick of the writing may have read it or not
    host, auditd = live(STARTS_AGAIN)
    reading = SimpleNamespace(host=host, live={"version": "3.0.9", "daemon": {"pid": auditd}}, settings={})

    def converge_it(**options):
        if scope == "stops":
            return shipping_stops.converge(host, shipped, "3.0.9", **options)
        changed, _proof, waiting = shipping.converge(shipping.plan(host, shipped, "3.0.9"))
        return {"changed": changed, "waiting": [line for line in waiting if "runs with 300" not in line]}  # the argument of sleep

    first = audisp_remote.processes.running(auditd, "audisp-remote")
    assert not shipping_facts.read(reading)["remote"]["unread"]
    assert not converge_it()["changed"] and audisp_remote.processes.running(auditd, "audisp-remote") == first
    files.write_atomic(host.path(CONF), files.content(host.path(CONF)), 0o640)
    assert shipping_facts.read(reading)["remote"]["unread"]
    if scope == "stops":
        assert shipping_stops.converge(host, shipped, "3.0.9", check_mode=True)["changed"]
        assert audisp_remote.processes.running(auditd, "audisp-remote") == first
    done = converge_it()
    assert done["changed"] and not done["waiting"], done
    assert audisp_remote.processes.running(auditd, "audisp-remote") not in (None, first) and os.path.exists(f"/proc/{auditd}")
    assert not shipping_facts.read(reading)["remote"]["unread"] and not converge_it()["changed"]
