# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else rotates, compresses or deletes the audit log: logrotate, cron tables, cron scripts and timers of the host's own."""

import fnmatch
import re

from .._errors import AuditError
from . import files as _files

CRON_DIRECTORIES = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.d", "/var/spool/cron",
                    "/var/spool/cron/crontabs")
CRON_TABLES = ("/etc/crontab", "/etc/anacrontab")
LOGROTATE, LOGROTATE_D = "/etc/logrotate.conf", "/etc/logrotate.d"
OWN_UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system")
# where administrators put scripts; the programs of packages are none
OWN_SCRIPTS = re.compile(r"(?:/usr/local|/opt|/root|/srv|/home|/etc)/[^\s;|&'\"]+")
SIGNALS = re.compile(r"auditd\s+rotate|--signal\s+(?:rotate|usr1)|-(?:s\s*)?(?:sig)?usr1", re.I)
CHANGES = re.compile(r"\b(?:gzip|pigz|bzip2|xz|zstd|rm|mv|unlink|shred|truncate|logrotate|savelog)\b|-delete\b|>\s*/var/log/audit")
LARGEST_SCRIPT = 65536  # bytes


def conflicts(host, log_file: str) -> "list[str]":
    """[sentence] for every other thing that rotates, compresses or deletes the logs of ``log_file``."""
    directory = log_file.rpartition("/")[0]
    found = []
    for path in _places(host):
        for source, text in _scripts(host, path):
            where = path if source == path else "%s (runs %s)" % (path, source)
            if SIGNALS.search(text) and "audit" in text.lower():
                found.append("%s makes auditd rotate too: remove it" % where)
            elif any(directory in line and CHANGES.search(line) for line in text.splitlines()):
                found.append("%s compresses, moves or deletes logs in %s too: remove it" % (where, directory))
            else:
                continue
            break
    for path in [LOGROTATE] + ["%s/%s" % (LOGROTATE_D, name) for name in host.listdir(LOGROTATE_D)]:
        if _logrotate_takes(_text(host, path), log_file):
            found.append("%s makes logrotate rotate %s too: remove that entry" % (path, log_file))
    return found


def _places(host):
    """Cron tables and scripts, and services that a timer of the host's own starts; ours are none."""
    for directory in CRON_DIRECTORIES:
        for name in host.listdir(directory):
            path = directory + "/" + name
            if path != _files.CRON:
                yield path
    yield from CRON_TABLES
    for directory in OWN_UNITS:
        for name in host.listdir(directory):
            path = directory + "/" + name
            if name.endswith(".timer") and path not in (_files.TIMER, _files.GUARD_TIMER):
                yield path[:-len("timer")] + "service"


def _scripts(host, path):
    """(path, its lines without comments), and the same of the administrator's scripts that it runs."""
    text = _text(host, path)
    yield path, text
    for script in sorted(set(OWN_SCRIPTS.findall(text))):
        inside = "" if script == path or script.startswith(_files.PROGRAM) else _text(host, script)
        if inside.startswith("#!"):
            yield script, _uncommented(inside)


def _logrotate_takes(text, log_file):
    """Whether a logrotate configuration names the log or its numbered ones, also by a pattern, or anything in their directory."""
    directory = log_file.rpartition("/")[0]
    for word in text.replace("{", " ").replace('"', " ").replace("'", " ").split():
        if word.startswith("/") and (word.startswith(directory + "/") or _matches(word, log_file) or _matches(word, log_file + ".1")):
            return True
    return False


def _matches(pattern, path):
    """As glob(3): a star does not cross a slash."""
    wanted, have = pattern.split("/"), path.split("/")
    return len(wanted) == len(have) and all(fnmatch.fnmatchcase(part, one) for part, one in zip(have, wanted))  # noqa: B905 Python 3.6; the lengths are the same


def _uncommented(text):
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))


def _text(host, path):
    """The text of a file without comments, but for the first line of a script; "" where there is none to read."""
    try:
        found = host.stat(path)
        text = "" if found is None or found.st_size > LARGEST_SCRIPT else host.text(path) or ""
    except AuditError:
        return ""
    first = text.partition("\n")[0]
    return (first + "\n" if first.startswith("#!") else "") + _uncommented(text)
