# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of systemd that bring auditing up at boot: is one of them masked, and does auditd need it."""

import os
import re
import stat

AUDITD, RULES = "auditd.service", "audit-rules.service"
# systemd.unit(5), the first wins; /run is empty in a tree
PLACES = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
REQUIRES = re.compile(r"^\s*(?:Requires|BindsTo|Requisite)\s*=.*\baudit-rules\.service\b", re.M)


def read(reading) -> dict:
    """{masked: [unit], rules_required: bool}: whether auditd does not start without audit-rules.service (4.0 to 4.0.2, Debian 13)."""
    host = reading.host
    unit = _file(host, AUDITD, PLACES[1:])  # the package's own: a mask of auditd.service itself says nothing of what it requires
    text = (host.text(unit) or "") if unit else ""
    return {"masked": [name for name in (AUDITD, RULES) if _is_masked(host, name)], "rules_required": bool(REQUIRES.search(text))}


def _file(host, name, places=PLACES):
    return next((path for path in ("%s/%s" % (place, name) for place in places) if host.lstat(path) is not None), None)


def _is_masked(host, name):
    """True where systemd would take /dev/null, or an empty file, for the unit: systemctl(1), mask."""
    path = _file(host, name)
    if path is None:
        return False
    entry = host.lstat(path)
    if stat.S_ISLNK(entry.st_mode):
        return os.readlink(host.path(path, follow=False)) == os.devnull
    return stat.S_ISREG(entry.st_mode) and entry.st_size == 0
