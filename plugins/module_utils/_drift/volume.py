# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare where the log lies, and the labels of new files, with what the system will need."""

from collections.abc import Iterator


def compare(sides) -> "Iterator[dict]":
    """The findings about the log's own volume and about SELinux labels."""
    volume = sides.live["volume"]
    if volume is None:
        return
    if volume["not_mounted"]:
        yield sides.item("storage.log_volume", "mounted", "%s is not mounted" % volume["not_mounted"])
    if volume["configuration_not_mounted"]:
        yield sides.item("disk.configuration_volume", "mounted", "%s is not mounted" % volume["configuration_not_mounted"])
    if volume["in_memory"]:
        yield sides.item("storage.log_in_memory", "on a disk", "%s is in memory" % volume["in_memory"])
    if volume["log_blocked"]:
        yield sides.item("storage.log_blocked", "auditd can open, write and rename it", volume["log_blocked"])
    if volume["unlabelled"]:
        yield sides.item("disk.selinux_label", "labelled as its directory is", volume["unlabelled"])
