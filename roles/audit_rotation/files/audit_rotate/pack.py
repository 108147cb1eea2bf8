# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compress archives: temporary file, byte-for-byte comparison with the original, fsync, name, and only then unlink the original.

Where the log's filesystem has no room for the smaller copy beside the original, the copy is made on another filesystem
(state_dir), proven and made durable there, and comes home once the original has made room.
"""

import os

from . import methods, records, serials, store
from ._errors import AuditError
from ._host.files import fsync_directory, make_directory, unlink_if_there, write_all
from .exits import Failure
from .names import METHOD_SUFFIXES
from .open_files import written_by_others
from .settings import MEGABYTE

LEFT_TO_AUDITD = 4 * MEGABYTE  # of the log filesystem, while auditd writes
LEFT_TO_OTHERS = 64 * MEGABYTE  # of the filesystem that archives wait on


def pack(job):
    """Compress every plain archive that nobody writes to, the oldest first; those that lack room are tried again after the others."""
    if job.method is None:
        _look_through(job)
        return
    _be_nice()
    todo = [entry for entry in job.archives() if not entry.suffix and not entry.staged and entry.stem not in job.doubtful]
    if job.dry_run:
        for name, size in [(entry.name, entry.status.st_size) for entry in todo] + job.planned:
            job.say("would compress %s (%d bytes) with %s" % (name, size, job.method))
        return
    open_now = written_by_others({store.identity(entry.status) for entry in todo}, job.directory)
    live = job.live_identity()
    ready = []
    for entry in todo:
        identity = store.identity(entry.status)
        if identity == live or identity in open_now:
            job.waiting.append({"name": entry.name, "reason": "a process still writes to it"})
        else:
            ready.append(entry)
    while ready:
        lacking = [entry for entry in ready if not _pack_one(job, entry)]
        if len(lacking) == len(ready):
            for entry in lacking:
                job.waiting.append({"name": entry.name, "reason": "no room to compress it"})
            job.problem("no_space", "no room to compress %d log%s in %s: %d MB free" % (
                len(lacking), "s" if len(lacking) > 1 else "", job.directory, job.free() // MEGABYTE))
            return
        ready = lacking


def _look_through(job):
    """What is not to be compressed is looked through all the same, once, for events that are missing."""
    entries = job.archives()
    stems = [entry.stem for entry in entries]
    known = (job.serials or {}).get("stem")
    new = entries[stems.index(known) + 1:] if known in stems else [entry for entry in entries if entry.stem in job.fresh]
    open_now = written_by_others({store.identity(entry.status) for entry in new}, job.directory) if new else set()
    for entry in new:
        if entry.suffix or job.dry_run:
            continue
        if store.identity(entry.status) in open_now:
            return  # it and what follows: next time
        try:
            descriptor = store.open_plain(entry.path)
        except OSError as error:
            job.problem("partly", "%s cannot be read: %s" % (entry.name, error.strerror))
            return
        try:
            serials.follow(job, entry, store.blocks_of(descriptor))
        finally:
            os.close(descriptor)


def _pack_one(job, entry):
    """False where there is no room for it now."""
    packed = _pack_somewhere(job, entry)
    if packed and os.path.dirname(packed) != job.directory:
        come_home(job, os.path.basename(packed))
    return packed is not None


def _pack_somewhere(job, entry):
    """The path of the archive; "" where the log is left as it is for this time, None where there is no room for it now."""
    try:
        descriptor = store.open_plain(entry.path)
    except OSError as error:
        job.problem("partly", "%s cannot be compressed: %s" % (entry.name, error.strerror))
        return ""
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            os.unlink(entry.path)  # auditd rotated an empty log: there is no record to keep
            return ""
        for directory in _places(job, size):
            try:
                packed = _write(job, entry, descriptor, directory)
            except (OSError, Failure, methods.Corrupt) as error:
                if methods.is_no_room(error):
                    continue
                reason = error.strerror if isinstance(error, OSError) else str(error)
                job.problem("compressor", "%s was not compressed and is as it was: %s" % (entry.name, reason))
                return ""
            if packed is None:
                job.waiting.append({"name": entry.name, "reason": "it grew while it was compressed"})
            return packed or ""
        return None
    finally:
        os.close(descriptor)  # only now the original's blocks are free


def _places(job, size):
    """Directories to write the copy in, the best first. The last room of a log that auditd writes is not used up for it."""
    need = size // methods.WORST_RATIO + (1 << 16)
    here = job.free() - need
    if here >= LEFT_TO_AUDITD or (here >= 0 and not job.daemon_writes):
        return [job.directory] + _stage(job, need)
    return _stage(job, need) + ([job.directory] if not job.daemon_writes else [])


def _stage(job, need):
    state_dir = job.settings.state_dir
    try:
        elsewhere = os.stat(state_dir).st_dev != os.stat(job.directory).st_dev
        if not elsewhere or job.free(state_dir) - need < LEFT_TO_OTHERS:
            return []
        make_directory(job.stage_directory, 0o700)
        return [job.stage_directory]
    except (OSError, AuditError) as error:
        job.notes.append("%s cannot hold archives: %s" % (state_dir, error))
        return []


def _write(job, entry, source, directory):
    """The path of the proven archive whose original is gone; None where the original grew meanwhile."""
    name = entry.stem + METHOD_SUFFIXES[job.method]
    status = os.fstat(source)
    descriptor, temporary = store.create(directory, name)
    try:
        config = job.settings.config
        methods.compress(job.method, source, descriptor, config["level"], config["threads"])
        if not store.same_bytes(source, methods.decompressed(job.method, descriptor)):
            if os.fstat(source).st_size != status.st_size:
                unlink_if_there(temporary)
                return None
            raise methods.Corrupt("what %s gives back is not what it was given" % job.method)
        target = store.publish(descriptor, temporary, directory, name, source)
    except BaseException:
        unlink_if_there(temporary)
        raise
    finally:
        after = os.fstat(descriptor).st_size
        os.close(descriptor)
    job.taken.add(name)
    if not _is_still(entry.path, source, status):
        os.unlink(target)
        return None
    serials.follow(job, entry, store.blocks_of(source))
    first, last = records.first_of(source), records.last_of(source, status.st_size)
    os.unlink(entry.path)
    fsync_directory(job.directory)
    job.compressed.append({"name": name, "bytes_before": status.st_size, "bytes_after": after, "first": first, "last": last})
    job.say("%s is now %s: %d bytes instead of %d" % (entry.name, name, after, status.st_size))
    return target


def _is_still(path, descriptor, status):
    """True where the name leads to the file that was read, and it has not grown since."""
    here = os.lstat(path)
    return store.identity(here) == store.identity(status) and os.fstat(descriptor).st_size == status.st_size == here.st_size


def come_home(job, name):
    """Bring an archive from the other filesystem to the log; False where there is still no room."""
    staged = os.path.join(job.stage_directory, name)
    source = store.open_plain(staged)
    temporary = None
    try:
        if job.daemon_writes and job.free() - os.fstat(source).st_size < LEFT_TO_AUDITD:
            raise OSError(store.NO_ROOM[0], os.strerror(store.NO_ROOM[0]))
        descriptor, temporary = store.create(job.directory, name)
        try:
            for block in store.blocks_of(source):
                write_all(descriptor, block)
            os.fsync(descriptor)
            if not store.same_bytes(source, store.blocks_of(descriptor)):
                raise OSError(5, "the copy differs from what was copied")
            store.publish(descriptor, temporary, job.directory, name, source)
        finally:
            os.close(descriptor)
    except OSError as error:
        if temporary:
            unlink_if_there(temporary)
        job.waiting.append({"name": name, "reason": "it waits in %s: %s" % (job.stage_directory, error.strerror)})
        return False
    finally:
        os.close(source)
    os.unlink(staged)
    fsync_directory(job.stage_directory)
    return True


def _be_nice():
    """The lowest CPU priority; the IO priority follows from it (best effort 7, ioprio_set(2))."""
    try:
        os.nice(19)
    except OSError:
        pass
