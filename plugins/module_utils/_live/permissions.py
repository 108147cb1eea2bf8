# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else than root can change what audits a host: directories, rules, logs and tools with foreign owners or write bits for others."""

import stat

from .._conf.words import settings_of
from .._errors import AuditError, NotAvailable
from .._host import units
from .._host.files import acl_names
from .._host.mounts import LOST_AND_FOUND
from .._paths import AUDITD_CONF, LOG_FILE
from .._rules.compiled import AUDIT_RULES, RULES_D

TOOLS = ("auditctl", "auditd", "augenrules", "ausearch", "aureport", "autrace")
PLUGINS_D = "/etc/audit/plugins.d"
AUDISP_PLUGINS_D = "/etc/audisp/plugins.d"  # before 3.0
STOP_RULES = "/etc/audit/audit-stop.rules"
OTHERS_WRITE = 0o022
EVERYBODY_WRITES = 0o002  # /var/log is a group's on Ubuntu
MOST_LOGS = 100  # of one directory; more are of the same kind


def read(reading) -> dict:
    """What C(look) finds: the files that others can change."""
    return look(reading.host, reading.settings.get("log_file"), reading.parsed.files)


def read_all(reading) -> dict:
    """What C(measure) finds, of all files of audit."""
    host = reading.host
    if not host.has_owners:
        raise NotAvailable("the files of this tree do not have their owners: somebody else than root unpacked it")
    return measure(host, reading.settings.get("log_file"), reading.parsed.files)


def look(host, log_file: "str | None", rules_files) -> dict:
    """The part of C(measure) that others can change, and of two kinds more: startup, what root reads or runs besides when auditd starts or
    stops, and above, a directory above one of these. Nothing in a tree whose files do not have their owners.
    """
    if not host.has_owners:
        return {}
    known = measure(host, log_file, rules_files)
    tools = [path for path, facts in known.items() if facts["kind"] == "tool"]
    logs = (log_file or LOG_FILE).rpartition("/")[0]
    beside = [(path, "startup") for path in _read_at_start(host)] + [(path, "above") for path in _above([RULES_D, logs] + tools)]
    known.update(_measured(host, [(path, kind) for path, kind in beside if path not in known]))
    return {path: facts for path, facts in known.items() if facts["uid"] != 0 or int(facts["mode"], 8) & _others_write(facts)}


def _others_write(facts):
    """The bits that let others in; nobody can rename another's file in a sticky directory."""
    if facts["kind"] != "above":
        return OTHERS_WRITE
    return 0 if int(facts["mode"], 8) & stat.S_ISVTX else EVERYBODY_WRITES


def _read_at_start(host):
    """Units, plugins and their programs, and the rules for the stop."""
    yield STOP_RULES
    for name in (units.AUDITD, units.RULES):
        yield from units.places(host, name)[:1] + units.drop_ins(host, name)
    for directory in (PLUGINS_D, AUDISP_PLUGINS_D):
        yield directory
        for path in ["%s/%s" % (directory, name) for name in host.listdir(directory) if name.endswith(".conf")]:
            yield path
            program = _program_of(host, path)
            if program.startswith("/"):
                yield program


def _program_of(host, path):
    try:
        return settings_of(host.text(path) or "").get("path", "")
    except AuditError:
        return ""


def _above(paths):
    """The directories above these paths, the root first."""
    found = {"/"}
    for path in paths:
        parts = path.split("/")
        found.update("/".join(parts[:count]) for count in range(2, len(parts)))
    return sorted(found)


def measure(host, log_file: "str | None", rules_files) -> dict:
    """{path: {kind, mode, uid, gid, acl, readers}} of the files of audit, a directory before what lies in it.

    kind: directory, settings, compiled (audit.rules), rules, log_directory, log, tool. acl: whether the mode's group bits are the mask of
    an access control list, acl(5); readers: whom that list names, "user 1000", "group 998".
    """
    return _measured(host, _places(host, log_file or LOG_FILE, rules_files))


def _measured(host, places):
    found = {}
    for path, kind in places:
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
