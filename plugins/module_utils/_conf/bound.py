# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bounds the log while no rotation by time does."""

from .text import Conf, effective, merge

KEY = "max_log_file_action"
UNBOUNDED = ("IGNORE", "SYSLOG")  # one file grows until the disk is full
SHIPPED = "ROTATE"  # what upstream ships: num_logs files of max_log_file MiB


def kept(before: "Conf | None", after: Conf, release: "str | None") -> "Conf | None":
    """``after`` with the log's bound as it is in ``before`` (None: no file); None where ``after`` takes no bound away."""
    if effective(after, release).get(KEY) not in UNBOUNDED:
        return None
    standing = SHIPPED if before is None else effective(before, release).get(KEY)
    return None if standing in UNBOUNDED else merge(after, {KEY: standing}, release)
