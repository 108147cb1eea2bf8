# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-archive: ausearch and aureport over archives and live logs. Alone they stop at the first missing number and read no archive.

Both take the log from a pipe at their standard input (ausearch.c, aureport.c: is_pipe(0)), so the text is streamed to them in the order
of time and never unpacked to disk.
"""

import errno
import os
import stat
import sys
import time

from . import methods, records, settings, status, store, time_options
from ._errors import AuditError
from ._rotation.conf import PATH
from ._utc import iso
from .exits import Failure
from .names import SUFFIX_METHODS, Entry, Names, oldest_first
from .repair import compare

USAGE = """usage: audit-archive search|report|cat|list [--start WHEN] [--end WHEN] [--config FILE] [--root DIR] [-- OPTIONS]

  search  ausearch over archives and live logs; OPTIONS are ausearch's
  report  the same with aureport
  cat     the records as text
  list    the logs with the times of their first and last record

  WHEN is 2026-11-23, 2026-11-23T05:00, 2026-11-23T05:00:00 (local time), ...Z (UTC), @EPOCH, or a word of ausearch: now, recent,
  this-hour, today, yesterday, this-week, week-ago, this-month, this-year, boot. Archives outside are not even opened.

The exit code is that of ausearch or aureport; 2 for a wrong command line, 3 and 4 as audit-rotate --help says.
OPTIONS of ausearch and aureport: "man ausearch", "man aureport".
"""
PROGRAMS = {"search": "ausearch", "report": "aureport"}
COMMANDS = ("search", "report", "cat", "list")


class Source(object):
    """One log to read: ``name``, ``method``, time of the ``last`` record, a ``descriptor`` where it may be renamed meanwhile."""

    def __init__(self, name, path, method, last, descriptor=None):
        self.name = name
        self.path = path
        self.method = method
        self.last = last
        self.descriptor = descriptor

    def open(self):
        """A descriptor to read from."""
        return store.open_plain(self.path) if self.descriptor is None else os.dup(self.descriptor)


def main(arguments):
    """Run with these arguments and return the exit code."""
    try:
        command, options, rest = parse(arguments)
        if command is None:
            sys.stdout.write(USAGE)
            return 0
        chosen, any_name = _settings(options)
        start, end = time_options.epoch(options["start"]), time_options.epoch(options["end"])
        found = within(sources(chosen, any_name=any_name), start, end)
        if command == "list":
            return _list(found)
        if command == "cat":
            return _feed(found, sys.stdout.buffer)
        return _pass_on(PROGRAMS[command], time_options.options(start, end) + rest, found)
    except AuditError as failure:
        sys.stderr.write("audit-archive: %s\n" % failure)
        return getattr(failure, "code", 1)
    except (BrokenPipeError, KeyboardInterrupt):
        return 141


def parse(arguments):
    """(command, options, what follows --). A command of None asks for help."""
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        return None, {}, []
    command, left = arguments[0], list(arguments[1:])
    if command not in COMMANDS:
        raise Failure("usage", "%s is not a command; it is one of %s" % (command, ", ".join(COMMANDS)))
    if left[:1] in (["--help"], ["-h"]):
        return None, {}, []
    options = {"--start": None, "--end": None, "--config": None, "--root": "/"}
    while left:
        word = left.pop(0)
        if word == "--":
            break
        name, sign, value = word.partition("=")
        if name not in options:
            raise Failure("usage", "%s is not an option of audit-archive; what ausearch is to get follows --" % word)
        if not sign and not left:
            raise Failure("usage", "%s needs a value" % name)
        options[name] = value if sign else left.pop(0)
    return command, {name[2:]: value for name, value in options.items()}, left


def _settings(options):
    """(Settings, whether any name beside the log may be an archive's). Members of log_group may read the logs and not our files."""
    try:
        return settings.load(options["config"] or PATH, options["root"], config_is_ours=options["config"] is None), False
    except Failure as failure:
        if failure.details.get("errno") not in (errno.EACCES, errno.EPERM) or options["config"] is not None:
            raise
        sys.stderr.write("audit-archive: %s; the built-in log file and every name beside it are taken\n" % failure)
        return settings.built_in(options["root"]), True


def sources(chosen, *, any_name=False):
    """[Source] of every log, oldest first: archives, those that wait elsewhere, rotated ones, the live one.

    ``any_name``: the format of the names is not known, so that every file beside the log that bears its name counts as an archive.

    What auditd or audit-rotate may rename is opened here, while the lock is held (where we may): no log is read twice or missed.
    """
    names = Names.beside(chosen, status.read(chosen))
    lock = _shared_lock(chosen)
    try:
        live = _opened(chosen.log_file)
        entries = names.scan_all(chosen)
        if any_name:
            entries = [_as_archive(chosen, entry) for entry in entries]
        found = []
        taken = {store.identity(os.fstat(live))} if live is not None else set()
        archives = oldest_first(entries, time.time())
        rotated = sorted((entry for entry in entries if entry.kind == "rotated"), key=lambda entry: -entry.number)
        packed = {entry.stem for entry in archives if entry.suffix and not _twin_is_doubtful(entry, archives)}
        for entry in archives + rotated:
            if (entry.kind == "archive" and not entry.suffix and entry.stem in packed) or store.identity(entry.status) in taken:
                continue
            descriptor = None if entry.suffix else _opened(entry.path)
            if descriptor is not None and store.identity(os.fstat(descriptor)) in taken:
                os.close(descriptor)
                continue
            if descriptor is not None:
                taken.add(store.identity(os.fstat(descriptor)))
            found.append(Source(entry.name, entry.path, entry.method, entry.time, descriptor))
        if live is not None:
            found.append(Source(chosen.base, chosen.log_file, None, None, live))
        return found
    finally:
        if lock is not None:
            os.close(lock)


def _as_archive(chosen, entry):
    """A file of an unknown name format: an archive of the time of its last change."""
    if entry.kind != "foreign" or not entry.name.startswith(chosen.base + ".") or not stat.S_ISREG(entry.status.st_mode):
        return entry
    suffix = os.path.splitext(entry.name)[1]
    return Entry(chosen.directory, entry.name, "archive", entry.status, suffix=suffix if suffix in SUFFIX_METHODS else "",
                 time=entry.status.st_mtime)


def within(found, start, end):
    """The sources that can hold a record of ``start`` to ``end`` (epoch seconds; None: no limit)."""
    chosen = []
    for source in found:
        if source.last is not None and start is not None and source.last + 1 < start:
            continue
        if end is not None and chosen and _first(source) is not None and _first(source) > end:
            continue
        chosen.append(source)
    return chosen


def _twin_is_doubtful(entry, archives):
    """A crash left the original beside its archive. Ours is whole once it has its name; that of another tool may be cut short."""
    plain = [other for other in archives if other.stem == entry.stem and not other.suffix]
    if not plain or entry.staged:
        return False
    try:
        return compare(plain[0].path, entry) != "same"
    except OSError:
        return True


def _first(source):
    times = records.Times()
    for block in _blocks(source, quiet=True):
        times.feed(block)
        if times.first is not None:
            break
    return times.first


def _blocks(source, *, quiet=False):
    try:
        descriptor = source.open()
    except OSError as error:
        if not quiet:
            sys.stderr.write("audit-archive: %s: %s\n" % (source.name, error.strerror))
        return
    try:
        yield from methods.decompressed(source.method, descriptor)
    except (methods.Corrupt, Failure) as error:
        if not quiet:
            sys.stderr.write("audit-archive: %s: %s; what could be read was\n" % (source.name, error))
    finally:
        os.close(descriptor)


def _feed(found, stream):
    for source in found:
        last = b"\n"
        for block in _blocks(source):
            stream.write(block)
            last = block[-1:]
        if last != b"\n":
            stream.write(b"\n")  # a disk that filled up cut the record off; the next one starts its own line
    stream.flush()
    return 0


def _pass_on(name, options, found):
    import subprocess
    program = methods.program(name)
    if program is None:
        raise Failure("usage", "%s is not installed" % name)
    environment = dict(os.environ, LC_ALL="C")  # both read dates in the locale's own order
    process = subprocess.Popen([program] + options, stdin=subprocess.PIPE, env=environment)
    try:
        _feed(found, process.stdin)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it has seen enough, or has refused its options
    return process.wait()


def _list(found):
    for source in found:
        times = records.Times()
        size = 0
        for block in _blocks(source):
            times.feed(block)
            size += len(block)
        times.end()
        sys.stdout.write("%s\t%d\t%s\t%s\n" % (source.name, size, _text(times.first), _text(times.last)))
    return 0


def _text(when):
    return "-" if when is None else iso(when)


def _opened(path):
    try:
        return store.open_plain(path)
    except OSError:
        return None


def _shared_lock(chosen):
    """Keeps audit-rotate from renaming for the moment of the listing; without the right to it the listing is only nearly exact."""
    import fcntl
    try:
        descriptor = os.open(os.path.join(chosen.state_dir, "lock"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        pass  # a run is under way; what it renames meanwhile is found by its descriptor or by its new name
    return descriptor
