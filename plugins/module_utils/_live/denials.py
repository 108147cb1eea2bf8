# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux denials as a part of the log: one domain that its policy does not fit can fill a disk by itself.

A denial is a record of type AVC and, with system call auditing, the SYSCALL, PATH and PROCTITLE records of the same event
(avc_audit_post_callback(), security/selinux/avc.c). What is looked at is the end of the current log.
"""

import os
import re

from .._host.host import open_regular
from .._paths import LOG_FILE

TAIL = 1 << 20  # bytes; 5,000 records, read and split in 10 ms
SMALLEST = 64 << 10  # bytes of log, below which a share says nothing
SHOWN = 3  # domains
SERIAL = re.compile(br"msg=audit\(\d+\.\d+:(\d+)\)")
DOMAIN = re.compile(br"\bscontext=[^:\s]+:[^:\s]+:([^:\s]+)")
COMMAND = re.compile(br"\bcomm=(\"[^\"]*\"|\S+)")
EXCLUDE = "-a always,exclude -F msgtype=AVC -F subj_type=%s"


def read(reading) -> "dict | None":
    """{share_percent, senders: [{domain, comm, share_percent}], filter, hides}: the part of the log that denials are, in tens of percent,
    and the domains that most of them are of; ``filter`` would keep those of the first one out of the log. None without denials.
    """
    host, path = reading.host, reading.settings.get("log_file") or LOG_FILE
    try:
        with open_regular(host.path(path)) as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - TAIL))
            data = stream.read(TAIL)
    except OSError:
        return None
    return of(data) if len(data) >= SMALLEST and b"type=AVC " in data else None


def of(data: bytes) -> "dict | None":
    """As read(), of the text of a log; None where denials are less than a twentieth of it."""
    sizes, denied = {}, {}
    for line in data.split(b"\n"):
        found = SERIAL.search(line)
        if found is None:
            continue
        serial = found.group(1)
        sizes[serial] = sizes.get(serial, 0) + len(line) + 1
        source = DOMAIN.search(line) if b"type=AVC " in line else None
        if source:
            comm = COMMAND.search(line)
            denied[serial] = (source.group(1).decode("ascii", "replace"),
                              comm.group(1).decode("utf-8", "replace").strip('"') if comm else "")
    by_sender = {}
    for serial, sender in denied.items():
        by_sender[sender] = by_sender.get(sender, 0) + sizes[serial]
    share = _tens(sum(by_sender.values()), len(data))
    if not share:
        return None
    first = sorted(by_sender, key=lambda sender: (-_tens(by_sender[sender], len(data)), sender))[:SHOWN]
    domain = first[0][0]
    return {
        "share_percent": share,
        "senders": [{"domain": name, "comm": comm, "share_percent": _tens(by_sender[name, comm], len(data))} for name, comm in first],
        "filter": EXCLUDE % domain,
        "hides": "every SELinux denial of %s, and so also that somebody who broke into it tries what the policy forbids" % domain,
    }


def _tens(part, whole):
    """Percent, rounded to tens: the same from one look to the next."""
    return int(round(10.0 * part / whole)) * 10
