# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference of shipping means: rows of C(tables.ITEMS)."""

SHIPPING = "role audit_shipping"
OFF_LOADING = "off_loading"  # what benchmarks call it
RESTART = "restart auditd: role audit_shipping with auditd_restart: if_needed, or service auditd restart (Debian: systemctl restart auditd)"

# id, or the beginning of one: severity, subject, why, fix
ITEMS = {
    "shipping.policy": (
        "high", OFF_LOADING,
        "The policy for shipping cannot be had on this host; nothing of the policy is applied until it is right.", SHIPPING,
    ),
    "shipping.stops.": (
        "critical", "", "audisp-remote takes this host down by this action when it cannot ship; the policy keeps the host running.",
        "remediate --tags audit_stop (" + SHIPPING + ", tasks_from: stop), or set active = no in au-remote.conf",
    ),
    "shipping.unread.": (
        "high", OFF_LOADING,
        "audisp-remote reads its file only when it starts, and the one that runs was started before. Where it sends the records, and "
        "whether it stops the host, may not be what the file says.",
        "remediate --tags audit_stop (" + SHIPPING + ", tasks_from: stop), which starts it again",
    ),
    "shipping.listens": (
        "high", "",
        "auditd.conf has this host collect the records of others (tcp_listen_port), and auditd does not listen: none of them arrives.",
        "restart auditd: role auditd with auditd_restart: if_needed, or service auditd restart (Debian: systemctl restart auditd); or take "
        "auditd_conf.tcp_listen_port away",
    ),
    "shipping.program.": (
        "high", OFF_LOADING, "The program that ships the records is not installed: no record leaves this host.",
        SHIPPING + ": audit_shipping_manage_package",
    ),
    "shipping.plugin.": (
        "high", OFF_LOADING,
        "The plugin of auditd that ships the records is not set as the policy says: records do not leave this host, or leave "
        "it under another name.", SHIPPING,
    ),
    "shipping.conf.": (
        "medium", OFF_LOADING, "audisp-remote.conf has other values than the policy.", SHIPPING + ": audit_shipping_remote_conf",
    ),
    "shipping.running.": (
        "high", OFF_LOADING, "The plugin is configured and does not run: no record leaves this host.",
        SHIPPING + "; where that is not enough, " + RESTART,
    ),
    "shipping.waits.": (
        "low", "", "The plugin runs with other arguments than its file has: auditd gives them when it starts a plugin.", RESTART,
    ),
    "shipping.queue": (
        "medium", "", "Records wait to be shipped: the other end takes them slower than they come, or not at all.",
        "look at the host that collects, and the network between",
    ),
    "shipping.queue_full": (
        "high", OFF_LOADING,
        "The queue of records to be shipped is nearly full: what comes then is not shipped. It stays in this host's own log.",
        "look at the host that collects, or " + SHIPPING + ": audit_shipping_remote_conf.queue_depth",
    ),
    "shipping.lag": (
        "medium", OFF_LOADING,
        "The oldest record in the queue waits longer than it should: whoever looks at the collected log does not see it.",
        "look at the host that collects, and the network between",
    ),
    "shipping.suspended": (
        "high", OFF_LOADING, "auditd has stopped passing records to its plugins, after its queue overflowed: no record leaves this host.",
        "role auditd: auditd_conf.overflow_action, auditd_conf.q_depth, then restart auditd",
    ),
    "shipping.overflow": (
        "medium", OFF_LOADING,
        "Records came faster than the plugins took them, and some were not shipped. They are in this host's own log.",
        "role auditd: auditd_conf.q_depth",
    ),
    "shipping.archives.": (
        "medium", OFF_LOADING, "What ships the archives is not installed as the policy says.", SHIPPING,
    ),
    "shipping.archives.program": (
        "high", OFF_LOADING, "audit-ship, which ships the archives, is not installed: no archive leaves this host.", "role audit_rotation",
    ),
    "shipping.archives.aws": (
        "high", OFF_LOADING, "The AWS command line program is not installed: no archive leaves this host.",
        "install the package awscli, or " + SHIPPING + ": audit_shipping_s3_program",
    ),
    "shipping.archives.failed.": (
        "high", OFF_LOADING, "The last run could not ship an archive. Nothing is pruned that was not shipped, so the disk fills.",
        "look at the reason; audit-ship runs again by its schedule, or by hand",
    ),
    "shipping.archives.unseen.": (
        "medium", "",
        "The agent was started after the last record of these archives: nobody can see whether it sent them, so they are never pruned.",
        "copy them off the host, then " + SHIPPING + ": audit_shipping_cloudwatch_unseen_archives: prune",
    ),
    "shipping.archives.age": (
        "high", OFF_LOADING,
        "No archive has been shipped for two periods of the schedule: nothing starts audit-ship, or it does not end.", SHIPPING,
    ),
    "shipping.cloudwatch.agent": (
        "high", OFF_LOADING, "The Amazon CloudWatch agent is not installed: the log does not reach CloudWatch.",
        SHIPPING + ": audit_shipping_cloudwatch_package",
    ),
    "shipping.cloudwatch.conf": (
        "high", OFF_LOADING, "The CloudWatch agent is not configured to collect the log as the policy says.", SHIPPING,
    ),
    "shipping.cloudwatch.loaded": ("high", OFF_LOADING, "The CloudWatch agent has not loaded its part about the log.", SHIPPING),
    "shipping.cloudwatch.running": ("high", OFF_LOADING, "The CloudWatch agent does not run: the log does not reach CloudWatch.",
                                    "start amazon-cloudwatch-agent.service"),
    "shipping.cloudwatch.twice": (
        "medium", "", "Another part of the agent's configuration collects the same log: each record is sent, and paid for, twice.",
        "take the log out of that part and load it again (amazon-cloudwatch-agent-ctl -a append-config)",
    ),
    "shipping.cloudwatch.readable": (
        "high", OFF_LOADING,
        "The user of the CloudWatch agent will not be able to read the next log: from the next rotation on, nothing reaches CloudWatch.",
        "auditd_conf.log_group: a group of that user, or any other than root; then " + SHIPPING,
    ),
    "shipping.cloudwatch.let_in": (
        "medium", "",
        "An ACL that the role audit_shipping set still lets a user read the logs who is no longer the user of the CloudWatch agent, or "
        "logs that auditd no longer writes.", SHIPPING,
    ),
    "shipping.cloudwatch.denied": (
        "high", OFF_LOADING, "The CloudWatch agent was denied something: it may not read the log, or may not send it.",
        "auditd_conf.log_group for the file; logs:CreateLogStream and logs:PutLogEvents for the role of the instance",
    ),
    "shipping.cloudwatch.lag": ("medium", OFF_LOADING, "What the host records is not in CloudWatch yet.", "look at the agent's log"),
    "shipping.left.": (
        "medium", "", "The role audit_shipping set this up, and audit_shipping_to no longer names it: records still leave this host.",
        SHIPPING + ", or the playbook remediate, takes it away; or name it in audit_shipping_to",
    ),
    "shipping.rate_limit.": (
        "info", "", "The log daemon drops what comes faster than this, which records of an audited host may.",
        "journald.conf: RateLimitBurst=0; rsyslog: ratelimit.interval=\"0\" of imjournal",
    ),
}
