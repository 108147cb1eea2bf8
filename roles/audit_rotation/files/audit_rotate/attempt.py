# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run as the command line or the guard asks for it: what it fails with is reported once, on stderr and in syslog."""

import sys
import time

from . import guard
from .exits import Failure


def guarded_run(options, chosen, why, last_code=0):
    """The run that the guard asks for; its exit code. A failure with the ``last_code`` of the run before is not reported again."""
    try:
        if why[0] == "quiet" and not guard.is_suspended(chosen):
            return 0
        return run(dict(options, mode="guard", wait=options["wait"] or 0), chosen, why)
    except Failure as failure:
        if failure.code != last_code:
            complain(failure, to_syslog=True, to_user=True)
        return failure.code


def run(options, chosen, why=None):
    """One run, its failure reported; its exit code. ``why`` is guard.reason(), where the guard asks for it."""
    from . import run as _run  # a look of the guard that ends before this line costs 11 ms of CPU; with it, 75 (measured, Python 3.11)
    from .status import read, was_reported  # json: measured with the line above

    def say(text):
        if options["verbose"] or options["dry_run"]:
            sys.stdout.write(text + "\n")
    if why:
        say(why[1])
    before = read(chosen)
    try:
        failure, unused = _run.run(
            chosen, options["mode"], why and why[0], dry_run=options["dry_run"], say=say, wait=options["wait"])
    except Failure as error:
        if options["mode"] == "guard" and error.name == "locked":
            return 0  # the run that holds the lock does what the guard would
        raise
    if failure is None:
        return 0
    repeated = why and was_reported(before, failure.name, time.time())
    complain(failure, to_syslog=not options["dry_run"], to_user=not repeated)
    return failure.code


def complain(failure, *, to_syslog, to_user):
    """One sentence on stderr, and one in syslog."""
    if to_user:
        sys.stderr.write("audit-rotate: %s\n" % failure)
    if to_syslog and to_user:
        import syslog
        syslog.syslog(syslog.LOG_ERR, "%s (exit code %d)" % (failure, failure.code))
