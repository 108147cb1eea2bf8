# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison: one tree in sync with one policy, and one thing wrong at a time. Daemon and kernel are as a live host has them."""

from __future__ import annotations

import copy
import json
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils import _utc
from ansible_collections.auditops.auditd.plugins.module_utils._daemon.report import report_values
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._drift import finding as _finding
from ansible_collections.auditops.auditd.plugins.module_utils._drift import rotation as _drift_rotation
from ansible_collections.auditops.auditd.plugins.module_utils._drift import tables
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import schedule as _live_schedule
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import schedule as _schedule
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _ruleset_files
from ansible_collections.auditops.auditd.plugins.module_utils._rules import finalize as _finalize
from ansible_collections.auditops.auditd.plugins.module_utils._severity import SEVERITIES
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, demands

CONF = """\
log_file = /var/log/audit/audit.log
log_group = root
max_log_file = 8
max_log_file_action = IGNORE
num_logs = 5
space_left = 75
space_left_action = SYSLOG
admin_space_left = 50
admin_space_left_action = SYSLOG
disk_full_action = SYSLOG
disk_error_action = SYSLOG
"""
RULES = ["-w /etc/sudoers -p wa -k scope", "-a always,exit -F arch=b64 -S execve -F key=exec"]
WANTED = {
    "auditd": {
        "settings": {
            "max_log_file_action": "IGNORE", "num_logs": 5, "space_left_action": "SYSLOG", "admin_space_left_action": "SYSLOG",
            "disk_full_action": "SYSLOG", "disk_error_action": "SYSLOG",
        },
        "failure_policy": "keep_running", "rotation_wanted": True,
    },
    "audit_rules": {
        "rules": RULES, "control": {"backlog_limit": 8192, "failure": 1, "backlog_wait_time": 60000}, "immutable": False, "purge": "keep",
    },
    "audit_rotation": {"config": {"keep_days": 30}, "schedule": "daily", "scheduler": "cron"},
    "program": {},
    "benchmarks": demands.packed(),
}
SUBJECTS = {"enabled", "failure", *controls.HOST_SUBJECTS}
STATUS = {
    "enabled": 1, "failure": 1, "pid": 7, "rate_limit": 0, "backlog_limit": 8192, "lost": 0, "backlog": 0, "features": 127,
    "backlog_wait_time": 60000, "backlog_wait_time_actual": 0,
}
REPORT = {
    "version": "3.0.9", "writing_to_logs": True, "logging_suspended": False, "disk_error": False, "max_log_file_mb": 8, "space_left_mb": 75,
    "admin_space_left_mb": 50, "process_priority": -4,
}
DAEMON = {
    "installed": True, "enabled": True, "running": True, "pid": 7, "directory": None, "report": REPORT, "last_record": {"res": "success"},
    "older_settings": False, "waiting": {}, "log_held": True,
}


def write(root, path, text, mode=0o640):
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


@pytest.fixture
def tree(tmp_path):
    """A host that is in sync with WANTED."""
    write(tmp_path, "/etc/os-release", "ID=debian\nVERSION_ID=12\nNAME=Debian\n")
    write(tmp_path, "/etc/group", "root:x:0:\n")
    write(tmp_path, "/sbin/auditd", "", 0o755)
    write(tmp_path, "/usr/sbin/cron", "", 0o755)
    write(tmp_path, "/usr/bin/python3", "", 0o755)
    write(tmp_path, "/etc/sudoers", "")
    write(tmp_path, "/etc/default/grub", 'GRUB_CMDLINE_LINUX="audit=1 audit_backlog_limit=8192"\n')
    write(tmp_path, "/etc/audit/auditd.conf", CONF)
    files = {
        _ruleset.RULES_D + "/" + _ruleset_files.LOCAL_FILE: _ruleset_files.with_mark("".join(line + "\n" for line in RULES)),
        _ruleset.RULES_D + "/audit.rules": "-D\n-b 64\n",
        _ruleset.RULES_D + "/" + _finalize.NAME: _finalize.text(_finalize.words(WANTED["audit_rules"], {}, {})),
    }
    for path, text in files.items():
        write(tmp_path, path, text)
    write(tmp_path, _ruleset.AUDIT_RULES, _ruleset.compile_rules(_ruleset.read_rules_d(Host(str(tmp_path)))).text)
    write(tmp_path, _rotation.PROGRAM, "#!/usr/bin/python3 -IS\n", 0o755)
    host = Host(str(tmp_path))
    for path, (text, mode) in _rotation.desired_files(WANTED["audit_rotation"], "cron", _schedule.minute_of(host)).items():
        write(tmp_path, path, text, mode)
    return tmp_path


