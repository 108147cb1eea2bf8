# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which step of the playbook remediate cures a finding, and whether a remediation has anything to do."""

# The tags of the steps in playbooks/tasks/apply.yml
STOP, CONF, RULES, ROTATION, SHIPPING, BOOT, CHECK = STEPS = (
    "audit_stop", "audit_conf", "audit_rules", "audit_rotation", "audit_shipping", "audit_boot", "audit_check")

# step, or why there is none -> rows of C(tables.ITEMS)
CURES = {
    STOP: ("shipping.stops.", "shipping.unread."),  # every other stop is cured for good by a later step
    CONF: (
        "disk.audit", "disk.auditd_conf", "disk.auditd_conf.", "disk.auditd_conf.mode", "disk.auditd_conf.policy",
        "disk.auditd_conf.refused.", "disk.auditd_conf.spelling.", "disk.auditd_conf.trap.", "disk.auditd_conf_unread",
        "daemon.", "daemon.auditd_conf", "daemon.configuration", "daemon.disk_error", "daemon.enabled", "daemon.kernel_pid",
        "daemon.log_file", "daemon.logging_suspended", "daemon.refused", "daemon.running", "daemon.writing_to_logs",
    ),
    RULES: (
        "disk.rules_d.aborts", "disk.rules_d.control.", "disk.rules_d.deleted", "disk.rules_d.extra", "disk.rules_d.missing",
        "disk.rules_d.order", "disk.rules_d.policy", "disk.rules_d.rate_limit", "disk.rules_d_foreign.", "disk.rules_d_mode.",
        "disk.rules_d_odd.", "disk.rules_d_quarantined.", "disk.rules_d_silent", "disk.rules_link.",
        "disk.files.", "disk.permissions.",
        "compiled.audit_rules", "compiled.audit_rules.aborts", "compiled.audit_rules.control.", "compiled.audit_rules.extra",
        "compiled.audit_rules.missing", "compiled.audit_rules.only_there", "compiled.audit_rules.order", "compiled.audit_rules_unread",
        "compiled.rules_link.",
        "kernel.backlog_limit", "kernel.backlog_wait_time", "kernel.enabled", "kernel.failure", "kernel.immutable", "kernel.rate_limit",
        "kernel.rules.extra", "kernel.rules.missing", "kernel.rules.order", "kernel.rules.silent",
    ),
    ROTATION: (
        "schedule.", "schedule.given_up", "schedule.guard_running", "schedule.interpreter", "schedule.last_run", "schedule.last_success",
        "schedule.other_scheduler", "schedule.overtaken", "schedule.run_cut_off", "schedule.run_stuck", "schedule.scheduler_running",
        "schedule.status", "storage.full", "storage.rotated_logs",
    ),
    CHECK: (
        "schedule.check", "schedule.check_age", "schedule.check_file.", "schedule.check_interpreter", "schedule.check_program",
        "schedule.check_scheduler", "schedule.check_stale",
    ),
    SHIPPING: (
        "shipping.archives.", "shipping.archives.age", "shipping.archives.aws", "shipping.archives.program", "shipping.cloudwatch.agent",
        "shipping.cloudwatch.conf", "shipping.cloudwatch.let_in", "shipping.cloudwatch.loaded", "shipping.cloudwatch.readable",
        "shipping.cloudwatch.running", "shipping.conf.", "shipping.left.", "shipping.plugin.", "shipping.policy", "shipping.program.",
        "shipping.running.", "schedule.unshippable",
    ),
    BOOT: ("boot.line.", "boot.service"),
    "none, because the policy asks for nothing else": (
        "disk.auditd_conf.contradiction.", "disk.auditd_conf.expected.", "disk.controls.", "disk.exceptions.expired.",
        "disk.exceptions.expiring.", "disk.rules_d.profiles", "disk.rules_d.skipped", "disk.rules_d.written_otherwise",
        "compiled.audit_rules.written_otherwise", "kernel.rules.written_otherwise", "shipping.syslog_demanded", "schedule.conflict.",
        "boot.audit", "boot.audit_backlog_limit", "boot.next_audit", "boot.next_audit_backlog_limit", "boot.next_off", "boot.off",
        "boot.auditd_masked", "boot.rules_masked", "boot.unit_deleted", "storage.",
    ),
    "none, because the host lacks something": (
        "disk.auditd_conf.release", "disk.auditd_conf.untaken.", "disk.auditd_conf.untaken.guard", "disk.rules_d.left_out",
        "disk.rules_d.not_on_this_host",
    ),
    "none, because only a restart or a reboot does": (
        "boot.reboot_required", "daemon.version", "daemon.waits.", "kernel.locked", "kernel.reboot_required", "shipping.listens",
        "shipping.waits.",
    ),
    "none, because it has happened": ("daemon.was_suspended", "kernel.lost", "schedule.missing_events", "shipping.overflow"),
    "none, because somebody has to look at it": (
        "boot.auditd_options", "boot.auditd_prevented", "boot.next_prevents_auditd", "boot.prevents_auditd", "boot.rules", "boot.undone.",
        "compiled.audit_rules.previous", "disk.configuration_volume", "disk.selinux_label", "shipping.archives.failed.",
        "shipping.archives.unseen.",
        "shipping.cloudwatch.denied", "shipping.cloudwatch.lag", "shipping.cloudwatch.twice", "shipping.lag", "shipping.queue",
        "shipping.queue_full", "shipping.rate_limit.", "shipping.suspended", "storage.log_blocked", "storage.log_in_memory",
        "storage.log_volume", "storage.selinux_denials",
    ),
}
STEP_OF = {row: cure if cure in STEPS else "" for cure, rows in CURES.items() for row in rows}

# What is cured only where the policy asks for it by name: row -> part of the policy, its word and value, step
ON_REQUEST = {
    "disk.rules_d.skipped": ("audit_rules", "purge", "quarantine", RULES),
    "boot.auditd_masked": ("audit_boot", "service", "enabled", BOOT),
    "boot.rules_masked": ("audit_boot", "service", "enabled", BOOT),
    "boot.unit_deleted": ("audit_boot", "service", "enabled", BOOT),
}
# part of the policy -> step that puts it into force
OF_PART = {"auditd": CONF, "audit_rules": RULES, "audit_rotation": ROTATION, "audit_shipping": SHIPPING, "audit_boot": BOOT,
           "audit_check": CHECK}


def step_of(row: str, wanted: dict) -> str:
    """The tag of the step that cures findings of this row of C(tables.ITEMS) under this policy; "" where none does."""
    part, word, value, step = ON_REQUEST.get(row, ("", "", None, ""))
    return step if step and (wanted.get(part) or {}).get(word) == value else STEP_OF[row]


def worth_taking(items: "list[dict]", verdicts: "list[dict]", unseen: "set[str]") -> "list[str]":
    """The steps by which a remediation would change something: those of the findings, of information too where a control fails by it; and
    those of the parts of the policy (``unseen``) of which something was not seen: what nobody saw may have to be done.
    """
    failing = {ident for control in verdicts if control["status"] == "fail" for ident in control["items"]}
    found = {item["step"] for item in items if item["severity"] != "info" or item["id"] in failing}
    return sorted((found | {OF_PART[part] for part in unseen}) - {""})
