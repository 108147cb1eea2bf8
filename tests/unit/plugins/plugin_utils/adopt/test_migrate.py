# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of other roles as ours: every one is translated or listed, what they leave unset counts too, and the judge takes the result."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import from_files, migrate, origins, report

GUIDE = Path(controls.__file__).parents[2] / "docs/docsite/rst"
RULES = [
    {"file": "/var/log/audit/", "keyname": "auditlog"},
    {"file": "/etc/audit/", "permissions": ["write", "attribute_change"], "keyname": "auditconfig"},
    {"syscall": "open", "action": "always", "filter": "exit", "filters": ["auid!=4294967295"], "keyname": "own", "arch": "b32"},
    {"syscall": ["adjtimex", "settimeofday"], "action": "always", "filter": "exit", "keyname": "time"},
    {"action": "never", "filter": "exclude", "filters": ["msgtype=CWD"]},
    {"nothing": "known"},
]
LINES = [
    "-w /var/log/audit/ -k auditlog", "-w /etc/audit/ -p wa -k auditconfig",
    "-a always,exit -F arch=b32 -S open -F auid!=4294967295 -k own",
    "-a always,exit -F arch=b64 -S adjtimex,settimeofday -k time", "-a never,exclude -F msgtype=CWD",
]
# origin: (its variables, ours that have to come out, words that have to be listed)
CASES = {
    "linux_system_roles": (
        {"auditd_num_logs": 9, "auditd_local_events": False, "auditd_tcp_listen_port": 0, "auditd_space_left_action": "EXEC",
         "auditd_space_left_action_exe": "/usr/local/sbin/space", "auditd_rules": RULES, "auditd_purge_rules": True, "auditd_new_thing": 1},
        {"auditd_failure_policy": "suspend_auditing", "audit_rules_extra": LINES, "audit_rules_backlog_limit": 32768,
         "audit_rules_rate_limit": 60, "audit_rules_immutable": False, "audit_rules_purge": "quarantine",
         "auditd_conf": {"local_events": "no", "num_logs": "9", "max_log_file_action": "ROTATE",
                         "space_left_action": "EXEC /usr/local/sbin/space"}},
        ["auditd_rules[5]: it is neither", "auditd_new_thing: no row"]),
    "robertdebock": (
        {"auditd_max_log_file_action": "keep_logs", "auditd_flush": "incremental_async", "auditd_enable_flag": 2,
         "auditd_manage_rules": True},
        {"auditd_conf": {"log_format": "RAW", "max_log_file_action": "keep_logs"}, "audit_rules_immutable": True},
        ["auditd_manage_rules: no equal"]),
    "juju4": (
        {"auditd_extra_rules": ["-w /srv/x -p wa -k x", "-b 9"], "auditd_exclusion_rules": ["-a exit,never -F dir=/var/lock/lvm"],
         "auditd_log_tmp": True, "auditd_failure_mode": 2},
        {"auditd_failure_policy": "stop_host", "audit_rules_extra": ["-w /srv/x -p wa -k x"], "audit_rules_immutable": True,
         "audit_rules_files": {"11-adopted-exceptions.rules": "-a exit,never -F dir=/var/lock/lvm\n"}},
        ["auditd_log_tmp: no equal", "auditd_extra_rules[1]: -b 9 is no rule"]),
    "dev_sec": (
        {"os_auditd_space_left": 500, "os_auditd_enabled": True},
        {"auditd_conf": {"log_format": "RAW", "flush": "INCREMENTAL", "freq": "20", "max_log_file": "6", "max_log_file_action": "keep_logs",
                         "space_left": "500"}}, ["os_auditd_enabled: no equal"]),
    "ansible_lockdown": (
        {"rhel9cis_auditd_max_log_file_size": 32, "rhel9cis_rule_6_3_3_4": False, "rhel9cis_rule_1_1_1_1": False,
         "rhel9cis_ipv6_required": 1,
         "rhel9cis_auditd_extra_conf_usage": True, "rhel9cis_auditd_extra_conf": {"admin_space_left": "10%", "space_left": "25%"},
         "rhel9cis_auditd_uid_exclude": [1999], "rhel9cis_allow_auditd_uid_user_exclusions": True, "rhel9cis_audit_back_log_limit": 8192},
        {"auditd_failure_policy": "stop_host", "audit_rules_profiles": ["cis_rhel_9"], "audit_rules_skip": ["cis_rhel_9:6.3.3.4"],
         "audit_rules_files": {"11-adopted-exceptions.rules": "-a never,exit -F auid=1999\n"},
         "auditd_conf": {"max_log_file": "32", "max_log_file_action": "keep_logs", "space_left": "25%", "admin_space_left": "10%",
                         "disk_error_action": "syslog"}},
        ["rhel9cis_audit_back_log_limit: no equal", "2 variables"]),
    "simp": (
        {"auditd::lname": "node1", "auditd::name_format": "USER", "auditd::immutable": True, "auditd::space_left": 200,
         "auditd::default_audit_profiles": ["stig"], "auditd::config::audit_profiles::custom::rules": ["-w /etc/x -p wa -k x"]},
        {"auditd_conf": {"name": "node1", "name_format": "USER", "max_log_file": "24", "max_log_file_action": "ROTATE", "space_left": "200",
                         "admin_space_left_action": "ROTATE", "disk_full_action": "ROTATE"},
         "audit_rules_immutable": True, "audit_rules_on_error": "skip", "audit_rules_extra": ["-w /etc/x -p wa -k x"],
         "audit_rules_backlog_limit": 16384},
        ["auditd::default_audit_profiles: no equal"]),
}


