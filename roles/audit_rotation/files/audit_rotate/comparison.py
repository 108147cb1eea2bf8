# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of audit-check: one file beside this package, the same bytes that the controller sends where nothing is installed."""

import os
import sys

from . import _parcel
from ._errors import AuditError

FILE = "comparison.parcel"
BROKEN = 3  # audit-check's exit code for what kept it from comparing, as C(_check.exits)


def main(home: str, arguments: "list[str]") -> int:
    """Run audit-check with the comparison in the directory ``home``."""
    try:
        parcel = _parcel.Installed(os.path.join(home, FILE))
        parcel.start()
        name = _parcel.NAME + "._check.cli"
        __import__(name)  # importlib takes a comparison 1 ms (measured)
        cli = sys.modules[name]
    except (AuditError, OSError, ImportError) as error:
        sys.stderr.write("audit-check: %s; install it again with the role audit_check\n" % error)
        return BROKEN
    return cli.main(arguments, parcel)
