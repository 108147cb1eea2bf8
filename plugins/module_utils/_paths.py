# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where auditd keeps its things. The size guard reads this every few minutes: nothing is imported here."""

AUDITD_CONF = "/etc/audit/auditd.conf"  # auditd(8); -c names another directory
LOG_FILE = "/var/log/audit/audit.log"  # auditd-config.c, clear_config()
PID_PATHS = ("/run/audit/auditd.pid", "/run/auditd.pid", "/var/run/auditd.pid")  # since 4.1.2, and before
RESUME_PROGRAM = "/usr/local/sbin/audit-resume"  # for space_left_action = EXEC; role audit_rotation installs it
SENDMAIL = "/usr/lib/sendmail"  # compiled into auditd