def values(one):
    return {name: variable.value for name, variable in one.variables.items()}


@pytest.mark.parametrize("kind", CASES)
def test_variables(kind):
    given, wanted, listed = CASES[kind]
    one = migrate.translate("web1", kind, given)
    assert {name: values(one).get(name) for name in wanted} == wanted
    assert variables.problems(values(one), ("auditd", "audit_rules", "audit_rotation")) == []
    for words in listed:
        assert any(words in sentence for sentence in one.listed), one.listed


@pytest.mark.parametrize("kind", origins.ORIGINS)
def test_every_variable_is_translated_or_listed(kind):
    """Each alone: it changes a variable of ours, is listed, or says what counts anyhow."""
    origin = origins.ORIGINS[kind]
    prefix = origin.prefixes[0]
    for name in {*origin.no_equal, "audit_of_nobody"}:
        one = migrate.translate("web1", kind, {prefix + name: "x"})
        assert any(sentence.startswith(prefix + name) for sentence in one.listed), name


# the names of variables, and the values of a role's own integration test, as they are published
PUBLISHED = {
    "linux_system_roles": (
        "local_events write_logs log_file log_format log_group flush freq num_logs dispatcher name_format name disp_qos max_log_file "
        "max_log_file_action max_log_file_action_exe space_left space_left_action space_left_action_exe action_mail_acct verify_email "
        "admin_space_left admin_space_left_action admin_space_left_action_exe disk_full_action disk_full_action_exe disk_error_action "
        "disk_error_action_exe priority_boost tcp_listen_port tcp_listen_queue tcp_max_per_addr use_libwrap tcp_client_ports "
        "tcp_client_max_idle transport enable_krb5 krb5_principal krb5_key_file distribute_network q_depth overflow_action max_restarts "
        "plugin_dir end_of_event_timeout report_interval buffer_size fail_mode maximum_rate enable_flag manage_rules purge_rules "
        "start_service default_arch rules"),
    "robertdebock": (
        "buffer_size fail_mode local_events write_logs log_file log_group log_format flush freq max_log_file num_logs priority_boost "
        "disp_qos dispatcher name_format max_log_file_action space_left space_left_action verify_email action_mail_acct admin_space_left "
        "admin_space_left_action disk_full_action disk_error_action use_libwrap tcp_listen_queue tcp_max_per_addr tcp_client_max_idle "
        "enable_krb5 krb5_principal distribute_network"),
    "juju4": (
        "log_tmp log_etc log_all_execve log_all_socket log_all_connect sensitive_files log_binaries_exec rules_templates rule_rootcmd_all "
        "exclusion_rules exclusion_rules2 extra_rules buffer_size failure_mode enable_flag"),
    "simp": (
        "ignore_failures log_file log_format log_group priority_boost flush freq num_logs disp_qos dispatcher name_format lname "
        "max_log_file max_log_file_action space_left space_left_action action_mail_acct admin_space_left admin_space_left_action "
        "disk_full_action "
        "disk_error_action buffer_size failure_mode rate immutable root_audit_level uid_min at_boot to_syslog default_audit_profile "
        "service_name package_name package_ensure enable_auditing"),
}


