# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that other roles have in templates and not in variables: the benchmark of ours that demands the same, and their switches.

The numbers are those of the roles' own templates (templates/audit/99_auditd.rules.j2 and rules.d/*.j2 of ansible-lockdown, the classes
auditd::config::audit_profiles::* of SIMP), the values those of their defaults, as they were published up to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

FALSE = ("false", "no", "off", "0")
TRUE = ("true", "yes", "on", "1")


@dataclass(frozen=True)
class Template:
    """``benchmark``: ours with the same demands, empty where there is none.

    ``switch``: what the whole name of a variable matches that switches a part off; its group is the part's number, written ``number`` here.
    ``renumbered`` {start of the role's number: start of ours}. ``whole``: ends of variables that switch everything off. ``unset`` {setting
    without prefix: what counts where it is not set}. ``apart`` {end of a variable: our numbers of settings that it switches, and ``whole``
    does not}. ``unwritten`` {key of auditd.conf that a variable names: why the role does not write it all the same}. ``topics`` {part
    without a number: our controls}, ``off``: those that are off unless they are switched on. ``said``: a sentence for the report.
    """

    benchmark: str
    switch: str = r"[a-z0-9]+cis_rule_(\d+(?:_\d+)+)"
    number: str = "{}"
    renumbered: Mapping[str, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    unset: Mapping[str, object] = field(default_factory=dict)
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unwritten: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    said: str = ""

    def part(self, variable: str) -> str | None:
        """Our number for the part that a variable switches; None for a variable that is no switch."""
        match = re.fullmatch(self.switch, variable)
        if match is None:
            return None
        theirs = match[1].replace("_", ".")
        for start, ours in self.renumbered.items():
            if theirs == start or theirs.startswith(start + "."):
                return ours + theirs[len(start):]
        return self.number.format(theirs)

    def numbers_off(self, values: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
        """(our number, variable) for each part that is switched off."""
        for variable in sorted(values):
            part = self.part(variable)
            if part is not None and str(values[variable]).lower() in FALSE:
                yield part, variable
        for end, numbers in self.apart.items():
            if str(values.get(prefix + end, True)).lower() in FALSE:
                yield from ((number, prefix + end) for number in numbers)

    def switches_all_off(self, values: Mapping[str, object], prefix: str) -> str | None:
        """The variable that switches the whole template off; None where none does."""
        return next((prefix + end for end in self.whole if str(values.get(prefix + end, True)).lower() in FALSE), None)

    def topics_off(self, values: Mapping[str, object], prefix: str) -> list[str]:
        """Parts without a number that are off, by what is set (prefix + topic) or by the role itself."""
        return [topic for topic in self.topics
                if str(values.get(prefix + topic, topic not in self.off)).lower() in FALSE]


CIS_ACTIONS = {"auditd_max_log_file_action": "keep_logs", "auditd_disk_full_action": "halt", "auditd_disk_error_action": "syslog",
               "auditd_space_left_action": "email", "auditd_admin_space_left_action": "halt"}
CIS_UNSET = {**CIS_ACTIONS, "auditd_max_log_file_size": "10"}


def _cis(benchmark: str, section: int, renumbered: Mapping[str, str] | None = None, *,
         unset: Mapping[str, object] | None = None, said: str = "") -> Template:
    whole = (f"section{section}", f"section{section}_patch")
    return Template(benchmark, renumbered=renumbered or {}, whole=whole, unset=CIS_UNSET if unset is None else unset, said=said)


def _stig(benchmark: str, switch: str, number: str, unset: Mapping[str, object], *,
          apart: Mapping[str, tuple[str, ...]] | None = None, unwritten: Mapping[str, str] | None = None) -> Template:
    return Template(benchmark, switch=switch, number=number, unset=unset, whole=("cat2_patch", "cat2", "auditd_required"),
                    apart=apart or {}, unwritten=unwritten or {})


RHEL_8_STIG_UNSET = {"auditd_disk_full_action": "HALT", "auditd_disk_error_action": "HALT", "auditd_max_log_file_action": "SYSLOG",
                     "audisp_overflow_action": "syslog", "auditd_mail_acct": "root", "auditd_failure_flag": 2}
RHEL_9_STIG_UNSET = {
    "audit_conf_action_mail_acct": "root", "audit_conf_admin_space_left": "5%", "audit_conf_admin_space_left_action": "single",
    "audit_conf_disk_error_action": "HALT", "audit_conf_disk_full_action": "HALT", "audit_conf_freq": "100",
    "audit_conf_local_events": "yes", "audit_conf_log_format": "ENRICHED", "audit_conf_max_log_file_action": "ROTATE",
    "audit_conf_name_format": "hostname", "audit_conf_overflow_action": "syslog", "audit_conf_space_left": "25%",
    "audit_conf_space_left_action": "email", "audit_conf_write_logs": "yes"}
UBUNTU_24_STIG_UNSET = {"auditd_log_group": "root", "auditd_email_acct": "root", "auditd_space_left": "25%",
                        "auditd_space_left_action": "EMAIL"}
UBUNTU_22_STIG_UNSET = {**UBUNTU_24_STIG_UNSET, "auditd_disk_full_action": "HALT"}
# section 4 of earlier releases: its 4.1.2.3 asked for what 6.3.2.4 asks for since
OLDER = {"4.1.2.1": "6.3.2.1", "4.1.2.2": "6.3.2.2", "4.1.2.3": "6.3.2.4", "4.1.3": "6.3.3"}
LATER = {"6.3.2": "6.2.2", "6.3.3": "6.2.3"}
# AMAZON2-CIS counts the same subjects from 4.1.3 on
AMAZON_2 = {
    "4.1.2.1": "5.2.2.1", "4.1.2.2": "5.2.2.2", "4.1.2.3": "5.2.2.3", "4.1.3": "5.2.3.4", "4.1.4": "5.2.3.8", "4.1.5": "5.2.3.5",
    "4.1.6": "5.2.3.14", "4.1.7": "5.2.3.12", "4.1.8": "5.2.3.11", "4.1.9": "5.2.3.9", "4.1.10": "5.2.3.7", "4.1.11": "5.2.3.6",
    "4.1.12": "5.2.3.10", "4.1.13": "5.2.3.13", "4.1.14": "5.2.3.1", "4.1.15": "5.2.3.2", "4.1.16": "5.2.3.19", "4.1.17": "5.2.3.20"}

# prefix of the role's variables: its template
LOCKDOWN = {
    "rhel8cis_": _cis("cis_rhel_8", 6, {"5.2.2": "6.3.2", **OLDER}),
    "rhel9cis_": _cis("cis_rhel_9", 6, OLDER),
    "rhel10cis_": _cis("cis_rhel_10", 6),
    "ubtu20cis_": _cis("", 6),
    "ubtu22cis_": _cis("cis_ubuntu_22_04", 6, {"6.2.2": "6.3.2", "6.2.3": "6.3.3", **OLDER}),
    "ubtu24cis_": _cis("cis_ubuntu_24_04", 6, unset={**CIS_ACTIONS, "max_log_file_size": "10"}),
    "deb11cis_": _cis("", 6),
    "deb12cis_": _cis("cis_debian_12", 6, LATER),
    "deb13cis_": _cis("cis_debian_13", 6),
    "amazon2cis_": _cis(
        "cis_amazon_2023", 4, AMAZON_2,
        said="the benchmark of Amazon Linux 2 is not in this collection: cis_amazon_2023 asks for the same, and for 5.2.3.3 and 5.2.3.15 "
        "to 5.2.3.18 beside; name these in audit_rules_skip to leave them out"),
    "amzn2023cis_": _cis("cis_amazon_2023", 5),
    "rhel8stig_": _stig("stig_rhel_8", r"rhel_08_(\d{6})", "RHEL-08-{}", RHEL_8_STIG_UNSET),
    "rhel9stig_": _stig("stig_rhel_9", r"rhel_09_(\d{6})", "RHEL-09-{}", RHEL_9_STIG_UNSET),
    # its switches were ubtu_22_653030 before they were ubtu22stig_653030
    "ubtu22stig_": _stig("stig_ubuntu_22_04", r"ubtu(?:22stig|_22)_(\d{6})", "UBTU-22-{}", UBUNTU_22_STIG_UNSET,
                         apart={"cat3": ("UBTU-22-653025", "UBTU-22-653040")}),
    "ubtu24stig_": _stig("stig_ubuntu_24_04", r"ubtu24stig_(\d{6})", "UBTU-24-{}", UBUNTU_24_STIG_UNSET,
                         apart={"cat3": ("UBTU-24-900960", "UBTU-24-900980")},
                         unwritten={"disk_full_action": "the STIG of Ubuntu 24.04 does not ask for it, and no task sets it"}),
}

# A topic of SIMP's profiles is the variable auditd::config::audit_profiles::PROFILE::audit_TOPIC
_OF_COMMANDS = {
    "passwd_cmds": ("passwd_command", "unix_chkpwd", "gpasswd", "chage", "userhelper"),
    "priv_cmds": ("su", "sudo", "newgrp", "chsh", "sudoedit"), "postfix_cmds": ("postdrop", "postqueue"),
    "ssh_keysign_cmd": ("ssh_keysign",), "crontab_cmd": ("crontab",), "pam_timestamp_check_cmd": ("pam_timestamp_check",),
    "selinux_cmds": ("semanage", "setsebool", "chcon", "setfiles"),
}
_OF_BOTH = {
    **_OF_COMMANDS, "unsuccessful_file_operations": ("access", "access_by_handle"), "chown": ("chown",), "chmod": ("chmod",),
    "attr": ("xattr", "xattr_root"), "rename_remove": ("delete", "delete_rmdir"), "suid_sgid": ("privileged_commands",),
    "kernel_modules": ("modules", "kmod"), "mount": ("mount", "mount_command", "umount_command"),
    "local_account": ("group", "passwd", "gshadow", "shadow", "opasswd"),
    "login_files": ("lastlog", "faillock_run", "faillock_log", "tallylog"),
    "cfg_sudoers": ("sudoers", "sudoers_d"),
}
_OF_SIMP_ALONE = {
    "time": ("time_change", "clock_settime", "localtime"), "locale": ("system_name", "issue", "hosts", "sysconfig_network"),
    "selinux_policy": ("selinux", "selinux_policy"), "session_files": ("utmp", "wtmp", "btmp"), "cfg_cron": ("cron_d", "cron_spool"),
    "cfg_pam": ("pam_conf", "pam_d"), "su_root_activity": (), "umask": (), "cfg_grub": (), "cfg_sys": (), "cfg_shell": (),
    "cfg_security": (),
    "cfg_services": (), "cfg_xinetd": (), "cfg_yum": (), "yum_cmd": (), "rpm_cmd": (), "ptrace": (), "personality": (),
}
SIMP = {
    "stig": Template("stig_rhel_8", topics=_OF_BOTH,
                     said="SIMP's profile stig has the rules of the STIG of EL 7, which this collection does not have: stig_rhel_8 is the "
                          "nearest; name stig_rhel_9 or stig_rhel_10 for hosts of those releases"),
    "simp": Template("auto", topics={**_OF_BOTH, **_OF_SIMP_ALONE},
                     off=("chmod", "rename_remove", "selinux_cmds", "umask", "yum_cmd", "rpm_cmd"),
                     said="SIMP's profile simp drops records of system users by rules that stand first; the benchmark's rules leave them "
                          "out themselves (auid)"),
}
# sample rules of the audit package, as auditd::config::audit_profiles::built_in::rulesets names them
SIMP_SAMPLES = {"ospp-v42": "ospp", "pci-dss-v31": "pci_dss", "stig": "stig_rhel_8"}
JUJU4 = {"50-cis_l2": "auto"}