def collect(tree, live=True, wanted=None):
    """The document of the tree; ``live``: with a daemon and a kernel, as if it ran."""
    host = Host(str(tree))
    document, parsed = _drift.look(host, WANTED if wanted is None else wanted, "3.0.9")
    if live:
        document.update(root="/", daemon=copy.deepcopy(DAEMON), kernel={"status": dict(STATUS), "features": None})
        for name in ("daemon", "kernel", "rules.loaded"):
            document["unavailable"].pop(name)
        parsed.loaded = list(parsed.disk.rules)
        parsed.report_values = report_values(host, (document["auditd_conf"] or {}).get("effective") or {})
    return document, parsed


def drift(tree, wanted=None, live=True, change=None):
    wanted = WANTED if wanted is None else wanted
    document, parsed = collect(tree, live, wanted)
    if change:
        change(document, parsed)
    return _drift.compare(document, parsed, wanted)


def found(document, least="low"):
    worst = SEVERITIES.index(least)
    return {item["id"]: item for item in document["items"] if SEVERITIES.index(item["severity"]) <= worst}


def test_in_sync(tree):
    document = drift(tree)
    assert found(document) == {} and document["status"] == "in_sync"
    assert document["schema"] == 2 and document["live"]["version"] == "3.0.9"


def test_a_tree_is_in_sync_by_its_files_alone(tree):
    document = drift(tree, live=False)
    assert found(document) == {} and document["status"] == "in_sync"
    assert "offline tree" in document["live"]["unavailable"]["kernel"]


def test_two_looks_give_the_same_bytes_but_for_the_time(tree):
    texts = []
    for collected_at in ("2026-01-01T00:00:00Z", "2026-01-01T00:09:00Z"):
        document = drift(tree, change=lambda live, parsed, now=collected_at: live.update(collected_at=now))
        document.pop("collected_at")
        texts.append(json.dumps(document, indent=2, sort_keys=True))
    assert texts[0] == texts[1]


def replace(path, old, new):
    def act(root):
        place = root / path.lstrip("/")
        text = place.read_text()
        assert old in text
        place.write_text(text.replace(old, new))
    return act


def remove(path):
    return lambda root: (root / path.lstrip("/")).unlink()


AUDITD_CONF = "/etc/audit/auditd.conf"
BASE = _ruleset.RULES_D + "/" + _ruleset_files.LOCAL_FILE
FINALIZE = _ruleset.RULES_D + "/" + _finalize.NAME
COMPILED = _ruleset.AUDIT_RULES
FULL = "disk_full_action = "
ON_DISK = [
    (replace(AUDITD_CONF, FULL + "SYSLOG", FULL + "HALT"), "disk.auditd_conf.disk_full_action", "critical", "SYSLOG", "HALT"),
    (replace(AUDITD_CONF, FULL + "SYSLOG", FULL + "SUSPEND"), "disk.auditd_conf.disk_full_action", "high", "SYSLOG", "SUSPEND"),
    (replace(AUDITD_CONF, "num_logs = 5", "num_logs = 1"), "disk.auditd_conf.num_logs", "medium", "5", "1"),
    (replace(AUDITD_CONF, "_action = IGNORE", "_action = KEEP_LOGS"),
     "disk.auditd_conf.max_log_file_action", "medium", "IGNORE", "KEEP_LOGS"),
    (replace(AUDITD_CONF, "disk_error_action = SYSLOG\n", "disk_error_action = SYSLOG"),
     "disk.auditd_conf.trap.disk_error_action", "info", None, None),
    (replace(AUDITD_CONF, "num_logs = 5", "num_logs=5"), "disk.auditd_conf.refused.num_logs", "critical", None, None),
    (replace(AUDITD_CONF, "space_left = 75", "space_left = 40"), "disk.auditd_conf.refused.space_left", "critical", None, None),
    (remove(AUDITD_CONF), "disk.auditd_conf", "high", "present", None),
    (replace(BASE, "-w /etc/sudoers", "-w /etc/shadow"), "disk.rules_d.missing", "medium", ["-w /etc/sudoers -p wa -k scope"], None),
    (replace(BASE, "-w /etc/sudoers", "-w /etc/shadow"), "disk.rules_d.extra", "low", None, ["-w /etc/shadow -p wa -k scope"]),
    (replace(FINALIZE, "-f 1", "-f 2"), "disk.rules_d.control.f", "high", "-f 1", "-f 2"),
    (replace(FINALIZE, "-b 8192", "-b 64"), "disk.rules_d.control.b", "low", "-b 8192", "-b 64"),
    (remove(FINALIZE), "disk.rules_d.control.f", "low", "-f 1", "no -f"),
    (remove(_ruleset.AUDIT_RULES), "compiled.audit_rules", "medium", "present", None),
    (replace(COMPILED, "-w /etc/sudoers -p wa -k scope\n", ""), "compiled.audit_rules.missing", "medium", None, "1 of 2 rules missing"),
    (replace(COMPILED, "-w /etc/sudoers", "-w /etc/x -p wa\n-w /etc/sudoers"),
     "compiled.audit_rules.only_there", "high", None, ["-w /etc/x -p wa"]),
    (replace(COMPILED, "-w /etc/sudoers", "-z\n-w /etc/sudoers"), "compiled.audit_rules.aborts", "high", None, None),
    (remove(_rotation.CRON), "schedule.file.audit-rotate", "medium", "present", "missing"),
    (replace(_rotation.CONF, "keep_days = 30", "keep_days = 3"),
     "schedule.file.rotate.conf", "medium", ["keep_days = 30"], ["keep_days = 3"]),
    (remove("/usr/bin/python3"), "schedule.interpreter", "high", None, "/usr/bin/python3 is gone"),
    (remove("/usr/sbin/cron"), "schedule.scheduler", "medium", "cron", None),
    (lambda root: write(root, _rotation.TIMER, "x"), "schedule.other_scheduler", "medium", "cron", [_rotation.TIMER]),
    (lambda root: (root / "etc/audit/rotate.conf").chmod(0o644), "schedule.file.rotate.conf", "medium", "0600", "0644"),
    (lambda root: write(root, "/var/log/audit/audit.log.1", "x"), "storage.rotated_logs", "low", None, ["audit.log.1"]),
    (lambda root: (root / "etc/audit/auditd.conf").chmod(0o644), "disk.auditd_conf.mode", "info", None, "0644"),
    (replace("/etc/default/grub", "audit=1", ""), "boot.audit", "info", None, "not set"),
    (replace("/etc/default/grub", "audit=1", "audit=0"), "boot.off", "medium", None, "audit=0"),
    (replace("/etc/default/grub", "=8192", "=64"), "boot.audit_backlog_limit", "info", None, 64),
]


