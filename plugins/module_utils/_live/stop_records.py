# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What binary and audit logs say of a stop: wtmp(5), and the last records of the audit log."""

import binascii
import os
import re
import struct

from .._errors import AuditError
from . import stop_logs, storage

WTMP = "/var/log/wtmp"
# struct utmp of glibc with 32-bit times, utmp(5): type, pid, line, id, user, host, exit, session, seconds, microseconds
RECORD = struct.Struct("<hxxi32s4s32s256shhiii16s20x")
RUN_LVL, BOOT_TIME = 1, 2
NEWEST = 3  # logs that are looked at until one has a record
TAIL = 4 * 1024 * 1024  # bytes of the end of a log
AUDIT_RECORD = re.compile(br"^(?:node=\S+ )?type=(\S+) msg=audit\((\d+)\.\d+:\d+\): ?(.*)$", re.M)
COMMAND = re.compile(br"cmd=(?:\"([^\"]*)\"|([0-9A-F]+))")
POWER = re.compile(r"^(?:\S*/)?(poweroff|halt|shutdown|reboot|init [016]|telinit [016]|systemctl (?:-\S+ )*(?:poweroff|halt|reboot))\b")
# type of a record -> by, what
TYPES = {
    b"DAEMON_START": ("auditd", "started"), b"DAEMON_END": ("auditd", "ended"), b"DAEMON_ABORT": ("auditd", "aborted"),
    b"DAEMON_ERR": ("auditd", "failed"), b"DAEMON_RESUME": ("auditd", "resume"), b"SYSTEM_BOOT": ("system", "started"),
    b"SYSTEM_SHUTDOWN": ("system", "off"),
}


def wtmp(host, unread) -> "list[dict]":
    """Boots and shutdowns as login records them."""
    try:
        data = host.read(WTMP) or b""
    except AuditError as error:
        unread[WTMP] = str(error)
        return []
    found = []
    for number in range(len(data) // RECORD.size):
        fields = RECORD.unpack_from(data, number * RECORD.size)
        kind, name, seconds = fields[0], fields[4].rstrip(b"\0"), fields[9]
        if kind == BOOT_TIME:
            found.append(_event((WTMP, number), seconds, "boot", ("system", "boot")))
        elif kind == RUN_LVL and name == b"shutdown":
            found.append(_event((WTMP, number), seconds, "shutdown", ("system", "off")))
    return found


def audit_log(host, run, log_file, unread) -> "tuple[list[dict], float | None]":
    """(events of the newest records, the time of the last record); of the live log, or of the newest finished one where that is empty."""
    newest = [log_file] + [os.path.dirname(log_file) + "/" + log.name for log in storage.finished_logs(host, log_file)[::-1]]
    for path in newest[:NEWEST]:
        data = _tail(host, run, path, unread)
        found = AUDIT_RECORD.findall(data)
        if not found:
            continue
        events = [one for number, record in enumerate(found, 1) for one in _of_record(path, number, record)]
        return events, float(found[-1][1])
    return [], None


def _tail(host, run, path, unread):
    if path.endswith(storage.COMPRESSED):
        return (stop_logs.contents(host, run, path, unread) or b"")[-TAIL:]
    try:
        with open(host.path(path), "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - TAIL))
            return stream.read(TAIL)
    except FileNotFoundError:
        return b""
    except OSError as error:
        unread[path] = error.strerror
        return b""


def _of_record(path, number, record):
    kind, seconds, rest = record
    if kind in TYPES:
        text = "%s %s" % (kind.decode("ascii"), rest.decode("utf-8", "replace")[:300])
        yield _event((path, number), float(seconds), text, TYPES[kind], key="error-halt" if b"op=error-halt" in rest else "")
    elif kind == b"USER_CMD":
        command = _command(rest)
        if POWER.match(command):
            yield _event((path, number), float(seconds), "sudo COMMAND=%s" % command, ("person", "command"))


def _command(rest):
    found = COMMAND.search(rest)
    if not found:
        return ""
    if found.group(1) is not None:
        return found.group(1).decode("utf-8", "replace")
    try:
        return binascii.unhexlify(found.group(2)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _event(place, seconds, text, meaning, *, key=""):
    return {"source": place[0], "line": place[1], "time": float(seconds), "text": text, "by": meaning[0], "what": meaning[1], "key": key}
