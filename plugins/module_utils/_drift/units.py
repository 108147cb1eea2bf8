# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether systemd may start what audits a host at boot."""

from collections.abc import Iterator


def compare(sides) -> "Iterator[dict]":
    """The findings about masked units."""
    units = sides.live["units"]
    if units is None:
        return
    if sides.out_of_the_boot:
        if "auditd.service" not in units["masked"] and not units["deleted"]:
            yield sides.item("boot.service", "auditd.service is masked", "auditd.service is not masked")
        return
    if units["deleted"]:
        yield sides.item("boot.unit_deleted", "auditd.service", "no unit file")
    if "auditd.service" in units["masked"]:
        yield sides.item("boot.auditd_masked", "not masked", "masked")
    if "audit-rules.service" in units["masked"]:
        yield sides.item("boot.rules_masked", "not masked", "masked", **(REQUIRED if units["rules_required"] else {}))


REQUIRED = {
    "severity": "critical",
    "why": "audit-rules.service is masked, and the auditd.service of this host requires it: auditd does not start at the next boot.",
}
