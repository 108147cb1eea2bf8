# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit status and features."""

from .. import _kernel
from .._errors import AuditError, NotAvailable

BOOT_ID = "/proc/sys/kernel/random/boot_id"  # random(4)


def read(reading) -> dict:
    """{status, features}, as auditctl(8) names them, and ``boot``, the id of this boot: with it the counters began."""
    host = reading.host
    if not host.is_live:
        raise NotAvailable("%s is an offline tree: its kernel is not running" % host.root)
    if _kernel.in_container():
        raise NotAvailable(_kernel.IN_CONTAINER)
    found: "dict" = {"status": _kernel.status(host.run), "features": None, "boot": (host.text(BOOT_ID) or "").strip() or None}
    try:
        found["features"] = _kernel.features(host.run)
    except AuditError as error:
        reading.missing("kernel.features", error)
    return found
