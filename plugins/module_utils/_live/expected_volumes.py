# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes that an offline tree's own fstab gives the log and what lies beside it, and whether they are mounted below the root."""

import os

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
    return next((words[0] for words in _lines(host) if words[1] == "/"), "")


def of(host, log_file: "str | None" = None) -> "list[Volume]":
    """The volumes above the log and our own state but the root, the outermost first. ``log_file``: of auditd.conf, None: the usual."""
    paths = [os.path.dirname(log_file or LOG_FILE), STATE]
    found = []
    for source, point, kind, options in _lines(host):
        one = Volume(point, source, kind, options.split(","), is_mounted=False)
        if point != "/" and any(one.holds(path) for path in paths):
            one.is_mounted = volume.is_mounted(host, point)
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


def _lines(host):
    """(source, mount point, type, options) of each line; swap and what is not mounted at boot are left out."""
    for line in (host.text(volume.FSTAB) or "").splitlines():
        words = line.split()
        if len(words) > 3 and not words[0].startswith("#") and "noauto" not in words[3].split(","):
            point = volume.unescaped(words[1].encode(*volume.BYTES)).decode(*volume.BYTES)
            yield words[0], point.rstrip("/") or "/", words[2], words[3]
