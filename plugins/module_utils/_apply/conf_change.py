# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of auditd.conf and its file: what stands there, what is to stand there, and the way back."""

import os
import stat

from .._conf import text as _conf
from .._conf import validator
from .._conf.environment import Environment
from .._daemon.control import UNSAFE_KEYS
from .._errors import AuditError
from .._host import files as _io
from .._host.host import open_regular
from .._paths import AUDITD_CONF

NEW_FILE_MODE = 0o600
GROUP = 0o070


class Change(object):
    """One change of auditd.conf: from ``before`` (Conf; None where there is no file) to ``after`` (Conf, validated) on ``host``.

    ``reload``, ``start`` (bool) and ``restart`` (never, if_needed) say what may be done to auditd, ``timeout`` (seconds) how long it may
    take to answer; ``mode`` (int; None: as it is) is for the file, of which ``backup`` keeps a copy. ``loadable``: what auditd is given
    for the reload where it would refuse ``after`` (Conf; None: ``after`` itself).
    """

    def __init__(self, host, release, before, after, *, path=AUDITD_CONF, reload=True, start=True, restart="never", backup=False,
                 timeout=10.0, mode=None, loadable=None):
        self.host = host
        self.release = release
        self.before = before
        self.after = after
        self.loadable = loadable
        self.path = path
        self.acts = host.is_live and reload and path == AUDITD_CONF  # auditd reads no other file
        self.starts = start
        self.restart = restart
        self.keeps_backup = backup
        self.timeout = timeout
        self.file = host.path(path, follow=False)
        self.running = _conf.effective(before if before is not None else _conf.parse(None), release)
        self.wanted = _conf.effective(self.loaded, release)
        self.writes = before is None or before.text != after.text or os.path.islink(self.file)  # auditd follows no link
        self._old = OldFile(self.file, mode, host.path(path))
        self._there, self._data = self._old.identity, self._old.data
        self.is_written = False  # by write(), and not restored
        self.restricts = not self.writes and self._old.mode != self._old.new_mode

    @property
    def loaded(self):
        """The Conf that a reload is to bring into force."""
        return self.after if self.loadable is None else self.loadable

    def write(self, conf: _conf.Conf) -> None:
        """Replace the file, as a whole. ChangedMeanwhile where somebody else has written it since it was read."""
        if self.before is not None and self.before.data != self._old.data:
            raise _io.ChangedMeanwhile(self.file)
        _io.make_directory(os.path.dirname(self.file))
        try:
            _io.write_atomic(self.file, conf.data, self._old.new_mode, self._old.new_gid, before_rename=self._check_unchanged)
            self.is_written = True
        except _io.NotDurable:
            self.is_written = True
            raise
        finally:
            if self.is_written:
                self._there, self._data = _io.identity(self.file), conf.data

    def _check_unchanged(self):
        if not self._is_as_left:
            raise _io.ChangedMeanwhile(self.file)

    @property
    def _is_as_left(self):
        """Whether nobody else has written the file. Its bytes count too: what is edited in place within a tick of the clock, to a text of
        the same length, keeps inode, size and times."""
        return _io.identity(self.file) == self._there and _io.content(self.host.path(self.path)) == self._data

    def restrict(self) -> None:
        """Give the file its mode; text and time stay, so auditd has nothing to load."""
        _io.set_mode(self.file, self._old.new_mode)

    @property
    def modes(self):
        """(the mode the file has, the mode it gets), as text; the same twice where there is nothing to do."""
        return tuple("%04o" % mode for mode in (self._old.mode, self._old.new_mode))

    def restore(self) -> None:
        """The file as it was: bytes, mode, time (a time newer than the last reload would look like an edit to load), or gone.

        ChangedMeanwhile where somebody else has written it since: what stands there then is theirs. One that auditd would refuse is put
        aside, under a name of its own: with it in place the next boot has no auditd.
        """
        if not self._is_as_left and self._is_refused():
            _io.backup(self.file)
            self._there, self._data = _io.identity(self.file), _io.content(self.host.path(self.path))
        if (self._there, self._data) != (self._old.identity, self._old.data):
            self._old.restore(self._check_unchanged)
            self._there, self._data = _io.identity(self.file), self._old.data
            self._old.identity = self._there

    def _is_refused(self):
        text = self.host.text(self.path)
        return text is not None and any(
            problem.fatal for problem in validator.validate(_conf.parse(text), self.release, Environment(self.host)))

    @property
    def old_data(self):
        """The bytes of the file as it was, None where there was none."""
        return self._old.data

    @property
    def unsafe(self):
        """True where the change touches a key of UNSAFE_KEYS, or nobody knows what auditd has for them."""
        return self.loadable is not None or any(self.running[key] != self.wanted[key] for key in UNSAFE_KEYS)


class OldFile(object):
    """A file as it was before the change, and the mode and group it gets (``new_mode``: int, None to keep what it has). ``real``: the
    path of what a link in its place leads to, in a tree that of the tree.
    """

    def __init__(self, path, new_mode, real=None):
        self.path = path
        self.identity = _io.identity(path)  # before it is read: a change in between is seen
        try:
            with open_regular(real or path) as stream:
                self.data: "bytes | None" = stream.read()
                status = os.fstat(stream.fileno())
        except FileNotFoundError:
            self.data, self.times, self.mode, self.gid, self.new_gid = None, (0, 0), NEW_FILE_MODE, 0, 0
            self.new_mode = self.mode if new_mode is None else new_mode
            return
        except OSError as error:
            raise AuditError("cannot read %s: %s" % (path, error.strerror))
        self.times = (status.st_atime_ns, status.st_mtime_ns)
        self.mode = stat.S_IMODE(status.st_mode)
        self.gid = status.st_gid
        self.new_gid = self.gid if new_mode is None else 0  # a mode that is asked for is meant for root's group
        self.new_mode = self.mode & 0o664 if new_mode is None else new_mode  # auditd refuses a file that everybody may write
        if _io.has_acl(real or path):
            # with an ACL these bits are its mask: to take them away would take from everybody whom the ACL names
            self.new_mode = self.new_mode & ~GROUP | self.mode & GROUP

    def restore(self, check_unchanged):
        if self.data is None:
            check_unchanged()
            _io.remove(self.path)
            return
        _io.write_atomic(self.path, self.data, self.mode, self.gid, before_rename=check_unchanged)
        os.utime(self.path, ns=self.times)
