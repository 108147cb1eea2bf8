# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state report: what a running auditd says about itself when it gets SIGCONT (auditd(8), 2.8.4 and newer).

A drift check reads it on every host, so nothing is imported that only a change of the daemon needs.
"""

import os
import re
import time

from .._conf.words import threshold
from .._errors import AuditError
from .process import CLOCK_TICK, is_auditd, send, wait_for, why_silent

# Before 4.1.2 and since; both are asked because the release of a running daemon may not be that of the installed files.
STATE_PATHS = ("/run/audit/auditd.state", "/run/auditd.state", "/var/run/auditd.state")
MEBIBYTE = 1 << 20

# label in the report -> (our key, kind). The second label of a key is what 2.8 calls it.
LABELS = {
    "audit version": ("version", "text"),
    "current time": ("time", "text"),
    "time": ("time", "text"),
    "process priority": ("process_priority", "int"),
    "writing to logs": ("writing_to_logs", "bool"),
    "current log size": ("current_log_size_kb", "kilobytes"),
    "max log size": ("max_log_file_mb", "kilobytes_as_megabytes"),
    "logs detected last rotate/shift": ("logs_detected", "int"),
    "space left on partition": ("space_left_on_partition", "bool"),
    "Logging partition free space": ("free_mb", "int"),
    "space_left setting": ("space_left_mb", "int"),
    "admin_space_left setting": ("admin_space_left_mb", "int"),
    "logging suspended": ("logging_suspended", "bool"),
    "file system space action performed": ("space_action_performed", "bool"),
    "file system space warning sent": ("space_action_performed", "bool"),
    "admin space action performed": ("admin_action_performed", "bool"),
    "admin space warning sent": ("admin_action_performed", "bool"),
    "disk error detected": ("disk_error", "bool"),
    "Number of active plugins": ("active_plugins", "int"),
    "current plugin queue depth": ("plugin_queue_depth", "int"),
    "max plugin queue depth used": ("plugin_queue_max_used", "int"),
    "plugin queue size": ("plugin_queue_size", "int"),
    "plugin queue overflow detected": ("plugin_queue_overflow", "bool"),
    "plugin queueing suspended": ("plugin_queueing_suspended", "bool"),
    "listening for network connections": ("listening", "bool"),
    "active connections": ("active_connections", "int"),
    "total connections": ("total_connections", "int"),
}
KEYS = tuple(sorted({key for key, kind in LABELS.values()}))

# "label = value unit", and the lines that have no "=" before 4.0.2: "space_left setting 75 MB".
LINE = re.compile(r"^(?P<label>.*?\D)(?:\s*=\s*|\s+(?=\d+ MB$))(?P<value>\S.*)$")


class NoAnswer(AuditError):
    """auditd lives and does not answer."""


def report(host, pid: int, timeout: float = 10.0, release: "str | None" = None) -> dict:
    """A fresh state report of this auditd, as parse_report() reads it. NoAnswer where none comes within ``timeout`` seconds.

    The daemon overwrites the same file each time, so a report counts as fresh when the file has changed since SIGCONT was sent.
    """
    before = {path: _changed_at(host, path) for path in STATE_PATHS}
    age = time.time() - max(stamp[1] for stamp in before.values()) / 1e9
    if 0 <= age < CLOCK_TICK:
        time.sleep(CLOCK_TICK - age)
    send(host, pid, "report", release)

    def fresh():
        for path in STATE_PATHS:
            if _changed_at(host, path) != before[path]:
                text = host.text(path)
                if text and is_complete(text):
                    return text
        return None if is_auditd(pid) else ""

    text = wait_for(lambda: _some(fresh()), timeout)
    if not text or not text[0]:
        if not is_auditd(pid):
            raise AuditError("auditd (process %d) ended while it was asked for its state report" % pid)
        why = why_silent(pid) or "auditd before 2.8.4 has none"
        raise NoAnswer("auditd (process %d) wrote no state report within %g seconds: %s" % (pid, timeout, why))
    return parse_report(text[0])


def _some(value):
    return None if value is None else [value]


def _changed_at(host, path):
    status = host.stat(path)
    return (status.st_ino, status.st_mtime_ns) if status else (0, 0)


class Computed(int):
    """MB that follow from a percentage. auditd computes in blocks, so its own figure may be one off."""


def report_values(host, effective: dict) -> dict:
    """What the report of an auditd that runs with these settings says: the only three values in it that a file decides.

    {max_log_file_mb, space_left_mb, admin_space_left_mb}; None for a value that is no number, and for a percentage where the partition
    cannot be measured.
    """
    return {
        "max_log_file_mb": _number(effective, "max_log_file"),
        "space_left_mb": _threshold(host, effective, "space_left"),
        "admin_space_left_mb": _threshold(host, effective, "admin_space_left"),
    }


def _number(effective, key):
    value = str(effective.get(key) or "")
    return int(value) if value.isdecimal() else None


def _threshold(host, effective, key):
    if not str(effective.get(key) or "").endswith("%"):
        return _number(effective, key)
    try:
        room = host.statvfs(os.path.dirname(effective["log_file"]))
    except AuditError:
        return None
    blocks = threshold(effective[key], room.f_blocks)
    return None if blocks is None else Computed(blocks * room.f_frsize // MEBIBYTE)


def differences(wanted: "dict | None", have: dict) -> "list[tuple]":
    """[(key, wanted, running)] of the report values that are not as wanted; what the report does not name is not compared."""
    return [
        (key, value, have[key]) for key, value in sorted((wanted or {}).items())
        if value is not None and have.get(key) is not None and abs(have[key] - value) > (1 if isinstance(value, Computed) else 0)
    ]


def parse_report(text: str) -> dict:
    """The report of any release from 2.8.4 to 4.2.1 as one dict with the same keys; None where the release does not say.

    Sizes are ints: C(_mb) in MB and C(_kb) in KB, as auditd counts (its "KB" are 1024 bytes). C(max_log_file_mb) and the two
    space_left settings are what the daemon runs with, in contrast to what stands in auditd.conf. AuditError where the text is no report.
    """
    report = dict.fromkeys(KEYS)
    for line in text.splitlines():
        match = LINE.match(line)
        label = LABELS.get(match.group("label").strip()) if match else None
        if match and label:
            key, kind = label
            report[key] = READERS[kind](match.group("value").strip())
    if report["writing_to_logs"] is None:
        raise AuditError("this is no state report of auditd: the line \"writing to logs = yes|no\" is missing")
    return report


def is_complete(text: str) -> bool:
    """True where the daemon has finished writing: it truncates the file first and writes it in one piece."""
    return text.endswith("\n") and "writing to logs = " in text


def _integer(value):
    digits = re.match(r"-?\d+", value)
    return int(digits.group()) if digits else None


def _kilobytes(value):
    size = _integer(value)
    if size is not None and not value.upper().endswith(("KB", "KIB")):
        size //= 1024  # 2.8 prints the current size in bytes, without a unit
    return size


def _megabytes(value):
    size = _kilobytes(value)
    return None if size is None else size // 1024


READERS: dict = {
    "text": str,
    "int": _integer,
    "bool": {"yes": True, "no": False}.get,
    "kilobytes": _kilobytes,
    "kilobytes_as_megabytes": _megabytes,
}
