# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a crash left behind, of an earlier run of ours or of the widely copied script, is made whole before anything else."""

import os

from . import methods, store
from ._host.files import fsync_directory, unlink_if_there
from .exits import Failure
from .open_files import written_by_others
from .pack import come_home

LARGEST_START = 1 << 16  # bytes that gzip may have written before its first block can be read


def repair(job):
    """Remove temporary files, settle originals that have a compressed twin, bring waiting archives home."""
    by_stem = {}
    entries = job.scan()
    for entry in entries:
        if entry.kind == "temporary":
            _remove(job, entry, "the temporary file %s of a run that was cut short" % entry.name)
        elif entry.kind == "archive" and not entry.suffix and entry.status.st_size == 0:
            _remove(job, entry, "the empty file %s" % entry.name)
        elif entry.kind == "archive":
            by_stem.setdefault(entry.stem, []).append(entry)
    waiting = job.staged()
    for entry in waiting:
        if entry.kind == "temporary":
            _remove(job, entry, "the temporary file %s of a run that was cut short" % entry.name)
        elif entry.kind == "archive":
            by_stem.setdefault(entry.stem, []).append(entry)
    open_now = written_by_others(
        {store.identity(entry.status) for twins in by_stem.values() if len(twins) > 1 for entry in twins}, job.directory)
    for stem in sorted(by_stem):
        twins = by_stem[stem]
        plain = [entry for entry in twins if not entry.suffix]
        for packed in [entry for entry in twins if entry.suffix]:
            if any(store.identity(entry.status) in open_now for entry in twins):
                job.notes.append("%s is still being written and stays" % packed.name)
            elif plain and not job.dry_run:
                try:
                    plain = _settle(job, plain[0], packed)
                except (OSError, Failure) as error:
                    job.doubtful.add(stem)
                    job.problem("partly", "%s and %s could not be compared, and both stay: %s" % (
                        plain[0].name, packed.name, getattr(error, "strerror", None) or error))
    if not job.dry_run:
        for entry in waiting:
            if entry.kind == "archive" and os.path.lexists(entry.path):
                try:
                    _bring(job, entry)
                except OSError as error:
                    job.problem("partly", "%s stays in %s: %s" % (entry.name, job.stage_directory, error.strerror))


def _settle(job, plain, packed):
    """One stem, two files. Returns the plain one as a list while it still has that stem."""
    relation = compare(plain.path, packed)
    if relation == "same":
        descriptor = store.open_plain(packed.path)
        os.fsync(descriptor)  # the tool that wrote it may not have
        os.close(descriptor)
        fsync_directory(os.path.dirname(packed.path))
        _remove(job, plain, "%s, which is whole in %s" % (plain.name, packed.name))
        return []
    if relation == "part":
        _remove(job, packed, "%s, a part of %s" % (packed.name, plain.name))
        return [plain]
    stem = job.names.free_stem(plain.time, job.taken)
    store.move(plain.path, os.path.join(job.directory, stem))
    job.taken.add(stem)
    fsync_directory(job.directory)
    job.repaired.append("%s and %s are different logs: the first is now %s" % (plain.name, packed.name, stem))
    return []


def compare(path, packed):
    """"same": the archive gives exactly the plain file. "part": it is cut short or damaged and gives the start of it. Else "other"."""
    plain = store.open_plain(path)
    descriptor = store.open_plain(packed.path)
    position, damaged = 0, False
    try:
        blocks = methods.decompressed(packed.method, descriptor)
        while True:
            try:
                block = next(blocks, None)
            except methods.Corrupt:
                damaged = True
                break
            if block is None:
                break
            if os.pread(plain, len(block), position) != block:
                return "other"
            position += len(block)
        if damaged:
            # nothing at all came out of a file of some size: it may be anything
            return "other" if position == 0 and os.fstat(descriptor).st_size > LARGEST_START else "part"
        return "same" if position == os.fstat(plain).st_size else "other"
    finally:
        os.close(plain)
        os.close(descriptor)


def _bring(job, entry):
    home = os.path.join(job.directory, entry.name)
    try:
        at_home = store.open_plain(home)
    except FileNotFoundError:
        if come_home(job, entry.name):
            job.repaired.append("%s came back from %s" % (entry.name, job.stage_directory))
        return
    staged = store.open_plain(entry.path)
    try:
        same = store.same_bytes(staged, store.blocks_of(at_home))
    finally:
        os.close(at_home)
        os.close(staged)
    if same:
        _remove(job, entry, "the second copy of %s in %s" % (entry.name, job.stage_directory))
        return
    name = job.names.free_stem(entry.time, job.taken) + entry.suffix
    store.move(entry.path, os.path.join(job.stage_directory, name))
    job.taken.add(name)
    come_home(job, name)


def _remove(job, entry, what):
    if not job.dry_run:
        unlink_if_there(entry.path)
        fsync_directory(os.path.dirname(entry.path))
    job.repaired.append("removed " + what)
    job.say(("would remove " if job.dry_run else "removed ") + what)
