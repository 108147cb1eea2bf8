# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the time-based rotation on a host: what the module installs and what the drift reader expects, from one table."""

import hashlib
import stat

from .._errors import AuditError
from . import conf as _rotate_conf

PROGRAM = "/usr/local/sbin/audit-rotate"
ARCHIVE_PROGRAM = "/usr/local/sbin/audit-archive"
LIBRARY = "/usr/local/lib/audit-rotate"
PACKAGE = LIBRARY + "/audit_rotate"
PACKAGES = (PACKAGE,) + tuple(PACKAGE + "/" + name for name in ("_daemon", "_host", "_rotation"))
DIRECTORIES = (LIBRARY,) + tuple(path for package in PACKAGES for path in (package, package + "/__pycache__"))
IMPORTED = (".py", ".pyc", ".so")
CONF = _rotate_conf.PATH
STATUS = _rotate_conf.STATE_DIR + "/status.json"
CRON = "/etc/cron.d/audit-rotate"
UNITS = "/etc/systemd/system/"
SERVICE, TIMER = UNITS + "audit-rotate.service", UNITS + "audit-rotate.timer"
GUARD_SERVICE, GUARD_TIMER = UNITS + "audit-rotate-guard.service", UNITS + "audit-rotate-guard.timer"
WANTS = UNITS + "timers.target.wants/"
TIMERS = {WANTS + "audit-rotate.timer": TIMER, WANTS + "audit-rotate-guard.timer": GUARD_TIMER}  # link: target
INTERPRETERS = ("/usr/bin/python3", "/usr/libexec/platform-python", "/usr/local/bin/python3")
HEADER = "# Managed by Ansible (auditops.auditd.audit_rotation): changes here are lost.\n"
GUARD_MINUTES = 10
LONGEST_SHEBANG = 127  # BINPRM_BUF_SIZE - 1 before Linux 5.1, binfmts.h

HOUR, DAY = 3600, 86400
# word: the five fields of crontab(5), M for the host's own minute; systemd's OnCalendar; the longest time between two runs
WORDS = {
    "hourly": (("M", "*", "*", "*", "*"), "hourly", HOUR),
    "daily": (("M", "0", "*", "*", "*"), "daily", DAY),
    "weekly": (("M", "0", "*", "*", "0"), "Sun *-*-* 00:00:00", 7 * DAY),
    "monthly": (("M", "0", "1", "*", "*"), "monthly", 31 * DAY),
}
SPREAD = 45 * 60  # seconds over which a fleet's timers are spread; FixedRandomDelay keeps each host's own (systemd 247)
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "day of week": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}


class ScheduleError(AuditError):
    """The schedule is neither a word nor a cron expression."""


class Schedule(object):
    """``text`` as given, ``period`` the longest time between two runs in seconds; cron() and calendar() spell it."""

    def __init__(self, text):
        self.text = " ".join(str(text).split()).lower()
        if self.text in WORDS:
            self._fields, self._calendar, self.period = WORDS[self.text]
            return
        words = self.text.split(" ")
        if len(words) != 5:
            raise ScheduleError("schedule = %s: it is hourly, daily, weekly, monthly or the five fields of crontab(5)" % text)
        self._values = [_values(words[place], field, text) for place, field in enumerate(FIELDS)]
        self._fields, self._calendar = tuple(words), None
        self.period = _longest_gap(self._values)

    def cron(self, minute):
        """The five fields; ``minute`` (0 to 59) is the host's own, for the words."""
        return " ".join(str(minute) if field == "M" else field for field in self._fields)

    def calendar(self):
        """[OnCalendar expressions] of systemd.time(7)."""
        if self._calendar:
            return [self._calendar]
        minutes, hours, days, months, weekdays = self._values
        clock = "%s:%s:00" % (_listed(hours), _listed(minutes))
        by_day = "*-%s-%s %s" % (_listed(months), _listed(days), clock)
        if weekdays is None:
            return [by_day]
        names = ",".join(NAMES["day of week"][day].capitalize() for day in sorted({day % 7 for day in weekdays}))
        by_weekday = "%s *-%s-* %s" % (names, _listed(months), clock)
        # crontab(5): with both days given, either of them is enough
        return [by_weekday] if days is None else [by_day, by_weekday]

    @property
    def is_word(self):
        """True where the host's own minute, or timer delay, spreads a fleet."""
        return self._calendar is not None


