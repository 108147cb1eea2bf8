# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run audit-rotate and kill it before its Nth call that changes something, or let "auditd" act at such a moment.

arguments: directory of the package, N (0: never), hooks, then the program's own. Hooks, comma separated: rotate (auditd renames its logs
before each rename of ours), full (writing fails with ENOSPC from call N on, instead of a kill).
"""

import errno
import os
import signal
import sys

sys.path.insert(0, sys.argv[1])
AT, HOOKS = int(sys.argv[2]), sys.argv[3].split(",")
CHANGES = ("rename", "link", "unlink", "write", "fsync", "utime", "fchmod", "fchown", "open", "mkdir")
FILLING = ("write", "fsync", "open", "mkdir", "link")
ROTATIONS = 3
calls = {"count": 0, "rotations": 0}


def rotate(path):
    """What auditd does: .2 to .3, .1 to .2, the live log to .1, a new live log with one record."""
    directory = os.path.dirname(path)
    names = [name for name in os.listdir(directory) if name.startswith("audit.log.") and name[10:].isdigit()]
    for number in sorted((int(name[10:]) for name in names), reverse=True):
        real["rename"]("%s/audit.log.%d" % (directory, number), "%s/audit.log.%d" % (directory, number + 1))
    real["rename"](directory + "/audit.log", directory + "/audit.log.1")
    serial = 900000 + calls["rotations"]
    with open(directory + "/audit.log", "w") as stream:
        stream.write("type=DAEMON_ROTATE msg=audit(%d.000:%d): op=rotate-logs\n" % (1790000000 + serial, serial))


def wrap(name):
    def call(*args, **kwargs):
        if name == "open" and not (len(args) > 1 and args[1] & os.O_CREAT):
            return real[name](*args, **kwargs)
        calls["count"] += 1
        if AT and calls["count"] >= AT:
            if "full" not in HOOKS:
                os.kill(os.getpid(), signal.SIGKILL)
            if name in FILLING:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if name == "rename" and "rotate" in HOOKS and calls["rotations"] < ROTATIONS and "/audit.log." in args[0]:
            calls["rotations"] += 1
            rotate(args[0])
        return real[name](*args, **kwargs)
    return call


from audit_rotate import cli  # noqa: E402

real = {name: getattr(os, name) for name in CHANGES}
for name in CHANGES:
    setattr(os, name, wrap(name))
code = cli.main(sys.argv[4:])
print(calls["count"])
sys.exit(code)
