# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables as users get them wrong, through every entry point: the same sentence everywhere, and nothing changed on the host."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import variables

COLLECTIONS = Path(__file__).resolve().parents[5]
CONF = "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\nflush = INCREMENTAL_ASYNC\nfreq = 50\n"
LONG = "k" * 300


def to(kind, name, value, of=None):
    """Ansible's own sentence on a value that cannot be taken for a type."""
    return f"argument '{name}' is of type {of or type(value).__name__} and we were unable to convert to {kind}"


def one_of(name, got, *words):
    return f"value of {name} must be one of: {', '.join(words)}, got: {got}"


def setting(key, value, reason):
    return {"auditd_conf": {key: value}}, f"auditd_conf.{key.lower()} = {value}: {reason}"


def variable(name, value, sentence):
    return {name: value}, sentence


def shipping(targets, sentence, **others):
    return {"audit_shipping_to": targets, **others}, sentence


def remote(key, value, reason, **others):
    conf = {key: value, **others}
    said = f"audit_shipping_remote_conf.{key}" + ("" if "no such key" in reason else f" = {value}") + f": {reason}"
    return {"audit_shipping_to": ["remote"], "audit_shipping_remote_server": "logs.example.com", "audit_shipping_remote_conf": conf}, said


FAILURE_WORDS = ("keep_running", "suspend_auditing", "stop_host")
# name: (role, (variables, the sentence or how it begins))
CASES = {
    "conf_empty": ("auditd", variable("auditd_conf", None, to("dict", "auditd_conf", None))),
    "conf_list": ("auditd", variable("auditd_conf", [{"space_left": 500}], to("dict", "auditd_conf", []))),
    "conf_number": ("auditd", variable("auditd_conf", 5, to("dict", "auditd_conf", 5))),
    "conf_unknown_key": ("auditd", setting("space_lefft", 500, "auditd 3.0.9 does not know this key and refuses the whole file; "
                                           "did you mean space_left?")),
    "conf_newer_key": ("auditd", setting("report_interval", "5m", "auditd 3.0.9 does not know this key (it came with 4.0.5)")),
    "conf_newer_word": ("auditd", setting("transport", "TLS", "TLS came with auditd 4.2.0")),
    "conf_halt": ("auditd", setting("disk_full_action", "HALT", "auditd_failure_policy is keep_running and never stops a host")),
    "conf_single": ("auditd", setting("ADMIN_SPACE_LEFT_ACTION", "single", "auditd_failure_policy is keep_running")),
    "conf_auto": ("auditd", setting("num_logs", "auto", "auditd takes digits only")),
    "conf_auto_beside": ("auditd", ({"auditd_conf": {"space_left": 0, "admin_space_left": "auto"}},
                                    "auditd_conf.space_left = 0: space_left (0) must be larger than admin_space_left (0)")),
    "conf_hours": ("auditd", variable("audit_storage_reaction_hours", 0,
                                      "audit_storage_reaction_hours = 0: give a whole number from 1 to 720")),
    "conf_word": ("auditd", setting("max_log_file_action", "DELETE", "the word is unknown; give one of IGNORE, SYSLOG")),
    "conf_exec": ("auditd", setting("space_left_action", "exec space", "the program must be given by its absolute path")),
    "conf_number_word": ("auditd", setting("num_logs", "many", "auditd takes digits only")),
    "conf_number_high": ("auditd", setting("num_logs", 1000, "the number is out of range; give one from 0 to 999")),
    "conf_one_log": ("auditd", setting("num_logs", 1, "with num_logs = 1 auditd never rotates")),
    "conf_percent": ("auditd", setting("space_left", "125%", "the percentage must be below 100")),
    "conf_unit": ("auditd", setting("space_left", "2G", "auditd takes a whole number of MiB or a percentage like 25%; auto has it")),
    "conf_port": ("auditd", setting("tcp_listen_port", 0, "0 is refused; remove the key to keep the port closed")),
    "conf_two_words": ("auditd", setting("name", "two words", "auditd takes one word here and refuses 'words'")),
    "conf_order": ("auditd", ({"auditd_conf": {"space_left": 100, "admin_space_left": 200}},
                              "auditd_conf.space_left = 100: space_left (100) must be larger than admin_space_left (200)")),
    "conf_no_freq": ("auditd", ({"auditd_conf": {"flush": "INCREMENTAL", "freq": 0}}, "auditd_conf.freq = 0: flush = INCREMENTAL needs")),
    "conf_newline": ("auditd", ({"auditd_conf": {"name": "a\nmax_log_file = 1"}}, "auditd_conf.name: 'a\\nmax_log_file = 1' contains")),
    "conf_comment": ("auditd", ({"auditd_conf": {"name": "a #b"}}, "auditd_conf.name: 'a #b' contains a #")),
    "conf_value_list": ("auditd", ({"auditd_conf": {"num_logs": [5]}}, "auditd_conf.num_logs: [5] is a list")),
    "conf_value_empty": ("auditd", ({"auditd_conf": {"name": ""}}, "auditd_conf.name: the value is empty")),
    "conf_key_odd": ("auditd", ({"auditd_conf": {"num logs": 5}}, "auditd_conf.'num logs' is not a key of auditd.conf")),
    "conf_twice": ("auditd", ({"auditd_conf": {"NUM_LOGS": 5, "num_logs": 6}}, "auditd_conf.num_logs is given twice")),
    "policy_word": ("auditd", variable("auditd_failure_policy", "keep-running", one_of("auditd_failure_policy", "keep-running",
                                                                                       *FAILURE_WORDS))),
    "state_word": ("auditd", variable("auditd_conf_state", "absent", one_of("auditd_conf_state", "absent", "merged", "replaced"))),
    "restart_word": ("auditd", variable("auditd_restart", "always", one_of("auditd_restart", "always", "never", "if_needed"))),
    "release_word": ("auditd", variable("auditd_release", "latest", "auditd_release: 'latest' is not a release of audit")),
    "unsupported_word": ("auditd", variable("auditd_unsupported_keys", "ignore", one_of("auditd_unsupported_keys", "ignore", "fail",
                                                                                        "drop"))),
    "timeout_word": ("auditd", variable("auditd_timeout", "soon", to("int", "auditd_timeout", ""))),
    "timeout_zero": ("auditd", variable("auditd_timeout", 0, "auditd_timeout = 0: give a whole number from 1 to 3600")),
    "backup_word": ("auditd", variable("auditd_backup", "perhaps", to("bool", "auditd_backup", ""))),
    "guard_other_word": ("auditd", variable("audit_rotation_guard", "cron", one_of("audit_rotation_guard", "cron", "timed", "exec"))),
    "guard_stops": ("auditd", ({"audit_rotation_guard": "exec", "auditd_failure_policy": "stop_host"},
                               "audit_rotation_guard = exec: auditd_failure_policy is stop_host")),
    "guard_action": ("auditd", ({"audit_rotation_guard": "exec", "auditd_conf": {"SPACE_LEFT_ACTION": "SYSLOG"}},
                                "audit_rotation_guard = exec: auditd_conf.space_left_action is SYSLOG; leave it out, or set timed")),
    "rules_text": ("audit_rules", variable("audit_rules_extra", "-w /etc/sudoers -p wa -k scope", "audit_rules_extra must be a list of")),
    "rules_empty": ("audit_rules", variable("audit_rules_extra", None, to("list", "audit_rules_extra", None))),
    "rules_dict": ("audit_rules", variable("audit_rules_extra", [{"path": "/etc"}], "audit_rules_extra[0] is {'path': '/etc'}")),
    "rule_two_lines": ("audit_rules", variable("audit_rules_extra", ["-w /a -p wa -k a\n-w /b -p wa -k b"], "audit_rules_extra: '-w /a")),
    "rule_syscall": ("audit_rules", variable(
        "audit_rules_extra", ["-w /etc/sudoers -p wa -k scope", "-a always,exit -F arch=b64 -S opne -k x"],
        'audit_rules_extra[1] "-a always,exit -F arch=b64 -S opne -k x": Syscall name unknown: opne')),
    "rule_field": ("audit_rules", variable("audit_rules_extra", ["-a always,exit -F zz=1 -k x"], 'audit_rules_extra[0] "-a always')),
    "rule_key_long": ("audit_rules", variable("audit_rules_extra", [f"-w /etc/x -p wa -k {LONG}"], f'audit_rules_extra[0] "-w /etc/x -p wa '
                                              f'-k {LONG}": key option exceeds size limit')),
    "rule_control": ("audit_rules", variable("audit_rules_extra", ["-b 9000"], 'audit_rules_extra[0] "-b 9000" is no rule but sets -b')),
    "profile_typo": ("audit_rules", variable("audit_rules_profiles", ["cis_rhel9"], "audit_rules_profiles: 'cis_rhel9' is no profile")),
    "skip_typo": ("audit_rules", ({"audit_rules_profiles": ["cis_rhel_9"], "audit_rules_skip": ["6.3.3.99"]},
                                  "audit_rules_skip: '6.3.3.99'")),
    "skip_alone": ("audit_rules", variable("audit_rules_skip", ["key:permmod"], "audit_rules_skip: no control of the library has the key")),
    "filter_typo": ("audit_rules", variable("audit_rules_filters", ["chronny"], "audit_rules_filters: 'chronny' is no filter")),
    "exception_owner": ("audit_rules", variable("audit_exceptions", [{"control": "6.3.3.4", "reason": "noise"}],
                                                "audit_exceptions[0]: control 6.3.3.4 has no owner")),
    "exception_control": ("audit_rules", variable("audit_exceptions", [{"control": "6.3.3.99", "reason": "noise", "owner": "me"}],
                                                  "audit_exceptions[0]: '6.3.3.99' is no control of the library")),
    "failure_number": ("audit_rules", variable("audit_rules_failure", 3, one_of("audit_rules_failure", 3, "auto", "0", "1", "2"))),
    "failure_panic": ("audit_rules", variable("audit_rules_failure", 2, "control.failure (audit_rules_failure) is 2")),
    "backlog_word": ("audit_rules", variable("audit_rules_backlog_limit", "lots", to("int", "audit_rules_backlog_limit", ""))),
    "backlog_negative": ("audit_rules", variable("audit_rules_backlog_limit", -1, "audit_rules_backlog_limit = -1: give a whole number")),
    "wait_huge": ("audit_rules", variable("audit_rules_backlog_wait_time", 2 ** 32, f"audit_rules_backlog_wait_time = {2 ** 32}: give")),
    "wait_word": ("audit_rules", variable("audit_rules_backlog_wait_time", "long", "audit_rules_backlog_wait_time = long: give a whole")),
    "rate_word": ("audit_rules", variable("audit_rules_rate_limit", "none", "audit_rules_rate_limit = none: give a whole number from 0")),
    "lock_word": ("audit_rules", variable("audit_rules_immutable", "perhaps", "value of audit_rules_immutable must be one of: keep, ")),
    "loginuid_word": ("audit_rules", variable("audit_rules_loginuid_immutable", "no", one_of(
        "audit_rules_loginuid_immutable", "no", "keep", "true"))),
    "purge_word": ("audit_rules", variable("audit_rules_purge", "delete", one_of(
        "audit_rules_purge", "delete", "keep", "quarantine", "restore"))),
    "on_error_word": ("audit_rules", variable("audit_rules_on_error", "ignore", one_of("audit_rules_on_error", "ignore", "abort", "skip"))),
    "keep_days_word": ("audit_rotation", variable("audit_rotation_keep_days", "ninety", to("int", "audit_rotation_keep_days", ""))),
    "keep_days_negative": ("audit_rotation", variable("audit_rotation_keep_days", -5, "audit_rotation_keep_days = -5: it is a whole")),
    "keep_days_huge": ("audit_rotation", variable("audit_rotation_keep_days", 10 ** 20, f"audit_rotation_keep_days = {10 ** 20}: it is")),
    "keep_megabytes_unit": ("audit_rotation", variable("audit_rotation_keep_megabytes", "2G", "audit_rotation_keep_megabytes = 2G: it")),
    "schedule_word": ("audit_rotation", variable("audit_rotation_schedule", "dayly", "audit_rotation_schedule = dayly: it is hourly")),
    "schedule_cron": ("audit_rotation", variable("audit_rotation_schedule", "61 0 * * *", "audit_rotation_schedule = 61 0 * * *: the")),
    "compress_word": ("audit_rotation", variable("audit_rotation_compress", "zip", one_of(
        "audit_rotation_compress", "zip", "auto", "gzip", "bzip2", "xz", "zstd", "none"))),
    "level": ("audit_rotation", ({"audit_rotation_level": "22", "audit_rotation_compress": "gzip"}, "audit_rotation_level = 22: gzip")),
    "guard": ("audit_rotation", variable("audit_rotation_guard_minutes", 90, "audit_rotation_guard_minutes = 90: it is 1 to 59 minutes")),
    "guard_word": ("audit_rotation", variable("audit_rotation_guard_minutes", "soon", to("int", "audit_rotation_guard_minutes", ""))),
    "name_format": ("audit_rotation", variable("audit_rotation_name_format", "%Q/../x", "audit_rotation_name_format = %Q/../x: it")),
    "textfile": ("audit_rotation", variable("audit_rotation_textfile", "metrics.prom", "audit_rotation_textfile = metrics.prom: it is")),
    "interpreter": ("audit_rotation", variable("audit_rotation_interpreter", "/nope/python3", "audit_rotation_interpreter (interpreter) = "
                                               "/nope/python3: there is no such file")),
    "ship_word": ("audit_shipping", variable("audit_shipping_to", ["sylog"], "value of audit_shipping_to must be one or more of: ")),
    "ship_twice": ("audit_shipping", variable("audit_shipping_to", ["syslog", "syslog"], "audit_shipping_to names syslog twice")),
    "ship_facility": ("audit_shipping", shipping(["syslog"], "audit_shipping_syslog_facility = local6: give one of LOG_LOCAL0",
                                                 audit_shipping_syslog_facility="local6")),
    "ship_priority": ("audit_shipping", shipping(["syslog"], "audit_shipping_syslog_priority = info: give one of LOG_DEBUG",
                                                 audit_shipping_syslog_priority="info")),
    "ship_no_server": ("audit_shipping", ({"audit_shipping_to": ["remote"]}, "audit_shipping_remote_server is empty")),
    "ship_server_words": ("audit_shipping", shipping(["remote"], "audit_shipping_remote_conf.remote_server = a b: audisp-remote takes one",
                                                     audit_shipping_remote_server="a b")),
    "ship_conf_text": ("audit_shipping", variable("audit_shipping_remote_conf", "port = 60", to("dict", "audit_shipping_remote_conf", ""))),
    "ship_key": ("audit_shipping", remote("queue_deph", 10, "audisp-remote.conf(5) has no such key")),
    "ship_newer_key": ("audit_shipping", remote("tls_psk_file", "/etc/psk", "audisp-remote 3.0.9 does not know this key")),
    "ship_newer_word": ("audit_shipping", remote("transport", "tls", "tls came with audit 4.2", tls_psk_file="/p", tls_psk_identity="me")),
    "ship_port": ("audit_shipping", remote("port", 0, "give a whole number from 1 to 65535")),
    "ship_depth": ("audit_shipping", remote("queue_depth", "10k", "give a whole number from 1")),
    "ship_queue_file": ("audit_shipping", remote("queue_file", "remote.log", "give an absolute path")),
    "ship_mode": ("audit_shipping", remote("mode", "later", "the word is unknown; give one of immediate, forward")),
    "ship_format": ("audit_shipping", remote("format", "ascii", "mode = forward needs format = managed")),
    "ship_halt": ("audit_shipping", remote("network_failure_action", "halt", "auditd_failure_policy never stops a host")),
    "ship_single": ("audit_shipping", remote("remote_ending_action", "single", "auditd_failure_policy never stops a host")),
    "ship_suspend": ("audit_shipping", remote("queue_error_action", "suspend", "auditd_failure_policy never stops a host")),
    "ship_exec": ("audit_shipping", remote("disk_full_action", "exec notify", "the program must be given by its absolute path")),
    "ship_action": ("audit_shipping", remote("startup_failure_action", "stop", "the word is unknown; give one of ignore, syslog, exec")),
    "ship_bucket": ("audit_shipping", shipping(["s3"], "audit_shipping_s3_bucket = My_Bucket: give the name of a bucket",
                                               audit_shipping_s3_bucket="My_Bucket")),
    "ship_command": ("audit_shipping", shipping(["command"], "audit_shipping_command = ['cp']: give a list of words, the first of them",
                                                audit_shipping_command=["cp"])),
    "ship_schedule": ("audit_shipping", shipping(["s3"], "audit_shipping_schedule = hourli: it is hourly", audit_shipping_s3_bucket="logs",
                                                 audit_shipping_schedule="hourli")),
    "ship_group": ("audit_shipping", shipping(["cloudwatch"], "audit_shipping_cloudwatch_log_group = : give 1 to 512 characters")),
    "ship_days": ("audit_shipping", shipping(["cloudwatch"], "audit_shipping_cloudwatch_retention_days = 8: CloudWatch Logs takes 1, 3",
                                             audit_shipping_cloudwatch_log_group="g", audit_shipping_cloudwatch_retention_days=8)),
    "ship_value_list": ("audit_shipping", remote("port", [60], "give one word, number or path")),
    "boot_service": ("audit_boot", variable("audit_boot_service", "off", one_of(
        "audit_boot_service", "off", "enabled", "disabled", "keep"))),
    "boot_line_text": ("audit_boot", variable("audit_boot_line", 5, "audit_boot_line")),
    "boot_line_word": ("audit_boot", variable("audit_boot_line", ["audit=1 quiet"], "audit_boot_line")),
    "boot_line_other": ("audit_boot", variable("audit_boot_line", ["init=/bin/sh"], "audit_boot_line")),
    "check_state": ("audit_check", variable("audit_check_state", "gone", one_of("audit_check_state", "gone", "present", "absent"))),
    "check_use": ("audit_check", variable("audit_check_use", "maybe", one_of("audit_check_use", "maybe", "auto", "always", "never"))),
    "check_schedule": ("audit_check", variable("audit_check_schedule", "dayly", "audit_check_schedule = dayly: it is hourly")),
    "check_schedule_unused": ("audit_check", ({"audit_check_schedule": "daily", "audit_check_use": "never"},
                                              "audit_check_use = never: with audit_check_schedule the host needs the policy")),
    "check_textfile": ("audit_check", ({"audit_check_schedule": "daily", "audit_check_textfile": "x.prom"},
                                       "audit_check_textfile = x.prom: give an absolute path without blanks")),
    "check_age": ("audit_check", variable("audit_check_max_age", -1, "audit_check_max_age = -1: give a number of seconds, 0 or more")),
    "check_age_word": ("audit_check", variable("audit_check_max_age", "day", to("int", "audit_check_max_age", ""))),
    "format": ("audit_drift", variable("audit_drift_formats", ["pdf"], "value of audit_drift_formats must be one or more of: ")),
    "fail_on_without_history": ("audit_drift", ({"audit_drift_fail_on": "new", "audit_drift_history": False},
                                "audit_drift_fail_on = new: with audit_drift_history = false nothing is ever new")),
    "fail_on": ("audit_drift", variable("audit_drift_fail_on", "hihg", one_of(
        "audit_drift_fail_on", "hihg", "never", "new", "info", "low", "medium", "high", "critical"))),
}
# of a role that is in no other playbook's run
OF_STORAGE = {
    "size_unit": variable("audit_storage_size", "10X", "audit_storage_size = 10X"),
    "size_word": variable("audit_storage_size", "huge", "audit_storage_size = huge"),
    "size_negative": variable("audit_storage_size", "-5G", "audit_storage_size = -5G"),
    "hours_word": variable("audit_storage_reaction_hours", "soon", to("int", "audit_storage_reaction_hours", "")),
}
ROLE_ALONE = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: auditops.auditd.{{ the_role }}
"""
ENTRY_POINTS = {
    "drift": ["auditops.auditd.drift"],
    "remediate --check": ["auditops.auditd.remediate", "--check"],
    "remediate": ["auditops.auditd.remediate"],
    "harden": ["auditops.auditd.harden"],
    "the role alone": ["role.yml"],
}


def build(root: Path) -> None:
    for path, text in {
        "etc/audit/auditd.conf": CONF, "etc/os-release": "ID=debian\nVERSION_ID=12\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "usr/sbin/auditd": "", "usr/sbin/auditctl": "", "usr/sbin/cron": "", "var/log/audit/audit.log": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        (root / path).chmod(0o755 if "sbin" in path else 0o640)


def state(root: Path) -> dict[str, str]:
    def look(path: Path) -> str:
        return f"{path.lstat().st_mode:o} " + (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")

    return {str(path.relative_to(root)): look(path) for path in sorted(root.rglob("*"))}


def messages(output: str) -> dict[str, str]:
    """{host: what its failed tasks say}"""
    found: dict[str, str] = {}
    for match in re.finditer(r"^fatal: \[(\w+)\]: FAILED! => ", output, re.M):
        result, _end = json.JSONDecoder().raw_decode(output, match.end())
        found[match.group(1)] = found.get(match.group(1), "") + str(result.get("msg", ""))
    return found


def play(words: list[str], top: Path) -> dict[str, str]:
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="0")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.json", "-f", "8", *words], cwd=top, env=environment,
        capture_output=True, text=True, check=False)
    return messages(done.stdout)


def test_every_entry_point_says_the_same_and_changes_nothing(tmp_path):
    """All cases in one run for each entry point: a run costs seconds, a case in it next to nothing."""
    hosts = {}
    for name, (role, (given, _sentence)) in CASES.items():
        build(tmp_path / name)
        hosts[name] = {"audit_root": str(tmp_path / name), "auditd_release": "3.0.9", "the_role": role, **given}
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    (tmp_path / "role.yml").write_text(ROLE_ALONE)
    before = {name: state(tmp_path / name) for name in CASES}
    wrong = {}
    for entry_point, words in ENTRY_POINTS.items():
        said = play(words, tmp_path)
        wrong.update({(entry_point, name): said.get(name) for name, case in CASES.items()
                      if said.get(name, "").count(case[1][1]) != 1})
    assert wrong == {}
    assert [name for name in CASES if state(tmp_path / name) != before[name]] == []


SIZES = "give max, a size such as 10G, so much more such as +5G, or a share of the volume group such as 40%VG"
EBS = {"audit_storage_ebs": True, "audit_storage_ebs_size": 50}
# name: (variables of grow, the sentence or how it begins)
STORAGE = {
    "size_blank": variable("audit_storage_size", "10 G", f"audit_storage_size = 10 G: {SIZES}"),
    "size_word": variable("audit_storage_size", "all", f"audit_storage_size = all: {SIZES}"),
    "size_unit": variable("audit_storage_size", "10P", f"audit_storage_size = 10P: {SIZES}"),
    "size_none": variable("audit_storage_size", "10", f"audit_storage_size = 10: {SIZES}"),
    "size_negative": variable("audit_storage_size", "-5G", f"audit_storage_size = -5G: {SIZES}"),
    "size_percent": variable("audit_storage_size", "40%", f"audit_storage_size = 40%: {SIZES}"),
    "size_true": variable("audit_storage_size", True, f"audit_storage_size = True: {SIZES}"),
    "size_zero": variable("audit_storage_size", "0G", "audit_storage_size = 0G: nothing is made smaller or left empty"),
    "size_share": variable("audit_storage_size", "140%VG", "audit_storage_size = 140%VG: a share of the volume group is 1%VG to 100%VG"),
    "size_more_share": variable("audit_storage_size", "+10%VG", "audit_storage_size = +10%VG: a share of the volume group is 1%VG to"),
    "path": variable("audit_storage_path", "var/log", "audit_storage_path = var/log: give an absolute path"),
    "hours_none": variable("audit_storage_reaction_hours", 0, "audit_storage_reaction_hours = 0: give a whole number from 1 to 720"),
    "hours_many": variable("audit_storage_reaction_hours", 1000, "audit_storage_reaction_hours = 1000: give a whole number from 1 to 720"),
    "hours_word": variable("audit_storage_reaction_hours", "soon", to("int", "audit_storage_reaction_hours", "soon")),
    "separate_word": variable("audit_storage_separate", "maybe", to("bool", "audit_storage_separate", "maybe")),
    "separate_size": variable("audit_storage_separate", True, "audit_storage_separate = true: audit_storage_size says how large"),
    "separate_path": ({"audit_storage_separate": True, "audit_storage_size": "max", "audit_storage_path": "/srv"},
                      "audit_storage_separate = true: it is about the log alone"),
    "ebs_word": variable("audit_storage_ebs", "perhaps", to("bool", "audit_storage_ebs", "perhaps")),
    "ebs_size": variable("audit_storage_ebs", True, "audit_storage_ebs_size = 0: give the size of the EBS volume in GiB, 1 to 65536"),
    "ebs_negative": ({**EBS, "audit_storage_ebs_size": -1}, "audit_storage_ebs_size = -1: give the size of the EBS volume in GiB"),
    "ebs_large": ({**EBS, "audit_storage_ebs_size": 70000}, "audit_storage_ebs_size = 70000: give the size of the EBS volume in GiB"),
    "ebs_size_word": ({**EBS, "audit_storage_ebs_size": "50G"}, to("int", "audit_storage_ebs_size", "50G")),
    "ebs_volume": ({**EBS, "audit_storage_ebs_volume": "i-0123456789abcdef0"},
                   "audit_storage_ebs_volume = i-0123456789abcdef0: give the id of a volume"),
    "ebs_timeout": ({**EBS, "audit_storage_ebs_timeout": 0}, "audit_storage_ebs_timeout = 0: give a number of seconds, 1 or more"),
}


def test_grow_refuses_each_wrong_variable_in_a_sentence_before_it_looks_at_a_host(tmp_path):
    """An offline tree stands for the host: to be refused for that one, the variables would have to be taken first."""
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_root": str(tmp_path)}
    (tmp_path / "inventory.json").write_text(json.dumps(
        {"all": {"hosts": {name: given for name, (given, _sentence) in STORAGE.items()}, "vars": common}}))
    said = play(["auditops.auditd.grow"], tmp_path)
    assert {name: said.get(name) for name, (_given, sentence) in STORAGE.items() if sentence not in said.get(name, "")} == {}
    assert not [text for text in said.values() if "offline tree" in text]


def test_a_role_that_runs_alone_only_says_it_too(tmp_path):
    hosts = {}
    for name, (given, _sentence) in OF_STORAGE.items():
        build(tmp_path / name)
        hosts[name] = {"audit_root": str(tmp_path / name), "the_role": "audit_storage", **given}
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    (tmp_path / "role.yml").write_text(ROLE_ALONE)
    before = state(tmp_path)
    said = play(["role.yml"], tmp_path)
    assert {name: said.get(name) for name, case in OF_STORAGE.items() if said.get(name, "").count(case[1]) != 1} == {}
    assert state(tmp_path) == before


def test_every_role_has_cases():
    assert {role for role, _case in CASES.values()} | {"audit_storage", "audit_shipping"} >= set(variables.SPECIFICATIONS)


# Variables of one playbook: (playbook, what is set beside what it needs, what the refusal says)
EC2 = {"audit_ec2_instance": "i-1", "audit_ec2_helper": "i-2", "audit_ec2_region": "eu-west-1"}
OF_PLAYBOOK = [
    ("diagnose", {"audit_diagnosis_console_file": "/nope/console.txt"}, "audit_diagnosis_console_file = /nope/console.txt: there"),
    ("diagnose", {"audit_diagnosis_days": "soon"}, to("int", "audit_diagnosis_days", "")),
    ("diagnose", {"audit_diagnosis_days": 0}, "audit_diagnosis_days = 0: give a whole number of days, 1 or more"),
    ("rescue", {}, "missing required arguments: audit_root"),
    ("rescue", {"audit_root": "/"}, "audit_root = / is the machine that helps"),
    ("rescue", {"audit_root": "//./"}, "is the machine that helps"),
    ("rescue", {"audit_root": "/mnt", "audit_rescue": "uncure"}, one_of("audit_rescue", "uncure", "cure", "undo")),
    ("rescue", {"audit_root": "/mnt", "audit_rescue_mount": "perhaps"}, to("bool", "audit_rescue_mount", "")),
    ("rescue", {"audit_root": "/mnt", "audit_rescue_autorelabel": "later"}, to("bool", "audit_rescue_autorelabel", "")),
    ("rescue_ec2", {**EC2, "audit_ec2_stop": "perhaps"}, to("bool", "audit_ec2_stop", "")),
    ("rescue_ec2", {**EC2, "audit_ec2_start": "perhaps"}, to("bool", "audit_ec2_start", "")),
    ("rescue_ec2", {**EC2, "audit_rescue_mount": "perhaps"}, to("bool", "audit_rescue_mount", "")),
    ("rescue_ec2", {**EC2, "audit_rescue_autorelabel": "later"}, to("bool", "audit_rescue_autorelabel", "")),
    ("rescue_ec2", {"audit_ec2_instance": "i-1"}, "missing required arguments: audit_ec2_helper, audit_ec2_region"),
    ("rescue_ec2", {"audit_ec2_helper": "i-1", "audit_ec2_region": "eu-west-1"}, "missing required arguments: audit_ec2_instance"),
    ("adopt", {"audit_from": "puppet"}, "value of audit_from must be one of: "),
    ("adopt", {"audit_from_files": {"a": 1}}, "audit_from_files"),
    ("compare", {"audit_left": "web1"}, "missing required arguments: audit_right"),
    ("compare", {"audit_left": "a", "audit_right": "b", "audit_compare_fail_on": "always"}, "audit_compare_fail_on must be one of"),
    ("audit_boot", {"audit_boot_service": "on"}, one_of("audit_boot_service", "on", "enabled", "disabled", "keep")),
    ("audit_boot", {"audit_boot_line": ["audit=2"]}, "audit_boot_line: audit=2 is none of audit=1, audit=0 and"),
    ("audit_boot", {"audit_boot_line": ["audit=1", "audit=0"]}, "audit_boot_line: audit is given twice with different values"),
]


@pytest.mark.parametrize(("playbook", "given", "sentence"), OF_PLAYBOOK)
def test_wrong_variables_of_one_playbook(playbook, given, sentence):
    found = variables.problems(given, [playbook])
    assert any(sentence in problem for problem in found), found


def test_a_helper_that_is_the_patient_is_refused(monkeypatch):
    monkeypatch.setattr(variables.judges, "_is_installed", lambda *_packages: True)
    [found] = variables.problems({**EC2, "audit_ec2_helper": "i-1"}, ["rescue_ec2"])
    assert found == "audit_ec2_helper = i-1 is the instance that stopped; name the one that helps"


def test_there_are_cases_enough():
    assert len(CASES) >= 60


RIGHT = {
    "auditd_conf": {"NUM_LOGS": 6, "space_left": "25%", "admin_space_left": 50, "name": "münchen", "write_logs": True, "disp_qos": None,
                    "transport": "TLS", "space_left_action": "exec /usr/local/sbin/space", "log_group": "adm"},
    "audit_rules_extra": ["-a always,exit -F arch=b64 -S open -F auid>=@UID_MIN@ -F uid=nobodyhere -k x", "-w /etc/sudoers -p wa -k a"],
    "audit_rules_immutable": "yes", "audit_rules_failure": 1, "audit_rules_privileged": False, "audit_rotation_keep_days": "90",
    "audit_rotation_keep_megabytes": 2048, "audit_drift_formats": "json", "auditd_release": "4.2.1",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_taken(name):
    given = {"auditd_release": "4.2.1", name: RIGHT[name]}
    assert variables.problems(given, variables.SPECIFICATIONS) == []


@pytest.mark.parametrize("given", [
    {"space_left": "auto", "admin_space_left": "AUTO"}, {"SPACE_LEFT": "auto"}, {"space_left": "25%", "admin_space_left": "auto"},
    {"space_left": "auto", "admin_space_left": 4000}, {"space_left": 200, "admin_space_left": "auto"},
])
def test_thresholds_may_be_left_to_the_host(given):
    assert variables.problems({"auditd_conf": given}, variables.SPECIFICATIONS) == []


@pytest.mark.parametrize(("name", "meant"), [
    ("auditd_failure_polcy", "auditd_failure_policy"),
    ("audit_rule_extra", "audit_rules_extra"),
    ("audit_rotaton_keep", "audit_rotation_keep"),
    ("audit_host", "audit_hosts"),
    ("auditd_failure_policies_of_mine", None),
    ("audit_rules_extra", None),
    ("my_failure_polcy", None),
])
def test_a_name_that_is_nearly_ours(name, meant):
    found = variables.near_misses([name, "ansible_host"])
    assert [sentence.rpartition(" ")[2].rstrip("?") for sentence in found] == ([meant] if meant else [])
    assert variables.near_misses([name], frozenset([name])) == []


@pytest.mark.parametrize(("tag", "meant"), [
    ("audit_stpo", "audit_stop"), ("audit-stop", "audit_stop"), ("audit_rule", "audit_rules"), ("auditconf", "audit_conf"),
    ("audit_rotate", "audit_rotation"), ("audit_ship", "audit_shipping"), ("audit_mine", None),
    ("audit_stop", None), ("all", None), ("mine", None), ("audit", None),
])
def test_a_mistyped_tag_is_no_success_without_a_step(tag, meant):
    found = variables.mistyped_tags(["audit_rules", tag])
    assert (f"did you mean {meant}?" in found) if meant else found == ""


def test_the_tags_are_those_of_the_steps():
    text = (Path(variables.__file__).parents[2] / "playbooks/tasks/apply.yml").read_text()
    assert set(re.findall(r"tag'?: '?(\w+)", text)) == set(variables.TAGS)


def test_the_defaults_are_right():
    defaults = {
        name: option["default"] for options in variables.SPECIFICATIONS.values() for name, option in options.items() if "default" in option
    }
    assert variables.problems(defaults, variables.SPECIFICATIONS) == []
