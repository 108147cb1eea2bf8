# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking away what lets others than root change what audits a host: their write bits, and their ownership. Nothing is ever added.

auditctl loads no rule of a file that everybody can write to or that is not root's (auditctl.c, fileopt()), so this is the cure of a host
that boots without rules.
"""

import os
import stat
from collections import OrderedDict

from .._conf.words import settings_of
from .._errors import AuditError
from .._live import permissions as _permissions
from .._paths import AUDITD_CONF

LOGS = ("log",)
ALL_BUT_TOOLS = ("directory", "rules", "settings") + LOGS  # a tool is a package's file: its owner is the package manager
OPEN_SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Permissions(object):
    """``wanted`` {path: (before, after)}, each an (uid, mode), the permission bits as an int; ``problems`` as the module returns them.

    ``kinds``: of C(_live.permissions.look). ``log_file``: as the host names it, None for that of auditd.conf.
    """

    def __init__(self, host, rules_files, *, kinds=ALL_BUT_TOOLS, log_file=None):
        self.host, self.wanted, self.problems = host, OrderedDict(), []
        try:
            log_file = log_file or settings_of(host.text(AUDITD_CONF) or "").get("log_file")
            found = _permissions.look(host, log_file, rules_files)
        except AuditError as error:
            self._problem(None, str(error))
            found = {}
        for path, facts in found.items():
            before = (facts["uid"], int(facts["mode"], 8))
            after = (0, before[1] if facts["acl"] else before[1] & ~_permissions.OTHERS_WRITE)
            if facts["kind"] in kinds and after != before and _is_its_own(host.lstat(path)):
                self.wanted[path] = (before, after)

    def _problem(self, path, reason):
        self.problems.append({"file": path, "line": None, "token": "permissions", "reason": reason})

    def diffs(self):
        """What --diff shows of owners and modes."""
        return [{"before": _shown(before), "after": _shown(after), "before_header": path, "after_header": path}
                for path, (before, after) in self.wanted.items()]

    def apply(self):
        """Change what is wanted, directories first. What cannot be changed leaves ``wanted`` and is a problem: no rule waits for it."""
        for path, (before, after) in list(self.wanted.items()):
            try:
                _change(self.host.path(path, follow=False), before, after)
            except OSError as error:
                del self.wanted[path]
                self._problem(path, "others than root can change it, and neither owner nor mode can be set: %s" % error.strerror)
            except AuditError as error:
                del self.wanted[path]
                self._problem(path, str(error))


def _is_its_own(facts):
    """Whether a path is a directory, or a file under one name: what a link leads to may be anybody's, and is only reported."""
    return stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1


def _change(real, before, after):
    descriptor = os.open(real, OPEN_SAFELY)
    try:
        facts = os.fstat(descriptor)
        if not _is_its_own(facts) or (facts.st_uid, stat.S_IMODE(facts.st_mode)) != before:
            raise AuditError("%s was changed by another process while this run worked on it: it is left as it is; run again" % real)
        if before[0] != after[0]:
            os.fchown(descriptor, after[0], -1)
        if before[1] != after[1]:
            os.fchmod(descriptor, after[1])
    finally:
        os.close(descriptor)


def _shown(owner_and_mode):
    uid, mode = owner_and_mode
    return {"owner": uid, "mode": "%04o" % mode}
