# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words about audit on the kernel's boot line."""

import re

from .._errors import NotAvailable

GRUB = "/etc/default/grub"
KERNEL_CMDLINE = "/etc/kernel/cmdline"  # kernel-install(8), where there is no grub


def read(reading):
    """{source, audit, audit_backlog_limit}; a word that is not there is None."""
    host = reading.host
    path, line = ("/proc/cmdline", host.text("/proc/cmdline")) if host.is_live else _offline_line(host)
    if line is None:
        raise NotAvailable("no boot line: there is neither %s nor %s" % (GRUB, KERNEL_CMDLINE))
    words = dict(word.partition("=")[::2] for word in line.split())
    limit = words.get("audit_backlog_limit", "")
    return {"source": path, "audit": words.get("audit"), "audit_backlog_limit": int(limit) if limit.isdigit() else None}


def _offline_line(host):
    text = host.text(GRUB)
    if text is not None:
        lines = re.findall(r"^\s*GRUB_CMDLINE_LINUX(?:_DEFAULT)?=[\"']?([^\"'\n]*)", text, re.M)
        return GRUB, " ".join(lines)
    return KERNEL_CMDLINE, host.text(KERNEL_CMDLINE)
