# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of other roles as ours: every one is translated or listed, what they leave unset counts too, and the judge takes the result."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.plugin_utils import controls, variables
from ansible_collections.auditops.auditd.plugins.plugin_utils.adopt import from_files, migrate, origins, report, templates

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
         "auditd_log_tmp": True, "auditd_failure_mode": 2, "auditd_manage_configuration_directory": True,
         "auditd_conf_lineinfile": [{"re": "^num_logs = .*", "l": "num_logs = 12"}, {"re": "x", "l": "nonsense"}]},
        {"auditd_failure_policy": "stop_host", "auditd_conf": {"num_logs": "12"}, "audit_rules_purge": "quarantine",
         "audit_rules_loginuid_immutable": True, "audit_rules_extra": ["-w /srv/x -p wa -k x"], "audit_rules_immutable": True,
         "audit_rules_profiles": ["auto"], "audit_rules_files": {"11-adopted-exceptions.rules": "-a exit,never -F dir=/var/lock/lvm\n"}},
        ["auditd_log_tmp: no equal", "auditd_extra_rules[1]: -b 9 is no rule",
         "auditd_conf_lineinfile[1]: no row of the table translates it: nonsense"]),
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
         "audit_rules_files": {"11-adopted-exceptions.rules": "-a never,exit -F auid=1999\n"}, "audit_rules_immutable": True,
         "auditd_conf": {"max_log_file": "32", "max_log_file_action": "keep_logs", "space_left": "25%", "admin_space_left": "10%",
                         "disk_error_action": "syslog"}},
        ["rhel9cis_audit_back_log_limit: no equal", "2 variables"]),
    "simp": (
        {"auditd::lname": "node1", "auditd::name_format": "USER", "auditd::immutable": True, "auditd::space_left": 200,
         "auditd::default_audit_profiles": ["stig"], "auditd::config::audit_profiles::custom::rules": ["-w /etc/x -p wa -k x"]},
        {"auditd_conf": {"name": "node1", "name_format": "USER", "max_log_file": "24", "max_log_file_action": "ROTATE", "space_left": "200",
                         "admin_space_left_action": "ROTATE", "disk_full_action": "ROTATE"},
         "audit_rules_immutable": True, "audit_rules_on_error": "skip", "audit_rules_extra": ["-w /etc/x -p wa -k x"],
         "audit_rules_profiles": ["stig_rhel_8"], "audit_rules_skip": None, "audit_rules_backlog_limit": 16384},
        ["stig_rhel_8 is the nearest"]),
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