@pytest.mark.parametrize(("act", "ident", "severity", "expected", "actual"), ON_DISK, ids=[case[1] for case in ON_DISK])
def test_one_thing_wrong_on_disk(tree, act, ident, severity, expected, actual):
    act(tree)
    document = drift(tree)
    finding = found(document, "info")[ident]
    assert severity is None or finding["severity"] == severity
    assert expected is None or finding["expected"] == expected
    assert actual is None or finding["actual"] == actual
    assert finding["why"] and finding["fix"] and finding["layer"] == ident.split(".")[0]
    assert document["status"] == ("in_sync" if finding["severity"] == "info" else "drifted")


def status(**values):
    return lambda live, parsed: live["kernel"]["status"].update(values)


def daemon(**values):
    return lambda live, parsed: live["daemon"].update(values)


def report(**values):
    return lambda live, parsed: live["daemon"]["report"].update(values)


def loaded(act):
    return lambda live, parsed: act(parsed.loaded)


RUNNING = [
    (daemon(running=False, report=None, pid=None), "daemon.running", "critical"),
    (daemon(older_settings=True), "daemon.auditd_conf", "medium"),
    (daemon(older_settings=None), "daemon.auditd_conf", "medium"),
    (daemon(log_held=False), "daemon.log_file", "critical"),
    (status(pid=8), "daemon.kernel_pid", "critical"),
    (status(pid=0), "daemon.kernel_pid", "critical"),
    (daemon(last_record={"res": "failed"}), "daemon.refused", "high"),
    (report(logging_suspended=True), "daemon.logging_suspended", "critical"),
    (report(disk_error=True), "daemon.disk_error", "high"),
    (report(writing_to_logs=False), "daemon.writing_to_logs", "high"),
    (report(max_log_file_mb=0), "daemon.max_log_file", "medium"),
    (report(space_left_mb=76), "daemon.space_left", "medium"),
    (report(admin_space_left_mb=0), "daemon.admin_space_left", "medium"),
    (report(version="3.0.7"), "daemon.version", "info"),
    (daemon(waiting={"name_format": "NONE"}), "daemon.waits.name_format", "low"),
    (daemon(waiting={"local_events": "no"}), "daemon.waits.local_events", "high"),
    (daemon(waiting={"transport": "TCP"}), "daemon.waits.transport", "medium"),
    (report(process_priority=-8), "daemon.waits.priority_boost", "low"),
    (status(enabled=0), "kernel.enabled", "critical"),
    (status(enabled=2), "kernel.locked", "info"),
    (status(failure=2), "kernel.failure", "critical"),
    (status(failure=0), "kernel.failure", "medium"),
    (status(backlog_limit=64), "kernel.backlog_limit", "medium"),
    (status(backlog_limit=16384), "kernel.backlog_limit", "low"),
    (status(backlog_wait_time=15000), "kernel.backlog_wait_time", "low"),
    (status(lost=7), "kernel.lost", "info"),
    (loaded(lambda rules: rules.pop()), "kernel.rules.missing", "high"),
    (loaded(lambda rules: rules.clear()), "kernel.rules.missing", "high"),
    (lambda live, parsed: parsed.loaded.extend(_ruleset.parse_rules_file("-w /etc/x -p wa\n").rules), "kernel.rules.extra", "low"),
]


