# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking away what lets others than root change what audits a host: their write bits, and their ownership; and, under a benchmark that
bounds the modes of audit's own files, what goes beyond. Nothing is ever added.

auditctl loads no rule of a file that everybody can write to or that is not root's (auditctl.c, fileopt()), so this is the cure of a host
that boots without rules.
"""

import os
import stat
from collections import OrderedDict, namedtuple

from .._conf.words import settings_of
from .._errors import AuditError
from .._live import permissions as _permissions
from .._paths import AUDITD_CONF

LOGS = ("log", "log_directory")
ALL_BUT_TOOLS = ("directory", "rules", "compiled", "settings") + LOGS  # a tool is a package's file: its owner is the package manager
BOUNDED = ("rules", "compiled", "settings")  # auditd itself sets the modes of its logs, by log_group, auditd-event.c
OPEN_SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

State = namedtuple("State", "uid gid mode")  # mode: the permission bits as an int


class Permissions(object):
    """``wanted`` {path: (before, after)}, each a State; ``problems`` as the module returns them.

    ``kinds``: of C(_live.permissions.measure). ``log_file``: as the host names it, None for that of auditd.conf. ``bounds``:
    C(_library.bounds.Bounds) of the chosen benchmarks. ``stricter``: the paths of ``wanted`` that a bound alone makes stricter.
    """

    def __init__(self, host, rules_files, *, kinds=ALL_BUT_TOOLS, log_file=None, bounds=None):
        self.host, self.wanted, self.problems, self.stricter = host, OrderedDict(), [], []
        try:
            log_file = log_file or settings_of(host.text(AUDITD_CONF) or "").get("log_file")
            found = _permissions.measure(host, log_file, rules_files) if host.has_owners else {}
        except AuditError as error:
            self._problem(None, str(error))
            found = {}
        for path, facts in found.items():
            if facts["kind"] in kinds and _is_its_own(host.lstat(path)):
                self._want(path, facts, bounds.of(path, facts["kind"]) if bounds and facts["kind"] in BOUNDED else None)

    def _want(self, path, facts, bound):
        before = State(facts["uid"], facts["gid"], int(facts["mode"], 8))
        closed = State(0, before.gid, before.mode if facts["acl"] else before.mode & ~_permissions.OTHERS_WRITE)
        if bound is None or facts["acl"]:  # a list lets somebody read who ships the logs: the bits of the mode are its mask
            after = closed
        else:
            most = 0o7777 if bound.most is None else bound.most
            after = State(0, 0 if bound.ids["group"] else before.gid, closed.mode & most)
        if after != before:
            self.wanted[path] = (before, after)
            if after != closed:
                self.stricter.append(path)

    def _problem(self, path, reason):
        self.problems.append({"file": path, "line": None, "token": "permissions", "reason": reason})

    def diffs(self):
        """What --diff shows of owners and modes."""
        return [{"before": _shown(before, after), "after": _shown(after, before), "before_header": path, "after_header": path}
                for path, (before, after) in self.wanted.items()]

    def made_stricter(self):
        """{path: mode} of what a benchmark's bound alone changes."""
        return {path: self.wanted[path][1].mode for path in self.stricter if path in self.wanted}

    def apply(self):
        """Change what is wanted, directories first. What cannot be changed leaves ``wanted`` and is a problem: no rule waits for it."""
        for path, (before, after) in list(self.wanted.items()):
            try:
                _change(self.host.path(path, follow=False), before, after)
            except OSError as error:
                del self.wanted[path]
                self._problem(path, "its owner, group or mode is not as it has to be, and cannot be set: %s" % error.strerror)
            except AuditError as error:
                del self.wanted[path]
                self._problem(path, str(error))


def _is_its_own(facts):
    """Whether a path is a directory, or a file under one name: what a link leads to may be anybody's, and is only reported."""
    return facts is not None and (stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1)


def _change(real, before, after):
    descriptor = os.open(real, OPEN_SAFELY)
    try:
        facts = os.fstat(descriptor)
        if not _is_its_own(facts) or State(facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) != before:
            raise AuditError("%s was changed by another process while this run worked on it: it is left as it is; run again" % real)
        if before[:2] != after[:2]:
            os.fchown(descriptor, after.uid if after.uid != before.uid else -1, after.gid if after.gid != before.gid else -1)
        if before.mode != after.mode:
            os.fchmod(descriptor, after.mode)
    finally:
        os.close(descriptor)


def _shown(state, other):
    shown = {"owner": state.uid, "mode": "%04o" % state.mode}
    return dict(shown, group=state.gid) if state.gid != other.gid else shown
