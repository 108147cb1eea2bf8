# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Amazon CloudWatch agent of a host collects of the audit log, and how far it has come."""

from .._errors import AuditError
from .._paths import LOG_FILE
from .._shipping import cloudwatch
from .schedule import runs

COMM = 15  # letters of a process's name that the kernel keeps
LAST = 1 << 16  # bytes of the agent's log that are looked at


def read(reading) -> dict:
    """{log_file, installed, source, loaded, runs, offset, size, denials}; ``size`` and ``offset``: bytes of the log, None for unknown."""
    host = reading.host
    log_file = reading.settings.get("log_file") or LOG_FILE
    offset = cloudwatch.offset(_text(host, cloudwatch.state_file(log_file)))  # before the size: the log grows meanwhile
    status = host.stat(log_file)
    return {
        "log_file": log_file, "installed": host.stat(cloudwatch.CONTROL) is not None,
        "source": _text(host, cloudwatch.SOURCE), "loaded": _text(host, cloudwatch.LOADED),
        "runs": host.is_live and runs((cloudwatch.PROCESS[:COMM],), of_root=False), "size": status.st_size if status else None,
        "offset": offset, "denials": cloudwatch.denials((_text(host, cloudwatch.LOG) or "")[-LAST:]),
    }


def _text(host, path):
    try:
        return host.text(path)
    except AuditError:
        return None
