# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a host's logs that speak of a stop: syslog files, the journal, the kernel's last words, a console text.

Only programs of the machine that reads are run. Rotated and compressed files are read by the standard library, or by zstd and lz4 of this
machine; what cannot be read is named.
"""

import bz2
import gzip
import lzma
import os
import re
import stat
import time

from .._diagnosis import lines as _lines
from .._diagnosis import messages
from .._errors import AuditError

DIRECTORY = "/var/log"
NAMES = re.compile(r"^(messages|syslog|kern\.log|daemon\.log|boot\.log)([-.].*)?$")
JOURNALS = ("/var/log/journal", "/run/log/journal")
READERS = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
# what the standard library of 3.6 does not read, and who does: the program of the machine that reads
UNPACKERS = {".zst": ["zstd", "-dc", "--"], ".lz4": ["lz4", "-dc", "--"]}
LARGEST = 64 * 1024 * 1024  # bytes of one file: the end of it
IDENTIFIERS = ("auditd", "audisp", "kernel", "systemd", "systemd-logind", "systemd-shutdown", "sudo", "shutdown", "init")
JOURNAL_LINES = 400000
PSTORES = ("/var/lib/systemd/pstore", "/sys/fs/pstore", "/var/lib/pstore")
CRASHES = "/var/crash"
LOCALTIME = "/etc/localtime"
DAY = 86400
CONSOLE_LINES = 20000


class LocalTime(object):
    """The host's own time zone while its logs are read; UTC where it has none."""

    def __init__(self, host):
        self._path = host.path(LOCALTIME) if host.stat(LOCALTIME) is not None else None
        self._before = os.environ.get("TZ")

    def __enter__(self):
        os.environ["TZ"] = ":" + self._path if self._path else "UTC"
        time.tzset()
        return time.mktime

    def __exit__(self, *_error):
        os.environ.pop("TZ")
        if self._before is not None:
            os.environ["TZ"] = self._before
        time.tzset()


def event(source, number, line, row):
    """As _diagnosis.verdict takes it; ``line`` {source, line, time, text}."""
    return {"source": source, "line": number, "time": line.time, "text": ("%s: %s" % (line.program, line.text)).lstrip(": ")[:400],
            "by": row.by, "what": row.what, "key": row.key}


def syslog(host, run, unread, days=None) -> "tuple[list[dict], bool]":
    """(events of the syslog files, whether there is any). ``unread`` {what: why} is filled; ``days``: older files are not read."""
    with LocalTime(host) as zone:
        groups: "dict[str, list[dict]]" = {}
        for path, status in _files(host, days):
            data = contents(host, run, path, unread)
            if data is None:
                continue
            groups.setdefault(_family(path), []).extend(_events(path, data, status.st_mtime, zone))
    # One stream: messages and syslog have what kern.log has as well.
    main = groups.get("messages") or groups.get("syslog") or []
    rest = [] if main else [one for name in ("kern.log", "daemon.log", "boot.log") for one in groups.get(name, [])]
    found = main or sorted(rest, key=_moment)
    return found, bool(groups)


def _family(path):
    """messages of messages-20261101.gz"""
    return re.split(r"[-.](?!log)", os.path.basename(path), maxsplit=1)[0]


def _moment(one):
    return one["time"] or 0


def _files(host, days):
    """(path, status) of the log files, the oldest first."""
    found = []
    for name in host.listdir(DIRECTORY):
        path = "%s/%s" % (DIRECTORY, name)
        status = host.lstat(path) if NAMES.match(name) else None
        if status is not None and stat.S_ISREG(status.st_mode):
            found.append((path, status))
    newest = max([status.st_mtime for _path, status in found] or [0])
    return sorted((pair for pair in found if days is None or newest - pair[1].st_mtime <= days * DAY), key=_modified)


def _modified(pair):
    return (pair[1].st_mtime, pair[0])


def contents(host, run, path, unread) -> "bytes | None":
    """The end of a log, unpacked; None, and why in ``unread``, where it cannot be read."""
    ending = os.path.splitext(path)[1]
    try:
        if ending in UNPACKERS:
            data = _unpacked(run, UNPACKERS[ending] + [host.path(path)])
        else:
            data = READERS[ending](host.read(path)) if ending in READERS else _end_of(host.path(path))
    except (AuditError, OSError, EOFError, ValueError, lzma.LZMAError) as error:
        unread[path] = str(error)
        return None
    return data[-LARGEST:]


def _unpacked(run, command):
    try:
        code, out, error = run(command)
    except (AuditError, OSError) as problem:
        code, out, error = 127, "", str(problem)
    if code:
        raise AuditError("%s of this machine cannot read it (code %s): %s; install %s here, or unpack the file, and run again" % (
            command[0], code, (error or "").strip(), command[0]))
    return out.encode("utf-8", "surrogateescape")


def _end_of(real):
    with open(real, "rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - LARGEST))
        return stream.read(LARGEST)


def _events(path, data, modified, zone):
    """What a host that lost its power left of a page is zeros."""
    for number, text in enumerate(data.replace(b"\0", b"").decode("utf-8", "replace").splitlines(), 1):
        if messages.QUICK.search(text):
            line = _lines.parse(text, before=modified, zone=zone)
            row = messages.classify(line.text, line.program)
            if row is not None:
                yield event(path, number, line, row)


def journal(host, run, unread) -> "tuple[list[dict], bool]":
    """(events, whether there is a journal). ``run(argv)`` runs journalctl of the machine that reads, on the host's files."""
    directory = next((path for path in JOURNALS if host.listdir(path)), None)
    if directory is None:
        return [], False
    command = ["journalctl", "--directory", host.path(directory), "--quiet", "--no-pager", "-o", "short-unix", "-n", str(JOURNAL_LINES)]
    for name in IDENTIFIERS:
        command += ["-t", name]
    try:
        code, out, error = run(command)
    except (AuditError, OSError) as problem:
        code, out, error = 127, "", str(problem)
    if code and not out:
        unread[directory] = "journalctl of this machine cannot read it (code %s): %s" % (code, (error or "").strip())
        return [], True
    return list(_events(directory, out.encode("utf-8", "surrogateescape"), None, None)), True


def console(path: str, text: str) -> "list[dict]":
    """The events of a console text that a person hands over."""
    data = "\n".join(text.splitlines()[-CONSOLE_LINES:]).encode("utf-8", "replace")
    return list(_events(path, data, None, None))


def leftovers(host, run, unread) -> "list[dict]":
    """The panics that pstore, systemd-pstore and kdump left."""
    found = []
    for path in _texts(host):
        status = host.lstat(path)
        data = contents(host, run, path, unread)
        events = [one for one in _events(path, data or b"", None, None) if one["what"] in ("panic", "oom_panic")]
        for one in events[:1]:
            found.append(dict(one, time=status.st_mtime, dated_by_file=True))
    return sorted(found, key=_moment)


def _texts(host):
    for parent in PSTORES:
        yield from _walk(host, parent, re.compile(r"^(dmesg|console|dmesg-.*|console-.*)"))
    yield from _walk(host, CRASHES, re.compile(r"^(vmcore-)?dmesg.*\.(txt|log)$|^dmesg\.\d+$"))


def _walk(host, parent, names, depth=3):
    for name in host.listdir(parent):
        path = "%s/%s" % (parent, name)
        status = host.lstat(path)
        if stat.S_ISDIR(status.st_mode) and depth:
            yield from _walk(host, path, names, depth - 1)
        elif stat.S_ISREG(status.st_mode) and names.match(name):
            yield path
