# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls about sending records off the host: nobody's until shipping is chosen, then pass or fail by what runs."""

from __future__ import annotations

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import control_shipping
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.plugin_utils import demands
from baked import Baked

POLICY = {
    "to": [], "priority": "LOG_INFO", "facility": "LOG_LOCAL6", "remote_server": "10.0.1.2", "remote_conf": {}, "schedule": "daily",
    "s3_bucket": "a-bucket", "command": ["/usr/bin/send", "{path}"], "failure_policy": "stop_host",
}
REMOTE = {"to": ["remote"]}
S3 = {"to": ["s3"]}
PLUGIN = "active = yes\ndirection = out\npath = /usr/sbin/audisp-remote\ntype = always\nformat = string\n"
DAEMON = {
    "installed": True, "enabled": True, "running": True, "pid": 7, "directory": None, "report": None, "last_record": None,
    "older_settings": False, "waiting": {}, "log_held": None,
}
NOT_OURS = "checked by whoever ships the records off this host"


def look(root, profile, product, policy, *, live=True, running=None, files=None, programs=("audisp-remote",)):
    tree = Baked(root, profile, product)
    for name in ("audisp-remote", "audisp-syslog"):
        (root / "usr/sbin" / name).unlink(missing_ok=True)
        if name in programs:
            tree.write(f"usr/sbin/{name}", "", 0o755)
    (root / "etc/audit/plugins.d/syslog.conf").unlink()
    for path, text in (files or {}).items():
        tree.write(path, text, 0o640)
    wanted = {"audit_rules": tree.policy, "benchmarks": demands.packed()}
    if policy is not None:
        wanted["audit_shipping"] = {**POLICY, **policy}
    found, parsed = _drift.look(Host(str(root)), wanted, tree.release)
    if live:
        found["root"] = "/"
        found["daemon"] = dict(DAEMON)
    if running is not None:
        found["shipping"]["plugins"]["remote"]["running"] = running
    document = _drift.compare(found, parsed, wanted)
    return {control["id"]: control for control in document["controls"]}, {item["id"]: item for item in document["items"]}


RUNNING = {"files": {"etc/audit/plugins.d/au-remote.conf": PLUGIN}, "running": []}
OFF_LOAD, WEEKLY, PACKAGE = "UBTU-24-100450", "UBTU-24-900950", "6.2.1.1"
CASES = [
    # policy, what the host has, id, status, words
    (None, {}, OFF_LOAD, "not_checked", NOT_OURS),
    ({"to": []}, {}, OFF_LOAD, "not_checked", NOT_OURS),
    (None, {}, WEEKLY, "not_checked", NOT_OURS),
    (REMOTE, RUNNING, OFF_LOAD, "pass", ""),
    (REMOTE, RUNNING, WEEKLY, "pass", ""),
    (REMOTE, {**RUNNING, "running": None}, OFF_LOAD, "fail", "shipping.running.remote"),
    (REMOTE, {}, OFF_LOAD, "fail", "shipping.plugin.remote"),
    (REMOTE, {"files": {"etc/audit/plugins.d/au-remote.conf": PLUGIN.replace("yes", "no")}}, OFF_LOAD, "fail", "shipping.plugin.remote"),
    (REMOTE, {"programs": ()}, OFF_LOAD, "fail", "shipping.program.remote: not installed"),
    # somebody else had audisp-remote started, and no policy speaks of it
    (None, RUNNING, OFF_LOAD, "pass", ""),
    (None, {**RUNNING, "running": None}, OFF_LOAD, "fail", "auditd does not run it"),
    (None, {**RUNNING, "live": False, "running": None}, OFF_LOAD, "not_checked", "to be seen on the running host"),
    ({"to": ["syslog"]}, {"programs": ("audisp-syslog",)}, OFF_LOAD, "fail", "shipping.plugin.syslog"),
    (S3, {}, OFF_LOAD, "fail", "shipping.archives"),
]


