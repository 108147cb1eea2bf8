# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the time-based rotation as they lie on a host, for the comparison with what a policy installs."""

import os
import stat
import time

from .._errors import AuditError
from .._rotation import files as _rotation
from .._rotation import running, ship_conf
from .._rotation.checker import PROGRAM as CHECKER
from .._rotation.conf import SHIP_CONF
from .._rotation.schedule import minute_of, scheduler_of
from .._shipping.archives import STAMP

CRON_DAEMONS = ("cron", "crond")  # comm of Debian's cron, cronie and busybox; anacron alone does not read /etc/cron.d

NAMESPACES = ("pid", "mnt")  # of a process, namespaces(7)


class Schedule(object):
    """``scheduler``: cron or systemd, None where there is none, for ``scheduler_refused``. ``minute``: the host's own. ``has_systemd`` and
    ``owners_count``: as Host says. ``run_trouble``: (stuck or cut_off, sentence) of the run that the lock names. ``guard_runs``: None where
    nobody looked. ``program``: {path: digest}, ``unexpected`` and ``loose``: [path]. ``files``: {path: FileFacts} of all files of ours,
    ``links``: [path] of those that are there. ``interpreter``: why a launcher does not start. ``cron_runs``: None where nobody looked.
    ``installed_at``: epoch seconds. ``unshippable``: why nobody knows what the archives have to be shipped to before they may go.
    """

    def __init__(self):
        self.scheduler = self.scheduler_refused = self.minute = self.interpreter = self.cron_runs = self.installed_at = None
        self.program, self.files = {}, {}
        self.unexpected, self.loose, self.links = [], [], []
        self.has_systemd, self.owners_count = False, True
        self.run_trouble = self.guard_runs = self.unshippable = None


class FileFacts(object):
    """A file: ``error`` why it cannot be read, ``text``, ``is_there``, ``is_regular``, ``uid``, ``mode``.
    ``hidden``: whether no finding may quote it.
    """

    def __init__(self, host, path, read=True, *, hidden=False):
        self.hidden = hidden
        self.error = self.text = self.uid = self.mode = None
        self.is_there = self.is_regular = False
        try:
            self.text = host.text(path) if read else None
        except AuditError as error:
            self.error = str(error)
        found = host.lstat(path)
        if found is not None:
            self.is_there, self.is_regular = True, stat.S_ISREG(found.st_mode)
            self.uid, self.mode = found.st_uid, stat.S_IMODE(found.st_mode)


def read_policy(reading) -> None:
    """Fills ``rotation`` of Parsed."""
    policy, host, live = reading.wanted.get("audit_rotation"), reading.host, reading.live
    if not policy or live["rotation"] is None:
        return
    found = reading.parsed.rotation = Schedule()
    try:
        found.scheduler = scheduler_of(host, policy.get("scheduler") or "auto")
    except AuditError as error:
        found.scheduler_refused = str(error)
    program = {path: digest for path, digest in (reading.wanted.get("program") or {}).items() if path != CHECKER}
    if program:
        found.program = {path: digest_of(reading, path) for path in program}
        found.unexpected = _rotation.unexpected(host, program)
    found.loose = [path for path in _rotation.directories(program) if _rotation.is_loose(host, path)]
    found.minute, found.has_systemd = minute_of(host), host.has_systemd
    found.owners_count = host.has_owners
    found.links = [link for link in _rotation.LINKS if host.lstat(link) is not None]
    found.files = {path: FileFacts(host, path) for path in _rotation.SCHEDULE_FILES}
    found.files.update((path, FileFacts(host, path, read=False)) for path in program)
    if not live["rotation"]["installed"]:
        return
    found.unshippable = _unshippable(host, live["rotation"]["config"])
    found.installed_at = host.stat(_rotation.PROGRAM).st_mtime
    run = running.parse(host.text_if_readable(_rotation.LOCK))
    found.run_trouble = run.trouble(time.time()) if run else None
    if host.is_live and host.root == "/" and policy.get("guard_minutes") != 0:
        guard = running.parse(host.text_if_readable(_rotation.WATCH_LOCK))
        found.guard_runs = guard is not None and guard.state is not None
    wrong = (interpreter_trouble(host, path, policy.get("interpreter")) for path in _rotation.LAUNCHERS)
    found.interpreter = next((reason for reason in wrong if reason), None)
    if host.is_live and "cron" in live["rotation"]["schedulers"]:
        found.cron_runs = runs(CRON_DAEMONS)


def _unshippable(host, config):
    if config is None or config["shipped_command"] or config["shipped_stamp"] != STAMP:
        return None
    try:
        ship_conf.read(host.path(SHIP_CONF), SHIP_CONF, owners_count=host.has_owners)
    except AuditError as error:
        return str(error)
    return None


def digest_of(reading, path):
    """C(_rotation.files.digest) of a file on the host, None where it cannot be read."""
    if path not in reading.digests:
        text = reading.host.text_if_readable(path)
        reading.digests[path] = None if text is None else _rotation.digest(text)
    return reading.digests[path]


def interpreter_trouble(host, path, wanted=None):
    """Why the first line of a launcher does not start the Python that the installer would have named; None where it does.

    ``wanted``: the one that the policy names; without one, any Python that only root can replace will do.
    """
    try:
        first = (host.text(path) or "").partition("\n")[0]
    except AuditError as error:
        return str(error)
    if not first and host.lstat(path) is None:
        return None  # schedule.program reports it
    interpreter = first[2:].split(" ")[0] if first.startswith("#!/") else ""
    if first + "\n" != _rotation.shebang(interpreter) or "python" not in interpreter.rpartition("/")[2]:
        return "%s starts with \"%s\", which the installer does not write" % (path, first[:80])
    status = host.stat(interpreter)
    if status is None:
        return "%s is gone" % interpreter
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o111:
        return "%s cannot be executed" % interpreter
    if wanted and interpreter != wanted:
        return "%s starts %s instead of %s" % (path, interpreter, wanted)
    unsafe = _rotation.writable_by_others(host, interpreter)
    return "%s starts %s, and %s" % (path, interpreter, unsafe) if unsafe else None


def runs(names: "tuple[str, ...]", *, of_root: bool = True) -> bool:
    """True where a process of one of these names runs here as root (``of_root`` false: as anybody) and in our own namespaces: what a
    container or another user calls cron starts none of our jobs.
    """
    return any(_is_ours(pid, names, of_root) for pid in os.listdir("/proc") if pid.isdigit())


def _is_ours(pid, names, of_root):
    try:
        with open("/proc/%s/comm" % pid) as stream:
            if stream.read().strip() not in names:
                return False
        ours = all(os.readlink("/proc/%s/ns/%s" % (pid, kind)) == os.readlink("/proc/self/ns/" + kind) for kind in NAMESPACES)
        return ours and (not of_root or os.stat("/proc/" + pid).st_uid == 0)
    except (OSError, ValueError):
        return False  # it has just ended