def _values(word, field, text):
    """The sorted values of one cron field, None for all of them."""
    name, lowest, highest = field
    names = NAMES.get(name, ())
    found = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            pace = int(step) if slash else 1
            if span == "*":
                first, last = lowest, highest if name != "day of week" else 6
            else:
                offset = lowest if name == "month" else 0
                first = names.index(first) + offset if first in names else int(first)
                last = (names.index(last) + offset if last in names else int(last)) if dash else highest if slash else first
        except ValueError:
            raise ScheduleError("schedule = %s: \"%s\" is no %s of crontab(5)" % (text, part, name))
        if not (lowest <= first <= last <= highest) or pace < 1:
            raise ScheduleError("schedule = %s: the %s \"%s\" is not within %d to %d" % (text, name, part, lowest, highest))
        found.update(range(first, last + 1, pace))
    return None if word == "*" else sorted(found)


def _listed(values):
    return "*" if values is None else ",".join(str(value) for value in values)


def _longest_gap(values):
    """Seconds of the longest time between two runs, over eight years: a leap day is among them."""
    import datetime
    minutes, hours, days, months, weekdays = values
    clock = sorted(hour * HOUR + minute * 60 for hour in (range(24) if hours is None else hours)
                   for minute in (range(60) if minutes is None else minutes))
    weekdays = None if weekdays is None else {day % 7 for day in weekdays}
    start = datetime.date(2024, 1, 1)
    matching = []
    for number in range(8 * 366):
        day = start + datetime.timedelta(number)
        if months is not None and day.month not in months:
            continue
        by_day, by_weekday = days is None or day.day in days, weekdays is None or (day.weekday() + 1) % 7 in weekdays
        either = days is not None and weekdays is not None
        if (by_day or by_weekday) if either else (by_day and by_weekday):
            matching.append(number)
    if not matching:
        raise ScheduleError("schedule: that day never comes")
    within = max(_steps(clock) or [0])
    between = max(_steps(matching) or [8 * 366])
    return max(within, between * DAY - clock[-1] + clock[0])


def _steps(numbers):
    return [numbers[place] - numbers[place - 1] for place in range(1, len(numbers))]


def minute_of(host):
    """0 to 59, the same at each run and different from host to host: from machine-id, else from the name."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostname"):
        text = (host.text(path) or "").strip()
        if text and text != "uninitialized":
            return _spread(text)
    if host.is_live:
        import os
        return _spread(os.uname()[1])
    return _spread("")


def _spread(text):
    return int(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(), 16) % 60


def scheduler_of(host, wanted="auto"):
    """"cron" or "systemd": what ``wanted`` (auto, cron, systemd) means on this host. AuditError where it is not there."""
    has_cron = host.which("cron") is not None or host.which("crond") is not None
    has_systemd = host.stat("/run/systemd/system") is not None if host.is_live else any(
        host.stat(path) is not None for path in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd"))
    if wanted == "cron" and not has_cron:
        raise AuditError("audit_rotation_scheduler = cron: no cron daemon is installed (neither cron nor crond)")
    if wanted == "systemd" and not has_systemd:
        raise AuditError("audit_rotation_scheduler = systemd: systemd does not run here")
    if wanted != "auto":
        return wanted
    if has_cron and not (has_systemd and _cron_is_off(host)):
        return "cron"
    if has_systemd:
        return "systemd"
    raise AuditError("audit_rotation_scheduler = auto: there is neither a cron daemon nor systemd; install one of them")


def _cron_is_off(host):
    """True where systemd knows cron's unit and nothing starts it."""
    units = ("cron.service", "crond.service", "cronie.service")
    known = any(host.lstat(place + unit) is not None for place in ("/lib/systemd/system/", "/usr/lib/systemd/system/") for unit in units)
    wanted = any(
        host.lstat("%s%s/%s" % (UNITS, name, unit)) is not None
        for name in host.listdir(UNITS.rstrip("/")) if name.endswith(".wants") for unit in units)
    return known and not wanted


