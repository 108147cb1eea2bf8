# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the log lies where fstab(5) says and can be written there, and whether new files of an SELinux tree have their labels."""

import errno
import os
import stat

from .._host import attributes, mounts, units
from .._paths import AUDITD_CONF, LOG_FILE
from .._rotation import files as _rotation
from .._rules.compiled import AUDIT_RULES, RULES_D

SELINUX_CONFIG, RELABEL = "/etc/selinux/config", "/.autorelabel"
LABEL = "security.selinux"
IN_MEMORY = ("tmpfs", "ramfs")


def read(reading) -> dict:
    """{not_mounted, configuration_not_mounted, in_memory, unlabelled, log_blocked}: the mount point of fstab or of a mount unit that should
    hold the log and is not mounted, None for none; the same for auditd.conf and rules.d; the mount point of a filesystem in memory that
    holds the log, None for none; [path] of files of a tree that lack the SELinux label which their directory has; why auditd cannot open,
    write or rename its log, None where it can.
    """
    host, log_file = reading.host, reading.settings.get("log_file") or LOG_FILE
    points = _mounted_at_boot(host)
    hidden = [_not_mounted(host, points, path) for path in (AUDITD_CONF, RULES_D + "/x")]
    return {
        "not_mounted": _not_mounted(host, points, log_file), "configuration_not_mounted": next(filter(None, hidden), None),
        "in_memory": _in_memory(host, log_file), "unlabelled": _unlabelled(reading), "log_blocked": _log_blocked(host, log_file),
    }


def _log_blocked(host, log_file):
    """auditd opens its log with O_NOFOLLOW, auditd-event.c, open_audit_log(); a log that is not there yet is created."""
    directory = log_file.rpartition("/")[0] or "/"
    facts, itself = host.stat(directory), host.lstat(directory)
    if facts is None:
        return None if itself is None else "%s is a link that leads nowhere" % directory
    if not stat.S_ISDIR(facts.st_mode):
        return "%s is not a directory" % directory
    log = host.lstat(log_file)
    if log is not None and not stat.S_ISREG(log.st_mode):
        kind = "a symbolic link, which auditd does not follow" if stat.S_ISLNK(log.st_mode) else "not a regular file"
        return "%s is %s" % (log_file, kind)
    return attributes.in_the_way(host.path(directory), is_directory=True) or (
        None if log is None else attributes.in_the_way(host.path(log_file), is_directory=False))


def _mounted_at_boot(host):
    """The mount points of the next boot, by fstab or by a mount unit that is enabled; the root is none of them."""
    of_units = [mounts.of_unit(host, name) for name in sorted(units.linked(host)) if name.endswith(".mount")]
    return [entry.point for entry in mounts.wanted(host) + of_units if entry is not None and entry.point != "/"]


def _not_mounted(host, points, path):
    """The longest of ``points`` above ``path``, where nothing is mounted there now; None for none."""
    above = [point for point in points if path.startswith(point + "/")]
    if not above:
        return None
    point = max(above, key=len)
    return None if is_mounted(host, point) else point


def _in_memory(host, log_file):
    """The mount point of the filesystem in memory that holds the log. Of a tree the next boot counts, whatever the tree itself lies on."""
    directory = log_file.rpartition("/")[0] or "/"
    found = mounts.holding(mounts.of_machine(), os.path.realpath(directory)) if host.is_live else mounts.at_boot(host, directory)
    return found.point if found is not None and found.kind in IN_MEMORY else None


def is_mounted(host, point: str) -> bool:
    """Whether something is mounted at the host's directory ``point``, as this machine has it."""
    here = os.path.realpath(host.path(point))
    return any(mount.point == here for mount in mounts.of_machine())


def _unlabelled(reading):
    """Labels are the running system's matter; in a tree nothing sets them, and a system that boots with SELinux denies what has none."""
    host = reading.host
    if host.is_live or host.lstat(RELABEL) is not None:
        return []
    lines = (host.text(SELINUX_CONFIG) or "").splitlines()
    words = [line.partition("=")[2].strip().lower() for line in lines if line.startswith("SELINUX=")]
    if not words or words[-1] not in ("enforcing", "permissive"):
        return []
    paths = [AUDITD_CONF, AUDIT_RULES] + list(reading.parsed.files) + list(_rotation.SCHEDULE_FILES)
    paths += [_rotation.PROGRAM, _rotation.ARCHIVE_PROGRAM]
    return [path for path in paths if _has_label(host, path) is False and _has_label(host, path.rpartition("/")[0])]


def _has_label(host, path):
    """None where there is no such file, or where this filesystem keeps no labels."""
    try:
        return bool(os.getxattr(host.path(path, follow=False), LABEL, follow_symlinks=False))
    except OSError as error:
        return False if error.errno == errno.ENODATA else None
