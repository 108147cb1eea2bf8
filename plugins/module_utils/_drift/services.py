# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what the next boot starts with what an audited host needs: auditd with its own configuration, and the rules."""

import re
from collections.abc import Iterator

from .._paths import AUDITD_CONF

DIRECTORY = AUDITD_CONF.rpartition("/")[0]
ELSEWHERE = re.compile(r"(?:^| )-c\s*(\S+)")
KERNEL_OFF = re.compile(r"(?:^| )-s\s*(disable|nochange)")
FOREGROUND = re.compile(r"(?:^| )-[ln]*f")


def compare(sides) -> "Iterator[dict]":
    """The findings about the next boot's services."""
    services = sides.live["services"]
    if services is None:
        return
    if services["enabled"] is False and not sides.out_of_the_boot:
        yield sides.item("daemon.enabled", "started at boot", "not started at boot")
    options = services["options"] or ""
    elsewhere, switch = ELSEWHERE.search(options), KERNEL_OFF.search(options)
    if elsewhere and elsewhere.group(1).rstrip("/") != DIRECTORY:
        yield sides.item("boot.auditd_options", "auditd reads " + AUDITD_CONF, "auditd " + options)
    elif switch:
        yield sides.item("boot.auditd_options", "auditd -s enable", "auditd " + options,
                         why="auditd.service starts auditd so that it does not switch the kernel's auditing on.")
    elif FOREGROUND.search(options):
        yield sides.item("boot.auditd_options", "auditd without -f", "auditd " + options,
                         why="auditd.service starts auditd with -f, for debugging: it writes its records to stdout, and none to its log.")
    if services["prevented"]:
        yield sides.item("boot.auditd_prevented", "auditd starts and can work", services["prevented"])
    for number, sentence in enumerate(services["undone"], 1):
        yield sides.item("boot.undone.%d" % number, "nothing else switches auditing off", sentence)
    if services["loads_rules"] is False:
        yield sides.item("boot.rules", "auditd.service or audit-rules.service loads the rules", "neither does, or they are deleted again")