@pytest.mark.parametrize(("policy", "host", "number", "status", "words"), CASES)
def test_off_loading(tmp_path, policy, host, number, status, words):
    controls, items = look(tmp_path, "stig_ubuntu_24_04", "ubuntu_24_04", policy, **host)
    conf = [ident for ident in items if ident == "shipping.conf.remote"]
    if status == "pass" and policy == REMOTE and conf:  # the tree's audisp-remote.conf is not the policy's
        assert controls[number]["status"] == "fail" and conf[0] in controls[number]["items"]
        return
    assert (controls[number]["status"], words in controls[number]["why"]) == (status, True), controls[number]
    if status == "fail" and any(ident.startswith("shipping.") for ident in items):
        assert [ident for ident in controls[number]["items"] if ident.startswith(("shipping.", "disk.controls."))]


def test_archives_that_are_shipped_pass_with_a_word_for_scanners(tmp_path):
    class Sides:
        is_live = True
        wanted = {"audit_shipping": {"to": ["s3"], "schedule": "daily"}}
        live = {"shipping": {"plugins": {"remote": {"text": None, "running": None, "program": None}}}}

    assert control_shipping.verdict(Sides, "off_loading") == ("pass", "the records leave by s3; a scanner looks for audisp-remote")
    assert control_shipping.verdict(Sides, "weekly_off_loading") == ("pass", "")
    for schedule, status in (("weekly", "pass"), ("monthly", "fail"), ("7 3 1 * *", "not_checked")):
        Sides.wanted = {"audit_shipping": {"to": ["s3"], "schedule": schedule}}
        assert control_shipping.verdict(Sides, "weekly_off_loading")[0] == status
    Sides.wanted = {"audit_shipping": {"to": ["syslog"]}}
    assert control_shipping.verdict(Sides, "off_loading") == ("not_checked", control_shipping.TO_SYSLOG)


@pytest.mark.parametrize(("programs", "policy", "status"), [
    (("audisp-remote",), None, "pass"), (("audisp-syslog",), None, "pass"), ((), None, "not_checked"), ((), {"to": ["syslog"]}, "fail"),
])
def test_the_package_of_the_plugins(tmp_path, programs, policy, status):
    controls, _items = look(tmp_path, "cis_debian_12", "debian_12", policy, programs=programs)
    assert controls[PACKAGE]["status"] == status, controls[PACKAGE]
    assert status == "pass" or "audispd-plugins" in controls[PACKAGE]["why"]


REMOTE_CONF = "remote_server = 10.0.1.2\nenable_krb5 = yes\nnetwork_failure_action = syslog\ndisk_full_action = syslog\n"


@pytest.mark.parametrize(("number", "broken", "words"), [
    ("SLES-15-030680", ("enable_krb5 = yes", "enable_krb5 = no"), "enable_krb5 = yes is demanded, no is there"),
    ("SLES-15-030690", ("remote_server = 10.0.1.2\n", ""), "remote_server = a value is demanded, the key is not there"),
    ("SLES-15-030790", ("failure_action = syslog", "failure_action = ignore"), "network_failure_action = syslog or single or halt"),
    ("SLES-15-030800", ("full_action = syslog", "full_action = ignore"), "disk_full_action"),
])
def test_what_is_demanded_of_audisp_remote(tmp_path, number, broken, words):
    conf = {"etc/audit/audisp-remote.conf": REMOTE_CONF}
    files = {**RUNNING["files"], **conf}
    assert look(tmp_path / "off", "stig_sle_15", "sle_15", None, files=conf)[0][number]["status"] == "not_checked"
    assert look(tmp_path / "right", "stig_sle_15", "sle_15", None, files=files, running=[])[0][number]["status"] == "pass"
    files["etc/audit/audisp-remote.conf"] = REMOTE_CONF.replace(*broken)
    controls, items = look(tmp_path / "wrong", "stig_sle_15", "sle_15", None, files=files, running=[])
    assert controls[number]["status"] == "fail" and words in controls[number]["why"]
    assert "stig_sle_15:" + number in items["disk.controls.stig_sle_15"]["controls"]
