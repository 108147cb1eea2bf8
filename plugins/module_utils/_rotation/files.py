# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the time-based rotation on a host: what the module installs and what the drift reader expects, from one table."""

import hashlib
import os
import stat
from collections import namedtuple

from .._errors import AuditError
from .._host.host import MAX_LINKS, Host
from .._paths import RESUME_PROGRAM
from . import conf as _rotate_conf
from .running import LOCK_FILE, WATCH_LOCK_FILE
from .schedule import SPREAD, UNITS, Schedule

PROGRAM = "/usr/local/sbin/audit-rotate"
ARCHIVE_PROGRAM = "/usr/local/sbin/audit-archive"
SHIP_PROGRAM = "/usr/local/sbin/audit-ship"  # role audit_shipping gives it a configuration and a schedule
LAUNCHERS = (PROGRAM, ARCHIVE_PROGRAM, RESUME_PROGRAM, SHIP_PROGRAM)
LIBRARY = "/usr/local/lib/audit-rotate"
PACKAGE = LIBRARY + "/audit_rotate"
IMPORTED = (".py", ".pyc", ".so")
CONF = _rotate_conf.PATH
STATUS = _rotate_conf.STATE_DIR + "/status.json"
LOCK = _rotate_conf.STATE_DIR + "/" + LOCK_FILE
WATCH_LOCK = _rotate_conf.STATE_DIR + "/" + WATCH_LOCK_FILE
CRON = "/etc/cron.d/audit-rotate"
SERVICE, TIMER = UNITS + "audit-rotate.service", UNITS + "audit-rotate.timer"
GUARD_SERVICE, GUARD_TIMER = UNITS + "audit-rotate-guard.service", UNITS + "audit-rotate-guard.timer"
WANTS = UNITS + "timers.target.wants/"
TIMER_LINK, GUARD_LINK = WANTS + "audit-rotate.timer", UNITS + "multi-user.target.wants/audit-rotate-guard.service"
OUTDATED = (GUARD_TIMER, WANTS + "audit-rotate-guard.timer")  # the guard of earlier releases, which a timer started
STAMPS = tuple("/var/lib/systemd/timers/stamp-audit-rotate%s.timer" % name for name in ("", "-guard"))  # systemd.timer(5), Persistent=
LINKS = (TIMER_LINK, GUARD_LINK, OUTDATED[1])
SCHEDULE_FILES = (CONF, CRON, SERVICE, TIMER, GUARD_SERVICE, GUARD_TIMER) + STAMPS
PLATFORM_PYTHON = "/usr/libexec/platform-python"  # of RHEL 8
INTERPRETERS = ("/usr/bin/python3", PLATFORM_PYTHON, "/usr/local/bin/python3")
HEADER = "# Managed by Ansible (auditops.auditd.audit_rotation): changes here are lost.\n"
GUARD_MINUTES = 1
LONGEST_SHEBANG = 127  # BINPRM_BUF_SIZE - 1 before Linux 5.1, binfmts.h


def interpreter_of(host: Host, wanted: "str | None" = None, running: "str | None" = None) -> str:
    """The Python that is to run the program as root: ``wanted``, else on a live host the ``running`` one, else what a tree has.

    The name that an upgrade of the distribution keeps (/usr/bin/python3) is taken for the same file under another name. An interpreter
    that somebody else than root can replace is refused where it was asked for, and passed over where it was not.
    """
    if wanted:
        if host.stat(wanted) is None:
            raise AuditError("audit_rotation_interpreter (interpreter) = %s: there is no such file" % wanted)
        unsafe = writable_by_others(host, wanted)
        if unsafe:
            raise AuditError("audit_rotation_interpreter (interpreter) = %s: root must not run it, because %s; name another one" % (
                wanted, unsafe))
        chosen = wanted
    else:
        chosen = _found_interpreter(host, running if host.is_live else None)
    if not chosen or not chosen.startswith("/") or len(chosen.split()) > 1 or len(shebang(chosen)) > LONGEST_SHEBANG:
        raise AuditError("audit_rotation_interpreter (interpreter) = %s: it must be an absolute path without blanks, of at most %d "
                         "characters" % (chosen, LONGEST_SHEBANG - len(shebang("")) + 1))
    return chosen


def _found_interpreter(host, running):
    known = [path for path in INTERPRETERS if host.stat(path) is not None]
    if running is None:
        return known[0] if known else INTERPRETERS[0]
    same = [path for path in known if os.path.realpath(path) == os.path.realpath(running)]
    reasons = []
    for path in same + [running] + known:
        unsafe = writable_by_others(host, path)
        if not unsafe:
            return path
        reasons.append(unsafe)
    raise AuditError("no Python here may run the rotation as root: %s; set audit_rotation_interpreter" % reasons[0])