@pytest.mark.parametrize(("change", "ident", "severity"), RUNNING, ids=[case[1] for case in RUNNING])
def test_one_thing_wrong_in_daemon_or_kernel(tree, change, ident, severity):
    document = drift(tree, change=change)
    finding = found(document, "info")[ident]
    assert finding["severity"] == severity and finding["why"] and finding["fix"]
    assert document["status"] == ("in_sync" if severity == "info" else "drifted")


def test_values_that_the_report_does_not_tell_are_not_guessed(tree):
    assert found(drift(tree, change=report(**dict.fromkeys(REPORT)))) == {}
    assert found(drift(tree, change=daemon(report=None, last_record=None, log_held=None))) == {}
    assert found(drift(tree, change=status(pid=None))) == {}


@pytest.mark.parametrize("key", ["local_events", "write_logs"])
@pytest.mark.parametrize("asked, told", [({}, True), (None, True), ({"value": "no"}, False), ({"value": "yes"}, True)])
def test_records_that_are_kept_out_of_the_log_unless_the_policy_says_so(tree, key, asked, told):
    conf = tree / "etc/audit/auditd.conf"
    conf.write_text(conf.read_text() + "%s = no\n" % key)
    wanted = copy.deepcopy(WANTED)
    if asked is None:
        wanted = {}
    elif asked:
        wanted["auditd"]["settings"][key] = asked["value"]
    findings = found(drift(tree, wanted, live=False))
    assert ("disk.auditd_conf." + key in findings) == told
    assert not told or findings["disk.auditd_conf." + key]["severity"] == "high"


@pytest.mark.parametrize(
    ("spelling", "drifts"), [("syslog", False), ("Syslog", False), ("SUSPEND", True)])
def test_words_count_in_any_case(tree, spelling, drifts):
    replace(AUDITD_CONF, "disk_full_action = SYSLOG", f"disk_full_action = {spelling}")(tree)
    assert ("disk.auditd_conf.disk_full_action" in found(drift(tree))) is drifts


@pytest.mark.parametrize(
    ("wanted", "actual", "same"),
    [(5, "5", True), ("05", "5", True), (True, "yes", True), (False, "yes", False), ("EXEC /a", "exec /a", True),
     ("EXEC /a", "exec /A", False),
     ("/a/B", "/a/b", False), (None, None, True), (None, "x", False), ("x", None, False), ("25%", "25%", True)],
)
def test_same(wanted, actual, same):
    assert _finding.same(wanted, actual) is same


def test_a_key_that_is_to_go(tree):
    wanted = dict(WANTED, auditd={"settings": {"log_group": None, "tcp_listen_port": None}})
    assert [ident for ident in found(drift(tree, wanted)) if ident.startswith("disk.")] == ["disk.auditd_conf.log_group"]


@pytest.mark.parametrize(
    "text",
    [
        "## comment\n\n-a exit,always -F arch=b64 -S execve -k exec\n-w /etc/sudoers -k scope -p aw\n",
        "-w /etc/sudoers -p wa -k scope\n-a always,exit -F arch=b64 -S 59 -k exec\n",
    ],
)
def test_rules_are_compared_by_meaning(tree, text):
    write(tree, BASE, _ruleset_files.MARK + "\n" + text)
    assert found(drift(tree)) == {}


def test_a_foreign_file_is_kept_or_wanted_away(tree):
    write(tree, _ruleset.RULES_D + "/60-other.rules", "-w /etc/other -p wa -k other\n")
    write(tree, _ruleset.AUDIT_RULES, _ruleset.compile_rules(_ruleset.read_rules_d(Host(str(tree)))).text)
    assert found(drift(tree)) == {}
    quarantine = dict(WANTED, audit_rules=dict(WANTED["audit_rules"], purge="quarantine"))
    assert {"disk.rules_d_foreign.60-other.rules", "kernel.rules.extra"} <= set(found(drift(tree, quarantine)))


def test_rules_that_nobody_can_load(tree):
    wanted = dict(WANTED, audit_rules=dict(WANTED["audit_rules"], rules=["-w /etc/sudoers -p zz"]))
    assert found(drift(tree, wanted))["disk.rules_d.policy"]["severity"] == "high"