# Rules that stand in a role's templates. (origin, variables, the profiles, what is left out, settings beside, words of the list)
NO_MORE_OF_IT = {"audit_rules_profiles": None, "audit_rules_skip": None, "auditd_conf": None, "auditd_failure_policy": None}
TEMPLATES = {
    "a number of the same release": (
        "ansible_lockdown", {"rhel10cis_rule_6_3_3_12": False}, {"audit_rules_profiles": ["cis_rhel_10"],
                                                                 "audit_rules_skip": ["cis_rhel_10:6.3.3.12"]}, []),
    "a number that the role counts otherwise": (
        "ansible_lockdown", {"ubtu22cis_rule_6_2_3_4": False}, {"audit_rules_profiles": ["cis_ubuntu_22_04"],
                                                                "audit_rules_skip": ["cis_ubuntu_22_04:6.3.3.4"]}, []),
    "a number of an earlier release": (
        "ansible_lockdown", {"rhel8cis_rule_4_1_3_19": False}, {"audit_rules_skip": ["cis_rhel_8:6.3.3.19"]}, []),
    "Amazon Linux 2": (
        "ansible_lockdown", {"amazon2cis_rule_4_1_9": False, "amazon2cis_rule_4_1_17": False,
                             "amazon2cis_auditd": {"space_left_action": "email", "admin_space_left_action": "halt"},
                             "amazon2cis_maxauditlog_size": 12},
        {"audit_rules_profiles": ["cis_amazon_2023"], "audit_rules_skip": ["cis_amazon_2023:5.2.3.20", "cis_amazon_2023:5.2.3.9"],
         "audit_rules_immutable": None, "auditd_failure_policy": "stop_host"}, ["5.2.3.15 to 5.2.3.18"]),
    "a STIG of RHEL 8": (
        "ansible_lockdown", {"rhel_08_030200": "no", "rhel_08_010020": False, "rhel8stig_auditd_disk_full_action": "SYSLOG",
                             "rhel8stig_auditd_disk_error_action": "SYSLOG", "rhel8stig_availability_override": True},
        {"audit_rules_profiles": ["stig_rhel_8"], "audit_rules_skip": ["stig_rhel_8:RHEL-08-030200"], "audit_rules_immutable": True,
         "auditd_failure_policy": None, "audit_rules_failure": None}, ["1 variable of"]),
    "a STIG of RHEL 9 by switches alone": (
        "ansible_lockdown", {"rhel_09_654265": False, "rhel_09_654275": False, "rhel_09_653025": False, "rhel_09_653020": False,
                             "rhel_09_653050": False},
        {"audit_rules_profiles": ["stig_rhel_9"], "audit_rules_immutable": None, "auditd_failure_policy": None}, []),
    "a STIG of RHEL 9 that panics": (
        "ansible_lockdown", {"rhel9stig_audit_conf_disk_full_action": "SYSLOG"},
        {"auditd_failure_policy": "stop_host", "audit_rules_immutable": True}, []),
    "a STIG of Ubuntu": (
        "ansible_lockdown", {"ubtu22stig_654010": False, "ubtu22stig_auditd_email_acct": "ops"},
        {"audit_rules_profiles": ["stig_ubuntu_22_04"], "audit_rules_skip": ["stig_ubuntu_22_04:UBTU-22-654010"],
         "auditd_failure_policy": "stop_host"}, []),
    "settings that a switch leaves alone": (
        "ansible_lockdown", {"rhel9cis_rule_6_3_2_3": False, "rhel9cis_rule_6_3_2_4": False, "rhel9cis_auditd_disk_full_action": "halt"},
        {"auditd_failure_policy": None, "audit_rules_skip": ["cis_rhel_9:6.3.2.3", "cis_rhel_9:6.3.2.4"]},
        ["rhel9cis_auditd_disk_full_action: the role does not write disk_full_action: rhel9cis_rule_6_3_2_3 is false"]),
    "a section that is off": (
        "ansible_lockdown", {"rhel9cis_section6": False, "rhel9cis_auditd_disk_full_action": "halt"}, NO_MORE_OF_IT,
        ["rhel9cis_section6 is false: the role neither writes rules nor settings"]),
    "a benchmark that is not ours": (
        "ansible_lockdown", {"deb11cis_auditd_log_group": "adm"}, {"audit_rules_profiles": None}, ["deb11cis_: this collection has no"]),
    "numbers of Ubuntu 24.04": (
        "ansible_lockdown", {"ubtu24cis_rule_6_2_3_3": False, "ubtu24cis_rule_6_3_3": False, "ubtu24cis_max_log_file_size": 12,
                             "ubtu24cis_sudo_logfile": "/var/log/sudo/all.log"},
        {"audit_rules_profiles": ["cis_ubuntu_24_04"], "audit_rules_skip": ["cis_ubuntu_24_04:6.2.3.3", "cis_ubuntu_24_04:6.3.3"],
         "audit_rules_immutable": True, "audit_rules_extra": None, "auditd_failure_policy": "stop_host",
         "auditd_conf": {"max_log_file": "12", "max_log_file_action": "keep_logs", "disk_error_action": "syslog"}}, []),
    "a log of sudo that lies elsewhere": (
        "ansible_lockdown", {"ubtu24cis_sudo_logfile": "/var/log/sudo/all.log"},
        {"audit_rules_profiles": ["cis_ubuntu_24_04"], "audit_rules_extra": ["-w /var/log/sudo/all.log -p wa -k sudo_log_file"]}, []),
    "the log of sudo that the benchmark watches": (
        "ansible_lockdown", {"rhel9cis_sudolog_location": "/var/log/sudo.log"}, {"audit_rules_extra": None}, []),
    "numbers of Debian 13": (
        "ansible_lockdown", {"deb13cis_rule_6_2_3_36": False, "deb13cis_rule_6_2_3_35": False, "deb13cis_rule_6_2_3_25": "no",
                             "deb13cis_rule_6_3_2": False},
        {"audit_rules_profiles": ["cis_debian_13"], "audit_rules_immutable": None,
         "audit_rules_skip": ["cis_debian_13:6.2.3.25", "cis_debian_13:6.2.3.35", "cis_debian_13:6.2.3.36"]}, []),
    "settings beside that the role leaves out": (
        "ansible_lockdown", {"deb13cis_auditd_extra_conf_usage": False, "deb13cis_auditd_extra_conf": {"num_logs": 9}},
        {"auditd_conf": {"max_log_file": "10", "max_log_file_action": "keep_logs", "disk_error_action": "syslog"}},
        ["deb13cis_auditd_extra_conf: the role writes none of it: deb13cis_auditd_extra_conf_usage is false"]),
    "settings beside whose switch is not set": (
        "ansible_lockdown", {"deb13cis_auditd_extra_conf": {"num_logs": 9}},
        {"auditd_conf": {"max_log_file": "10", "max_log_file_action": "keep_logs", "disk_error_action": "syslog", "num_logs": "9"}},
        ["releases of the role that have deb13cis_auditd_extra_conf_usage write it only where that is true"]),
    "the STIG of Ubuntu 24.04 stops no host": (
        "ansible_lockdown", {"ubtu24stig_900070": False, "ubtu24stig_auditd_disk_full_action": "HALT"},
        {"audit_rules_profiles": ["stig_ubuntu_24_04"], "audit_rules_skip": ["stig_ubuntu_24_04:UBTU-24-900070"],
         "auditd_failure_policy": None, "audit_rules_immutable": True},
        ["ubtu24stig_auditd_disk_full_action: the role does not write disk_full_action: the STIG of Ubuntu 24.04"]),
    "the STIG of Ubuntu 24.04 without its category 2": (
        "ansible_lockdown", {"ubtu24stig_cat2": False, "ubtu24stig_auditd_space_left": "30%", "ubtu24stig_auditd_log_group": "adm"},
        {"audit_rules_profiles": None, "audit_rules_immutable": None, "auditd_conf": {"space_left": "30%", "space_left_action": "EMAIL"}},
        ["ubtu24stig_cat2 is false: the role neither writes rules nor settings of auditd, but for action_mail_acct, space_left",
         "ubtu24stig_auditd_log_group: the role does not write log_group: ubtu24stig_cat2 is false"]),
    "the STIG of Ubuntu 24.04 without its category 3": (
        "ansible_lockdown", {"ubtu24stig_cat3": False, "ubtu24stig_auditd_space_left": "30%"},
        {"audit_rules_profiles": ["stig_ubuntu_24_04"], "auditd_conf": None,
         "audit_rules_skip": ["stig_ubuntu_24_04:UBTU-24-900960", "stig_ubuntu_24_04:UBTU-24-900980"]},
        ["ubtu24stig_auditd_space_left: the role does not write space_left: ubtu24stig_cat3 is false"]),
    "the STIG of Ubuntu 22.04 by its earlier switches": (
        "ansible_lockdown", {"ubtu_22_653030": False, "ubtu_22_654010": False},
        {"audit_rules_profiles": ["stig_ubuntu_22_04"], "auditd_failure_policy": None,
         "audit_rules_skip": ["stig_ubuntu_22_04:UBTU-22-653030", "stig_ubuntu_22_04:UBTU-22-654010"]}, []),
    "parts of SIMP's profiles": (
        "simp", {"auditd::default_audit_profiles": ["simp"], "auditd::config::audit_profiles::simp::audit_mount": False,
                 "auditd::config::audit_profiles::simp::audit_chmod": True, "auditd::config::audit_profiles::simp::audit_ptrace": False,
                 "auditd::config::audit_profiles::simp::audit_mount_tag": "mounts"},
        {"audit_rules_profiles": ["auto"],
         "audit_rules_skip": [f"control:{one}" for one in ("semanage", "setsebool", "chcon", "setfiles", "delete", "delete_rmdir", "mount",
                                                           "mount_command", "umount_command")]},
        ["simp::audit_su_root_activity: no equal here", "audit_mount_tag: no equal here"]),
    "SIMP's samples": (
        "simp", {"auditd::default_audit_profiles": ["built_in"], "auditd::config::audit_profiles::built_in::rulesets":
                 ["base-config", "pci-dss-v31"]},
        {"audit_rules_profiles": ["pci_dss"]}, ["built_in is no profile with rules of its own", "no equal here for base-config"]),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_rules_of_a_template_are_a_benchmark_without_what_is_switched_off(name):
    kind, given, wanted, listed = TEMPLATES[name]
    one = migrate.translate("web1", kind, given)
    assert {name: values(one).get(name) for name in wanted} == wanted, one.listed
    assert variables.problems(values(one), ("auditd", "audit_rules", "audit_rotation")) == []
    for words in listed:
        assert any(words in sentence for sentence in one.listed), one.listed


@pytest.mark.parametrize("prefix", [prefix for prefix, one in templates.LOCKDOWN.items() if one.benchmark])
def test_every_switch_of_audit_rules_has_a_control(prefix):
    """Every number of our benchmark can be reached, and every number that a role counts otherwise is one of ours."""
    template = templates.LOCKDOWN[prefix]
    benchmark = controls.shipped()["benchmarks"][template.benchmark]
    ours = {number for part in ("rules", "auditd_conf", "status") for number in benchmark.get(part, {})}
    for start, number in template.renumbered.items():
        assert number in ours or any(one.startswith(number + ".") for one in ours), start
    switch = "{}" if "cis" in prefix else {"RHEL-08-": "rhel_08_{}", "RHEL-09-": "rhel_09_{}"}.get(template.number[:8], prefix + "{}")
    for number in benchmark["rules"]:
        variable = f"{prefix}rule_{number.replace('.', '_')}" if "cis" in prefix else switch.format(number.rpartition("-")[2])
        if prefix != "amazon2cis_":
            assert f"{template.benchmark}:{number}" in values(migrate.translate("web1", "ansible_lockdown", {variable: False}))[
                "audit_rules_skip"], variable


def test_the_controls_of_topics_are_the_librarys():
    known = set(controls.shipped()["controls"])
    for template in templates.SIMP.values():
        assert {control for found in template.topics.values() for control in found} <= known


# the names of variables, and the values of a role's own integration test, as they are published
PUBLISHED = {
    "ansible_lockdown": (
        "auditd_max_log_file_size max_log_file_size auditd_max_log_file_action auditd_disk_full_action auditd_disk_error_action "
        "auditd_space_left_action auditd_admin_space_left_action auditd_extra_conf_usage auditd_extra_conf auditd_uid_exclude "
        "allow_auditd_uid_user_exclusions audit_back_log_limit auditd auditd_mail_acct audisp_overflow_action auditd_failure_flag "
        "auditd_email_acct auditd_log_group auditd_space_left audit_log_filesystem audit_bins audit_conf_action_mail_acct "
        "audit_conf_admin_space_left audit_conf_admin_space_left_action audit_conf_disk_error_action audit_conf_disk_full_action "
        "audit_conf_freq audit_conf_local_events audit_conf_log_format audit_conf_logfile audit_conf_logfile_group "
        "audit_conf_max_log_file_action audit_conf_name_format audit_conf_overflow_action audit_conf_space_left "
        "audit_conf_space_left_action audit_conf_write_logs audit_backlog_limit maxauditlog_size"),
    "dev_sec": (
        "action_mail_acct admin_space_left admin_space_left_action disk_error_action disk_full_action enabled flush log_format log_group "
        "max_log_file max_log_file_action num_logs space_left space_left_action rules_failure_mode rules_events rules_events_os "
        "rules_events_extra"),
    "linux_system_roles": (
        "local_events write_logs log_file log_format log_group flush freq num_logs dispatcher name_format name disp_qos max_log_file "
        "max_log_file_action max_log_file_action_exe space_left space_left_action space_left_action_exe action_mail_acct verify_email "
        "admin_space_left admin_space_left_action admin_space_left_action_exe disk_full_action disk_full_action_exe disk_error_action "
        "disk_error_action_exe priority_boost tcp_listen_port tcp_listen_queue tcp_max_per_addr use_libwrap tcp_client_ports "
        "tcp_client_max_idle transport enable_krb5 krb5_principal krb5_key_file distribute_network q_depth overflow_action max_restarts "
        "plugin_dir end_of_event_timeout report_interval buffer_size fail_mode maximum_rate enable_flag manage_rules purge_rules "
        "start_service default_arch rules kernel_enable reboot_ok"),
    "robertdebock": (
        "buffer_size fail_mode local_events write_logs log_file log_group log_format flush freq max_log_file num_logs priority_boost "
        "disp_qos dispatcher name_format max_log_file_action space_left space_left_action verify_email action_mail_acct admin_space_left "
        "admin_space_left_action disk_full_action disk_error_action use_libwrap tcp_listen_queue tcp_max_per_addr tcp_client_max_idle "
        "enable_krb5 krb5_principal distribute_network maximum_rate enable_flag manage_rules default_arch start_service plugin_syslog"),
    "juju4": (
        "log_tmp log_etc log_all_execve log_all_socket log_all_connect sensitive_files log_binaries_exec rules_templates rule_rootcmd_all "
        "exclusion_rules exclusion_rules2 extra_rules buffer_size failure_mode enable_flag grub_enable manage_configuration_directory "
        "exclusion_rules_debian_b64 exclusion_rules_redhat_b64 sugid_ignored_paths conf_lineinfile set_loginuid_immutable reporting "
        "laurel_enable laurel_version laurel_url laurel_checksum laurel_user laurel_config laurel_plugin laurel_rotatesize "
        "laurel_reporting_template"),
    "simp": (
        "ignore_failures log_file log_format log_group priority_boost flush freq num_logs disp_qos dispatcher name_format lname "
        "max_log_file max_log_file_action space_left space_left_action action_mail_acct admin_space_left admin_space_left_action "
        "disk_full_action "
        "disk_error_action buffer_size failure_mode rate immutable root_audit_level uid_min at_boot to_syslog default_audit_profile "
        "service_name package_name package_ensure enable_auditing syslog default_audit_profiles enable write_logs ignore_errors "
        "ignore_anonymous ignore_system_services ignore_crond target_selinux_types loginuid_immutable backlog_wait_time "
        "config::audit_profiles::custom::rules config::audit_profiles::custom::template config::audit_profiles::built_in::rulesets "
        "config::audit_profiles::simp::root_audit_level config::audit_profiles::simp::basic_root_audit_syscalls "
        "config::audit_profiles::simp::audit_chown config::audit_profiles::simp::audit_chown_tag config::audit_profiles::stig::uid_min "
        "config::audit_profiles::stig::default_suid_sgid_cmds config::audit_profiles::stig::suid_sgid_cmds config::audisp::q_depth "
        "config::audisp::overflow_action "
        "config::audisp::priority_boost config::audisp::name_format config::audisp::syslog::facility config::audisp::syslog::rsyslog"),
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
    assert set(report.written(found)) == {"adoption.md"}
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
