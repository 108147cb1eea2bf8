# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference means: severities, reasons, and the variable that cures it. Tables only.

Which controls of which benchmark speak of it is the library's to say: C(_library.demands), by the subjects named here.
"""

from . import benchmark_tables
from .checker_items import ITEMS as OF_CHECKER
from .shipping_items import ITEMS as OF_SHIPPING
from .tables_boot import BOOT

SCHEMA = 2
LAYERS = ("disk", "compiled", "daemon", "kernel", "schedule", "storage", "shipping", "boot")

# option of auditctl(8) -> word of the policy and of struct audit_status
CONTROL_WORDS = {"-b": "backlog_limit", "-f": "failure", "-e": "enabled", "--backlog_wait_time": "backlog_wait_time"}

FAILURE_POLICY = "role auditd: auditd_failure_policy"
ROTATION = "role audit_rotation"
RULES = "role audit_rules"
BACKLOG = "role audit_rules: audit_rules_backlog_limit"

# key of auditd.conf -> severity, why, fix
KEYS = {
    "max_log_file_action": (
        "medium", "Rotation by time needs max_log_file_action = IGNORE; any other action rotates, keeps or stops by size as well.",
        "role auditd",
    ),
    "num_logs": ("medium", "Below num_logs = 2 auditd ignores the request to rotate, so no rotation by time can work.", "role auditd"),
    "max_log_file": ("medium", "This size decides when auditd acts on a growing log.", "role auditd: auditd_conf.max_log_file"),
    "space_left": ("medium", "This is how much free room is left when the first warning comes.", "role auditd: auditd_conf.space_left"),
    "space_left_action": ("medium", "This is what happens when room gets short; the policy chose another reaction.", FAILURE_POLICY),
    "admin_space_left": (
        "medium", "This is how much free room is left when the last step before a full disk is taken.",
        "role auditd: auditd_conf.admin_space_left",
    ),
    "admin_space_left_action": (
        "medium", "This is what happens shortly before the disk is full; the policy chose another reaction.", FAILURE_POLICY,
    ),
    "disk_full_action": (
        "medium", "This is what happens when the log partition is full; the policy chose another reaction.", FAILURE_POLICY,
    ),
    "disk_error_action": (
        "medium", "This is what happens when a write to the log fails; the policy chose another reaction.", FAILURE_POLICY,
    ),
    "write_logs": ("high", "With write_logs = no nothing reaches the log on this host.", "role auditd: auditd_conf.write_logs"),
    "local_events": ("high", "With local_events = no this host's own events are not recorded.", "role auditd: auditd_conf.local_events"),
    "overflow_action": ("medium", "This is what happens when a plugin cannot keep up.", "role auditd: auditd_conf.overflow_action"),
    "log_file": (
        "medium", "The log is written somewhere else than the policy says, out of sight of whoever collects it.",
        "role auditd: auditd_conf.log_file",
    ),
}
OTHER_KEY = ("low", "auditd.conf has another value for this key than the policy.", "role auditd: auditd_conf.%s")

# What a live word does to a host that the policy wants otherwise.
WORD_SEVERITY = {"HALT": "critical", "SINGLE": "critical", "SUSPEND": "high"}
WORD_WHY = {
    "HALT": "Today auditd powers this host off at that point; the policy chose another reaction.",
    "SINGLE": "Today auditd takes this host down to single user mode at that point; the policy chose another reaction.",
    "SUSPEND": "Today auditd stops recording at that point, and nobody is warned; the policy chose another reaction.",
}
NOT_PROVEN = "Nothing proves that auditd has loaded this file; a remediation reloads it and proves it."

LINK = "Whoever can change what the link leads to decides what is audited; the role replaces the link and leaves its target alone."
SILENT = "These rules switch auditing off: every rule of the policy may be loaded, and nothing is recorded."
SILENT_FIX = "delete them from their file in rules.d, or audit_rules_purge: quarantine (role audit_rules)"

# id of an item (or what it starts with, ending in a dot) -> severity, subject of its controls, why, fix
# What an old value does while the new one waits for a restart: keys, values of the running auditd (none: any), severity. Else low.
WAITS = (
    (("local_events",), ("no",), "high"),  # it takes no records from its own kernel
    (("transport", "enable_krb5", "krb5_principal", "krb5_key_file"), (), "medium"),  # records travel unprotected, or do not travel
    (("tls_psk_file", "tls_psk_identity", "tls_cipher_suites", "tls_key_exchange", "tls_require_pqc", "tls_auth",
      "tls_crypto_profile"), (), "medium"),
)

ITEMS = {
    **OF_CHECKER,
    **OF_SHIPPING,
    "disk.audit": (
        "critical", "package", "Audit is not installed, so nothing that happens on this host is recorded.",
        "role auditd: auditd_manage_package",
    ),
    "disk.auditd_conf": (
        "high", "", "auditd.conf is missing: auditd runs on its compiled defaults, without rotation, without thresholds.", "role auditd"),
    "disk.auditd_conf_unread": (
        "info", "", "auditd.conf could not be read, so nobody knows what auditd does with it.", "make it a regular file that root can read",
    ),
    "compiled.audit_rules_unread": (
        "info", "", "audit.rules could not be read, so nobody knows what the next boot loads.", "make it a regular file that root can read",
    ),
    "disk.auditd_conf.mode": (
        "info", "configuration_mode", "Who can read or change auditd.conf can see or choose what auditing does.", "role auditd",
    ),
    "disk.auditd_conf.policy": (
        "high", "", "The policy has settings that auditd on this host would refuse; nothing of the policy is applied until they are right.",
        "role auditd: auditd_conf, auditd_failure_policy",
    ),
    "disk.auditd_conf.release": ("info", "", "The release of audit is not known: auditd.conf is judged as the newest one would judge it.",
                                 "role auditd: auditd_release"),
    "disk.auditd_conf.refused.": (
        "critical", "",
        "auditd refuses the whole file for this, so it stays dead at its next start and keeps what it had at a reload:",
        "role auditd: auditd_conf",
    ),
    "disk.auditd_conf.trap.": ("info", "", "auditd accepts this, but does not do what the line seems to say:", "role auditd: auditd_conf"),
    "disk.auditd_conf.": OTHER_KEY[:1] + ("",) + OTHER_KEY[1:],
    "disk.rules_link.": ("medium", "", LINK, RULES),
    "disk.rules_d_silent": ("high", "syscall_auditing", SILENT, SILENT_FIX),
    "compiled.rules_link.": ("medium", "", LINK, RULES),
    "disk.rules_d.policy": ("high", "", "The policy has rules that this host would refuse, so nothing of it can be loaded.", RULES),
    "disk.rules_d.missing": (
        "medium", "", "The files in rules.d, from which this host loads its rules at boot, lack rules of the policy.", RULES,
    ),
    "disk.rules_d.extra": (
        "low", "", "Files in rules.d that the policy does not keep, or its own files as they were before, have more rules than it wants.",
        RULES,
    ),
    "disk.rules_d.order": (
        "medium", "", "The first matching rule decides, and the files in rules.d have these in another order than the policy.", RULES,
    ),
    "disk.rules_d.rate_limit": (
        "high", "", "The rules files have the kernel drop records above this number a second, unseen; the policy sets no limit.",
        "take -r out of that file, or role audit_rules: audit_rules_rate_limit",
    ),
    "compiled.audit_rules.order": (
        "medium", "", "The first matching rule decides, and audit.rules has these in another order than the policy.", RULES,
    ),
    "disk.rules_d.control.": ("low", "", "The files in rules.d set this for the kernel otherwise than the policy.", RULES),
    "disk.rules_d.aborts": (
        "critical", "", "The rules do not load to their end at the next boot.",
        "correct that line; the role audit_rules lets the load go on behind a line of another file, and audit_rules_purge: quarantine "
        "moves that file away",
    ),
    "disk.rules_d.deleted": (
        "high", "", "A -D, -d or -W behind them deletes these rules of the policy when they are loaded.",
        "take that line out of that file, or role audit_rules: audit_rules_purge",
    ),
    "disk.rules_d.left_out": (
        "medium", "", "These rules were asked for and are not in force on this host, because its kernel would refuse them.",
        "create what is missing and run the role again, or take them out of audit_rules_extra",
    ),
    "disk.rules_d.not_on_this_host": (
        "info", "", "These rules of a benchmark name what this host does not have.", "role audit_rules: audit_rules_skip",
    ),
    "disk.rules_d.skipped": (
        "high", "",
        "auditctl or the kernel refuses these lines of other rules files and goes on behind them: what they are to audit is not audited.",
        "correct these lines; or role audit_rules: audit_rules_purge: quarantine moves their files away, audit_rules_on_error: skip "
        "accepts them",
    ),
    "disk.rules_d_odd.": (
        "medium", "", "augenrules passes over this name with an error: what is meant to be read there is not.", "remove it",
    ),
    "disk.rules_d_mode.": ("info", "configuration_mode", "Who can read or change a rules file can see or choose what is audited.", RULES),
    "disk.rules_d_quarantined.": (
        "low", "", "A rules file lies in the quarantine, and the policy wants it back.", "role audit_rules: audit_rules_purge",
    ),
    "disk.rules_d_foreign.": (
        "low", "", "A rules file that no policy names adds rules or changes the kernel's settings; the policy wants it out of the way.",
        "role audit_rules: audit_rules_purge",
    ),
    "compiled.audit_rules": ("medium", "", "There is no audit.rules: what augenrules compiles for the kernel was never made.", RULES),
    "compiled.audit_rules.missing": ("medium", "", "audit.rules, which auditctl loads, lacks rules of the policy.", RULES),
    "compiled.audit_rules.extra": ("low", "", "audit.rules, which auditctl loads, has rules that no file of the policy has.", RULES),
    "compiled.audit_rules.only_there": (
        "high", "",
        "These rules stand only in audit.rules, in no file of rules.d: the next run of augenrules drops them.",
        "role audit_rules: keeps what was written into audit.rules in a file of rules.d (not with audit_rules_purge: quarantine), and all "
        "of it in audit.rules.prev",
    ),
    "compiled.audit_rules.previous": (
        "high", "", "These rules were written into audit.rules by hand, and were replaced; audit.rules.prev is the only copy.",
        "write them into audit_rules_extra, or into a file of rules.d; or delete audit.rules.prev",
    ),
    "compiled.audit_rules.aborts": ("high", "", "auditctl stops at a line of audit.rules, and nothing after it is loaded.", RULES),
    "compiled.audit_rules.control.": ("low", "", "audit.rules sets this for the kernel otherwise than the policy.", RULES),
    "disk.files.": (
        "low", "", "A chosen benchmark asks for a stricter mode, or for root as owner and group; its checkers fail this file.",
        RULES,
    ),
    "disk.permissions.": ("high", "", "Others than root can change this.", "chown root and chmod go-w"),
    "disk.selinux_label": (
        "medium", "", "This system boots with SELinux, which denies auditd and cron a file without a label.",
        "restorecon in the tree, or touch /.autorelabel there before it boots",
    ),
    "storage.log_blocked": (
        "critical", "", "auditd cannot open its log like this at its next start, or cannot rename it: it stops, or stops recording.",
        "make it a directory of root's, and the log a regular file in it",
    ),
    "disk.configuration_volume": (
        "high", "",
        "The next boot mounts something over the settings or rules of audit, and it is not mounted now: what auditd reads then is not what "
        "was compared here.",
        "mount it, then compare again; or take it out of fstab, or disable its mount unit",
    ),
    "storage.log_in_memory": (
        "medium", "", "The log lies in memory (tmpfs): every record is gone with the next boot.",
        "role auditd: auditd_conf.log_file on a disk; or take the mount of the memory out of fstab, or disable its mount unit",
    ),
    "storage.log_volume": (
        "high", "",
        "The next boot gives the log a volume of its own, and it is not mounted: what lies in its place is another log, on another disk.",
        "mount it, then compare again",
    ),
    "disk.auditd_conf.untaken.guard": (
        "low", "", "audit_rotation_guard = exec asks for a call that this host cannot rely on.",
        "role auditd: audit_rotation_guard: timed",
    ),
    "daemon.configuration": (
        "high", "", "The running auditd was started with another directory (-c): nothing that /etc/audit/auditd.conf says holds for it.",
        "restart auditd without -c",
    ),
    "daemon.enabled": (
        "high", "service", "Nothing starts auditd at the next boot, so from then on this host is not audited.",
        "role auditd: auditd_manage_package",
    ),
    "daemon.running": (
        "critical", "service", "auditd is installed but not running: events go to the kernel log or nowhere.", "role auditd",
    ),
    "daemon.logging_suspended": (
        "critical", "",
        "auditd has suspended logging: it runs, but nothing is recorded, and a reload that changes max_log_file would kill it.",
        "playbook remediate",
    ),
    "daemon.was_suspended": (
        "high", "", "auditd had suspended logging at the last comparison, and logs again: the records of the time between are gone.",
        "give the log more room, or role auditd: auditd_failure_policy",
    ),
    "daemon.disk_error": ("high", "", "auditd met an error when it wrote its log.", "look at the disk that holds the log"),
    "daemon.writing_to_logs": ("high", "", "auditd says that it writes no log, although auditd.conf asks for one.", "role auditd"),
    "daemon.auditd_conf": (
        "medium", "",
        "auditd.conf was changed after auditd last read it: the daemon still runs with older settings, so the file shows nothing about it.",
        "role auditd",
    ),
    "daemon.kernel_pid": (
        "critical", "", "The kernel sends its records to another process, not to auditd: none of them reaches the log.",
        "restart auditd: it registers with the kernel when it starts",
    ),
    "daemon.log_file": (
        "critical", "", "The log was deleted or moved while auditd wrote it: what it writes now is in no file that anybody finds.",
        "role auditd (makes auditd open a new log), or restart auditd",
    ),
    "daemon.refused": (
        "high", "", "auditd refused its configuration at the last reload and runs with older settings; syslog has its reason.",
        "role auditd",
    ),
    "daemon.waits.": (
        "low", "", "auditd.conf has a value that only a restart of auditd brings into force.",
        "restart auditd: role auditd with auditd_restart: if_needed, or service auditd restart (Debian: systemctl restart auditd)",
    ),
    "daemon.version": (
        "info", "", "The running auditd is of another release than the installed one; it changes at the next restart.",
        "restart auditd or reboot",
    ),
    "daemon.": (
        "medium", "", "The running auditd uses another value than auditd.conf names: it was not reloaded, or refused to.", "role auditd",
    ),
    "kernel.enabled": ("critical", "enabled", "The kernel's auditing is switched off: no event is made at all.", RULES),
    "kernel.immutable": (
        "medium", "enabled", "The policy locks the rules until the next boot (-e 2), and they are not locked.",
        "role audit_rules: audit_rules_immutable",
    ),
    "kernel.locked": (
        "info", "enabled", "The rules are locked until the next boot, which the policy does not ask for.",
        "role audit_rules: audit_rules_immutable, then reboot",
    ),
    "kernel.failure": (
        "medium", "failure", "What the kernel does when it cannot audit is not what the policy says.",
        "role audit_rules: audit_rules_failure",
    ),
    "kernel.backlog_limit": ("medium", "", "When more records wait than this, the kernel loses them or lets processes wait.", BACKLOG),
    "kernel.backlog_wait_time": (
        "low", "", "This is how long a process waits for room in the queue before a record is lost.",
        "role audit_rules: audit_rules_backlog_wait_time",
    ),
    "kernel.lost": (
        "info", "", "The kernel has lost records since boot or since the counter was reset; the counter shows fewer than were lost.",
        BACKLOG,
    ),
    "kernel.rate_limit": (
        "high", "", "The kernel drops records above this number a second, unseen by the daemon; the policy sets no limit.",
        "auditctl -r 0, and take -r out of rules.d; control.rate_limit: 0 (module audit_rules) keeps it so",
    ),
    "kernel.rules.silent": ("high", "syscall_auditing", SILENT, SILENT_FIX),
    "kernel.rules.missing": ("high", "", "Rules of the policy are not loaded: what they watch for goes unrecorded.", RULES),
    "kernel.rules.extra": (
        "low", "", "Rules are loaded that no policy has; somebody added them by hand, or removed their file since.", RULES,
    ),
    "kernel.rules.order": (
        "medium", "", "The first matching rule decides, and these are loaded in another order than the policy has them.", RULES,
    ),
    "kernel.reboot_required": (
        "low", "enabled", "The kernel's rules are locked (-e 2): the new ones are staged on disk and take effect at the next boot.",
        "reboot the host",
    ),
    "schedule.conflict.": (
        "medium", "",
        "Something else rotates, compresses or deletes the same log: each takes files that the other expects, and records go.",
        "role audit_rotation: audit_rotation_replace: true retires it where it does nothing else; otherwise remove it",
    ),
    "schedule.": ("medium", "", "The time-based rotation is not installed as the policy says.", ROTATION),
    "schedule.interpreter": (
        "high", "", "The rotation program does not start the Python that it was installed for: a run fails, or is not ours.", ROTATION,
    ),
    "schedule.scheduler_running": (
        "high", "", "Cron is to start the rotation and no cron daemon runs: nothing rotates or prunes the log.",
        "start the cron daemon, or role audit_rotation: audit_rotation_scheduler",
    ),
    "schedule.status": ("medium", "", "The rotation's record of its last run cannot be read: nobody knows whether it works.", ROTATION),
    "schedule.other_scheduler": (
        "medium", "", "Two schedulers run the rotation; each rotation takes a log that the other one expects.",
        "role audit_rotation: audit_rotation_scheduler",
    ),
    "schedule.last_success": (
        "high", "", "The rotation has not succeeded for two periods: the log grows, and nothing is pruned.", ROTATION,
    ),
    "schedule.run_stuck": (
        "high", "", "A run of the rotation hangs and holds its lock: nothing is rotated, compressed or pruned until it ends.",
        "look at what the process waits for (a disk or mount that does not answer), end it, and run audit-rotate",
    ),
    "schedule.run_cut_off": (
        "medium", "", "A run of the rotation began and never ended: it was killed, or the host went down. The next run repairs that.",
        "run audit-rotate",
    ),
    "schedule.unshippable": (
        "high", "",
        "audit-ship cannot work by its configuration, ship.json. So no archive is shipped, none is pruned before it is shipped, and the "
        "disk fills.",
        "role audit_shipping (audit_shipping_to), which writes it again: what was shipped is remembered and not sent twice. Where nothing "
        "is to be shipped, role audit_rotation: audit_rotation_shipped_stamp",
    ),
    "schedule.guard_running": (
        "medium", "", "The guard of the log's size does not run: a flood between two rotations can fill the filesystem.", ROTATION,
    ),
    "schedule.overtaken": (
        "high", "", "With max_log_file_action = ROTATE auditd deletes its oldest log, and the log grows faster than the rotation takes it "
        "over: records are gone before they are archived.",
        "role auditd: auditd_conf.num_logs or max_log_file (more), role audit_rotation: audit_rotation_guard_minutes (fewer), or leave "
        "max_log_file_action to the policy",
    ),
    "schedule.given_up": (
        "high", "", "Archives were deleted that the policy would have kept, because there was no room for new records: evidence is gone, "
        "and whoever made the flood may have meant that.",
        "look at who made the records, then give the log more room or role audit_rotation: audit_rotation_when_full",
    ),
    "schedule.missing_events": (
        "high", "", "The kernel made events at these times, and they are in no log: the disk was full, logging was suspended, or records "
        "were lost. What they were about is not known. Named for 30 days after it was seen.",
        "look at what filled the disk or stopped auditd then, and give the log more room; where it was a boot, audit_boot_line: "
        "[audit_backlog_limit=8192]",
    ),
    "schedule.last_run": ("high", "", "The last run of the rotation failed.", ROTATION),
    "storage.rotated_logs": (
        "low", "", "Logs that auditd rotated lie uncompressed and outside any retention; the next rotations delete or strand them.",
        "role audit_rotation",
    ),
    "storage.full": (
        "high", "",
        "The partition of the log is full up to admin_space_left: admin_space_left_action happens now, and records are lost soon.",
        "role audit_rotation makes room of finished logs; where others filled it, du -x shows who",
    ),
    "storage.selinux_denials": (
        "info", "",
        "Most of the log is SELinux denials: they use up the room, and what else is recorded is hard to find among them.",
        "audit2allow",
    ),
    "storage.": ("medium", "", "This host can stop itself, or stop auditing, by this setting.", FAILURE_POLICY),
}
ITEMS.update(BOOT)

# key of a risk -> fix; {policy} is what sets the key
RISK_FIXES = {
    "space_left_action": FAILURE_POLICY,
    "admin_space_left_action": FAILURE_POLICY,
    "disk_full_action": FAILURE_POLICY,
    "disk_error_action": FAILURE_POLICY,
    "max_log_file_action": "role audit_rotation (rotates, compresses, prunes) with role auditd",
    "num_logs": "role auditd: auditd_conf.num_logs, auditd_conf.max_log_file, or a larger partition",
    "overflow_action": "role auditd: auditd_conf.overflow_action",
    "space_left_action_mail": "role auditd: auditd_failure_policy, or install a mailer",
    "admin_space_left_action_mail": "role auditd: auditd_failure_policy, or install a mailer",
    "kernel_failure": "role audit_rules: audit_rules_failure",
    "backlog_limit": BACKLOG,
}
# Where the policy itself chose the word, only room helps.
ROOM = "role audit_rotation: audit_rotation_keep_megabytes; role auditd: auditd_conf.space_left, .admin_space_left; or a larger partition"

ITEMS.update(benchmark_tables.ITEMS)