def test_locked_rules_wait_for_the_reboot_once_they_are_staged(tree):
    def change(live, parsed):
        live["kernel"]["status"]["enabled"] = 2
        parsed.loaded.pop()

    findings = found(drift(tree, change=change))
    assert list(findings) == ["kernel.reboot_required"] and findings["kernel.reboot_required"]["fix"] == "reboot the host"
    replace(_ruleset.AUDIT_RULES, "-w /etc/sudoers -p wa -k scope\n", "")(tree)
    assert "kernel.rules.missing" in found(drift(tree, change=change))


def test_program_files_are_compared_by_digest(tree):
    text = (tree / "usr/local/sbin/audit-rotate").read_text()
    wanted = dict(WANTED, program={_rotation.PROGRAM: _rotation.digest(text)})
    assert found(drift(tree, wanted)) == {}
    other = dict(WANTED, program={_rotation.PROGRAM: "0" * 64, _rotation.PACKAGE + "/run.py": "0" * 64})
    assert found(drift(tree, other))["schedule.program"]["actual"] == [_rotation.PACKAGE + "/run.py", _rotation.PROGRAM]


def test_rotation_that_is_not_installed_is_one_finding(tree):
    remove(_rotation.PROGRAM)(tree)
    remove(_rotation.CRON)(tree)
    assert [ident for ident in found(drift(tree)) if ident.startswith("schedule.")] == ["schedule.installed"]


def test_a_failed_run_is_told_with_its_reason(tree):
    write(tree, _rotation.STATUS, json.dumps({"schema": 1, "result": "failed", "error": "no room"}))
    assert found(drift(tree))["schedule.last_run"]["actual"] == "no room"


def test_rotated_logs_do_not_matter_where_no_rotation_is_wanted(tree):
    write(tree, "/var/log/audit/audit.log.1", "x")
    assert "storage.rotated_logs" not in found(drift(tree, dict(WANTED, audit_rotation=None)))


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("kernel", "unknown"), ("rules.loaded", "unknown"), ("daemon.report", "unknown"), ("boot", "in_sync"), ("storage.growth", "in_sync")],
)
def test_what_was_not_seen_is_not_in_sync(tree, missing, expected):
    assert drift(tree, change=lambda live, parsed: live["unavailable"].update({missing: "a reason"}))["status"] == expected


def test_what_is_not_wanted_need_not_be_seen(tree):
    def change(live, parsed):
        live.update(kernel=None)
        live["unavailable"].update(kernel="a reason")

    assert drift(tree, {"auditd": WANTED["auditd"]}, change=change)["status"] == "in_sync"
    assert drift(tree, dict(WANTED, audit_rules=None), change=change)["status"] == "in_sync"


def test_audit_is_not_installed(tmp_path):
    document = _drift.compare(*_drift.look(Host(str(tmp_path)), WANTED), WANTED)
    assert document["status"] == "drifted"
    assert {"disk.audit", "schedule.scheduler"} == set(found(document))


def test_a_risk_that_the_policy_chose_is_only_told(tree):
    replace(AUDITD_CONF, "disk_full_action = SYSLOG", "disk_full_action = HALT")(tree)
    settings = dict(WANTED["auditd"]["settings"], disk_full_action="HALT")
    document = drift(tree, dict(WANTED, auditd={"settings": settings, "failure_policy": "stop_host"}))
    assert found(document) == {}
    assert found(document, "info")["storage.disk_full_action"]["fix"] == tables.ROOM


def of_profiles(*profiles):
    rules = controls.with_library(dict(WANTED["audit_rules"], profiles=profiles, failure_policy="keep_running"))
    return dict(WANTED, audit_rules=rules, auditd=dict(WANTED["auditd"], profiles=profiles))


def test_waived_controls_name_what_is_done_instead(tree):
    assert drift(tree)["waived"] == [], "nobody chose a benchmark"
    entries = {entry["subject"]: entry for entry in drift(tree, of_profiles("auto"))["waived"]}
    assert entries["max_log_file_action"]["controls"] == ["cis_debian_12:6.2.2.2"]
    assert entries["disk_full_action"]["benchmark"] == "halt or single" and entries["disk_full_action"]["policy"] == "SYSLOG"
    assert entries["enabled"]["benchmark"] == "-e 2" and entries["enabled"]["policy"] == "-e 1"
    assert "disk_error_action" not in entries, "CIS takes syslog there"
    assert all(entry["reason"] and entry["compensating"] != "none" for entry in entries.values())


