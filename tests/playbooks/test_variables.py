# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables as users get them wrong, through every entry point: the same sentence everywhere, and nothing changed on the host."""

from __future__ import annotations

import json
import sys

from ansible_collections.auditops.auditd.plugins.plugin_utils import variables
from variable_runs import ROLE_ALONE, build, one_of, play, state, to, variable

LONG = "k" * 300


def setting(key, value, reason):
    return {"auditd_conf": {key: value}}, f"auditd_conf.{key.lower()} = {value}: {reason}"


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
    "conf_unit": ("auditd", setting("space_left", "2G", "auditd takes a whole number of MB or a percentage like 25%; auto has it")),
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
    "release_span": ("auditd", variable("auditd_release", "3.x", "auditd_release: '3.x' is not a release of audit")),
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
    "ship_unseen": ("audit_shipping", variable("audit_shipping_cloudwatch_unseen_archives", "drop",
                                               "value of audit_shipping_cloudwatch_unseen_archives must be one of: keep, prune")),
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
ENTRY_POINTS = {
    "drift": ["auditops.auditd.drift"],
    "remediate --check": ["auditops.auditd.remediate", "--check"],
    "remediate": ["auditops.auditd.remediate"],
    "harden": ["auditops.auditd.harden"],
    "the role alone": ["role.yml"],
}


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


def test_there_are_cases_enough():
    assert len(CASES) >= 60
