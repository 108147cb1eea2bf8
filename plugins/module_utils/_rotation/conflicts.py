# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else rotates, compresses or deletes the audit log: logrotate, tmpfiles, cron tables, cron scripts and timers of the host's own."""

import re

from .._errors import AuditError
from . import files as _files

SPOOLS = ("/var/spool/cron", "/var/spool/cron/crontabs")  # the users' own tables
CRON_DIRECTORIES = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.d") + SPOOLS
CRON_TABLES = ("/etc/crontab", "/etc/anacrontab")
LOGROTATE, LOGROTATE_D = "/etc/logrotate.conf", "/etc/logrotate.d"
OWN_UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system")
# where administrators put scripts; the programs of packages are none
OWN_SCRIPTS = re.compile(r"(?:/usr/local|/opt|/root|/srv|/home|/etc)/[^\s;|&'\"]+")
SIGNALS = re.compile(r"auditd\s+rotate|--signal\s+(?:rotate|usr1)|-(?:s\s*)?(?:sig)?usr1", re.I)
CHANGES = re.compile(r"\b(?:gzip|pigz|bzip2|xz|zstd|rm|mv|unlink|shred|truncate|logrotate|savelog)\b|-delete\b|>\s*/var/log/audit")
LARGEST_SCRIPT = 65536  # bytes
MOST_SCRIPTS = 50  # of one place: any user may write a cron table that names ten thousand links to one script
FIND = re.compile(r"\bfind\s+(?=/)")
FIND_DELETES = re.compile(r"-delete\b|-exec(?:dir)?\s+(?:\S*/)?(?:rm|gzip|xz|mv|truncate|shred)\b")
XARGS, XARGS_DELETES = re.compile("xargs"), re.compile(r"\b(?:rm|gzip|xz|mv)\b")
NAME = re.compile(r"-i?name\s+(['\"]?)(\S+?)\1(?:\s|$)")
# what logrotate(8) passes over in a directory that it includes: its tabooext
TABOO = (",v", ".bak", ".cfsaved", ".disabled", ".dpkg-bak", ".dpkg-del", ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".dpkg-tmp", ".rpmnew",
         ".rpmorig", ".rpmsave", ".swp", ".ucf-dist", ".ucf-new", ".ucf-old", "~")
INCLUDE = re.compile(r"^[ \t]*include[ \t]+(\S+)", re.M)
UNIT_OF_TIMER = re.compile(r"^[ \t]*Unit[ \t]*=[ \t]*(\S+)[ \t]*$", re.M)
TMPFILES_D = ("/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d")  # tmpfiles.d(5), the first of one name counts
AGED, REMOVED = "dDevqQCxX", "rR"  # types of lines with an age, and those that delete


def conflicts(host, log_file: str) -> "list[str]":
    """[sentence] for every other thing that rotates, compresses or deletes the logs of ``log_file``."""
    directory = log_file.rpartition("/")[0]
    found = []
    for path in places(host):
        for source, text in scripts(host, path):
            where = path if source == path else "%s (runs %s)" % (path, source)
            if SIGNALS.search(text) and "audit" in text.lower():
                found.append("%s makes auditd rotate too: remove it" % where)
            elif _changes(text, directory, log_file):
                found.append("%s compresses, moves or deletes logs in %s too: remove it" % (where, directory))
            else:
                continue
            break
    for path in _logrotate_files(host):
        if _logrotate_takes(text_of(host, path), log_file):
            found.append("%s makes logrotate rotate %s too: remove that entry" % (path, log_file))
    for path in tmpfiles(host):
        if any(_tmpfiles_takes(line.split(), log_file) for line in text_of(host, path).splitlines()):
            found.append("%s has systemd-tmpfiles delete logs in %s: remove that line" % (path, directory))
    return found


def _changes(text, directory, log_file):
    """Whether a script changes logs: in a line that names their directory, after a change into it, by a variable that holds it, or by a
    find from further up."""
    lines = text.splitlines()
    if any(directory in line and CHANGES.search(line) for line in lines) or any(_finds(line, log_file) for line in lines):
        return True
    inside = re.search(r"\b(?:cd|pushd)\s+[\"']?%s[/\"']*\s*(?:$|[;&|])" % re.escape(directory), text, re.M)
    if inside and any(CHANGES.search(line) and not re.search(r"\s[\"']?/", line) for line in text[inside.end():].splitlines()):
        return True
    names = re.findall(r"^[ \t]*(?:export[ \t]+)?(\w+)=[\"']?%s" % re.escape(directory), text, re.M)
    return any(CHANGES.search(line) and re.search(r"\$\{?%s\b" % name, line) for name in names for line in lines)


