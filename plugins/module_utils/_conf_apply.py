# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a validated auditd.conf into force: plan, replace, reload or restart, prove; or everything back as it was.

plan() looks and decides, apply() does exactly that, so check mode tells what a run would do.
"""

import os
import stat
from collections import namedtuple

from . import _conf, _daemon, _io
from ._daemon_report import differences, report_values
from ._errors import AuditError
from ._paths import AUDITD_CONF

PATH = AUDITD_CONF
NEW_FILE_MODE = 0o600
# A reload that changes one of them kills an auditd that has suspended logging and closed its log: _daemon.log_is_open
UNSAFE_KEYS = ("max_log_file", "max_log_file_action")
RESTART_AFTER_REFUSAL_BEFORE = (3, 0, 1)  # up to 3.0 the reload after a refused one loads compiled defaults and claims success

Plan = namedtuple("Plan", "actions restart_required pid report reason")
Plan.__doc__ = """What is to be done: actions (of write, mode, resume, reload, restart, start, in this order), the keys that stay without
effect until a restart, the running auditd and its state report (None where none runs), and why nothing more is done (a sentence, None)."""


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
        _io.write_atomic(self.file, conf.data, self._old.new_mode)

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
            self.data, self.times, self.mode = None, None, NEW_FILE_MODE
            self.new_mode = self.mode if new_mode is None else new_mode
            return
        except OSError as error:
            raise AuditError("cannot read %s: %s" % (path, error.strerror))
        self.times = (status.st_atime_ns, status.st_mtime_ns)
        self.mode = stat.S_IMODE(status.st_mode)
        self.new_mode = self.mode & 0o664 if new_mode is None else new_mode  # auditd refuses a file that everybody may write

    def restore(self):
        if self.data is None:
            _io.remove(self.path)
            return
        _io.write_atomic(self.path, self.data, self.mode)
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
    pending = not change.writes and _is_pending(change, report)
    if not change.writes and not pending:
        return Plan(write, [], pid, report, _suspension(report))
    keys = _restart_keys(change, pending)
    if keys and change.restart == "if_needed":
        return Plan(write + ["restart"], [], pid, report, None)
    if "name_format" in keys or "name" in keys:
        return Plan(write, keys, pid, report, "a reload would make auditd lose its node name: the change waits for a restart")
    wake = ["resume"] if report["logging_suspended"] else []
    return Plan(write + wake + ["reload"], keys, pid, report, None)


def _suspension(report):
    return "auditd has suspended logging: free room and resume it (SIGUSR2)" if report["logging_suspended"] else None


def _is_pending(change, report):
    """True where the file was changed after auditd read it, or auditd runs with other values than the file has."""
    if differences(report_values(change.host, change.wanted), report):
        return True
    record = _daemon.last_record(change.host, change.wanted["log_file"], ("DAEMON_START", "DAEMON_CONFIG"))
    found = change.host.stat(change.path)
    if record is None or found is None:
        return False
    return record["res"] == "failed" or found.st_mtime > record["time"]


def _restart_keys(change, pending):
    if not pending:
        return _conf.restart_keys(change.before if change.before is not None else _conf.parse(None), change.after, change.release)
    return ["name_format"] if change.wanted["name_format"] in _conf.RESOLVED_AT_START else []


def apply(change, planned):
    """Do what was planned and return {proof, backup_file}. ApplyError, with everything back as it was, where it cannot be proven."""
    backup = _io.backup(change.file) if change.writes and change.keeps_backup and change.before is not None else None
    act = next((ACTS[action] for action in planned.actions if action in ACTS), None)
    if change.writes:
        change.write(change.after)
    elif "mode" in planned.actions:
        change.restrict()
    if act is None:
        how = planned.reason or ("the file was written; nothing was asked of auditd" if change.writes else "nothing was to be done")
        return {"proof": {"how": how, "record": None, "report": planned.report}, "backup_file": backup}
    attempt = _Attempt(change, planned)
    try:
        proof = act(attempt)
    except AuditError as error:
        if not change.writes:
            raise
        raise _rolled_back(attempt, error, backup)
    return {"proof": proof, "backup_file": backup}


class _Attempt(object):
    """A change under way. ``loaded`` tells that auditd may have read the new values of UNSAFE_KEYS."""

    def __init__(self, change, planned):
        self.change = change
        self.host = change.host
        self.plan = planned
        self.loaded = False

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
        from . import _conf_suspended

        woken = _conf_suspended.wake(attempt)
    attempt.loaded = True
    proof = attempt.reload(plan.pid, change.wanted, change.unsafe or not change.writes)
    if proof["report"]["logging_suspended"]:
        from . import _conf_suspended

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
        standing = _bring_back(attempt, error)
        audited = True
    except AuditError as second:
        standing = "auditd is not back in order: %s" % second
        audited = False
    file = "the old file is back" if change.before is not None else "the new file is gone again"
    details = dict(error.details, rolled_back=True, audited=audited, backup_file=backup)
    return ApplyError("%s; %s, %s" % (error, file, standing), **details)


def _bring_back(attempt, error):
    """Make auditd run with the file that was put back, and say in words how it does."""
    change = attempt.change
    pid = _daemon.find(change.host)
    log_file = change.running["log_file"]
    if pid is None:
        if attempt.plan.pid is None and attempt.plan.report is None and change.before is None:
            return "and auditd is not running, as before"
        return "auditd was started with it (process %d)" % _daemon.start(change.host, log_file, _start_timeout(attempt))["pid"]
    old = _daemon.release_tuple(change.release) < RESTART_AFTER_REFUSAL_BEFORE
    if error.details.get("refused") and not old:
        return "auditd never left it (process %d)" % pid
    if not old:
        try:
            attempt.reload(pid, change.running, attempt.loaded and change.unsafe)
            return "auditd has loaded it again (process %d)" % pid
        except AuditError:
            pass  # a daemon that does not confirm its own old file is not one to leave running
    pid = _daemon.restart(change.host, log_file, change.release, _start_timeout(attempt), force=True)["pid"]
    return "auditd was restarted with it (process %d)" % pid
