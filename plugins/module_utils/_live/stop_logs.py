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
import zlib

from .._diagnosis import lines as _lines
from .._diagnosis import messages
from .._errors import AuditError

DIRECTORY = "/var/log"
NAMES = re.compile(r"^(messages|syslog|kern\.log|daemon\.log|boot\.log)([-.].*)?$")
JOURNALS = ("/var/log/journal", "/run/log/journal")
READERS = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
# what reads a packed file up to where it was cut short
PARTS: "dict" = {".gz": (zlib.decompressobj, (31,)), ".bz2": (bz2.BZ2Decompressor, ()), ".xz": (lzma.LZMADecompressor, ())}
PIECE = 65536
CUT_SHORT = "it is cut short (%s): what its end said was not seen"
# what the standard library of 3.6 does not read, and who does: the program of the machine that reads
UNPACKERS = {".zst": ["zstd", "-dc", "--"], ".lz4": ["lz4", "-dc", "--"]}
LARGEST = 64 * 1024 * 1024  # bytes of one file: the end of it
IDENTIFIERS = ("auditd", "audisp", "audispd", "audisp-remote", "kernel", "systemd", "systemd-logind", "systemd-shutdown", "sudo", "su",
               "doas", "shutdown", "init", "acpid", "qemu-ga")
JOURNAL_LINES = 400000
PSTORES = ("/var/lib/systemd/pstore", "/sys/fs/pstore", "/var/lib/pstore")
CRASHES = "/var/crash"
LOCALTIME = "/etc/localtime"
MACHINE_ID, HOSTNAME = "/etc/machine-id", "/etc/hostname"
SECONDS_BETWEEN_COPIES = 2  # stamps of one line in two files
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
            "by": row.by, "what": row.what, "key": row.key, "host": line.host, "pid": line.pid, "program": line.program}


WROTE = messages.Message("log", "wrote", "", "", None, None, "")  # the last line before a boot or an end: the host still wrote then


def syslog(host, run, unread, days=None) -> "tuple[list[dict], bool]":
    """(events of the syslog files, whether there is any). ``unread`` {what: why} is filled; ``days``: older files are not read."""
    with LocalTime(host) as zone:
        groups: "dict[str, list[dict]]" = {}
        for path, status in _files(host, days):
            data = contents(host, run, path, unread)
            if data is None:
                continue
            groups.setdefault(_family(path), []).extend(_events(path, data, status.st_mtime, zone))
    return _one_stream(groups, _own_name(host)), bool(groups)


def _one_stream(groups, own):
    """The file that has most of it, in its order, with what others have beside it: Debian writes auditd's lines to syslog and daemon.log,
    and the kernel's to messages and kern.log too."""
    ordered = sorted(groups, key=_rank(groups))
    main = list(groups[ordered[0]]) if ordered else []
    for name in ordered[1:]:
        have: "dict[tuple, list]" = {}
        for one in main:
            have.setdefault((one["what"], one["text"]), []).append(_moment(one))
        main = by_time(main, [one for one in groups[name] if one["what"] != "wrote" and not any(
            abs(_moment(one) - moment) <= SECONDS_BETWEEN_COPIES for moment in have.get((one["what"], one["text"]), ()))])
    if not own:
        return main
    names = {_short(one["host"]) for one in main}
    return [one for one in main if own not in names or _short(one["host"]) in ("", own) or one["what"] == "wrote"]


def _short(name):
    return name.partition(".")[0]


def _rank(groups):
    newest = max([_moment(one) for events in groups.values() for one in events] or [0])
    order = ("syslog", "messages", "daemon.log", "kern.log", "boot.log")
    return lambda name: (max([_moment(one) for one in groups[name]] or [0]) < newest - DAY, order.index(name))


def _own_name(host):
    """What a line of the host's own calls it; a log server keeps those of others in the same files."""
    name = _short((host.text_if_readable(HOSTNAME) or "").strip())
    return name if name != "localhost" else ""  # then its name came from the network


def by_time(main, others):
    """``main`` keeps its own order; each of the others goes behind the last line that is not newer."""
    found = list(main)
    for event in sorted(others, key=_moment):
        place = len(found)
        if event["time"] is not None:
            while place and (found[place - 1]["time"] or 0) > event["time"]:
                place -= 1
        found.insert(place, event)
    return found


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
        elif ending in READERS:
            packed = host.read(path)
            try:
                data = READERS[ending](packed)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                data = _first_part(packed, ending)
                unread[path] = CUT_SHORT % error if data else str(error)
        else:
            data = _end_of(host.path(path))
    except (AuditError, OSError, EOFError, ValueError, lzma.LZMAError) as error:
        unread[path] = str(error)
        return None
    return data and data[-LARGEST:]


def _first_part(packed, ending):
    """What of a packed file can be read; None where nothing can."""
    make, arguments = PARTS[ending]
    reader, found = make(*arguments), b""
    for start in range(0, len(packed), PIECE):
        try:
            found += reader.decompress(packed[start:start + PIECE])
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
            break
    return found or None


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
    number, last = 0, ""
    for number, text in enumerate(data.replace(b"\0", b"").decode("utf-8", "replace").splitlines(), 1):
        if messages.QUICK.search(text):
            line = _lines.parse(text, before=modified, zone=zone)
            row = messages.classify(line.text, line.program, line.pid if line.time is not None else None)
            if row is not None and row.what == "boot" and last:
                yield from _wrote(path, number - 1, last, modified, zone)
            if row is not None:
                yield event(path, number, line, row)
        last = text
    yield from _wrote(path, number, last, modified, zone)


def _wrote(path, number, text, modified, zone):
    line = _lines.parse(text, before=modified, zone=zone)
    if line.time is not None:
        yield event(path, number, line, WROTE)


def journal(host, run, unread) -> "tuple[list[dict], bool]":
    """(events, whether there is a journal). ``run(argv)`` runs journalctl of the machine that reads, on the host's files."""
    directory = next((path for path in JOURNALS if host.listdir(path)), None)
    if directory is None:
        return [], False
    own = "%s/%s" % (directory, (host.text_if_readable(MACHINE_ID) or "").strip())
    if host.listdir(own):
        directory = own  # beside it lie the journals of containers, and those of the machine that an image was made of
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
