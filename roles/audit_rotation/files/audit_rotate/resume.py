# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-resume: what C(space_left_action = EXEC /usr/local/sbin/audit-resume) has auditd run when room runs short.

auditd closes its log before it calls the program and opens it again only at SIGUSR2 (seen with 3.0.9), so that comes first; then the log
is rotated, compressed and pruned. auditd gives a program no arguments, and wants it root's, of mode 0750 or 0755.
"""

import os
import sys

from . import attempt, settings
from ._daemon import control as _daemon
from ._errors import AuditError
from ._host.files import make_directory, write_atomic
from ._rotation.conf import CALLED, PATH
from ._utc import iso
from .auditd import Auditd
from .exits import Failure

USAGE = "usage: audit-resume, without arguments: has auditd log again (SIGUSR2, proven), then rotates, compresses and prunes\n"
WAIT = 300  # seconds for another run to end


def main(arguments):
    """Resume, make room, and return the exit code of audit-rotate."""
    if arguments:
        sys.stdout.write(USAGE)
        return 0 if arguments[0] in ("--help", "-h") else 2
    try:
        chosen = settings.load(PATH, "/")
        auditd = Auditd(chosen)
        auditd.check_is_there("log again")
        refusal = _resumed(auditd)
        code = attempt.run({"mode": "rotate", "verbose": False, "dry_run": False, "wait": WAIT}, chosen)
        if refusal is not None and code == 0 and auditd.is_suspended():
            raise refusal
        return code
    except AuditError as error:
        failure = error if isinstance(error, Failure) else Failure("unexpected", str(error))
        attempt.complain(failure, to_syslog=True, to_user=True)
        return failure.code


def _resumed(auditd):
    """None where auditd logs again; the Failure where it does not yet: the run that follows makes room and tries again."""
    try:
        _daemon.resume(auditd.host, auditd.pid, auditd.release, auditd.timeout)
    except AuditError as error:
        return Failure("suspended", str(error))
    if os.getppid() == auditd.pid:
        _note_call(auditd.settings)
    return None


def _note_call(chosen):
    """That auditd can call this program here: where SELinux enforces, nothing else shows it."""
    try:
        make_directory(chosen.state_dir)
        write_atomic(os.path.join(chosen.state_dir, os.path.basename(CALLED)), (iso() + "\n").encode("ascii"), 0o600)
    except (AuditError, OSError):
        pass  # auditd logs again, which is what counts