PRODUCTS = [
    # os-release, ids of the finding about max_log_file_action, the subjects that are waived
    ("ID=debian\nVERSION_ID=12\n", ["cis_debian_12:6.2.2.2"], {"disk_full_action": "halt or single"}),
    ("ID=debian\nVERSION_ID=13\n", ["cis_debian_13:6.2.2.2"], {"enabled": "-e 2"}),
    ("ID=ubuntu\nVERSION_ID=22.04\n", ["cis_ubuntu_22_04:6.3.2.2"], {"disk_full_action": "halt or single"}),
    ("ID=ubuntu\nVERSION_ID=24.04\n", ["cis_ubuntu_24_04:6.2.2.2"], {"enabled": "-e 2"}),
    ("ID=rhel\nVERSION_ID=8.10\n", ["cis_rhel_8:6.3.2.2"], {"enabled": "-e 2"}),
    ("ID=rocky\nVERSION_ID=9.4\n", ["cis_rhel_9:6.3.2.2", "stig_rhel_9:RHEL-09-653055"], {"enabled": "-e 2"}),
    ("ID=rhel\nVERSION_ID=10.0\n", ["cis_rhel_10:6.3.2.2"], {"enabled": "-e 2"}),
    ("ID=amzn\nVERSION_ID=2023\n", ["cis_amazon_2023:5.2.2.2"], {"enabled": "-e 2"}),
    ("ID=arch\n", [], {}),
    ("ID=debian\nVERSION_ID=11\n", [], {}),
]


@pytest.mark.parametrize(("release", "ids", "waived"), PRODUCTS, ids=[case[0].replace("\n", " ") for case in PRODUCTS])
def test_ids_are_those_of_the_hosts_own_benchmarks(tree, release, ids, waived):
    write(tree, "/etc/os-release", release)
    replace(AUDITD_CONF, "_action = IGNORE", "_action = SUSPEND")(tree)
    document = drift(tree, of_profiles("auto") if ids else None)
    assert found(document)["disk.auditd_conf.max_log_file_action"]["controls"] == ids
    entries = {entry["subject"]: entry["benchmark"] for entry in document["waived"]}
    assert waived.items() <= entries.items() and bool(entries) == bool(ids)
    assert "max_log_file_action" not in entries, "it fails, so it is not waived"
    own = {number.partition(":")[0] for number in ids}
    spoken_of = [number for entry in document["items"] + document["waived"] for number in entry["controls"]]
    assert {number.partition(":")[0] for number in spoken_of} <= own | {name.replace("cis", "stig") for name in own}


def test_a_benchmark_that_was_chosen_is_named_on_any_host_of_its_family(tree):
    rules = controls.with_library(dict(WANTED["audit_rules"], profiles=["cis_ubuntu_24_04"]))
    document = drift(tree, dict(WANTED, audit_rules=rules))
    waived = [entry["controls"] for entry in document["waived"] if entry["subject"] == "max_log_file_action"]
    assert waived == [["cis_ubuntu_24_04:6.2.2.2"]]


@pytest.mark.parametrize("with_rules", [True, False])
@pytest.mark.parametrize(("profile", "release"), [("cis_rhel_9", "ID=debian\nVERSION_ID=12\n"), ("cis_debian_12", None)])
def test_benchmarks_that_the_host_cannot_have_are_never_in_sync(tree, profile, release, with_rules):
    os_release = tree / "etc/os-release"
    if release is None:
        os_release.unlink(missing_ok=True)
        os_release.mkdir()
    else:
        write(tree, "/etc/os-release", release)
    wanted = of_profiles(profile)
    document = drift(tree, wanted if with_rules else dict(wanted, audit_rules=None))
    assert ("disk.rules_d.policy" in found(document)) == with_rules
    assert document["status"] == ("drifted" if with_rules else "unknown")
    assert document["status"] == "drifted" or document["live"]["unavailable"]["benchmark.policy"]


def test_what_a_benchmark_demands_and_the_policy_grants_is_not_waived(tree):
    settings = dict(WANTED["auditd"]["settings"], max_log_file_action="keep_logs", disk_full_action="halt")
    rules = dict(WANTED["audit_rules"], immutable=True)
    entries = [entry["subject"] for entry in drift(tree, dict(WANTED, auditd={"settings": settings}, audit_rules=rules))["waived"]]
    assert "max_log_file_action" not in entries and "disk_full_action" not in entries and "enabled" not in entries


def test_order_and_summary(tree):
    replace(AUDITD_CONF, "disk_full_action = SYSLOG", "disk_full_action = HALT")(tree)
    write(tree, "/var/log/audit/audit.log.1", "x")
    document = drift(tree, change=status(lost=3))
    severities = [SEVERITIES.index(item["severity"]) for item in document["items"]]
    assert severities == sorted(severities)
    summary = document["summary"]
    assert summary["items"] == len(document["items"]) == sum(summary["severity"].values()) == sum(summary["layer"].values())
    assert len({item["id"] for item in document["items"]}) == len(document["items"])