def interpreter_of(host, wanted=None, running=None):
    """The Python that is to run the program: ``wanted``, else on a live host the ``running`` one, else what a tree has."""
    if wanted:
        if host.stat(wanted) is None:
            raise AuditError("interpreter = %s: there is no such file" % wanted)
        chosen = wanted
    elif host.is_live:
        chosen = running
    else:
        chosen = next((path for path in INTERPRETERS if host.stat(path) is not None), INTERPRETERS[0])
    if not chosen or not chosen.startswith("/") or len(chosen.split()) > 1 or len(shebang(chosen)) > LONGEST_SHEBANG:
        raise AuditError("interpreter = %s: it must be an absolute path without blanks, of at most %d characters" % (
            chosen, LONGEST_SHEBANG - len(shebang("")) + 1))
    return chosen


def unexpected(host, program):
    """Paths of files beside the program that are not of it, and that Python would import all the same."""
    found = []
    for directory in (LIBRARY,) + PACKAGES:
        names = [name for name in host.listdir(directory) if name.endswith(IMPORTED)]
        found.extend(path for path in (directory + "/" + name for name in names) if path not in program and _is_no_directory(host, path))
    return found


def _is_no_directory(host, path):
    status = host.lstat(path)
    return status is not None and not stat.S_ISDIR(status.st_mode)


def is_loose(host, path):
    """True where a directory of the program is a link or a file, or others than root may write in it. In a tree the owner is not judged:
    it may be its builder."""
    status = host.lstat(path)
    if status is None:
        return False
    return not stat.S_ISDIR(status.st_mode) or bool(status.st_mode & 0o022) or (host.is_live and status.st_uid != 0)


def mode_of(path):
    """The mode of an installed program file."""
    return 0o755 if path in (PROGRAM, ARCHIVE_PROGRAM) else 0o644


def shebang(interpreter):
    """The first line of a launcher: isolated from the user's environment, without the site module that the program does not need."""
    return "#!%s -IS\n" % interpreter


def launcher(text, interpreter):
    """A launcher's text for this interpreter."""
    return shebang(interpreter) + without_shebang(text)


def without_shebang(text):
    """What two launchers have in common."""
    return text.partition("\n")[2] if text.startswith("#!") else text


def digest(text):
    """sha256 of a program file, whatever interpreter its first line names."""
    return hashlib.sha256(without_shebang(text).encode("utf-8", "surrogateescape")).hexdigest()


def rotate_conf(config):
    """The text of rotate.conf for the option C(config)."""
    return _rotate_conf.render(_rotate_conf.complete(config))


