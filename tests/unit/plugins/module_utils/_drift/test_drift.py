# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison: one thing wrong at a time on a host that is in sync with its policy."""

from __future__ import annotations

import copy
import json

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._drift import document as _drift
from ansible_collections.auditops.auditd.plugins.module_utils._drift import finding as _finding
from ansible_collections.auditops.auditd.plugins.module_utils._drift import tables
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation
from ansible_collections.auditops.auditd.plugins.module_utils._rules import compiled as _ruleset
from ansible_collections.auditops.auditd.plugins.module_utils._rules import files as _ruleset_files
from ansible_collections.auditops.auditd.plugins.module_utils._severity import SEVERITIES
from drift_tree import (
    AUDITD_CONF,
    BASE,
    COMPILED,
    FINALIZE,
    REPORT,
    SUBJECTS,
    WANTED,
    daemon,
    drift,
    found,
    loaded,
    remove,
    replace,
    report,
    status,
    write,
)


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


@pytest.mark.parametrize(("release", "ids"), [(None, ["disk.auditd_conf.release"]), ("3.0.9", [])])
def test_a_tree_whose_release_is_not_known_names_the_variable(tree, release, ids):
    document, parsed = _drift.look(Host(str(tree)), WANTED, release)
    items = _drift.compare(document, parsed, WANTED)["items"]
    assert [item["id"] for item in items if "auditd_release" in item["fix"]] == ids
    assert not [item for item in items if item["id"] == "disk.auditd_conf.trap.file"]


@pytest.mark.parametrize("name", ["caf\udce9.rules", "\udcff.rules"])
def test_a_file_whose_name_is_no_utf_8_keeps_no_host_from_being_compared(tree, name):
    write(tree, "/etc/audit/rules.d/" + name, "-w /etc/hosts -p wa -k net\n")
    document = drift(tree, live=False)
    assert list(found(document)) == ["compiled.audit_rules.missing"], "its rule is read"
    json.dumps(document).encode("utf-8")
