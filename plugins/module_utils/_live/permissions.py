# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else than root can change what audits a host: directories, rules, logs and tools with foreign owners or write bits for others."""

import stat

from .._paths import AUDITD_CONF, LOG_FILE
from .._rules.compiled import AUDIT_RULES, RULES_D

TOOLS = ("auditctl", "auditd", "augenrules", "ausearch", "aureport", "autrace")
MOST_LOGS = 100  # of one directory; more are of the same kind


def read(reading) -> dict:
    """{path: {kind, mode, uid}} of what others can change; kind: directory, rules, settings, log, tool. Nothing in a tree whose files do
    not have their owners, because somebody else than root unpacked it.
    """
    host = reading.host
    if not host.is_live and host.stat("/").st_uid != 0:
        return {}
    log_file = reading.settings.get("log_file") or LOG_FILE
    logs = log_file.rpartition("/")[0]
    places = [(AUDITD_CONF.rpartition("/")[0], "directory"), (RULES_D, "directory"), (logs, "log"), (AUDITD_CONF, "settings")]
    places += [(path, "rules") for path in [AUDIT_RULES] + list(reading.parsed.files)]
    name = log_file.rpartition("/")[2]
    places += [(logs + "/" + entry, "log") for entry in host.listdir(logs)[:MOST_LOGS] if entry.startswith(name.partition(".")[0])]
    places += [(host.which(tool), "tool") for tool in TOOLS]
    found = {}
    for path, kind in places:
        facts = host.stat(path) if path else None
        if facts is not None and (facts.st_uid != 0 or stat.S_IMODE(facts.st_mode) & 0o022):
            found[path] = {"kind": kind, "mode": "%04o" % stat.S_IMODE(facts.st_mode), "uid": facts.st_uid}
    return found
