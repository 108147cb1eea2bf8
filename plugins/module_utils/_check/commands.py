# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a command as a module does: C(run_command) of a host that compares itself."""

import os
import subprocess

from .._host.host import PROGRAM_DIRS


def run_command(argv: "list[str]", environ_update: "dict[str, str] | None" = None, **_options) -> "tuple[int, str, str]":
    """(rc, stdout, stderr); a program that cannot be run has rc 127 and says so on stderr. cron's PATH is not relied on."""
    environment = dict(os.environ, PATH=":".join(PROGRAM_DIRS), **(environ_update or {}))
    try:
        process = subprocess.Popen(
            argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    except OSError as error:
        return 127, "", "%s: %s" % (argv[0], error.strerror)
    out, err = process.communicate()
    return process.returncode, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape")
