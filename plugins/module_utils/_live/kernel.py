# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit status and features."""

from .. import _kernel
from .._errors import AuditError, NotAvailable


def read(reading) -> dict:
    """{status, features}, as auditctl(8) names them."""
    host = reading.host
    if not host.is_live:
        raise NotAvailable("%s is an offline tree: its kernel is not running" % host.root)
    if _kernel.in_container():
        raise NotAvailable(_kernel.IN_CONTAINER)
    found: "dict" = {"status": _kernel.status(host.run), "features": None}
    try:
        found["features"] = _kernel.features(host.run)
    except AuditError as error:
        reading.missing("kernel.features", error)
    return found
