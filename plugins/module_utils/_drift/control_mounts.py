# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on what controls demand of the log's filesystem: one of its own, and options of its mount.

A running host says how it is mounted (/proc/self/mountinfo), a tree how it will be (fstab).
"""

from .._paths import LOG_FILE

OPTIONS = {"mount_nodev": "nodev", "mount_nosuid": "nosuid", "mount_noexec": "noexec"}  # word of a benchmark's C(host): option of mount(8)


def partition(sides) -> "tuple[str, str]":
    """(status, why) of the log's filesystem being one of its own."""
    storage, directory = _storage(sides)
    found = storage.get("partition")
    if found is None:
        return _unseen(sides, "storage.partition")
    if found["mount"].rstrip("/") == directory:
        return "pass", ""
    return "fail", "%s lies on the filesystem of %s" % (storage.get("log_file") or LOG_FILE, found["mount"])


def option(sides, subject: str) -> "tuple[str, str]":
    """(status, why) of one of OPTIONS. Where the log has no mount of its own, nothing there has the option."""
    storage, directory = _storage(sides)
    mount, volume, word = storage.get("mount"), storage.get("partition"), OPTIONS[subject]
    point = mount["point"] if mount is not None else volume and volume["mount"]
    if point is not None and point.rstrip("/") != directory:
        return "fail", "%s lies on the filesystem of %s, and is no mount of its own that could have %s" % (directory, point, word)
    if mount is None:
        return _unseen(sides, "storage.mount")
    if word in mount["options"]:
        return "pass", ""
    return "fail", "%s is mounted without %s (%s)" % (directory, word, ",".join(mount["options"]))


def _storage(sides):
    storage = sides.live["storage"] or {}
    return storage, (storage.get("log_file") or LOG_FILE).rpartition("/")[0].rstrip("/")


def _unseen(sides, fact):
    return "not_checked", "could not be seen: %s" % sides.live["unavailable"].get(fact, "not available here")
