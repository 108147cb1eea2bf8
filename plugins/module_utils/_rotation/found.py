# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the host's own that rotate, compress or delete the audit log and do nothing else: what they keep, and what would retire them."""

import re
import stat

from .._errors import AuditError
from .._host.units import CONTINUED, drop_ins
from . import checker as _checker
from . import files as _files
from .conflicts import MOST_SCRIPTS, UNIT_OF_TIMER
from .schedule import WORDS, Schedule
from .shell import understand

PERIODICAL = ("hourly", "daily", "weekly", "monthly")
CRON_D, CRONTAB = "/etc/cron.d", "/etc/crontab"
SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron")  # the users' own tables: Debian, Red Hat
LOGROTATE_D = "/etc/logrotate.d"
UNITS = "/etc/systemd/system"
# systemd.unit(5): what is started with a unit, or behind it, but for what every host has
STARTS_OTHERS = re.compile(r"^[ \t]*(?:OnSuccess|Upholds|Wants|Requires|BindsTo)[ \t]*=(.*)$", re.M)
HARMLESS_UNIT = re.compile(r"(?:\.(?:target|mount|slice|socket)|^auditd\.service)$")
ENVIRONMENT = re.compile(r"^[ \t]*(?:Pass)?Environment", re.M)
NAME_OF_UNIT = re.compile(r"[\w:.@\\-]+$")  # systemd.unit(5)
AS_ROOT = re.compile(r"(?:/usr/bin/)?sudo\s+(?:-n\s+)?(?=[^-\s])")
TO_NOWHERE = re.compile(r"(?<!\s)\s*[12&]?>\s*(?:/dev/null|&1)")
BY_SHELL = re.compile(r"(?:(?:/usr)?/bin/)?(?:ba|da)?sh\s+(?:-[a-z]+\s+)*-[a-z]*c\s+(?:'([^']*)'|\"([^\"]*)\")\s*$")
# of logrotate(8): a script, and what else sends, moves or packs logs by other means than its own
SCRIPT = re.compile(r"^[ \t]*(?:pre|post|first|last)(?:rotate|action|remove)\b[^\n]*\n(.*?)^[ \t]*endscript\b[^\n]*$", re.M | re.S)
DOES_MORE = ("mail", "olddir", "compresscmd", "include", "prerotate", "postrotate", "firstaction", "lastaction", "preremove")
TABLE_LINE = re.compile(r"(@\w+|(?:\S+\s+){4}\S+)\s+(.*)$")
SETTING = re.compile(r"^[ \t]*(\w+)[ \t]*=", re.M)
HARMLESS_SETTINGS = frozenset((
    "SHELL", "PATH", "MAILTO", "MAILFROM", "HOME", "LOGNAME", "LANG", "LC_ALL", "RANDOM_DELAY", "START_HOURS_RANGE", "CONTENT_TYPE",
    "CONTENT_TRANSFER_ENCODING",
))
WORD_OF_ALIAS = {"@hourly": "hourly", "@daily": "daily", "@midnight": "daily", "@weekly": "weekly", "@monthly": "monthly"}
CALENDARS = {calendar: word for word, (_fields, calendar, _period) in WORDS.items()}
LARGEST = 65536  # bytes of a script
RETIRED_MARK = "# retired by auditops.auditd: "


class Job(object):
    """``files``: paths that are moved away; ``lines`` {path of a cron table: [line numbers]} that become comments; ``links``: what enabled
    it. ``settings`` {option of audit_rotation: text} of what it does. ``timers``: names of units to stop.
    """

    def __init__(self, settings, *, files=(), lines=None, links=(), timers=()):
        self.settings, self.files, self.lines = settings, list(files), lines or {}
        self.links, self.timers = list(links), list(timers)

    @property
    def name(self):
        return (self.files + sorted(self.lines))[0]

    def facts(self):
        return {"name": self.name, "settings": dict(self.settings)}


def jobs(host, log_file: str) -> "list[Job]":
    """[Job] of those that are understood to the last command; others are in C(conflicts.conflicts) alone."""
    directory = log_file.rpartition("/")[0]
    return [*_of_directories(host, directory), *_of_tables(host, directory), *_of_logrotate(host, directory), *_of_timers(host, directory)]


def _text(host, path):
    try:
        found = host.stat(path)
        return None if found is None or found.st_size > LARGEST else host.text(path)
    except AuditError:
        return None


def _of_directories(host, directory):
    for word in PERIODICAL:
        for name in host.listdir("/etc/cron." + word):
            path = "/etc/cron.%s/%s" % (word, name)
            found = understand(_text(host, path) or "", directory)
            if found:
                yield Job(dict(found.settings, schedule=word), files=[path])


def _of_tables(host, directory):
    for path, owner in _tables(host):
        text = _text(host, path) or ""
        if not HARMLESS_SETTINGS.issuperset(SETTING.findall(text)):
            continue  # a command may take from there where it moves logs to
        followed = 0
        for number, line in enumerate(text.split("\n"), 1):
            match = TABLE_LINE.match(line.strip())
            if line.lstrip().startswith("#") or match is None or SETTING.match(line):
                continue
            when, command = match.groups()
            user = owner
            if user is None:
                user, _blank, command = command.partition(" ")
            command = _by_root(command.strip(), user)
            followed += _script(TO_NOWHERE.sub("", command)) is not None
            if followed > MOST_SCRIPTS:
                break
            found = _of_command(host, command.replace("\\%", "%"), directory) if command else None
            schedule = _schedule(when) if found else None
            if found and schedule:
                yield Job(dict(found.settings, schedule=schedule), lines={path: [number]})


