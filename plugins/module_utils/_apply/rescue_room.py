# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room on a filesystem of an offline tree that has none left, so that the cure can be written at all.

Finished logs are compressed on the machine that reads and put back: at each moment a whole copy of each record is on one of the two disks.
Where there is nothing to compress, the words that stop the host are overwritten in the blocks that their file has.
"""

import gzip
import os
import re
import shutil
import tempfile

from .._errors import AuditError
from .._host import files as _io
from .._live import storage
from .._paths import AUDITD_CONF
from .._rules.compiled import AUDIT_RULES, RULES_D

LEAST = 4 * 1024 * 1024  # bytes: the rotation's program, the kept files and the new ones come to 1 MB
STOPPING = re.compile(r"^(\s*\w+_action\s*=\s*)(?:halt|single)(\s*)$", re.M | re.I)
PANIC = re.compile(r"^(?!\s*#)(.*(?:^| )-[a-zA-Z]*f *)2(?= |$)", re.M)
BLOCK = 512  # st_blocks counts these, stat(2)


def is_short(host, path: str, least: int = LEAST) -> bool:
    """Whether a filesystem has less than ``least`` bytes for root."""
    found = host.statvfs(path)
    return found.f_bfree * found.f_frsize < least


def make(host, log_file: str, where: str = "/etc") -> "list[str]":
    """Compress finished logs until the filesystem of ``where`` has room, the oldest first; the paths that were compressed."""
    done = []
    directory = os.path.dirname(log_file)
    if host.stat(directory) is None or host.stat(directory).st_dev != host.stat(where).st_dev:
        return done
    for log in storage.rotated_plain(storage.finished_logs(host, log_file), log_file):
        if not is_short(host, where):
            break
        path = "%s/%s" % (directory, log.name)
        _compress(host, path, done)
    return done


def _compress(host, path, done):
    real = host.path(path, follow=False)
    status = os.lstat(real)
    target = "%s.%d.gz" % (real, int(status.st_mtime))  # a name of its own: auditd gives the old one to the next log
    with tempfile.NamedTemporaryFile(prefix="auditops-rescue-", dir="/var/tmp", delete=False) as copy:
        try:
            with open(real, "rb") as source, gzip.GzipFile(filename="", fileobj=copy, mode="wb", mtime=0) as packed:
                shutil.copyfileobj(source, packed)
            copy.flush()
            os.fsync(copy.fileno())
            _verify(copy.name, real)
            with open(copy.name, "rb") as stream:
                data = stream.read()
            _io.remove(real)
            _io.write_atomic(target, data, status.st_mode & 0o7777, status.st_gid)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        except (OSError, AuditError) as error:
            raise AuditError("cannot compress %s: %s; where it is no longer in its place, its whole copy is %s on this machine" % (
                path, error, copy.name))
    os.unlink(copy.name)
    done.append(path)


def _verify(packed, real):
    with gzip.open(packed, "rb") as one, open(real, "rb") as other:
        while True:
            first, second = one.read(1 << 20), other.read(1 << 20)
            if first != second:
                raise AuditError("the compressed copy is not the same")
            if not first:
                return


def without_stops_in_place(host, rules_files) -> "list[str]":
    """Overwrite what stops the host, in the blocks that its files have; the paths that were changed. For a disk without any room, where no
    file can be replaced. AuditError where a file has no block of its own."""
    changed = []
    for path in [AUDITD_CONF, AUDIT_RULES] + ["%s/%s" % (RULES_D, os.path.basename(name)) for name in rules_files]:
        text = host.text(path)
        if text is None:
            continue
        pattern = STOPPING if path == AUDITD_CONF else PANIC
        new = pattern.sub(r"\1SYSLOG\2" if path == AUDITD_CONF else r"\g<1>1", text)
        if new != text:
            _overwrite(host.path(path), new.encode("utf-8", "surrogateescape"), path)
            changed.append(path)
    return changed


def _overwrite(real, data, path):
    descriptor = os.open(real, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if len(data) > os.fstat(descriptor).st_blocks * BLOCK:
            raise AuditError("%s has no room for the change in its own blocks: free room on its filesystem by hand" % path, path=path)
        os.pwrite(descriptor, data, 0)  # one call: a kill leaves the old text or the new one
        os.fsync(descriptor)
    except OSError as error:
        raise AuditError("cannot overwrite %s in place: %s" % (path, error.strerror), path=path)
    finally:
        os.close(descriptor)
