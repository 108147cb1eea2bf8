# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exit codes, one for each way to fail, and the error that carries one."""

from ._errors import AuditError

# name: (code, what it means); --help prints this table
EXITS = {
    "ok": (0, "done, or nothing to do"),
    "unexpected": (1, "an error that is none of the others; the message says which"),
    "usage": (2, "the command line is wrong"),
    "bad_config": (3, "rotate.conf has a key or value that is not one, or ship.json is not as audit-ship needs it"),
    "bad_auditd_conf": (4, "auditd.conf cannot be read or names no usable log_file"),
    "locked": (5, "another run holds the lock"),
    "daemon_dead": (6, "no auditd runs that writes this log; rotated logs were archived all the same"),
    "num_logs": (7, "num_logs < 2: auditd would never rotate"),
    "write_logs": (8, "write_logs = no: auditd writes no log"),
    "suspended": (9, "auditd has suspended logging and no room could be made, or it stays suspended"),
    "not_proven": (10, "auditd was asked to rotate and no new file appeared in time"),
    "no_space": (11, "no room on the filesystem, and nothing that may be deleted"),
    "unusable": (12, "the log directory is missing, read-only, or others may write in it"),
    "compressor": (13, "the compression asked for is not installed, or what it wrote is not the original"),
    "partly": (14, "some logs could not be taken over or compressed; they are whole and the next run tries again"),
    "status": (15, "the work is done but the status file or textfile could not be written"),
    "obstacle": (16, "an attribute, a quota, missing inodes or a mount keeps auditd's log from being rotated; auditd was not asked"),
    "stuck": (17, "another run has held the lock for hours"),
    "last_failed": (20, "--status: the last run failed"),
    "never_ran": (21, "--status: no run has been recorded"),
    "cut_off": (22, "--status: a run began and never ended"),
}


class Failure(AuditError):
    """A reason to end with a code of the table; ``name`` is its row."""

    def __init__(self, name, message, **details):
        super(Failure, self).__init__(message, **details)
        self.name = name

    @property
    def code(self):
        """The exit code, an int."""
        return EXITS[self.name][0]
