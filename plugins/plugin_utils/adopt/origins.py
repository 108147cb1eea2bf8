# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles and modules whose variables are translated: a table each, and what has no equal here.

The names and the values that count where nothing is set are those of the roles' defaults and README files as they were published up to
2026; a name that a later release brings has no row, and is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .templates import LOCKDOWN, SIMP, Template

# what a variable means here, beside keys of auditd.conf
BACKLOG, FAILURE, RATE, ENABLED, WAIT = "-b", "-f", "-r", "-e", "--backlog_wait_time"
LOCK, LOGINUID, SKIP_ERRORS, PURGE = "lock", "loginuid", "skip errors", "purge"
RULES, LINES, EXCEPTIONS, EXTRA_CONF, USERS = "rules", "lines", "exceptions", "settings", "users"
PROFILES, SAMPLES, TEMPLATES, AVAILABLE, CONF_LINES = "profiles", "samples", "templates", "available", "lines of auditd.conf"
SUDO_LOG, EXTRA_CONF_NAME = "log of sudo", "auditd_extra_conf"

PROGRAM_SUFFIX = "_exe"  # of a variable with the program of an EXEC action
OF_SERVICE = "the role installs audit and enables its service by auditd_manage_package"
OF_BOOT = "it is about the kernel's boot line, which the roles for settings and rules do not touch"
OF_SHIPPING = "it is about shipping records away"
NO_CONTROL = "the library has no control of it: write its rules into audit_rules_extra"
OF_AUDISPD = "it is about the audispd of audit 2; from 3.0 on the key of auditd.conf counts"
SYSTEM_USERS = "the rules of a benchmark leave system users out by auid themselves"


@dataclass(frozen=True)
class Origin:
    """``prefixes``: what their variables begin with; a prefix and a key of auditd.conf is that key.

    ``renamed`` {variable without prefix: key of auditd.conf}. ``means`` {variable without prefix: a word from above}. ``unset`` {variable
    without prefix: what counts where it is not set}. ``no_equal`` {variable without prefix, or its end behind a C(*): why}. ``templates``
    {prefix: the rules that the role has for it}. ``key_prefixes``: what may stand before a key of auditd.conf, behind the prefix.
    ``of_the_system``: most of its variables are not about auditing.
    """

    title: str
    prefixes: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    means: Mapping[str, str] = field(default_factory=dict)
    unset: Mapping[str, object] = field(default_factory=dict)
    no_equal: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
    key_prefixes: tuple[str, ...] = ("",)
    of_the_system: bool = False

    def owns(self, variable: str) -> bool:
        return variable.startswith(self.prefixes) or any(one.part(variable) is not None for one in self.templates.values())

    def why_not(self, name: str) -> str | None:
        """Why a variable, without its prefix, has no equal; None where it has, or no row names it."""
        ends = (why for end, why in self.no_equal.items() if end.startswith("*") and name.endswith(end[1:]))
        return self.no_equal.get(name) or next(ends, None)


SUSPENDS = {"space_left": "75", "space_left_action": "SYSLOG", "admin_space_left": "50", "admin_space_left_action": "SUSPEND",
            "disk_full_action": "SUSPEND", "disk_error_action": "SUSPEND", "max_log_file_action": "ROTATE", "num_logs": "5"}
RULE_WORDS = {"buffer_size": BACKLOG, "fail_mode": FAILURE, "maximum_rate": RATE, "enable_flag": ENABLED, "rules": RULES}
LAUREL = ("enable", "version", "url", "checksum", "user", "config", "plugin", "rotatesize", "reporting_template")
ARCH = {"default_arch": "each translated rule names its machine itself"}

