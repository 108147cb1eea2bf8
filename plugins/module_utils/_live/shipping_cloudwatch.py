# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Amazon CloudWatch agent of a host collects of the audit log, and how far it has come."""

import os
import pwd
import re

from .._host.host import open_regular
from .._paths import LOG_FILE
from .._shipping import cloudwatch, log_readers
from .schedule import runs

COMM = 15  # letters of a process's name that the kernel keeps
STAMP = re.compile(br"msg=audit\((\d+)\.")
BEFORE = 1 << 16  # bytes before the place where the agent is, in which the time of a record stands
LAST = 1 << 16  # bytes of the agent's log that are looked at


def read(reading) -> dict:
    """{log_file, installed, source, loaded, runs, offset, until, size, denials, shut_out, let_in, others}; ``size`` and ``offset``: bytes
    of the log, None for unknown; ``until``: the time of the last record before ``offset``, epoch seconds or None; ``shut_out``: the
    agent's user, where that user cannot read the log that auditd makes next; ``let_in``: who else has an ACL of ours, None for nobody;
    ``others``: the parts of the agent's configuration that collect the same log.
    """
    host = reading.host
    log_file = reading.settings.get("log_file") or LOG_FILE
    offset = cloudwatch.offset(host.text_if_readable(cloudwatch.state_file(log_file)))  # before the size: the log grows meanwhile
    status = host.stat(log_file)
    return {
        "log_file": log_file, "installed": host.stat(cloudwatch.CONTROL) is not None,
        "source": host.text_if_readable(cloudwatch.SOURCE), "loaded": host.text_if_readable(cloudwatch.LOADED),
        "runs": host.is_live and runs((cloudwatch.PROCESS[:COMM],), of_root=False), "size": status.st_size if status else None,
        "offset": offset, "until": _until(host, log_file, offset),
        "denials": cloudwatch.denials((host.text_if_readable(cloudwatch.LOG) or "")[-LAST:]),
        "others": cloudwatch.others(host, log_file), "shut_out": _shut_out(reading, log_file) if host.is_live else None,
        "let_in": _let_in(host, log_file) if host.is_live else None,
    }


def _until(host, log_file, offset):
    if not offset:
        return None
    try:
        with open_regular(host.path(log_file)) as stream:
            stream.seek(max(0, offset - BEFORE))
            found = STAMP.findall(stream.read(min(offset, BEFORE)))
    except OSError:
        return None
    return int(found[-1]) if found else None


def _shut_out(reading, log_file):
    name = cloudwatch.user(reading.host)
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        return name
    gid = log_readers.number_of(reading.settings.get("log_group") or "root")
    return None if log_readers.gets_the_next(account, os.path.dirname(log_file), gid) else name


def _let_in(host, log_file):
    """Whom an ACL of ours still lets in, and where; the next run of the role takes it away."""
    try:
        uid = pwd.getpwnam(cloudwatch.user(host)).pw_uid
    except KeyError:
        return None  # shut_out names that user
    found = cloudwatch.stale_acl(host, uid, os.path.dirname(host.path(log_file)))
    return found and "user %d reads the logs in %s" % found
