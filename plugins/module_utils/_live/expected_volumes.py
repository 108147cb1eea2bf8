# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes that an offline tree's own fstab gives the log and what lies beside it, and whether they are mounted below the root."""

import os

from .._host import mounts
from .._paths import LOG_FILE
from . import storage, volume

STATE = "/var/lib/auditops"  # what this collection keeps lies there


class Volume(object):
    """A line of the tree's fstab(5): ``point`` (as the tree names it), ``source``, ``kind``, ``options``; whether it ``is_mounted``."""

    def __init__(self, point, source, kind, options, *, is_mounted):
        self.point, self.source, self.kind, self.options, self.is_mounted = point, source, kind, options, is_mounted

    def holds(self, path: str) -> bool:
        """Whether a path of the tree lies on it."""
        return path == self.point or path.startswith(self.point + "/")


def root_source(host) -> str:
    """What the tree's fstab calls its root; an empty text where it does not say."""
    return next((entry.source for entry in mounts.wanted(host) if entry.point == "/"), "")


def of(host, log_file: "str | None" = None) -> "list[Volume]":
    """The volumes above the log and our own state but the root, the outermost first. ``log_file``: of auditd.conf, None: the usual."""
    paths = [os.path.dirname(log_file or LOG_FILE), STATE]
    found = []
    for entry in mounts.wanted(host):
        one = Volume(entry.point, entry.source, entry.kind, entry.options, is_mounted=False)
        if entry.point != "/" and any(one.holds(path) for path in paths):
            one.is_mounted = volume.is_mounted(host, entry.point)
            found.append(one)
    return sorted(found, key=_depth)


def _depth(one):
    return (one.point.count("/"), one.point)


def missing(host, log_file: "str | None" = None) -> "list[Volume]":
    """Those that are not mounted."""
    return [one for one in of(host, log_file) if not one.is_mounted]


def device_of_root(host) -> str:
    """What is mounted where the tree lies, as this machine's mounts name it."""
    return storage.mount_of(host.root)[0]