def _tables(host):
    """(path, whose it is) of each cron table; the owner is None where each line names its own."""
    for path in ["%s/%s" % (CRON_D, name) for name in host.listdir(CRON_D)] + [CRONTAB]:
        if path not in (_files.CRON, _checker.CRON):
            yield path, None
    for spool in SPOOLS:
        for name in host.listdir(spool):
            path = "%s/%s" % (spool, name)
            status = None if name.startswith((".", "tmp.")) else host.lstat(path)  # None, too, while cron replaces the table
            if status is not None and stat.S_ISREG(status.st_mode):
                yield path, name


def _by_root(command, user):
    """What a line runs as root; an empty text for one of another user without sudo(8): the log's directory is closed to that one."""
    if user == "root":
        return command
    inner = AS_ROOT.sub("", command, count=1)
    return inner if AS_ROOT.match(command) and not re.search(r"[;&|`]|\$\(", TO_NOWHERE.sub("", inner)) else ""


def _of_command(host, command, directory):
    """A command that is understood by itself, or that starts a script, or a shell with a text, which is."""
    found = understand(command, directory)
    if found:
        return found
    alone = TO_NOWHERE.sub("", command)
    shell = BY_SHELL.match(alone)
    if shell:
        return understand(shell.group(1) or shell.group(2) or "", directory)
    script = _script(alone)
    return understand(_text(host, script) or "", directory) if script else None


def _script(command):
    """The path of the script that a command starts without arguments, by itself or by a shell; None for any other command."""
    words = command.split()
    if words and words[0] in ("/bin/sh", "/bin/bash", "sh", "bash"):
        words = words[1:]
    return words[0] if len(words) == 1 and words[0].startswith("/") else None


def _schedule(when):
    """The word or the five fields as audit_rotation_schedule takes them; None for any other."""
    if when in WORD_OF_ALIAS:
        return WORD_OF_ALIAS[when]
    fields = " ".join(when.split())
    try:
        Schedule(fields)
    except AuditError:
        return None
    daily = re.match(r"\d+ \d+ \* \* \*$", fields)
    return "daily" if daily else fields


def _of_logrotate(host, directory):
    for name in host.listdir(LOGROTATE_D):
        path = "%s/%s" % (LOGROTATE_D, name)
        settings = _stanzas(_text(host, path) or "", directory)
        if settings is not None:
            yield Job(settings, files=[path])


def _stanzas(text, directory):
    """{option: value} of a file of logrotate that names logs of the directory alone; None for any other."""
    if directory not in text:
        return None  # most files: their stanzas need not be read
    text = "\n".join(line for line in text.split("\n") if not line.strip().startswith("#"))
    heads = re.findall(r"([^{}]*)\{([^{}]*)\}", text)
    rest = re.sub(r"[^{}]*\{[^{}]*\}", "", text).strip()
    if not heads or rest or text.count("{") != len(heads):
        return None
    settings = {}
    for head, body in heads:
        paths = head.replace('"', " ").replace("'", " ").split()
        if not paths or not all(path.startswith(directory + "/") and ".." not in path for path in paths):
            return None
        scripts = SCRIPT.findall(body)
        if any(script.strip() and understand(script, directory) is None for script in scripts):
            return None
        for words in (line.split() for line in SCRIPT.sub("", body).split("\n") if line.strip()):
            if words[0] in DOES_MORE:
                return None
            if words[0] in PERIODICAL:
                settings["schedule"] = words[0]
            elif words[0] == "compress":
                settings["compress"] = "gzip"
            elif words[0] in ("rotate", "maxage") and len(words) == 2 and words[1].isdecimal():
                settings[{"rotate": "keep", "maxage": "keep_days"}[words[0]]] = words[1]
    return settings


def _unit(host, name):
    """The text of a unit of the host's own with its drop-ins, lines that go on joined."""
    return CONTINUED.sub(" ", "\n".join(_text(host, path) or "" for path in ["%s/%s" % (UNITS, name)] + drop_ins(host, name)))


def _commands(text):
    """What a unit runs, as its program gets it: what systemd.service(5) doubles is single again. Nothing where the unit starts others too,
    or where variables of elsewhere decide what its commands do.
    """
    others = [one for line in STARTS_OTHERS.findall(text) for one in line.split() if not HARMLESS_UNIT.search(one)]
    if others or ENVIRONMENT.search(text):
        return []
    found = re.findall(r"^[ \t]*Exec\w+[ \t]*=[ \t]*[-@:+!]*(.*)$", text, re.M)
    return [command.replace("$$", "$").replace("%%", "%") for command in found]


def _of_timers(host, directory):
    for name in host.listdir(UNITS):
        timer = "%s/%s" % (UNITS, name)
        if not name.endswith(".timer") or timer in (_files.TIMER, _files.GUARD_TIMER):
            continue
        timer_text = _unit(host, name)
        unit = (UNIT_OF_TIMER.findall(timer_text) or [name[:-len("timer")] + "service"])[-1]
        service = "%s/%s" % (UNITS, unit)
        if not NAME_OF_UNIT.match(unit):
            continue
        commands = _commands(_unit(host, unit) + "\n" + timer_text)
        calendars = re.findall(r"^[ \t]*OnCalendar[ \t]*=[ \t]*(.*?)[ \t]*$", timer_text, re.M)
        found = [_of_command(host, command, directory) for command in commands]
        if len(calendars) != 1 or not found or not all(found):
            continue
        settings = {}
        for one in found:
            settings.update(one.settings)
        if calendars[0] in CALENDARS:
            settings["schedule"] = CALENDARS[calendars[0]]
        links = ["%s/%s/%s" % (UNITS, wants, name) for wants in host.listdir(UNITS) if wants.endswith(".wants")]
        yield Job(settings, files=[timer, service], links=[link for link in links if host.lstat(link) is not None], timers=[name])
