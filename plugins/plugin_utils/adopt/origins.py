# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles and modules whose variables are translated: a table each, and what has no equal here.

The names and the values that count where nothing is set are those of the roles' defaults and README files as they were published up to
2026; a name that a later release brings has no row, and is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# what a variable means here, beside keys of auditd.conf
BACKLOG, FAILURE, RATE, ENABLED, WAIT = "-b", "-f", "-r", "-e", "--backlog_wait_time"
LOCK, LOGINUID, SKIP_ERRORS, PURGE = "lock", "loginuid", "skip errors", "purge"
RULES, LINES, EXCEPTIONS, EXTRA_CONF, USERS = "rules", "lines", "exceptions", "settings", "users"

PROGRAM_SUFFIX = "_exe"  # of a variable with the program of an EXEC action
OF_SERVICE = "the role installs audit and enables its service by auditd_manage_package"
OF_BOOT = "it is about the kernel's boot line, which the roles for settings and rules do not touch"
OF_SHIPPING = "it is about shipping records away"


@dataclass(frozen=True)
class Origin:
    """``prefixes``: what their variables begin with; a prefix and a key of auditd.conf is that key.

    ``renamed`` {variable without prefix: key of auditd.conf}. ``means`` {variable without prefix: a word from above}. ``unset`` {variable
    without prefix: what counts where it is not set}. ``no_equal`` {variable without prefix: why}. ``profiles`` {prefix: our benchmark}.
    """

    title: str
    prefixes: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    means: Mapping[str, str] = field(default_factory=dict)
    unset: Mapping[str, object] = field(default_factory=dict)
    no_equal: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)
    key_prefix: str = ""  # before a key of auditd.conf, behind the prefix


SUSPENDS = {"space_left": "75", "space_left_action": "SYSLOG", "admin_space_left": "50", "admin_space_left_action": "SUSPEND",
            "disk_full_action": "SUSPEND", "disk_error_action": "SUSPEND", "max_log_file_action": "ROTATE", "num_logs": "5"}
RULE_WORDS = {"buffer_size": BACKLOG, "fail_mode": FAILURE, "maximum_rate": RATE, "enable_flag": ENABLED, "rules": RULES}
ARCH = {"default_arch": "each translated rule names its machine itself"}

