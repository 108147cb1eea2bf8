# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size guard as one quiet process, instead of one that a scheduler starts every few minutes.

Each start by systemd or cron writes records into the audit log (six, 1.1 KB, and about 2 KB); a process that only sleeps and looks
writes none. A look is two system calls; the whole question of the guard is asked once in a period. How long it sleeps follows from the
room that is left: a flood must not fill a small partition between two looks. What is to be done is done by a child, so that this process
stays small.
"""

import os
import time

from . import attempt, guard, settings
from ._errors import AuditError
from ._host.files import make_directory
from ._rotation.running import LONGEST_RUN, WATCH_LOCK_FILE, this_process
from .exits import EXITS, Failure
from .settings import MEGABYTE

FASTEST = 4 * MEGABYTE  # bytes of log a second that no host was seen to exceed for long: 4,000 events of 1 KB
SHORTEST_PAUSE = 0.5  # seconds
AFTER_A_RUN = 1.0  # seconds: in a flood, the next one may be due at once
LONGEST_DELAY = 600  # seconds between two tries at what could not be mended
SETTLED = 5  # seconds since the last change of the program: its files are replaced one by one
MODULES = os.path.dirname(os.path.abspath(__file__))


class Watcher(object):
    """``period``: seconds between two whole looks."""

    def __init__(self, options, period):
        self._options = options
        self._period = period
        self._settings, self._stamp = None, None
        self._program = _program_stamps()
        self._next_whole = 0.0
        self._size, self._at = None, time.monotonic()
        self._growth = 0.0
        self._delays = {}  # word of guard.reason(): (seconds to wait after the next try, not before that moment)
        self._last_code = 0

    def look(self):
        """Look once, and do what is to be done. Returns the seconds to sleep."""
        now = time.monotonic()
        whole = now >= self._next_whole
        if whole:
            self._next_whole = now + self._period
            self._restart_if_replaced()
            self._load()
        left = self._room_left(now)
        if not whole and left > 0:
            return self._pause(left)
        why = guard.reason(self._settings, self._growth, self._period)
        if why is None:
            self._delays.clear()
            return self._pause(left)
        if not self._is_due(why[0], now):
            return self._period
        self._last_code = self._act(why)
        return AFTER_A_RUN if not self._last_code else self._period

    def _load(self):
        """The settings, read again where one of their files has changed."""
        config = self._options["config"] or settings.PATH
        paths = [config] + ([self._settings.config["auditd_conf"]] if self._settings else [])
        stamp = _stamps(paths)
        if self._settings is None or stamp != self._stamp:
            self._settings = settings.load(config, "/", config_is_ours=self._options["config"] is None)
            # what changed while it was read, or just before and within the same tick of the clock again, is read at the next look too
            now = _stamps([config, self._settings.config["auditd_conf"]])
            self._stamp = now if now == stamp and _are_settled(now) else None

    def _room_left(self, now):
        """Bytes that may still be written before a look is due; 0 where something is to be done, or where that cannot be told.

        A log that passes its ceiling for a few seconds harms nothing: what counts is that half of the room that is left stays free.
        """
        try:
            size = os.stat(self._settings.log_file).st_size
            room = os.statvfs(self._settings.directory)
        except OSError:
            return 0
        if self._size is not None and now > self._at:
            self._growth = max(0.0, (size - self._size) / (now - self._at))
        self._size, self._at = size, now
        free = room.f_bavail * room.f_frsize - self._settings.min_free(room)
        ceiling = self._settings.ceiling(room, self._growth, self._period)
        if free <= 0 or 0 < ceiling <= size:
            return 0
        return max(ceiling - size, free // 2)

    def _pause(self, left):
        return max(SHORTEST_PAUSE, min(self._period, self._next_whole - time.monotonic(), left / FASTEST))

    def _is_due(self, word, now):
        """A full log is acted on at once; what could not be mended is tried again at longer and longer intervals."""
        delay, not_before = self._delays.get(word, (self._period, 0.0))
        if now < not_before:
            return False
        if word != "ceiling":
            self._delays[word] = (min(LONGEST_DELAY, delay * 2), now + delay)
        elif self._last_code:
            self._delays[word] = (delay, now + delay)
        return True

    def _act(self, why):
        """Do a run of the guard in a child; its exit code, or the code of ``stuck``."""
        pid = os.fork()
        if not pid:
            self._attempt(why)
        end = time.monotonic() + LONGEST_RUN
        while time.monotonic() < end:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1
            time.sleep(0.05)
        failure = Failure("stuck", "its child (process %d) has not ended for %d hours" % (pid, LONGEST_RUN // 3600))
        attempt.complain(failure, to_syslog=True, to_user=True)
        return failure.code

    def _attempt(self, why):
        """The child: whatever happens, it ends here. One that went on would be a second guard, with the lock of the first."""
        code = EXITS["unexpected"][0]
        try:
            code = attempt.guarded_run(self._options, self._settings, why, self._last_code)
        except Exception as error:
            failure = Failure("unexpected", "%s: %s" % (type(error).__name__, error))
            attempt.complain(failure, to_syslog=True, to_user=code != self._last_code)
        finally:
            os._exit(code)

    def _restart_if_replaced(self):
        """Another release of the program was installed: go on with it, under the same process id."""
        now = _program_stamps()
        if now == self._program:
            return
        if not now:
            raise SystemExit(0)  # the rotation was removed
        if _are_settled(now):
            os.execv(self._options["program"], [self._options["program"]] + self._options["arguments"])


def watch(options, period, detach):
    """Watch until the process is ended. Returns an exit code at once where another one watches already."""
    if detach and not _detached():
        return 0
    chosen = settings.load(options["config"] or settings.PATH, "/", config_is_ours=options["config"] is None)
    descriptor = _lock(chosen)
    if descriptor is None:
        return 0
    os.nice(5)
    watcher = Watcher(options, period)
    while True:
        try:
            pause = watcher.look()
        except (AuditError, OSError) as error:  # a file that somebody is just editing, no memory for a child: the watch goes on
            attempt.complain(error if isinstance(error, Failure) else Failure("unexpected", str(error)), to_syslog=True, to_user=True)
            pause = LONGEST_DELAY
        time.sleep(pause)


def _detached():
    """True in the process that goes on by itself, without the caller's files: cron waits for whoever holds its pipe."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    return True


def _lock(chosen):
    """A descriptor that holds the lock of the watch, None where another process has it."""
    import fcntl
    try:
        make_directory(chosen.state_dir)
        path = os.path.join(chosen.state_dir, WATCH_LOCK_FILE)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except (OSError, AuditError) as error:
        raise Failure("unusable", "%s cannot be used: %s" % (chosen.state_dir, getattr(error, "strerror", None) or error))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, this_process(os.getpid(), time.time(), "watch").line.encode("ascii"), 0)
    return descriptor


def _program_stamps():
    """What changes with the modules of this program; [] where they have gone."""
    try:
        return _stamps(sorted(os.path.join(MODULES, name) for name in os.listdir(MODULES) if name.endswith(".py")))
    except OSError:
        return []


def _are_settled(stamps):
    """Whether the last change of these files is long enough ago that another one shows."""
    return time.time() - max((stamp[1] for stamp in stamps if stamp), default=0) / 1e9 > SETTLED


def _stamps(paths):
    """What changes with each of these files; None for one that is not there."""
    found = []
    for path in paths:
        try:
            status = os.stat(path)
            found.append((status.st_ino, status.st_mtime_ns, status.st_size))
        except OSError:
            found.append(None)
    return found
