# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run replaced, kept so that it can be put back byte for byte.

Each store is a directory with numbered copies and a journal, one JSON object a line. A copy is on disk before its line, and its line before
the original is changed: whatever moment a run is killed at, the journal names only what can be put back.
"""

import json
import os
import stat

from .._errors import AuditError
from .._utc import iso
from . import files as _io

JOURNAL = "journal"
UNDONE = "undone"
ABSENT, FILE, LINK, DIRECTORY = "absent", "file", "link", "directory"
LABEL = _io.SELINUX_XATTR


class Kept(object):
    """One store of a host, below ``directory`` (as the host names it)."""

    def __init__(self, host, directory):
        self.host, self.directory = host, directory
        self._real = host.path(directory, follow=False)
        self.entries = _read(os.path.join(self._real, JOURNAL))
        self._known = {entry["path"] for entry in self.entries}

    def keep(self, path: str) -> bool:
        """Keep what lies at ``path`` now, or that nothing does; False where this store has it. AuditError where it cannot be kept."""
        if path in self._known:
            return False
        entry = _described(self.host, path)
        try:
            _io.make_directory(self._real, 0o700)
            if entry["kind"] == FILE:
                entry["copy"] = str(len(self.entries))
                data = self.host.read(path)
                _io.write_atomic(os.path.join(self._real, entry["copy"]), data, 0o600)
            self._append(entry)
        except OSError as error:
            raise AuditError("cannot keep %s in %s: %s" % (path, self.directory, error.strerror), path=path)
        return True

    def note_absent(self, path: str) -> None:
        """Note that nothing was at ``path`` before; undoing takes away what is there now."""
        if path not in self._known:
            self._append({"path": path, "kind": ABSENT})

    def _append(self, entry):
        """One write, behind which the line is on disk; what a killed run left of a line is cut off first."""
        self.entries.append(entry)
        self._known.add(entry["path"])
        text = "".join(json.dumps(one, sort_keys=True) + "\n" for one in self.entries)
        _io.write_atomic(os.path.join(self._real, JOURNAL), text.encode("utf-8"), 0o600)

    def differing(self) -> "list[str]":
        """The paths that are not as they were kept."""
        return [entry["path"] for entry in self.entries if not _is_as(self, entry)]

    def put_back(self) -> "list[str]":
        """Put everything back, the newest first, and mark the store; the paths that were changed. Run again after a kill, it finishes."""
        changed = []
        for entry in reversed(self.entries):
            if not _is_as(self, entry):
                _put_back(self, entry)
                changed.append(entry["path"])
        if os.path.isdir(self._real):
            _io.write_atomic(os.path.join(self._real, UNDONE), (iso() + "\n").encode("ascii"), 0o600)
        return changed[::-1]

    def data(self, entry):
        """The bytes of a kept file."""
        return self.host.read("%s/%s" % (self.directory, entry["copy"]))


def stores(host, parent: str) -> "list[str]":
    """The stores below ``parent`` that were not put back, the oldest first."""
    found = ["%s/%s" % (parent, name) for name in host.listdir(parent)]
    return [path for path in found if host.lstat(path + "/" + JOURNAL) is not None and host.lstat(path + "/" + UNDONE) is None]


def _read(path):
    try:
        with open(path, "rb") as stream:
            return [json.loads(line.decode("utf-8")) for line in stream.read().splitlines()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        raise AuditError("cannot read %s: %s" % (path, error))


def _described(host, path):
    found = host.lstat(path)
    if found is None:
        return {"path": path, "kind": ABSENT}
    entry = {"path": path, "mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid, "label": _label(host, path)}
    if stat.S_ISLNK(found.st_mode):
        return dict(entry, kind=LINK, target=os.readlink(host.path(path, follow=False)))
    if stat.S_ISDIR(found.st_mode):
        return dict(entry, kind=DIRECTORY)
    if not stat.S_ISREG(found.st_mode):
        raise AuditError("%s is neither a file nor a link nor a directory; it is left alone" % path, path=path)
    return dict(entry, kind=FILE, mtime_ns=found.st_mtime_ns, atime_ns=found.st_atime_ns)


def _label(host, path):
    try:
        return os.getxattr(host.path(path, follow=False), LABEL, follow_symlinks=False).decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _is_as(kept, entry):
    now = _described(kept.host, entry["path"])
    passing = ("copy", "atime_ns", "mtime_ns") if entry["kind"] != FILE else ("copy", "atime_ns")
    if any(entry.get(key) != now.get(key) for key in set(entry) | set(now) if key not in passing):
        return False
    return entry["kind"] != FILE or kept.host.read(entry["path"]) == kept.data(entry)


def _put_back(kept, entry):
    path = entry["path"]
    real = kept.host.path(path, follow=False)
    try:
        if entry["kind"] == ABSENT:
            _remove(real)
            return
        if entry["kind"] == DIRECTORY:
            _io.make_directory(real, entry["mode"])
        elif entry["kind"] == LINK:
            make_link(real, entry["target"])
        else:
            _io.write_atomic(real, kept.data(entry), entry["mode"], entry["gid"])
        if os.geteuid() == 0:
            os.chown(real, entry["uid"], entry["gid"], follow_symlinks=False)
        if entry["kind"] != LINK:
            os.chmod(real, entry["mode"])
        if entry["kind"] == FILE:
            os.utime(real, ns=(entry["atime_ns"], entry["mtime_ns"]))
        if entry["label"] is not None:
            os.setxattr(real, LABEL, entry["label"].encode("utf-8", "surrogateescape"), follow_symlinks=False)
    except OSError as error:
        raise AuditError("cannot put %s back: %s; its copy is in %s" % (path, error.strerror, kept.directory), path=path)


def _remove(real):
    """What was not there goes; a directory only where nothing of others is in it."""
    if os.path.isdir(real) and not os.path.islink(real):
        if not os.listdir(real):
            os.rmdir(real)
        return
    _io.remove(real)


def make_link(real: str, target: str) -> None:
    """A symbolic link in the place of whatever file or link is there, atomically."""
    temporary = "%s.%d%s" % (real, os.getpid(), _io.TEMPORARY_SUFFIX)
    _io.unlink_if_there(temporary)
    os.symlink(target, temporary)
    os.rename(temporary, real)
    _io.fsync_directory(os.path.dirname(real))
