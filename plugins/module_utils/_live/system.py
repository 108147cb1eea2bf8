# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release of audit and the distribution of a host, and what it knows of a file."""

import os
import stat

from .._errors import NotAvailable
from .._host import audit_release, os_release


def version(reading) -> str:
    """The release of audit, for example "3.0.9"."""
    if reading.release:
        return reading.release
    found, reason = audit_release.release(reading.host)
    if found is None:
        raise NotAvailable(reason)
    return found


def distribution(reading) -> "dict[str, str | None]":
    """{id, name, version, family} of os-release(5)."""
    words = os_release.fields(reading.host)
    if words is None:
        raise NotAvailable("there is no /etc/os-release")
    return {"id": words.get("ID"), "name": words.get("NAME"), "version": words.get("VERSION_ID"), "family": os_release.family(words)}


def file_facts(host, path: str) -> dict:
    """{path, link, mode, uid, gid, changed_at} of an existing file; ``link``: where a symbolic link in its place leads, None for none."""
    found, itself = host.stat(path), host.lstat(path)
    link = os.readlink(host.path(path, follow=False)) if stat.S_ISLNK(itself.st_mode) else None
    return {
        "path": path, "link": link, "mode": "%04o" % stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid,
        "changed_at": found.st_mtime,
    }