ORIGINS: dict[str, Origin] = {
    "linux_system_roles": Origin(
        "linux-system-roles.auditd", ("auditd_",),
        means={**RULE_WORDS, "purge_rules": PURGE, "loginuid_immutable": LOGINUID, "backlog_wait_time": WAIT},
        unset={**SUSPENDS, "buffer_size": 32768, "fail_mode": 1, "maximum_rate": 60, "enable_flag": 1},
        no_equal={**ARCH, "start_service": OF_SERVICE, "manage_rules": "the role audit_rules writes nothing where it is not called"}),
    "robertdebock": Origin(
        "robertdebock.auditd", ("auditd_",), means={**RULE_WORDS, "file_rules": RULES, "syscall_rules": RULES},
        unset={**SUSPENDS, "log_format": "RAW", "buffer_size": 32768, "fail_mode": 1, "maximum_rate": 60, "enable_flag": 1},
        no_equal={**ARCH, "manage_rules": "the role audit_rules writes nothing where it is not called", "start_service": OF_SERVICE}),
    "juju4": Origin(
        "juju4.auditd", ("auditd_",),
        means={"buffer_size": BACKLOG, "failure_mode": FAILURE, "enable_flag": ENABLED, "extra_rules": LINES, "exclusion_rules": EXCEPTIONS,
               "exclusion_rules2": EXCEPTIONS},
        unset={"buffer_size": 32768, "failure_mode": 1, "enable_flag": 2},
        no_equal={
            "rules_templates": "the rules of its templates are not variables: adopt them from a host, or name a benchmark in "
                               "audit_rules_profiles",
            "log_tmp": "write the watch of /tmp into audit_rules_extra", "log_etc": "write the watch of /etc into audit_rules_extra",
            "log_all_execve": "write the rule into audit_rules_extra", "log_all_socket": "write the rule into audit_rules_extra",
            "log_all_connect": "write the rule into audit_rules_extra", "sensitive_files": "write their watches into audit_rules_extra",
            "log_binaries_exec": "write a rule for each program into audit_rules_extra",
            "rule_rootcmd_all": "write the rule into audit_rules_extra",
            "sugid_ignored_paths": "privileged programs are searched on local filesystems that allow them"}),
    "dev_sec": Origin(
        "devsec.hardening.os_hardening", ("os_auditd_",),
        unset={**SUSPENDS, "max_log_file_action": "keep_logs", "log_format": "RAW", "flush": "INCREMENTAL", "freq": "20",
               "max_log_file": "6"},
        no_equal={"enabled": OF_SERVICE}),
    "ansible_lockdown": Origin(
        "ansible-lockdown (RHEL, Ubuntu, Debian and Amazon Linux benchmarks)",
        ("rhel8cis_", "rhel9cis_", "rhel10cis_", "ubtu20cis_", "ubtu22cis_", "ubtu24cis_", "deb11cis_", "deb12cis_", "deb13cis_",
         "amzn2023cis_", "rhel8stig_", "rhel9stig_"),
        renamed={"auditd_max_log_file_size": "max_log_file", "max_log_file_size": "max_log_file"},
        means={"auditd_extra_conf": EXTRA_CONF, "auditd": EXTRA_CONF, "auditd_uid_exclude": USERS},
        unset={"auditd_max_log_file_action": "keep_logs", "auditd_disk_full_action": "halt", "auditd_disk_error_action": "syslog",
               "auditd_space_left_action": "email", "auditd_admin_space_left_action": "halt", "auditd_max_log_file_size": "10"},
        no_equal={
            "audit_back_log_limit": OF_BOOT, "auditd_backlog_limit": OF_BOOT, "audit_backlog_limit": OF_BOOT,
            "priv_command_excluded_mounts": "privileged programs are searched on local filesystems that allow them",
            "auditd_extra_conf_usage": "auditd_extra_conf is translated where this is true",
            "allow_auditd_uid_user_exclusions": "auditd_uid_exclude is translated where this is true"},
        profiles={
            "rhel8cis_": "cis_rhel_8", "rhel9cis_": "cis_rhel_9", "rhel10cis_": "cis_rhel_10", "ubtu22cis_": "cis_ubuntu_22_04",
            "ubtu24cis_": "cis_ubuntu_24_04", "deb12cis_": "cis_debian_12", "deb13cis_": "cis_debian_13",
            "amzn2023cis_": "cis_amazon_2023", "rhel8stig_": "stig_rhel_8", "rhel9stig_": "stig_rhel_9"},
        key_prefix="auditd_"),
    "simp": Origin(
        "simp/auditd", ("auditd::",), renamed={"lname": "name"},
        means={"buffer_size": BACKLOG, "failure_mode": FAILURE, "rate": RATE, "immutable": LOCK, "loginuid_immutable": LOGINUID,
               "backlog_wait_time": WAIT, "ignore_failures": SKIP_ERRORS, "ignore_errors": SKIP_ERRORS,
               "config::audit_profiles::custom::rules": LINES, "purge_auditd_rules": PURGE},
        unset={"space_left_action": "SYSLOG", "admin_space_left_action": "ROTATE", "disk_full_action": "ROTATE",
               "disk_error_action": "SYSLOG", "max_log_file_action": "ROTATE", "max_log_file": "24", "num_logs": "5",
               "buffer_size": 16384, "failure_mode": 1, "ignore_failures": True},
        no_equal={
            "default_audit_profile": "the rules of its profiles are not hieradata: adopt them from a host, or name a benchmark in "
                                     "audit_rules_profiles",
            "default_audit_profiles": "the rules of its profiles are not hieradata: adopt them from a host, or name a benchmark in "
                                      "audit_rules_profiles",
            "root_audit_level": "write the rules of that level into audit_rules_extra",
            "uid_min": "UID_MIN of each host's login.defs counts",
            "at_boot": OF_BOOT, "syslog": OF_SHIPPING, "to_syslog": OF_SHIPPING, "enable": OF_SERVICE, "enable_auditing": OF_SERVICE,
            "service_name": OF_SERVICE, "package_name": "set auditd_package", "package_ensure": OF_SERVICE,
            "target_selinux_types": "write the rules into audit_rules_extra"}),
}
