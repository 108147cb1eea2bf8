# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the time-based rotation on a host: what the module installs and what the drift reader expects, from one table."""

import hashlib
import stat

from .._errors import AuditError
from . import conf as _rotate_conf
from .schedule import SPREAD, UNITS, Schedule

PROGRAM = "/usr/local/sbin/audit-rotate"
ARCHIVE_PROGRAM = "/usr/local/sbin/audit-archive"
LIBRARY = "/usr/local/lib/audit-rotate"
PACKAGE = LIBRARY + "/audit_rotate"
IMPORTED = (".py", ".pyc", ".so")
CONF = _rotate_conf.PATH
STATUS = _rotate_conf.STATE_DIR + "/status.json"
CRON = "/etc/cron.d/audit-rotate"
SERVICE, TIMER = UNITS + "audit-rotate.service", UNITS + "audit-rotate.timer"
GUARD_SERVICE, GUARD_TIMER = UNITS + "audit-rotate-guard.service", UNITS + "audit-rotate-guard.timer"
WANTS = UNITS + "timers.target.wants/"
SCHEDULE_FILES = (CONF, CRON, SERVICE, TIMER, GUARD_SERVICE, GUARD_TIMER)
TIMERS = {WANTS + "audit-rotate.timer": TIMER, WANTS + "audit-rotate-guard.timer": GUARD_TIMER}  # link: target
INTERPRETERS = ("/usr/bin/python3", "/usr/libexec/platform-python", "/usr/local/bin/python3")
HEADER = "# Managed by Ansible (auditops.auditd.audit_rotation): changes here are lost.\n"
GUARD_MINUTES = 10
LONGEST_SHEBANG = 127  # BINPRM_BUF_SIZE - 1 before Linux 5.1, binfmts.h


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


def packages(program):
    """The directories that hold the program's modules, from its own paths (``program``: installed paths); PACKAGE is always among them."""
    inside = {path.rpartition("/")[0] for path in program if path.startswith(PACKAGE + "/")}
    return [PACKAGE] + sorted(inside - {PACKAGE})


def directories(program):
    """Every directory that the program's modules, and what Python caches of them, lie in."""
    return [LIBRARY] + [path for package in packages(program) for path in (package, package + "/__pycache__")]


def installed_packages(host):
    """As packages(), of what lies on a host, whichever release of this collection put it there."""
    found, waiting = [], [PACKAGE]
    while waiting:
        directory = waiting.pop(0)
        if host.lstat(directory) is None or _is_no_directory(host, directory):
            continue
        found.append(directory)
        waiting.extend(directory + "/" + name for name in host.listdir(directory) if name != "__pycache__" and "." not in name)
    return found


def unexpected(host, program):
    """Paths of files beside the program that are not of it, and that Python would import all the same."""
    found = []
    for directory in [LIBRARY] + packages(program):
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