def writable_by_others(host: Host, path: str) -> "str | None":
    """Why somebody else than root could replace what ``path`` leads to ("/opt/x belongs to uid 1000"), None where nobody can.

    The file, every directory above it and every link on the way are looked at; owners only where files have theirs (C(Host.has_owners)).
    """
    seen, has_owners = set(), host.has_owners
    for place in _steps(host, path):
        while place not in seen:
            seen.add(place)
            status = host.lstat(place)
            if status is not None and has_owners and status.st_uid != 0:
                return "%s belongs to uid %d" % (place, status.st_uid)
            is_open = status is not None and not stat.S_ISLNK(status.st_mode) and status.st_mode & 0o022
            if is_open and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
                return "%s may be written by others (mode %04o)" % (place, stat.S_IMODE(status.st_mode))
            place = place.rpartition("/")[0] or "/"
    return None


def _steps(host, path):
    """The path and what each link on the way leads to."""
    yield path
    for _unused in range(MAX_LINKS):
        status = host.lstat(path)
        if status is None or not stat.S_ISLNK(status.st_mode):
            break
        path = os.path.normpath(os.path.join(path.rpartition("/")[0], os.readlink(host.path(path, follow=False))))
        yield path
    if host.is_live:
        yield os.path.realpath(path)


def packages(program: "list[str] | dict[str, str] | tuple") -> "list[str]":
    """The directories that hold the program's modules, from its own paths (``program``: installed paths); PACKAGE is always among them."""
    inside = {path.rpartition("/")[0] for path in program if path.startswith(PACKAGE + "/")}
    return [PACKAGE] + sorted(inside - {PACKAGE})


def directories(program: "list[str] | dict[str, str] | tuple") -> "list[str]":
    """Every directory that the program's modules, and what Python caches of them, lie in."""
    return [LIBRARY] + [path for package in packages(program) for path in (package, package + "/__pycache__")]


def installed_packages(host: Host) -> "list[str]":
    """As packages(), of what lies on a host, whichever release of this collection put it there."""
    found, waiting = [], [PACKAGE]
    while waiting:
        directory = waiting.pop(0)
        if host.lstat(directory) is None or is_file(host, directory):
            continue
        found.append(directory)
        waiting.extend(directory + "/" + name for name in host.listdir(directory) if name != "__pycache__" and "." not in name)
    return found


def unexpected(host: Host, program: "list[str] | dict[str, str] | tuple") -> "list[str]":
    """Paths of files beside the program that are not of it, and that Python would import all the same."""
    found = []
    for directory in [LIBRARY] + packages(program):
        names = [name for name in host.listdir(directory) if name.endswith(IMPORTED)]
        found.extend(path for path in (directory + "/" + name for name in names) if path not in program and is_file(host, path))
    return found


def is_file(host: Host, path: str) -> bool:
    """True for anything but a directory that lies there."""
    status = host.lstat(path)
    return status is not None and not stat.S_ISDIR(status.st_mode)


def is_loose(host: Host, path: str) -> bool:
    """True where a directory of the program is a link or a file, or others than root may write in it; owners count where files have
    theirs."""
    status = host.lstat(path)
    if status is None:
        return False
    return not stat.S_ISDIR(status.st_mode) or bool(status.st_mode & 0o022) or (host.has_owners and status.st_uid != 0)


def mode_of(path: str) -> int:
    """The mode of an installed program file; auditd calls one of 0750, and nobody else has to."""
    if path == RESUME_PROGRAM:
        return 0o750
    return 0o644 if path.startswith(LIBRARY + "/") else 0o755


def shebang(interpreter: str) -> str:
    """The first line of a launcher: isolated from the user's environment, without the site module that the program does not need."""
    return "#!%s -IS\n" % interpreter


def launcher(text: str, interpreter: str) -> str:
    """A launcher's text for this interpreter."""
    return shebang(interpreter) + without_shebang(text)


def without_shebang(text: str) -> str:
    """What two launchers have in common."""
    return text.partition("\n")[2] if text.startswith("#!") else text


def digest(text: str) -> str:
    """sha256 of a program file, whatever interpreter its first line names."""
    return hashlib.sha256(without_shebang(text).encode("utf-8", "surrogateescape")).hexdigest()


def rotate_conf(config: "dict | None") -> str:
    """The text of rotate.conf for the option C(config)."""
    return _rotate_conf.render(_rotate_conf.complete(config))