@pytest.mark.parametrize("kind", PUBLISHED)
def test_every_published_name_has_a_row_or_a_reason(kind):
    prefix = origins.ORIGINS[kind].prefixes[0]
    for name in PUBLISHED[kind].split():
        one = migrate.translate("web1", kind, {prefix + name: "1"})
        assert not any(migrate.NO_ROW in sentence for sentence in one.listed), name


def test_defaults_of_a_role_are_not_said_to_hosts_that_do_not_know_the_key():
    """report_interval stops an auditd before 4.0.5; its default says nothing."""
    given = {"transport": "TCP", "enable_krb5": False, "q_depth": 2000, "overflow_action": "SYSLOG", "max_restarts": 10,
             "plugin_dir": "/etc/audit/plugins.d", "end_of_event_timeout": 2, "report_interval": "0", "local_events": True, "freq": 50}
    one = migrate.translate("web1", "linux_system_roles", {f"auditd_{name}": value for name, value in given.items()})
    assert values(one)["auditd_conf"] == {"max_log_file_action": "ROTATE"}


def test_the_values_of_a_roles_own_integration_test():
    given = {
        "log_format": "RAW", "freq": 55, "max_log_file": 9, "num_logs": 6, "priority_boost": 5, "name_format": "USER", "name": "test-node",
        "max_log_file_action": "IGNORE", "space_left": "80", "admin_space_left": "55", "admin_space_left_action": "SYSLOG",
        "disk_full_action": "SYSLOG", "disk_error_action": "SYSLOG", "report_interval": "1", "tcp_listen_port": 1024,
        "tcp_client_ports": "1024-65535", "q_depth": 2001, "overflow_action": "SINGLE", "buffer_size": 32769, "maximum_rate": 61,
        "rules": [{"file": "/etc/hosts", "permissions": ["read", "write"], "keyname": "hosts"},
                  {"file": "/etc/group", "permissions": ["read"], "filters": ["auid>=1000", "success=1"], "keyname": "group"},
                  {"action": "always", "filter": "exit", "syscall": "adjtimex", "keyname": "time"}]}
    one = migrate.translate("web1", "linux_system_roles", {f"auditd_{name}": value for name, value in given.items()})
    found = values(one)
    assert found["auditd_failure_policy"] == "stop_host" and any("overflow_action = SINGLE" in sentence for sentence in one.dangers)
    assert found["audit_rules_extra"] == [
        "-w /etc/hosts -p rw -k hosts", "-a always,exit -F path=/etc/group -F perm=r -F auid>=1000 -F success=1 -k group",
        "-a always,exit -F arch=b64 -S adjtimex -k time"]
    assert (found["audit_rules_backlog_limit"], found["audit_rules_rate_limit"], found["auditd_conf"]["q_depth"]) == (32769, 61, "2001")
    assert variables.problems(found, ("auditd", "audit_rules", "audit_rotation")) == []


def test_danger_that_a_role_sets_by_itself_is_named():
    one = migrate.translate("web1", "ansible_lockdown", {"deb12cis_auditd_log_group": "adm"})
    assert any("admin_space_left_action = halt stops the host" in sentence for sentence in one.dangers)
    assert any("KEEP_LOGS" in sentence for sentence in one.dangers)


