# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bounds the log while no rotation by time does."""

from .text import Conf, effective, merge

KEY = "max_log_file_action"
UNBOUNDED = ("IGNORE", "SYSLOG")  # one file grows until the disk is full
PILES_UP = "KEEP_LOGS"  # ever more files, none of them larger than max_log_file
SHIPPED = "ROTATE"  # what upstream ships: num_logs files of max_log_file MB


def kept(before: "Conf | None", after: Conf, release: "str | None") -> "Conf | None":
    """``after`` with the log's bound as it is in ``before`` (None: no file); None where ``after`` takes no bound away."""
    wanted = effective(after, release).get(KEY)
    if wanted not in UNBOUNDED and wanted != PILES_UP:
        return None
    standing = SHIPPED if before is None else effective(merge(before, {}, release), release).get(KEY)  # without Windows line endings
    return None if standing in UNBOUNDED or standing == wanted else merge(after, {KEY: standing}, release)


def refused(own: "dict", *, of_benchmark: bool, reason: "str | None") -> "str | None":
    """Why a max_log_file_action that a benchmark demands is refused; None where it is not.

    ``own``: {key: value} that the user wrote; ``of_benchmark``: whether one is chosen; ``reason`` why there is no rotation by time, None
    where there is one. KEEP_LOGS deletes nothing, so that something has to; with ROTATE auditd bounds the log itself, but deletes records
    that nobody has archived: under a benchmark that keeps them that is no answer.
    """
    value = next((str(value).upper() for key, value in own.items() if key.lower() == KEY and value is not None), None)
    then = {PILES_UP: "auditd would keep every log until the disk is full",
            SHIPPED: "auditd would delete records that nobody has archived"}.get(value or "")
    if reason is None or then is None or value == SHIPPED and not of_benchmark:
        return None
    return ("auditd_conf.%s = %s needs the rotation by time, and %s: %s; have role audit_rotation too, as the playbooks do, or leave %s out"
            % (KEY, value, reason, then, KEY))
