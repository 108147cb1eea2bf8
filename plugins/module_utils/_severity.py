# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a finding matters: by what happens to the host, from "it stops" to "it differs"."""

SEVERITIES = ("critical", "high", "medium", "low", "info")  # worst first