def test_a_host_without_such_variables():
    one = migrate.translate("web1", "dev_sec", {"auditd_conf": {}, "other": 1})
    assert one.variables == {} and "no variable of devsec.hardening.os_hardening is set here" in one.listed


def test_files(tmp_path):
    texts = {
        "common.yaml": {"auditd::num_logs": 9}, "nodes/web1.example.yaml": {"auditd::disk_full_action": "HALT"},
        "role/db.yaml": {"auditd::num_logs": 9}, "odd.yaml": ["no mapping"],
    }
    for name, data in texts.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(data))
    found = from_files.fleet_of([str(tmp_path)], "simp", lambda path: yaml.safe_load(Path(path).read_text()))
    assert set(found.texts()) == {"group_vars/all/audit.yml", "host_vars/web1.example/audit.yml"}
    assert "auditd_failure_policy: 'stop_host'" in found.texts()["host_vars/web1.example/audit.yml"]
    assert set(found.whole()) == {"adoption.md"}
    assert list(found.unread) == [str(tmp_path / "odd.yaml")]
    with pytest.raises(AuditError, match="neither a file nor a directory"):
        from_files.fleet_of([str(tmp_path / "missing")], "simp", dict)


STOPS_BY = {
    "the failure flag": ({"auditd_fail_mode": 2}, "auditd_fail_mode"),
    "a later action": ({"auditd_fail_mode": 2, "auditd_disk_error_action": "HALT"}, "auditd_disk_error_action"),
    "an action": ({"auditd_admin_space_left_action": "single"}, "auditd_admin_space_left_action"),
}


@pytest.mark.parametrize("name", STOPS_BY)
def test_a_policy_that_stops_hosts_has_the_variable_that_asks_for_it_beside_it(tmp_path, name):
    given, variable = STOPS_BY[name]
    path = tmp_path / "all.yml"
    path.write_text(yaml.safe_dump(given))
    found = from_files.fleet_of([str(path)], "linux_system_roles", lambda path: yaml.safe_load(Path(path).read_text()))
    line = next(line for line in found.texts()["group_vars/all/audit.yml"].splitlines() if line.startswith("auditd_failure_policy"))
    assert line.startswith("auditd_failure_policy: 'stop_host'") and variable in line and "is not set" not in line
    said = report.summary(found)
    assert said[0].startswith("1 set of variables adopted: "), said
    assert "Hosts can stop or fill up by what was adopted from 1 set of variables: all." in said
    assert not any("host adopted" in one or "host can stop" in one for one in said)


@pytest.mark.parametrize("kind", origins.ORIGINS)
def test_the_guide_names_every_row(kind):
    text = (GUIDE / f"from_{kind}.rst").read_text()
    origin = origins.ORIGINS[kind]
    for name in (*origin.renamed, *origin.means, *origin.no_equal):
        assert f"``{name}``" in text, name


def test_the_words_of_audit_from_are_the_tables():
    words = ["hosts", *origins.ORIGINS]
    assert sorted(variables.OF_PLAYBOOK["adopt"]["audit_from"]["choices"]) == sorted(words)
    module = (GUIDE.parents[2] / "plugins/modules/audit_adopt.py").read_text()
    assert sorted(module.partition("choices: [hosts, ")[2].partition("]")[0].split(", ")) == sorted(words[1:])


@pytest.mark.parametrize("playbook, given, sentence", [
    ("adopt", {"audit_from": "puppet"}, "value of audit_from must be one of"),
    ("adopt", {"audit_from_files": {"a": 1}}, "audit_from_files"),
    ("compare", {"audit_left": "web1"}, "missing required arguments: audit_right"),
    ("compare", {"audit_left": "a", "audit_right": "b", "audit_compare_fail_on": "always"}, "audit_compare_fail_on must be one of"),
])
def test_wrong_variables_of_the_playbooks_are_refused(playbook, given, sentence):
    assert any(sentence in problem for problem in variables.problems(given, [playbook]))
