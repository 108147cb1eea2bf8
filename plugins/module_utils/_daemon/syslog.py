# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditd writes to syslog or the journal: before 4.1.2 the only place where it says why it refused a configuration."""

import os
import re
import time

from .._errors import AuditError
from .process import wait_for

FILES = ("/var/log/syslog", "/var/log/messages", "/var/log/daemon.log")
DELAY = 1.0  # seconds between a message and its line in the file, at most
LIMIT = 1 << 18  # bytes read of each file
ROUTINE = (
    "config change requested", "No plugins found", "Unable to adjust out of memory score", "Init complete", "audit(",
    "The audit daemon is exiting", "Audit daemon is attempting to resume", "Audit daemon resumed", "audit dispatcher initialized",
)


class Syslog(object):
    """The place where the system's log ends now; messages() returns what auditd has added since."""

    def __init__(self, host):
        self._host = host
        self._began = time.time()
        self._sizes = {path: _size(host, path) for path in FILES}

    def reasons(self, pid=None):
        """As messages(), after giving the system's log a moment to write down what auditd has just said."""
        return wait_for(lambda: self.messages(pid), DELAY) or []

    def messages(self, pid=None):
        """auditd's messages since then without the routine ones, of process ``pid`` where one is given; none where no log can be read."""
        lines = self._from_files(pid) or self._from_journal(pid)
        return [line for line in lines if line and not line.startswith(ROUTINE)]

    def _from_files(self, pid):
        # before it is a daemon, auditd has not told syslog to add its pid
        tag = re.compile(r" auditd\[%d\]: (.*)" % pid if pid else r" auditd(?:\[\d+\])?: (.*)")
        lines = []
        for path in FILES:
            try:
                with open(self._host.path(path), "rb") as stream:
                    if self._sizes[path] <= os.fstat(stream.fileno()).st_size:  # else it was rotated: all of it is new
                        stream.seek(self._sizes[path])
                    text = stream.read(LIMIT).decode("utf-8", "replace")
            except OSError:
                continue
            lines += [match.group(1) for match in map(tag.search, text.split("\n")) if match]
        return lines

    def _from_journal(self, pid):
        journalctl = self._host.which("journalctl")
        if journalctl is None or not self._host.has_systemd:
            return []
        match = "_PID=%d" % pid if pid else "_COMM=auditd"
        since = "@%d" % self._began
        rc, out, _unused = self._host.run([journalctl, "-q", "-o", "cat", "--no-pager", "-n", "20", "--since", since, match])
        return out.splitlines() if rc == 0 else []


def _size(host, path):
    try:
        found = host.stat(path)
    except AuditError:
        return 0
    return found.st_size if found else 0