def _finds(line, log_file):
    for command in FIND.split(line)[1:]:
        tests = _tests_of_deleted(command)
        if tests is None:
            continue
        top = command.split(None, 1)[0]
        names = [name for _quote, name in NAME.findall(tests)]
        own = [log_file.rpartition("/")[2] + end for end in ("", ".1", ".1.gz")] + ["audit-2026-01-01T000000Z.log.gz"]
        if (log_file.startswith(top.rstrip("/") + "/")) and (not names or any(_fits(one, name) for one in own for name in names)):
            return True
    return False


def _tests_of_deleted(command):
    """What a find(1) tests before it deletes, by itself or through xargs(1); None where it does not."""
    found, through = FIND_DELETES.search(command), XARGS.search(command)
    if found is None and through is not None:
        found = through if XARGS_DELETES.search(command, through.end()) else None
    return None if found is None else command[:found.start()]


def _logrotate_files(host):
    """What logrotate reads: its own file, and what that includes; without an include, its usual directory all the same."""
    included = INCLUDE.findall(text_of(host, LOGROTATE)) or []
    for place in [LOGROTATE] + sorted(set(included + [LOGROTATE_D])):
        names = host.listdir(place)
        yield from ["%s/%s" % (place, name) for name in names if not name.endswith(TABOO)] if names else [place]


def tmpfiles(host):
    seen = set()
    for directory in TMPFILES_D:
        for name in host.listdir(directory):
            if name.endswith(".conf") and name not in seen:
                seen.add(name)
                yield directory + "/" + name


def _tmpfiles_takes(words, log_file):
    """Whether a line of tmpfiles.d(5) deletes what lies beside the log, by its age or at the boot."""
    if len(words) < 2:
        return False
    kind, path = words[0][0], words[1].rstrip("/")
    directory = log_file.rpartition("/")[0]
    if kind in REMOVED or kind == "D" and path == directory:
        return any(matches(path, one) for one in (directory, log_file, log_file + ".1", log_file + ".1.gz"))
    has_age = len(words) > 5 and words[5] not in ("-", "")
    return has_age and kind in AGED[:-2] and any(matches(path, one) for one in [directory] + _parents(directory))


def _parents(directory):
    parts = directory.split("/")
    return ["/".join(parts[:count]) for count in range(2, len(parts))]


def places(host):
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
                named = UNIT_OF_TIMER.findall(text_of(host, path))
                yield "%s/%s" % (directory, named[-1]) if named else path[:-len("timer")] + "service"


def is_of_a_user(path: str) -> bool:
    """Whether this place is a cron table of another user than root, whose name it has."""
    directory, _slash, name = path.rpartition("/")
    return directory in SPOOLS and name != "root"


def scripts(host, path):
    """(path, its lines without comments), and the same of the administrator's scripts that it runs, of MOST_SCRIPTS at most."""
    text = text_of(host, path)
    yield path, text
    for script in sorted(set(OWN_SCRIPTS.findall(text)))[:MOST_SCRIPTS]:
        inside = "" if script == path or script.startswith(_files.PROGRAM) else text_of(host, script)
        if inside.startswith("#!"):
            yield script, _uncommented(inside)


def _logrotate_takes(text, log_file):
    """Whether a logrotate configuration names the log or its numbered ones, also by a pattern, or anything in their directory."""
    directory = log_file.rpartition("/")[0]
    for word in text.replace("{", " ").replace('"', " ").replace("'", " ").split():
        if word.startswith("/") and (word.startswith(directory + "/") or matches(word, log_file) or matches(word, log_file + ".1")):
            return True
    return False


def matches(pattern, path):
    """As glob(3): a star does not cross a slash."""
    wanted, have = pattern.split("/"), path.split("/")
    return len(wanted) == len(have) and all(_fits(part, one) for part, one in zip(have, wanted))  # noqa: B905 Python 3.6; the lengths are the same


def _fits(name, pattern):
    if not set("*?[") & set(pattern):
        return name == pattern
    import fnmatch  # 3 ms that few hosts need (measured)
    return fnmatch.fnmatchcase(name, pattern)


def _uncommented(text):
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))


def text_of(host, path):
    """The text of a file without comments, but for the first line of a script; "" where there is none to read."""
    try:
        found = host.stat(path)
        text = "" if found is None or found.st_size > LARGEST_SCRIPT else host.text(path) or ""
    except AuditError:
        return ""
    first = text.partition("\n")[0]
    return (first + "\n" if first.startswith("#!") else "") + _uncommented(text)
