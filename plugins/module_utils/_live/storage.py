# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for the audit log: the partition, how fast the log grows, what auditd keeps, when the partition is full.

Sizes are MB of 1024 * 1024 bytes, as auditd.conf(5) counts them. Times come from file metadata and from the records
themselves, never from the clock: the same files give the same figures whenever they are read.
"""

import os
import re
import stat

from .._conf.words import threshold
from .._errors import AuditError, NotAvailable
from .._host import mounts
from .._host.host import open_regular
from .._paths import LOG_FILE, SENDMAIL
from . import mail

MEGABYTE = 1024 * 1024
DAY = 86400.0
# Below this span of time a rate says more about one login than about the host.
SHORTEST_SPAN = 3600.0
# How much smaller audit text gets where the archive does not say; measured 16 to 30 on real logs, so 10 errs towards "sooner full".
ASSUMED_RATIO = 10
# One record of audit text in bytes: 138 measured for short user messages, 200 to 300 for system calls.
RECORD_BYTES = 200
# The longest that auditd was measured to stall at a rotation (close and fsync of the old file).
STALL_SECONDS = 2
RECORD_TIME = re.compile(br"msg=audit\((\d+)(?:\.\d+)?:\d+\)")
EXEC_KEYS = ("space_left_action", "admin_space_left_action", "disk_full_action")
# SIGUSR2 by name or number, auditctl --signal resume, or our own program
RESUMING = re.compile(br"USR2|-12\b|kill\([^)]*\b12\b|signal[= \t]+resume|audit-resume|\bresume\b")
COMPRESSED = (".gz", ".xz", ".bz2", ".zst")


class Log(object):
    """A finished piece of the log: ``name``, ``stored`` bytes on disk, ``raw`` bytes of text (None: unknown), ``time`` of its end."""

    __slots__ = ("name", "stored", "raw", "time")

    def __init__(self, name, stored, raw, time):
        self.name = name
        self.stored = stored
        self.raw = raw
        self.time = time


def partition(host, directory):
    """The filesystem that holds ``directory``: {device, mount, filesystem, size_mb, free_mb}.

    ``free_mb`` is what auditd compares its thresholds with (f_bavail: without root's reserve, auditd-event.c).
    NotAvailable for a tree that is only a directory here: the size of the disk it was copied to says nothing about the host.
    """
    here = host.path(directory)
    while not os.path.isdir(here) and here not in ("/", host.root):
        here = os.path.dirname(here)
    device, mount, filesystem = mount_of(here)
    if not host.is_live:
        if not (mount + "/").startswith(host.root.rstrip("/") + "/"):
            raise NotAvailable("%s is a directory of another filesystem here: the host's own partition is not mounted" % host.root)
        mount = mount[len(host.root.rstrip("/")):] or "/"
    try:
        size = os.statvfs(here)
    except OSError as error:
        raise NotAvailable("cannot measure the filesystem of %s: %s" % (directory, error.strerror))
    if not size.f_blocks:
        raise NotAvailable("the filesystem of %s does not report its size" % directory)
    return {
        "device": device,
        "mount": mount,
        "filesystem": filesystem,
        "size_mb": size.f_blocks * size.f_frsize // MEGABYTE,
        "free_mb": size.f_bavail * size.f_frsize // MEGABYTE,
    }


def mount_of(path):
    """(device, mount point, type) of the longest mount point above ``path``; the last mounted wins (proc(5))."""
    found = mounts.holding(mounts.of_machine(), path)
    return (found.source, found.point, found.kind) if found else ("", "/", "")


def finished_logs(host, log_file):
    """[Log] beside ``log_file``, oldest first: what auditd rotated, what was renamed, what was compressed."""
    directory, current = os.path.split(log_file)
    stem = current.split(".")[0]
    logs = []
    for name in host.listdir(directory):
        if name == current or not name.startswith(stem):
            continue
        path = directory + "/" + name
        try:
            found = host.lstat(path)
        except AuditError:
            continue
        if found is None or not stat.S_ISREG(found.st_mode):
            continue
        logs.append(Log(name, found.st_size, _raw_size(host, path, found.st_size), found.st_mtime))
    return sorted(logs, key=lambda log: (log.time, log.name))


def rotated_plain(logs, log_file):
    """The logs that only auditd's own numbering names (audit.log.3): nothing has taken them over."""
    name = re.compile(re.escape(os.path.basename(log_file)) + r"\.\d+$")
    return [log for log in logs if name.match(log.name)]


def _raw_size(host, path, stored):
    if not path.endswith(COMPRESSED):
        return stored
    reader = {".gz": _gzip_raw_size, ".xz": _xz_raw_size}.get(os.path.splitext(path)[1])
    if reader is None or not stored:
        return None
    try:
        with open_regular(host.path(path)) as stream:
            return reader(stream, stored)
    except (OSError, ValueError, IndexError):
        return None


def _gzip_raw_size(stream, stored):
    """ISIZE of RFC 1952: the size modulo 2^32; text does not shrink a thousandfold, so a smaller one than the file is no answer."""
    stream.seek(-4, os.SEEK_END)
    size = int.from_bytes(stream.read(4), "little")
    return size if size >= stored else None


def _xz_raw_size(stream, stored):
    """The sum of the index of the last stream (xz file format 1.0.4, sections 2.1.2 and 4)."""
    stream.seek(-12, os.SEEK_END)
    footer = stream.read(12)
    if footer[10:] != b"YZ":
        return None
    length = (int.from_bytes(footer[4:8], "little") + 1) * 4
    if length > min(stored, MEGABYTE):
        return None
    stream.seek(-12 - length, os.SEEK_END)
    index = stream.read(length)
    count, at = _xz_number(index, 1)
    total = 0
    for _unused in range(count):
        _unpadded, at = _xz_number(index, at)
        size, at = _xz_number(index, at)
        total += size
    return total


def _xz_number(data, at):
    value = 0
    for shift in range(0, 63, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise ValueError("number too long")


def growth(host, log_file, logs=None):
    """How fast the log grows: {mb_per_day, stored_mb_per_day, basis, estimated}; NotAvailable where the files do not show it.

    ``mb_per_day`` counts text as auditd writes it, ``stored_mb_per_day`` what stays on disk of it after compression.
    ``estimated`` says that an archive does not name its uncompressed size. Finished logs alone are preferred: the
    current one changes while it is read.
    """
    logs = finished_logs(host, log_file) if logs is None else logs
    if logs:
        start = logs[0].time
        counted = logs[1:]
        first = _first_record_time(host, os.path.dirname(log_file) + "/" + logs[0].name)
        if first is not None and first < start:
            start, counted = first, logs
        found = _rate(counted, start, logs[-1].time, "rotated logs")
        if found:
            return found
    current = host.stat(log_file)
    first = _first_record_time(host, log_file)
    if current is not None and first is not None:
        start = min([first] + [log.time for log in logs])
        found = _rate(logs[1:] + [Log("", current.st_size, current.st_size, current.st_mtime)], start, current.st_mtime, "the current log")
        if found:
            for key in ("mb_per_day", "stored_mb_per_day"):
                found[key] = significant(found[key], 1)  # it grows while it is read: a finer figure would change from run to run
            return found
    raise NotAvailable("the logs in %s span less than an hour: too short to measure how fast they grow" % os.path.dirname(log_file))


def _rate(logs, start, end, basis):
    span = end - start
    if span < SHORTEST_SPAN or not logs:
        return None
    unknown = [log for log in logs if log.raw is None]
    known = [log for log in logs if log.raw is not None and log.raw > log.stored]
    ratio = sum(log.raw for log in known) / float(sum(log.stored for log in known)) if known else ASSUMED_RATIO
    raw = sum(log.raw for log in logs if log.raw is not None) + sum(log.stored * ratio for log in unknown)
    return {
        "mb_per_day": significant(raw / MEGABYTE / (span / DAY), 3),
        "stored_mb_per_day": significant(sum(log.stored for log in logs) / MEGABYTE / (span / DAY), 3),
        "basis": basis,
        "estimated": bool(unknown),
    }


def peaks(logs: "list[Log]", rate: dict) -> dict:
    """{peak_mb_per_day, peak_day_mb} of text: as fast as the fastest finished log that covers an hour or more, and never slower than the
    mean; and what the fullest 24 hours wrote, None where the finished logs span less.
    """
    ratio = rate["mb_per_day"] / max(rate["stored_mb_per_day"], 0.001)
    written = [(log.time, (log.raw if log.raw is not None else log.stored * ratio) / MEGABYTE) for log in logs]
    fastest, fullest, window, oldest = rate["mb_per_day"], 0.0, 0.0, 1
    for place in range(1, len(written)):
        end, size = written[place]
        span = end - written[place - 1][0]
        if span >= SHORTEST_SPAN:
            fastest = max(fastest, size / (span / DAY))
        window += size
        while end - written[oldest][0] >= DAY:
            window -= written[oldest][1]
            oldest += 1
        fullest = max(fullest, window)
    spans_a_day = bool(logs) and logs[-1].time - logs[0].time >= DAY
    return {"peak_mb_per_day": significant(fastest, 3), "peak_day_mb": significant(fullest, 3) if spans_a_day else None}


def _first_record_time(host, path):
    if path.endswith(COMPRESSED):
        return None
    try:
        with open_regular(host.path(path)) as stream:
            found = RECORD_TIME.search(stream.read(4096))
    except OSError:
        return None
    return float(found.group(1)) if found else None


def significant(number, digits):
    """``number`` with so many significant digits, as an int from 10 on: 41237 and 2 give 41000, 0.0234 and 1 give 0.02."""
    rounded = float("%.*e" % (digits - 1, number))
    return int(rounded) if rounded >= 10 else rounded


def figure(number):
    """A figure as people write it: 0.00006 is less than 0.001, and no 6e-05."""
    return "less than 0.001" if 0 < number < 0.001 else str(number)


def words(settings, key):
    """The value of an action key in capitals and the rest: ("EXEC", "/path"), ("", "") where it is not set."""
    parts = str(settings.get(key) or "").split(None, 1)
    return (parts[0].upper() if parts else "", parts[1] if len(parts) > 1 else "")


def number(settings, key):
    """The value of a numeric key; None where it is not set or no number."""
    value = str(settings.get(key) or "").strip()
    return int(value) if value.isdecimal() else None


def thresholds(settings, size_mb):
    """{space_left: MB, admin_space_left: MB}; a percentage counts of the whole partition, None where its size is not known."""
    return {key: threshold(settings.get(key), size_mb) for key in ("space_left", "admin_space_left")}


def kept_mb(settings):
    """The most that auditd itself keeps in MB; None where nothing in its configuration bounds the log."""
    action = words(settings, "max_log_file_action")[0]
    size = number(settings, "max_log_file") or 0
    count = number(settings, "num_logs") or 0
    if action == "ROTATE" and count >= 2:
        return size * count
    if action == "SUSPEND":
        return size  # it stops recording instead of growing
    return None


def days_until(free_mb, threshold_mb, mb_per_day):
    """Days until only ``threshold_mb`` are free, coarse enough to stay the same between two looks; 0 where that is now, None: unknown."""
    if free_mb is None or threshold_mb is None:
        return None
    if free_mb <= threshold_mb:
        return 0
    if not mb_per_day:
        return None
    days = (significant(free_mb, 2) - threshold_mb) / float(mb_per_day)
    if days < 1:
        return 1
    return int(significant(days, 2) + 0.5)


def in_words(days):
    """A span of days as people say it."""
    if days <= 1:
        return "within a day"
    if days <= 365:
        return "in about %d days" % days
    return "in more than a year"


def read(reading) -> dict:
    """The layer storage of the live document, as measure() gives it."""
    found, missing = measure(reading.host, reading.settings)
    for name, reason in missing.items():
        reading.missing(name, reason)
    return found


def measure(host, settings):
    """Everything this module can say about the host: ({log_file, partition, growth, logs, thresholds, ...}, {what: reason it is missing}).

    ``settings`` are those that auditd runs with (_conf.effective), keys in lower case.
    """
    log_file = settings.get("log_file") or LOG_FILE
    missing = {}
    room = _or_none(missing, "storage.partition", partition, host, os.path.dirname(log_file))
    mounted = _or_none(missing, "storage.mount", _mount, host, os.path.dirname(log_file))
    try:
        logs = finished_logs(host, log_file)
    except AuditError as error:
        missing["storage.logs"] = str(error)
        logs = []
    rate = _or_none(missing, "storage.growth", growth, host, log_file, logs)
    if rate is not None:
        rate.update(peaks(logs, rate))
    limits = thresholds(settings, room["size_mb"] if room else None)
    plain = rotated_plain(logs, log_file)
    current = host.stat(log_file)
    return {
        "log_file": log_file,
        "partition": room,
        "mount": mounted,
        "growth": rate,
        "current_log_mb": None if current is None else current.st_size // MEGABYTE,
        "finished_logs": len(logs),
        "finished_logs_mb": sum(log.stored for log in logs) // MEGABYTE,
        "rotated_logs": [log.name for log in plain],
        "space_left_mb": limits["space_left"],
        "admin_space_left_mb": limits["admin_space_left"],
        "kept_by_auditd_mb": kept_mb(settings),
        "sendmail": _is_executable(host, SENDMAIL),
        "mail": mail.read(host) if _mails_away(settings) else None,
        "exec_resumes": {key: _resumes(host, words(settings, key)[1]) for key in EXEC_KEYS if words(settings, key)[0] == "EXEC"},
    }, missing


def _resumes(host, path):
    """Whether a program that auditd runs has auditd log again afterwards; None where its text does not show it."""
    try:
        data = host.read(path) if path.startswith("/") else None
    except AuditError:
        return None
    if data is None or not data.startswith(b"#!"):
        return None  # it is not there, or no script
    return RESUMING.search(data) is not None


def _mails_away(settings):
    """Whether auditd sends mail to an account of another host."""
    return mail.is_away(str(settings.get("action_mail_acct") or "")) and any(words(settings, key)[0] == "EMAIL" for key in EXEC_KEYS)


def _is_executable(host, path):
    found = host.stat(path)
    return found is not None and bool(found.st_mode & 0o111)


def _mount(host, directory):
    found = mounts.of_directory(host, directory)
    return {"point": found.point, "options": found.options}


def _or_none(missing, name, function, *args):
    try:
        return function(*args)
    except AuditError as error:
        missing[name] = str(error)
        return None