def desired_files(policy, scheduler, minute, log_directory="/var/log/audit"):
    """{path: (text, mode)} of configuration and schedule; the program's files are compared by digest().

    ``policy``: config, schedule, guard_minutes (0: no guard). ``scheduler``: cron or systemd. ``minute``: minute_of(host).
    """
    schedule = Schedule(policy.get("schedule") or "daily")
    guard = _guard_minutes(policy.get("guard_minutes"))
    files = {CONF: (rotate_conf(policy.get("config")), 0o600)}
    if scheduler == "cron":
        files[CRON] = (_cron_text(schedule, guard, minute), 0o600)
        return files
    config = _rotate_conf.complete(policy.get("config"))
    files[SERVICE] = (_service("Rotate, compress and prune the audit log", PROGRAM, config, log_directory), 0o644)
    delay = SPREAD if schedule.is_word else 0
    files[TIMER] = (_timer("Rotate the audit log (%s)" % schedule.text, schedule.calendar(), delay), 0o644)
    if guard:
        files[GUARD_SERVICE] = (_service("Watch the size of the audit log", PROGRAM + " --guard", config, log_directory), 0o644)
        files[GUARD_TIMER] = (_timer("Watch the size of the audit log", ["*:0/%d" % guard], min(60 * guard // 2, 300)), 0o644)
    return files


def desired_links(policy, scheduler):
    """{link: target} that enable the timers."""
    if scheduler != "systemd":
        return {}
    return {link: target for link, target in TIMERS.items() if target == TIMER or _guard_minutes(policy.get("guard_minutes"))}


def stale_files(policy, scheduler):
    """Paths of ours that must not be there: the other scheduler, a guard that is not wanted. None as scheduler: all of them."""
    everything = [CRON, SERVICE, TIMER, GUARD_SERVICE, GUARD_TIMER] + sorted(TIMERS)
    if scheduler is None:
        return everything
    wanted = set(desired_files(policy, scheduler, 0)) | set(desired_links(policy, scheduler))
    return [path for path in everything if path not in wanted]


def _guard_minutes(wanted):
    minutes = GUARD_MINUTES if wanted is None else int(wanted)
    if not 0 <= minutes <= 59:
        raise AuditError("guard_minutes = %d: it is 1 to 59 minutes, or 0 for no guard" % minutes)
    return minutes


def _cron_text(schedule, guard, minute):
    lines = [HEADER, "SHELL=/bin/sh\n", "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n", "%s root %s\n" % (schedule.cron(minute), PROGRAM)]
    if guard:
        times = ",".join(str(number) for number in range(minute % guard, 60, guard))
        lines.append("%s * * * * root %s --guard\n" % (times, PROGRAM))
    return "".join(lines)


def _service(description, command, config, log_directory):
    """A oneshot that may write where the logs and its state lie, see every process's open files, signal auditd, and no more.

    It sees /home and /root: the interpreter that Ansible uses may lie there, and 203/EXEC at each tick is what hiding them came to.
    """
    files = [config[key] for key in ("textfile", "log_file") if config[key]]
    directories = [log_directory, config["state_dir"]] + [path.rpartition("/")[0] for path in files]
    return HEADER + """[Unit]
Description=%s
Documentation=man:auditd(8)
After=auditd.service

[Service]
Type=oneshot
ExecStart=%s
Nice=5
StateDirectory=audit-rotate
StateDirectoryMode=0750
CapabilityBoundingSet=CAP_AUDIT_CONTROL CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_KILL CAP_SYS_PTRACE
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
%sRestrictAddressFamilies=AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
""" % (description, command, "".join("ReadWritePaths=-%s\n" % path for path in sorted(set(directories))))


def _timer(description, calendars, delay):
    return HEADER + "[Unit]\nDescription=%s\n\n[Timer]\n%sPersistent=true\nAccuracySec=1s\n%s\n[Install]\nWantedBy=timers.target\n" % (
        description, "".join("OnCalendar=%s\n" % calendar for calendar in calendars),
        "RandomizedDelaySec=%d\nFixedRandomDelay=true\n" % delay if delay else "")


def conflicts(host, log_file):
    """[sentence] for every other thing that rotates or compresses the same log."""
    found = []
    for directory in ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.d"):
        for name in host.listdir(directory):
            path = directory + "/" + name
            if path == CRON:
                continue
            text = _text(host, path)
            if _runs(text, ("auditd rotate", "--signal usr1", "--signal rotate", "-usr1", "sigusr1")) and "audit" in text.lower():
                found.append("%s makes auditd rotate too: remove it" % path)
    for path in ["/etc/logrotate.conf"] + ["/etc/logrotate.d/" + name for name in host.listdir("/etc/logrotate.d")]:
        text = _text(host, path)
        directory = log_file.rpartition("/")[0]
        if _runs(text, (directory + "/",)):
            found.append("%s makes logrotate rotate %s too: remove that entry" % (path, log_file))
    return found


def _runs(text, words):
    lines = [line for line in text.lower().splitlines() if not line.strip().startswith("#")]
    return any(word.lower() in line for word in words for line in lines)


def _text(host, path):
    try:
        return host.text(path) or ""
    except AuditError:
        return ""