def desired_files(
        policy: dict, scheduler: str, minute: int, log_directory: str = "/var/log/audit", *, has_systemd: bool = False,
) -> "dict[str, tuple[str, int]]":
    """{path: (text, mode)} of configuration and schedule; the program's files are compared by digest().

    ``policy``: config, schedule, guard_minutes (0: no guard). ``scheduler``: cron or systemd. ``minute``: minute_of(host).
    ``has_systemd``: then the guard is a service, whoever starts the rotation.
    """
    schedule = Schedule(policy.get("schedule") or "daily")
    guard = guard_minutes(policy.get("guard_minutes"))
    config = _rotate_conf.complete(policy.get("config"))
    files = {CONF: (rotate_conf(policy.get("config")), 0o600)}
    if guard and (has_systemd or scheduler == "systemd"):
        files[GUARD_SERVICE] = (_service(
            "Watch the size of the audit log", "%s --watch %d" % (PROGRAM, guard), config, log_directory, STAYS), 0o644)
    if scheduler == "cron":
        files[CRON] = (_cron_text(schedule, 0 if has_systemd else guard, minute), 0o600)
        return files
    files[SERVICE] = (_service("Rotate, compress and prune the audit log", PROGRAM, config, log_directory, RUNS_ONCE), 0o644)
    delay = SPREAD if schedule.is_word else 0
    files[TIMER] = (_timer("Rotate the audit log (%s)" % schedule.text, schedule.calendar(), delay), 0o644)
    return files


def desired_links(policy: dict, scheduler: "str | None", *, has_systemd: bool = False) -> "dict[str, str]":
    """{link: target} that enable the timer and the guard."""
    links = {TIMER_LINK: TIMER} if scheduler == "systemd" else {}
    if scheduler and (has_systemd or scheduler == "systemd") and guard_minutes(policy.get("guard_minutes")):
        links[GUARD_LINK] = GUARD_SERVICE
    return links


def stale_files(policy: dict, scheduler: "str | None", *, has_systemd: bool = False) -> "list[str]":
    """Paths of ours that must not be there: the other scheduler, a guard that is not wanted. None as scheduler: all of them."""
    everything = [CRON, SERVICE, TIMER, GUARD_SERVICE, TIMER_LINK, GUARD_LINK] + list(OUTDATED + STAMPS)
    if scheduler is None:
        return everything
    wanted = set(desired_files(policy, scheduler, 0, has_systemd=has_systemd))
    wanted.update(desired_links(policy, scheduler, has_systemd=has_systemd), STAMPS[:1] if scheduler == "systemd" else ())
    return [path for path in everything if path not in wanted]


def guard_minutes(wanted: "int | None") -> int:
    """Minutes between two looks of the guard as a policy has it, 0 for no guard."""
    minutes = GUARD_MINUTES if wanted is None else int(wanted)
    if not 0 <= minutes <= 59:
        raise AuditError("guard_minutes = %d: it is 1 to 59 minutes, or 0 for no guard" % minutes)
    return minutes


def _cron_text(schedule, guard, minute):
    """Without systemd the guard is a process that cron starts at boot, and looks after once an hour: each start writes records."""
    lines = [HEADER, "SHELL=/bin/sh\n", "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n", "%s root %s\n" % (schedule.cron(minute), PROGRAM)]
    if guard:
        watch = "%s --watch %d --detach" % (PROGRAM, guard)
        lines += ["@reboot root %s\n" % watch, "%d * * * * root %s\n" % (minute, watch)]
    return "".join(lines)


Sandbox = namedtuple("Sandbox", "memory families")
ALONE = Sandbox("MemoryDenyWriteExecute=yes\n", "AF_UNIX AF_NETLINK")
FOR_SHIPPING = Sandbox("", "AF_UNIX AF_NETLINK AF_INET AF_INET6")
RUNS_ONCE = ("Type=oneshot\n", "")
STAYS = ("Type=simple\nRestart=always\nRestartSec=10\n", "\n[Install]\nWantedBy=multi-user.target\n")


def _service(description, command, config, log_directory, kind):
    """A service that may write where the logs and its state lie, see every process's open files, signal auditd, and no more.

    A shipped_command of the site asks over the network, and may be written in a language that makes its machine code while it runs.
    It sees /home and /root: the interpreter that Ansible uses may lie there, and 203/EXEC at each tick is what hiding them came to.
    """
    sandbox = FOR_SHIPPING if config["shipped_command"] else ALONE
    files = [config[key] for key in ("textfile", "log_file") if config[key]]
    directories = [log_directory, config["state_dir"]] + [path.rpartition("/")[0] for path in files]
    paths = "".join("ReadWritePaths=-%s\n" % path for path in sorted(set(directories)))
    return HEADER + """[Unit]
Description=%s
Documentation=man:auditd(8)
After=auditd.service

[Service]
%sExecStart=%s
Nice=5
StateDirectory=audit-rotate
StateDirectoryMode=0750
CapabilityBoundingSet=CAP_AUDIT_CONTROL CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_KILL CAP_SYS_PTRACE
LockPersonality=yes
%sNoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
%sRestrictAddressFamilies=%s
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
%s""" % (description, kind[0], command, sandbox.memory, paths, sandbox.families, kind[1])


def _timer(description, calendars, delay):
    return HEADER + "[Unit]\nDescription=%s\n\n[Timer]\n%sPersistent=true\nAccuracySec=1s\n%s\n[Install]\nWantedBy=timers.target\n" % (
        description, "".join("OnCalendar=%s\n" % calendar for calendar in calendars),
        "RandomizedDelaySec=%d\nFixedRandomDelay=true\n" % delay if delay else "")
