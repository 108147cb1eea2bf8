# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of C(tables.ITEMS) about the next boot: units, programs and the boot line."""

BY_HAND = "role audit_boot: audit_boot_line = [%s]; by hand: grubby --update-kernel=ALL --args=%s, or /etc/default/grub and update-grub"
ADD_AUDIT, ADD_BACKLOG = (BY_HAND % (word, word) for word in ("audit=1", "audit_backlog_limit=8192"))

BOOT = {
    "boot.auditd_options": (
        "high", "", "auditd.service starts auditd with another directory (-c): nothing that /etc/audit/auditd.conf says will hold for it.",
        "take the option out of auditd.service and its drop-ins",
    ),
    "boot.auditd_prevented": (
        "critical", "service", "At the next boot no auditd starts, or none that can do its work: its unit or a program is in the way.",
        "take the drop-in away, or install the audit package again",
    ),
    "boot.undone.": (
        "high", "", "A job, unit or start script that root runs stops auditd, switches auditing off, or changes its settings and rules.",
        "take the lines that the finding shows out of that file, or remove the file; no role changes files of others",
    ),
    "boot.rules": (
        "critical", "", "Nothing loads the rules at the next boot, so from then on only what the kernel audits by itself is recorded.",
        "restore the unit of the audit package",
    ),
    "boot.audit": (
        "info", "boot_audit", "Without audit=1 on the boot line, processes that start before auditd are not audited.",
        ADD_AUDIT,
    ),
    "boot.line.": (
        "medium", "", "The next kernel starts without a word that audit_boot_line asks for.", "role audit_boot: audit_boot_line"),
    "boot.reboot_required": (
        "low", "", "The boot loader has the words that audit_boot_line asks for; the running kernel started without them.",
        "reboot the host",
    ),
    "boot.service": (
        "medium", "service", "audit_boot_service = disabled, and the next boot can still start auditd.",
        "role audit_boot: audit_boot_service",
    ),
    "boot.unit_deleted": (
        "critical", "service",
        "auditd is installed and its unit file was deleted: nothing can start it, and the next upgrade of its package brings the unit back "
        "unannounced.", "role audit_boot: audit_boot_service = enabled, which reinstalls the package on a running host",
    ),
    "boot.auditd_masked": (
        "critical", "service", "auditd.service is masked: nothing can start auditd, and the next boot does not.",
        "role audit_boot: audit_boot_service = enabled; by hand: systemctl unmask auditd.service",
    ),
    "boot.rules_masked": (
        "high", "", "audit-rules.service is masked: no rule is loaded at the next boot.",
        "role audit_boot: audit_boot_service = enabled; by hand: systemctl unmask audit-rules.service",
    ),
    "boot.prevents_auditd": (
        "high", "service", "A word on the kernel's boot line keeps systemd from starting auditd, or from loading the rules.",
        "take the word off the kernel's boot line",
    ),
    "boot.next_prevents_auditd": (
        "high", "service", "The boot loader gives the next kernel a word that keeps systemd from starting auditd, or the rules.",
        "take the word off the kernel's boot line",
    ),
    "boot.off": (
        "medium", "boot_audit", "audit=0 on the boot line switches the kernel's auditing off until the next boot.",
        ADD_AUDIT,
    ),
    "boot.next_off": (
        "medium", "boot_audit",
        "The boot loader starts the next kernel with audit=0, which switches auditing off until the boot after that.",
        ADD_AUDIT,
    ),
    "boot.next_audit": (
        "info", "boot_audit", "The running kernel has audit=1; the boot loader starts the next one without it.",
        ADD_AUDIT,
    ),
    "boot.next_audit_backlog_limit": (
        "info", "boot_backlog_limit", "The boot loader gives the next kernel a smaller queue until the rules are loaded.",
        ADD_BACKLOG,
    ),
    "boot.audit_backlog_limit": (
        "info", "boot_backlog_limit", "Until the rules are loaded the kernel queues 64 records; more than that during boot are lost.",
        ADD_BACKLOG),
}
