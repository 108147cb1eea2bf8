# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else than root can change what audits a host: directories, rules, logs and tools with foreign owners or write bits for others."""

import stat

from .._errors import NotAvailable
from .._host.files import acl_names
from .._paths import AUDITD_CONF, LOG_FILE
from .._rules.compiled import AUDIT_RULES, RULES_D

TOOLS = ("auditctl", "auditd", "augenrules", "ausearch", "aureport", "autrace")
PLUGINS_D = "/etc/audit/plugins.d"
OTHERS_WRITE = 0o022
LOST_AND_FOUND = "lost+found"  # fsck's own, on each volume
MOST_LOGS = 100  # of one directory; more are of the same kind


def read(reading) -> dict:
    """What C(look) finds: the files that others can change."""
    return look(reading.host, reading.settings.get("log_file"), reading.parsed.files)


def read_all(reading) -> dict:
    """What C(measure) finds, of all files of audit."""
    host = reading.host
    if not has_owners(host):
        raise NotAvailable("the files of this tree do not have their owners: somebody else than root unpacked it")
    return measure(host, reading.settings.get("log_file"), reading.parsed.files)


def look(host, log_file: "str | None", rules_files) -> dict:
    """The part of C(measure) that others can change. Nothing in a tree whose files do not have their owners."""
    if not has_owners(host):
        return {}
    return {path: facts for path, facts in measure(host, log_file, rules_files).items()
            if facts["uid"] != 0 or int(facts["mode"], 8) & OTHERS_WRITE}


def has_owners(host) -> bool:
    """Whether the files of a host have their owners; False in a tree that somebody else than root unpacked."""
    return host.is_live or host.stat("/").st_uid == 0


def measure(host, log_file: "str | None", rules_files) -> dict:
    """{path: {kind, mode, uid, gid, acl, readers}} of the files of audit, a directory before what lies in it.

    kind: directory, settings, compiled (audit.rules), rules, log_directory, log, tool. acl: whether the mode's group bits are the mask of
    an access control list, acl(5); readers: whom that list names, "user 1000", "group 998".
    """
    found = {}
    for path, kind in _places(host, log_file or LOG_FILE, rules_files):
        facts = host.stat(path) if path else None
        if facts is not None:
            names = acl_names(host.path(path))
            found[path] = {"kind": kind, "mode": "%04o" % stat.S_IMODE(facts.st_mode), "uid": facts.st_uid, "gid": facts.st_gid,
                           "acl": bool(names), "readers": names}
    return found


def _places(host, log_file, rules_files):
    """[(path, kind)] of what is looked at."""
    logs, _slash, name = log_file.rpartition("/")
    own = AUDITD_CONF.rpartition("/")[0]
    places = [(own, "directory"), (RULES_D, "directory"), (logs, "log_directory")]
    places += [(directory + "/" + entry, "settings") for directory in (own, PLUGINS_D) for entry in host.listdir(directory)
               if entry.endswith(".conf")]
    places += [(AUDIT_RULES, "compiled")] + [(path, "rules") for path in rules_files]
    stem = name.partition(".")[0]
    shown = [entry for entry in host.listdir(logs) if entry.startswith(stem) and entry != LOST_AND_FOUND]
    places += [(logs + "/" + entry, "log") for entry in shown[:MOST_LOGS]]
    return places + [(host.which(tool), "tool") for tool in TOOLS]