def test_volatile_figures_are_coarse(tree):
    def change(backlog, free):
        def act(live, parsed):
            live["kernel"]["status"]["backlog"] = backlog
            live["storage"]["partition"] = {"device": "x", "mount": "/", "filesystem": "ext4", "size_mb": 100000, "free_mb": free}
            live["storage"]["current_log_mb"] = free
            live["rotation"]["last"] = {
                "last_run": str(free), "last_success": live["collected_at"], "result": "success", "exit": "ok", "error": None}
        return act

    one, other = (drift(tree, change=change(backlog, free)) for backlog, free in ((3, 81234), (40, 81190)))
    for document in (one, other):
        document.pop("collected_at")
    assert one == other and one["live"]["storage"]["partition"]["free_mb"] == 81000


@pytest.mark.parametrize("name", sorted(tables.ITEMS))
def test_each_kind_of_finding_is_told_completely(name):
    severity, subject, why, fix = tables.ITEMS[name]
    assert severity in SEVERITIES and why[-1] in ".:" and fix and (not subject or subject in SUBJECTS)
    assert name.split(".")[0] in tables.LAYERS


POLICIES = [
    # what the policy adds, a word of the reason, None where the policy is right
    ({"num_logs": 1}, "num_logs"),
    ({"disk_full_action": "HALT"}, "auditd_failure_policy"),
    ({"space_left": 50}, "admin_space_left"),
    ({"admin_space_left": 80}, "space_left"),
    ({"report_interval": "1h"}, "report_interval"),
    ({"max_log_file": "8\n-e 0"}, "max_log_file"),
    ({"nonsense": 1}, "nonsense"),
    ({"space_left_action": "EMAIL"}, "sendmail"),
    ({"Space_Left": 200}, None),
]


@pytest.mark.parametrize(("settings", "word"), POLICIES)
def test_a_policy_that_auditd_would_refuse_is_one_finding(tree, settings, word):
    wanted = copy.deepcopy(WANTED)
    wanted["auditd"]["settings"].update(settings)
    finding = found(drift(tree, wanted)).get("disk.auditd_conf.policy")
    assert (finding is None) == (word is None)
    assert word is None or word in str(finding["actual"])


def test_what_the_file_has_wrong_already_is_not_the_policy_s_fault(tree):
    write(tree, "/etc/audit/auditd.conf", CONF + "nonsense = 1\n")
    ids = set(found(drift(tree)))
    assert "disk.auditd_conf.refused.nonsense" in ids
    assert "disk.auditd_conf.policy" not in ids


def test_keys_that_the_release_does_not_know_can_be_dropped(tree):
    wanted = copy.deepcopy(WANTED)
    wanted["auditd"]["settings"]["report_interval"] = "1h"
    wanted["auditd"]["unsupported_keys"] = "drop"
    assert found(drift(tree, wanted)) == {}


@pytest.mark.parametrize(("mode", "wanted_mode", "severity"), [
    (0o640, None, None), (0o644, None, "info"), (0o640, "0600", "low"), (0o600, "0600", None), (0o400, "0600", None)])
def test_mode_of_auditd_conf(tree, mode, wanted_mode, severity):
    (tree / "etc/audit/auditd.conf").chmod(mode)
    wanted = copy.deepcopy(WANTED)
    wanted["auditd"]["mode"] = wanted_mode
    finding = found(drift(tree, wanted), "info").get("disk.auditd_conf.mode")
    assert (finding or {}).get("severity") == severity


def test_a_file_that_everybody_may_write_is_one_that_auditd_refuses(tree):
    (tree / "etc/audit/auditd.conf").chmod(0o666)
    assert found(drift(tree))["disk.auditd_conf.refused.file"]["severity"] == "critical"


def test_two_findings_of_one_name_are_both_told():
    first, second = ({"id": "a", "actual": number} for number in (1, 2))
    assert [finding["id"] for finding in _drift._unique([first, second, dict(first)])] == ["a", "a_2"]


@pytest.mark.parametrize(("enabled", "told"), [(True, False), (None, False), (False, True)])
def test_an_auditd_that_no_boot_starts(tree, enabled, told):
    def change(document, parsed):
        document["services"]["enabled"] = enabled
    assert ("daemon.enabled" in found(drift(tree, change=change))) == told


def text_of(path, text, mode=0o755):
    return lambda tree: write(tree, path, text, mode)


def mode_of(path, mode):
    return lambda tree: (tree / path.lstrip("/")).chmod(mode)


def link_to_a_copy(path):
    def change(tree):
        place = tree / path.lstrip("/")
        place.rename(place.with_suffix(".copy"))
        place.symlink_to(place.with_suffix(".copy").name)
    return change


