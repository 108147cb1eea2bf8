# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the audisp-remote that runs read its file.

It reads it when it starts, and only then: SIGHUP, which auditd passes on in a reload, has it drop its connection (reload_config() of
audisp-remote.c, audit 2.8 and 3.0). So it is ended, and auditd starts it again with the next record that it cannot hand over (event_loop()
of audispd.c, as often as max_restarts says).
"""

import os
import signal
import time

from .._daemon import control as _daemon
from .._shipping import processes

STARTS_WITHIN = 5.0  # seconds; auditd starts a plugin within 0.1 of the reload, or of the record that it cannot hand over
SETTLED = 0.05  # seconds; more than CLOCK_TICK, so that the times show which came first: the file or the process
RECORD = "op=auditops-audisp-remote"


def is_stale(host, auditd: int, program: str, conf: str) -> bool:
    """Whether the audisp-remote that this auditd (its process id) runs was started before its file ``conf`` was written: by a run that was
    cut off, or by another's hand.
    """
    found = processes.running(auditd, program)
    return found is not None and processes.has_read(host, found[0], conf) is False


def start_again(host, auditd: int, program: str) -> "list[str]":
    """End the audisp-remote that this auditd (its process id) runs, and see that another is started. [sentence] of what is left to be
    done.
    """
    first = processes.running(auditd, program)
    if first is None:
        return []
    pid = first[0]
    time.sleep(SETTLED)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except OSError as error:
        return ["audisp-remote (process %d) cannot be ended (%s) and goes on with the actions that it has read: restart auditd" % (
            pid, error.strerror)]
    if not _daemon.wait_for(lambda: (processes.running(auditd, program) or (None,))[0] != pid, STARTS_WITHIN):
        return ["audisp-remote (process %d) does not end and goes on with the actions that it has read: restart auditd" % pid]
    auditctl = host.which("auditctl")
    if auditctl:
        host.run([auditctl, "-m", RECORD])  # on an idle host no other record would have auditd start it
    if _daemon.wait_for(lambda: processes.running(auditd, program), STARTS_WITHIN):
        return []
    return ["audisp-remote was ended and auditd has not started it again: no record leaves this host until auditd is restarted"]
