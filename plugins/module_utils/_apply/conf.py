# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a validated auditd.conf into force: plan, replace, reload or restart, prove; or everything back as it was.

plan() looks and decides, apply() does exactly that, so check mode tells what a run would do.
"""

import os
import stat
from collections import namedtuple

from .._conf import text as _conf
from .._conf import validator
from .._conf.environment import Environment
from .._conf.keys import RESOLVED_AT_START
from .._daemon import control as _daemon
from .._daemon import evidence as _daemon_files
from .._daemon.control import UNSAFE_KEYS
from .._daemon.report import differences, report_values
from .._errors import AuditError
from .._host import files as _io
from .._paths import AUDITD_CONF

PATH = AUDITD_CONF
NEW_FILE_MODE = 0o600
RESTART_AFTER_REFUSAL_BEFORE = (3, 0, 1)  # up to 3.0 the reload after a refused one loads compiled defaults and claims success

Plan = namedtuple("Plan", "actions restart_required pid report reason")
Plan.__doc__ = """What is to be done: actions (of reopen, write, mode, resume, reload, restart, start, in this order), the keys that stay
without effect until a restart, the running auditd and its state report (None where none runs), and why nothing more is done (a
sentence, None)."""


class ApplyError(AuditError):
    """The new configuration is not in force, and everything was put back; the message tells how auditd stands now."""


class Change(object):
    """One change of auditd.conf: from ``before`` (Conf; None where there is no file) to ``after`` (Conf, validated) on ``host``."""

    def __init__(self, host, release, before, after, path=PATH, reload=True, start=True, restart="never", backup=False, timeout=10.0,
                 mode=None):
        self.host = host
        self.release = release
        self.before = before
        self.after = after
        self.path = path
        self.acts = host.is_live and reload and path == PATH  # auditd reads no other file
        self.starts = start
        self.restart = restart
        self.keeps_backup = backup
        self.timeout = timeout
        self.file = host.path(path, follow=False)
        self.running = _conf.effective(before if before is not None else _conf.parse(None), release)
        self.wanted = _conf.effective(after, release)
        self.writes = before is None or before.text != after.text
        self._old = _Old(self.file, mode)
        self.restricts = not self.writes and self._old.mode != self._old.new_mode

    def write(self, conf):
        """Replace the file, as a whole."""
        _io.make_directory(os.path.dirname(self.file))
        _io.write_atomic(self.file, conf.data, self._old.new_mode, self._old.new_gid)

    def restrict(self):
        """Give the file its mode; text and time stay, so auditd has nothing to load."""
        _io.set_mode(self.file, self._old.new_mode)

    @property
    def modes(self):
        """(the mode the file has, the mode it gets), as text; the same twice where there is nothing to do."""
        return tuple("%04o" % mode for mode in (self._old.mode, self._old.new_mode))

    def restore(self):
        """The file as it was: bytes, mode, time (a time newer than the last reload would look like an edit to load), or gone."""
        self._old.restore()

    @property
    def old_data(self):
        """The bytes of the file as it was, None where there was none."""
        return self._old.data

    @property
    def unsafe(self):
        """True where the change touches a key of UNSAFE_KEYS."""
        return any(self.running[key] != self.wanted[key] for key in UNSAFE_KEYS)


class _Old(object):
    def __init__(self, path, new_mode):
        self.path = path
        try:
            with open(path, "rb") as stream:
                self.data = stream.read()
                status = os.fstat(stream.fileno())
        except FileNotFoundError:
            self.data, self.times, self.mode, self.gid, self.new_gid = None, None, NEW_FILE_MODE, 0, 0
            self.new_mode = self.mode if new_mode is None else new_mode
            return
        except OSError as error:
            raise AuditError("cannot read %s: %s" % (path, error.strerror))
        self.times = (status.st_atime_ns, status.st_mtime_ns)
        self.mode = stat.S_IMODE(status.st_mode)
        self.gid = status.st_gid
        self.new_gid = self.gid if new_mode is None else 0  # a mode that is asked for is meant for root's group
        self.new_mode = self.mode & 0o664 if new_mode is None else new_mode  # auditd refuses a file that everybody may write

    def restore(self):
        if self.data is None:
            _io.remove(self.path)
            return
        _io.write_atomic(self.path, self.data, self.mode, self.gid)
        os.utime(self.path, ns=self.times)


def plan(change):
    """The Plan of a change. AuditError where a running auditd does not answer: then nothing can be proven and nothing is begun."""
    write = ["write"] if change.writes else ["mode"] if change.restricts else []
    if not change.acts:
        return Plan(write, [], None, None, None)
    pid = _daemon.find(change.host)
    if pid is None:
        if change.starts:
            return Plan(write + ["start"], [], None, None, None)
        return Plan(write, [], None, None, "auditd is not running and is not started (start: false)")
    report = _daemon.report(change.host, pid, change.timeout, change.release)
    pending = not change.writes and _is_pending(change, report, pid)
    keys = _restart_keys(change, pending) if change.writes or pending else []
    unseen = _daemon_files.is_written(change.host, pid, report, change.running["log_file"]) is False
    reopen = ["reopen"] if unseen and _can_reopen(change) else []
    if (keys or unseen and not reopen) and change.restart == "if_needed":
        _stay_alive(change, pid, keys)
        return Plan(write + ["restart"], [], pid, report, None)
    if not change.writes and not pending:
        return Plan(reopen + write, [], pid, report, _suspension(report) if reopen or not unseen else _lost_log(change))
    if "name_format" in keys or "name" in keys:
        return Plan(reopen + write, keys, pid, report, "a reload would make auditd lose its node name: the change waits for a restart")
    wake = ["resume"] if report["logging_suspended"] else []
    return Plan(reopen + write + wake + ["reload"], keys, pid, report, None)


def _stay_alive(change, pid, keys):
    """A living auditd that could not be started again is not stopped."""
    reason = unstartable(change.host, change.after, change.release)
    if reason is not None:
        raise AuditError(
            "auditd (process %d) is left running and nothing was changed: %s, and it could not be started again because %s"
            % (pid, "it must be restarted for " + ", ".join(keys) if keys else "it must be restarted to open its log", reason))


def _can_reopen(change):
    """A rotation opens a new log; without its directory auditd would lose the one that it still has open."""
    number = change.running["num_logs"]
    rotates = change.running["max_log_file_action"].upper() == "KEEP_LOGS" or not number.isdigit() or int(number) >= 2
    directory = change.host.stat(os.path.dirname(change.running["log_file"]))
    return rotates and directory is not None and stat.S_ISDIR(directory.st_mode)


def _lost_log(change):
    return (
        "auditd runs, but %s was deleted or moved while it wrote it, and what it records is in no file of that name: restart auditd"
        % change.running["log_file"])


def _suspension(report):
    return "auditd has suspended logging: free room and resume it (SIGUSR2)" if report["logging_suspended"] else None


def _is_pending(change, report, pid):
    """True where nobody can tell that auditd has read the file as it is, or auditd runs with other values than the file has."""
    if differences(report_values(change.host, change.wanted), report):
        return True
    record = _daemon.last_record(change.host, change.wanted["log_file"], ("DAEMON_START", "DAEMON_CONFIG"))
    return _daemon_files.in_force(change.host, pid, record) is not True


def _restart_keys(change, pending):
    if not pending:
        return _conf.restart_keys(change.before if change.before is not None else _conf.parse(None), change.after, change.release)
    return ["name_format"] if change.wanted["name_format"] in RESOLVED_AT_START else []


def apply(change, planned):
    """Do what was planned and return {proof, backup_file}. ApplyError, with everything back as it was, where it cannot be proven."""
    backup = _io.backup(change.file) if change.writes and change.keeps_backup and change.before is not None else None
    act = next((ACTS[action] for action in planned.actions if action in ACTS), None)
    reopened = _reopen(change, planned.pid) if "reopen" in planned.actions else None
    if planned.pid is not None and act is None and not change.writes:
        _remember(change, planned.pid, change.after.data)
    if change.writes:
        change.write(change.after)
    elif "mode" in planned.actions:
        change.restrict()
    if act is None:
        how = planned.reason or ("the file was written; nothing was asked of auditd" if change.writes else "nothing was to be done")
        if reopened:
            how = "new log"
        return {"proof": {"how": how, "record": reopened, "report": planned.report}, "backup_file": backup}
    attempt = _Attempt(change, planned)
    try:
        proof = act(attempt)
    except AuditError as error:
        if not change.writes:
            raise
        raise _rolled_back(attempt, error, backup)
    _remember(change, _daemon.find(change.host), change.after.data, anew=True)
    return {"proof": proof, "backup_file": backup}


def _remember(change, pid, data, anew=False):
    if pid is not None and data is not None and (anew or not _daemon_files.is_remembered(change.host, pid, data)):
        _daemon_files.remember(change.host, pid, data)


def _reopen(change, pid):
    """Make auditd open a new log where the old one was deleted or moved under it, and return its record or the way to it."""
    from . import suspended as _conf_suspended

    log_file = change.running["log_file"]
    number = change.running["num_logs"]
    _conf_suspended.spare_oldest(log_file, int(number) if number.isdigit() else _conf_suspended.free_number(log_file, 1))
    proof = _daemon.rotate(change.host, pid, change.release, log_file, None, change.timeout)
    return proof["record"] or proof["sent"]


class _Attempt(object):
    """A change under way. ``loaded`` tells that auditd may have read the new values of UNSAFE_KEYS."""

    def __init__(self, change, planned):
        self.change = change
        self.host = change.host
        self.plan = planned
        self.loaded = False
        self.knew_old = change.host.is_live and change.acts and planned.pid is not None and _daemon_files.is_remembered(
            change.host, planned.pid, change.old_data or b"")

    def reload(self, pid, effective, unsafe, timeout=None):
        """Reload the file that stands there now, whose settings are ``effective``."""
        change = self.change
        return _daemon.reload(
            self.host, pid, change.release, change.running["log_file"], report_values(self.host, effective), timeout or change.timeout,
            effective["log_file"], unsafe)

    def checked(self, proof):
        """The proof of a start, which also has to show the wanted values."""
        wrong = differences(report_values(self.host, self.change.wanted), proof["report"])
        if wrong:
            values = ", ".join("%s %s instead of %s" % (key, running, value) for key, value, running in wrong)
            raise AuditError("auditd started, but it runs with " + values)
        return proof


def _reload(attempt):
    change, plan = attempt.change, attempt.plan
    before = _daemon.kernel_status(change.host).get("lost")
    woken = {}
    if plan.report["logging_suspended"]:
        from . import suspended as _conf_suspended

        woken = _conf_suspended.wake(attempt)
    attempt.loaded = True
    proof = attempt.reload(plan.pid, change.wanted, change.unsafe or not change.writes)
    if proof["report"]["logging_suspended"]:
        from . import suspended as _conf_suspended

        woken.update(_conf_suspended.wake_again(attempt, proof))
    proof.update(woken, lost_before=before, lost_after=_daemon.kernel_status(change.host).get("lost"))
    return proof


def _start(attempt):
    return attempt.checked(_daemon.start(attempt.host, attempt.change.wanted["log_file"], _start_timeout(attempt)))


def _restart(attempt):
    change = attempt.change
    return attempt.checked(_daemon.restart(change.host, change.wanted["log_file"], change.release, _start_timeout(attempt)))


def _start_timeout(attempt):
    return max(30.0, attempt.change.timeout)  # auditd may need seconds to end: it writes out what it holds


ACTS = {"reload": _reload, "start": _start, "restart": _restart}


def _rolled_back(attempt, error, backup):
    """Put the file back, bring auditd back to it, and return the error that tells both."""
    change = attempt.change
    change.restore()
    try:
        standing, audited = _bring_back(attempt, error)
    except AuditError as second:
        standing = "auditd is not back in order: %s" % second
        audited = False
    file = "the old file is back" if change.before is not None else "the new file is gone again"
    details = dict(error.details, rolled_back=True, audited=audited, backup_file=backup)
    return ApplyError("%s; %s, %s" % (error, file, standing), **details)


def _bring_back(attempt, error):
    """Make auditd run with the file that was put back; (how it does, in words; whether the host is audited)."""
    change = attempt.change
    pid = _daemon.find(change.host)
    log_file = change.running["log_file"]
    if pid is None:
        if attempt.plan.pid is None and attempt.plan.report is None and change.before is None:
            return "and auditd is not running, as before", True
        pid = _daemon.start(change.host, log_file, _start_timeout(attempt))["pid"]
        return _back(change, pid, "auditd was started with it")
    old = _daemon.release_tuple(change.release) < RESTART_AFTER_REFUSAL_BEFORE
    if error.details.get("refused") and not old:
        return _back(change, pid, "auditd never left it", attempt.knew_old)
    if not old:
        try:
            attempt.reload(pid, change.running, attempt.loaded and change.unsafe)
            return _back(change, pid, "auditd has loaded it again")
        except AuditError:
            pass  # a daemon that does not confirm its own old file is not one to leave running
    reason = unstartable(change.host, change.before, change.release)
    if reason is not None:
        return _left_running(attempt, pid, reason, error)
    pid = _daemon.restart(change.host, log_file, change.release, _start_timeout(attempt), force=True)["pid"]
    return _back(change, pid, "auditd was restarted with it")


def _back(change, pid, how, proven=True):
    if proven:
        _remember(change, pid, change.old_data, anew=True)
    return "%s (process %d)" % (how, pid), True


def _left_running(attempt, pid, reason, error):
    """A living auditd that could not be started again is worth more than none."""
    change = attempt.change
    report = _daemon.report(change.host, pid, change.timeout, change.release)
    log_file = change.running["log_file"]
    audited = bool(report["writing_to_logs"]) and not report["logging_suspended"] and _daemon_files.holds_log(
        change.host, pid, log_file) is True and _daemon.kernel_status(change.host).get("pid") == pid
    settings = "the settings it had before" if error.details.get("refused") else "settings that nobody can prove"
    unseen = "" if audited else ", and its records do not reach %s" % log_file
    return "auditd still runs (process %d), with %s%s; it could not be restarted because %s" % (pid, settings, unseen, reason), audited


def unstartable(host, conf, release):
    """Why auditd, once stopped, would not start with this configuration (a _conf.Conf; None: no file); None where it would."""
    if host.which("auditd") is None:
        return "there is no executable program auditd"
    settings = conf if conf is not None else _conf.parse(None)
    problem = next((each for each in validator.validate(settings, release, Environment(host)) if each.fatal), None) if conf else None
    if problem is not None:
        where = "" if problem.line is None else "line %d: " % problem.line
        return "it would refuse the file (%s%s)" % (where, problem.reason)
    directory = os.path.dirname(_conf.effective(settings, release)["log_file"])
    try:
        found = host.stat(directory)
    except AuditError as error:
        return str(error)
    if found is None or not stat.S_ISDIR(found.st_mode):
        return "the directory %s of its log does not exist" % directory
    return None