def stray(path):
    return lambda tree: write(tree, path, "")


@pytest.mark.parametrize(("damage", "ident", "word"), [
    (text_of(_rotation.PROGRAM, "#!/bin/true\n"), "schedule.interpreter", "which the installer does not write"),
    (text_of(_rotation.PROGRAM, "#!/usr/bin/python3\n"), "schedule.interpreter", "which the installer does not write"),
    (text_of(_rotation.PROGRAM, "#!/opt/other -IS\n"), "schedule.interpreter", "which the installer does not write"),
    (mode_of("/usr/bin/python3", 0o644), "schedule.interpreter", "cannot be executed"),
    (mode_of(_rotation.PROGRAM, 0o644), "schedule.program_file.audit-rotate", "0644"),
    (mode_of(_rotation.PROGRAM, 0o777), "schedule.program_file.audit-rotate", "0777"),
    (link_to_a_copy(_rotation.PROGRAM), "schedule.program_file.audit-rotate", "not a regular file"),
    (link_to_a_copy(_rotation.CRON), "schedule.file.audit-rotate", "not a regular file"),
    (link_to_a_copy(_rotation.CONF), "schedule.file.rotate.conf", "not a regular file"),
    (stray(_rotation.LIBRARY + "/json.py"), "schedule.program_files", "json.py"),
    (stray(_rotation.PACKAGE + "/cli.so"), "schedule.program_files", "cli.so"),
    (text_of(_rotation.STATUS, "{"), "schedule.status", "status.json"),
    (text_of(_rotation.STATUS, "[]"), "schedule.status", "status.json"),
    (text_of(_rotation.STATUS, "[" * 100000), "schedule.status", "status.json"),
])
def test_a_rotation_that_cannot_run_or_is_not_ours(tree, damage, ident, word):
    program = {_rotation.PROGRAM: _rotation.digest((tree / _rotation.PROGRAM.lstrip("/")).read_text())}
    wanted = dict(WANTED, program=program)
    assert found(drift(tree, wanted)) == {}
    damage(tree)
    assert word in str(found(drift(tree, wanted))[ident]["actual"])


def test_a_package_that_others_may_write_to(tree):
    (tree / _rotation.PACKAGE.lstrip("/")).mkdir(parents=True)
    (tree / _rotation.PACKAGE.lstrip("/")).chmod(0o777)
    assert found(drift(tree))["schedule.program_directory"]["actual"] == [_rotation.PACKAGE]


@pytest.mark.parametrize(("last_success", "drifts"), [
    ("2026-11-23T05:00:00Z", False), ("2026-11-23T20:00:00Z", False), ("2026-11-25T05:00:00Z", True), ("2026-11-20T05:00:00Z", True),
    ("yesterday", True), (5, True), ("", True), (None, True),
])
def test_a_success_that_is_to_come_or_no_date_is_none(last_success, drifts):
    now = _utc.epoch("2026-11-23T06:00:00Z")
    assert bool(_schedule.overdue(last_success, 0, _schedule.DAY, now)) is drifts


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners: needs root")
def test_a_file_of_somebody_else_on_a_running_host(tree):
    path = tree / _rotation.PROGRAM.lstrip("/")
    os.chown(path, 1000, 0)
    facts = _live_schedule.FileFacts(Host(str(tree)), _rotation.PROGRAM)
    assert _drift_rotation.not_ours(facts, 0o755, owners_count=True)[1] == "it belongs to uid 1000"
    assert _drift_rotation.not_ours(facts, 0o755, owners_count=False) is None


def test_a_cron_daemon_is_looked_for_among_the_processes():
    with open("/proc/self/comm") as stream:
        assert _live_schedule.runs((stream.read().strip(),))
    assert not _live_schedule.runs(("no-such-daemon",))


@pytest.mark.parametrize("runs", [True, False])
def test_cron_without_its_daemon_starts_nothing(tree, runs):
    def change(live, parsed):
        live["collected_at"] = "2026-11-23T06:00:00Z"
        live["rotation"]["last"].update(result="success", last_success="2026-11-23T05:00:00Z")
        parsed.rotation.cron_runs = runs

    assert list(found(drift(tree, change=change))) == ([] if runs else ["schedule.scheduler_running"])


@pytest.mark.parametrize(("release", "ids"), [(None, ["disk.auditd_conf.release"]), ("3.0.9", [])])
def test_a_tree_whose_release_is_not_known_names_the_variable(tree, release, ids):
    document, parsed = _drift.look(Host(str(tree)), WANTED, release)
    items = _drift.compare(document, parsed, WANTED)["items"]
    assert [item["id"] for item in items if "auditd_release" in item["fix"]] == ids
    assert not [item for item in items if item["id"] == "disk.auditd_conf.trap.file"]
