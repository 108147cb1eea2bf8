# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that has to succeed."""

from .._errors import AuditError


def checked(run, argv: "list[str]") -> str:
    """The output of a command, AuditError with what it says where it fails. ``run``: a function as C(Host.run)."""
    code, out, error = run(argv)
    if code:
        raise AuditError("%s failed with code %d: %s" % (" ".join(argv), code, (error or out).strip()))
    return out
