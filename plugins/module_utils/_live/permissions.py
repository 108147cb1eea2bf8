# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else than root can change what audits a host: directories, rules, logs and tools with foreign owners or write bits for others."""

import stat

from .._host.files import has_acl
from .._paths import AUDITD_CONF, LOG_FILE
from .._rules.compiled import AUDIT_RULES, RULES_D

TOOLS = ("auditctl", "auditd", "augenrules", "ausearch", "aureport", "autrace")
OTHERS_WRITE = 0o022
LOST_AND_FOUND = "lost+found"  # fsck's own, on each volume
MOST_LOGS = 100  # of one directory; more are of the same kind


def read(reading) -> dict:
    """{path: {kind, mode, uid, acl}} of what others can change, as C(look) finds it."""
    return look(reading.host, reading.settings.get("log_file"), reading.parsed.files)


def look(host, log_file: "str | None", rules_files) -> dict:
    """{path: {kind, mode, uid, acl}} of what others can change, a directory before what lies in it.

    kind: directory, rules, settings, log, tool. acl: whether the mode's group bits are the mask of an access control list, acl(5).
    Nothing in a tree whose files do not have their owners, because somebody else than root unpacked it.
    """
    if not host.is_live and host.stat("/").st_uid != 0:
        return {}
    found = {}
    for path, kind in _places(host, log_file or LOG_FILE, rules_files):
        facts = host.stat(path) if path else None
        if facts is not None and (facts.st_uid != 0 or stat.S_IMODE(facts.st_mode) & OTHERS_WRITE):
            found[path] = {"kind": kind, "mode": "%04o" % stat.S_IMODE(facts.st_mode), "uid": facts.st_uid, "acl": has_acl(host.path(path))}
    return found


def _places(host, log_file, rules_files):
    """[(path, kind)] of what is looked at."""
    logs, _slash, name = log_file.rpartition("/")
    places = [(AUDITD_CONF.rpartition("/")[0], "directory"), (RULES_D, "directory"), (logs, "log"), (AUDITD_CONF, "settings")]
    places += [(path, "rules") for path in [AUDIT_RULES] + list(rules_files)]
    stem = name.partition(".")[0]
    own = [entry for entry in host.listdir(logs) if entry.startswith(stem) and entry != LOST_AND_FOUND]
    places += [(logs + "/" + entry, "log") for entry in own[:MOST_LOGS]]
    return places + [(host.which(tool), "tool") for tool in TOOLS]