ORIGINS: dict[str, Origin] = {
    "linux_system_roles": Origin(
        "linux-system-roles.auditd", ("auditd_",),
        means={**RULE_WORDS, "purge_rules": PURGE, "loginuid_immutable": LOGINUID, "backlog_wait_time": WAIT},
        unset={**SUSPENDS, "buffer_size": 32768, "fail_mode": 1, "maximum_rate": 60, "enable_flag": 1},
        no_equal={**ARCH, "start_service": OF_SERVICE, "manage_rules": "the role audit_rules writes nothing where it is not called",
                  "kernel_enable": "set audit_boot_line to ['audit=1'] where it is true",
                  "reboot_ok": "no role reboots a host: reboot_required in the report says where it is needed"}),
    "robertdebock": Origin(
        "robertdebock.auditd", ("auditd_",), means={**RULE_WORDS, "file_rules": RULES, "syscall_rules": RULES},
        unset={**SUSPENDS, "log_format": "RAW", "buffer_size": 32768, "fail_mode": 1, "maximum_rate": 60, "enable_flag": 1},
        no_equal={**ARCH, "manage_rules": "the role audit_rules writes nothing where it is not called", "start_service": OF_SERVICE,
                  "plugin_syslog": OF_SHIPPING + ": audit_shipping_to"}),
    "juju4": Origin(
        "juju4.auditd", ("auditd_",),
        means={"buffer_size": BACKLOG, "failure_mode": FAILURE, "enable_flag": ENABLED, "extra_rules": LINES, "exclusion_rules": EXCEPTIONS,
               "exclusion_rules2": EXCEPTIONS, "exclusion_rules_debian_b64": EXCEPTIONS, "exclusion_rules_redhat_b64": EXCEPTIONS,
               "rules_templates": TEMPLATES, "manage_configuration_directory": PURGE, "set_loginuid_immutable": LOGINUID,
               "conf_lineinfile": CONF_LINES},
        unset={"buffer_size": 32768, "failure_mode": 1, "enable_flag": 2, "rules_templates": ["50-cis_l2"], "set_loginuid_immutable": True,
               "conf_lineinfile": [{"l": "max_log_file = 32"}, {"l": "num_logs = 10"}]},
        no_equal={
            "grub_enable": OF_BOOT, "reporting": "audit_drift writes the reports",
            **dict.fromkeys([f"laurel_{name}" for name in LAUREL], "it is about Laurel, a plugin of another project"),
            "log_tmp": "write the watch of /tmp into audit_rules_extra", "log_etc": "write the watch of /etc into audit_rules_extra",
            "log_all_execve": "write the rule into audit_rules_extra", "log_all_socket": "write the rule into audit_rules_extra",
            "log_all_connect": "write the rule into audit_rules_extra", "sensitive_files": "write their watches into audit_rules_extra",
            "log_binaries_exec": "write a rule for each program into audit_rules_extra",
            "rule_rootcmd_all": "write the rule into audit_rules_extra",
            "sugid_ignored_paths": "privileged programs are searched on local filesystems that allow them"}),
    "dev_sec": Origin(
        "devsec.hardening.os_hardening", ("os_auditd_",),
        means={"rules_failure_mode": FAILURE, "rules_events": LINES, "rules_events_os": LINES, "rules_events_extra": LINES},
        unset={**SUSPENDS, "max_log_file_action": "keep_logs", "log_format": "RAW", "flush": "INCREMENTAL", "freq": "20",
               "max_log_file": "6"},
        no_equal={"enabled": OF_SERVICE}),
    "ansible_lockdown": Origin(
        "ansible-lockdown (RHEL, Ubuntu, Debian and Amazon Linux benchmarks)", tuple(LOCKDOWN),
        renamed={"auditd_max_log_file_size": "max_log_file", "max_log_file_size": "max_log_file", "maxauditlog_size": "max_log_file",
                 "auditd_mail_acct": "action_mail_acct", "auditd_email_acct": "action_mail_acct",
                 "audisp_overflow_action": "overflow_action", "audit_conf_logfile": "log_file", "audit_conf_logfile_group": "log_group"},
        means={EXTRA_CONF_NAME: EXTRA_CONF, "auditd": EXTRA_CONF, "auditd_uid_exclude": USERS, "auditd_failure_flag": FAILURE,
               "availability_override": AVAILABLE, "sudo_logfile": SUDO_LOG, "sudolog_location": SUDO_LOG},
        no_equal={
            "audit_back_log_limit": OF_BOOT, "auditd_backlog_limit": OF_BOOT, "audit_backlog_limit": OF_BOOT,
            "priv_command_excluded_mounts": "privileged programs are searched on local filesystems that allow them",
            "auditd_extra_conf_usage": "auditd_extra_conf is translated where this is true",
            "allow_auditd_uid_user_exclusions": "auditd_uid_exclude is translated where this is true",
            "audit_log_filesystem": "where logs lie is log_file of auditd_conf",
            "audit_bins": "the programs of audit are found on each host", "audit_complex": "it is about the role's own run"},
        templates=LOCKDOWN, key_prefixes=("auditd_", "audit_conf_"), of_the_system=True),
    "simp": Origin(
        "simp/auditd", ("auditd::",),
        renamed={"lname": "name", **{f"config::audisp::{key}": key for key in ("q_depth", "overflow_action", "max_restarts")}},
        means={"buffer_size": BACKLOG, "failure_mode": FAILURE, "rate": RATE, "immutable": LOCK, "loginuid_immutable": LOGINUID,
               "backlog_wait_time": WAIT, "ignore_failures": SKIP_ERRORS, "ignore_errors": SKIP_ERRORS,
               "config::audit_profiles::custom::rules": LINES, "purge_auditd_rules": PURGE, "default_audit_profile": PROFILES,
               "default_audit_profiles": PROFILES, "config::audit_profiles::built_in::rulesets": SAMPLES},
        unset={"space_left_action": "SYSLOG", "admin_space_left_action": "ROTATE", "disk_full_action": "ROTATE",
               "disk_error_action": "SYSLOG", "max_log_file_action": "ROTATE", "max_log_file": "24", "num_logs": "5",
               "buffer_size": 16384, "failure_mode": 1, "ignore_failures": True, "default_audit_profiles": ["simp"]},
        no_equal={
            "*_tag": "rules of a benchmark keep the key that its checkers look for",
            "*_list": "write further rules into audit_rules_extra", "*_entries": "write further rules into audit_rules_extra",
            "*suid_sgid_cmds": "privileged programs are searched on each host: audit_rules_privileged",
            "*_root_audit_syscalls": "write the rules of that level into audit_rules_extra",
            "*root_audit_level": "write the rules of that level into audit_rules_extra",
            "*uid_min": "UID_MIN of each host's login.defs counts",
            "ignore_anonymous": SYSTEM_USERS, "ignore_system_services": SYSTEM_USERS,
            "ignore_crond": "name the filter for cron in audit_rules_filters",
            "ignore_time_daemons": "name the filter for chrony in audit_rules_filters",
            "config::audit_profiles::custom::template": "its rules are in a template of yours: adopt them from a host",
            "config::audisp::priority_boost": OF_AUDISPD, "config::audisp::name_format": OF_AUDISPD,
            "*::rsyslog": OF_SHIPPING, "*::facility": OF_SHIPPING, "*::priority": OF_SHIPPING, "*::drop_audit_logs": OF_SHIPPING,
            "*::pkg_name": OF_SHIPPING, "*::specific_name": OF_SHIPPING,
            "at_boot": OF_BOOT, "syslog": OF_SHIPPING, "to_syslog": OF_SHIPPING, "enable": OF_SERVICE, "enable_auditing": OF_SERVICE,
            "service_name": OF_SERVICE, "package_name": "set auditd_package", "package_ensure": OF_SERVICE,
            "target_selinux_types": "write the rules into audit_rules_extra"},
        templates=SIMP),
}
