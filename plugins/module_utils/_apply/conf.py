# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a validated auditd.conf into force: plan, replace, reload or restart, prove; or everything back as it was.

plan() looks and decides, apply() does exactly that, so check mode shows what a run would do. What only a restart can apply is written and
waits; a reload then gives auditd what it has for it, and the file that waits is put in place behind it.
"""

from .._conf import text as _conf
from .._daemon import control as _daemon
from .._daemon import evidence as _daemon_files
from .._daemon.report import differences, report_values
from .._errors import AuditError
from .._host import attributes
from .._host import files as _io
from .._release import release_tuple
from . import suspended as _conf_suspended
from .conf_change import Change
from .conf_plan import NODE_NAME, Plan, is_resolved, plan, unstartable

__all__ = ("ApplyError", "Change", "Plan", "apply", "plan", "reload_file", "unstartable")

RESTART_AFTER_REFUSAL_BEFORE = (3, 0, 1)  # up to 3.0 the reload after a refused one loads compiled defaults and claims success


class ApplyError(AuditError):
    """The new configuration is not in force, and everything was put back; the message says how auditd stands now."""


def apply(change: Change, planned: Plan) -> dict:
    """Do what was planned and return {proof, backup_file}. ApplyError, with everything back as it was, where it cannot be proven."""
    backup = _io.backup(change.file) if change.writes and change.keeps_backup and change.before is not None else None
    attempt = Attempt(change, planned)
    try:
        proof = _act(attempt)
    except (AuditError, OSError) as error:
        raise _rolled_back(attempt, _explained(error), backup)
    return {"proof": proof, "backup_file": backup}


def reload_file(host, release, conf, timeout: float) -> dict:
    """Have auditd load the file that lies there (``conf``, validated), but for what a reload would spoil; the proof of the reload."""
    change = Change(host, release, conf, conf, timeout=timeout)
    planned = plan(change)
    if planned.pid is None:
        raise AuditError(planned.reason or "auditd is not running on this host; start the service auditd first")
    if planned.kept is None:
        raise AuditError("a reload would make auditd lose its node name: restart it")
    return apply(change, planned._replace(actions=["reload"]))["proof"]


def _act(attempt):
    change, planned = attempt.change, attempt.plan
    reopened = _reopen(change, planned.pid) if "reopen" in planned.actions else None
    act = next((ACTS[action] for action in planned.actions if action in ACTS), None)
    in_force = act is None and planned.pid is not None and (not change.writes or attempt.knew_old and planned.reason is None)
    if change.writes:
        change.write(change.after)
    elif "mode" in planned.actions:
        change.restrict()
    if act is None:
        if in_force and not (not change.writes and _daemon_files.is_remembered(change.host, planned.pid, change.loaded.data)):
            attempt.remember(planned.pid, change.loaded.data, planned.waiting)
        how = planned.reason or ("the file was written; nothing was asked of auditd" if change.writes else "nothing was to be done")
        return {"how": "new log" if reopened else how, "record": reopened, "report": planned.report}
    if planned.pid is not None:
        _daemon_files.begin(change.host, planned.pid)
    proof = act(attempt)
    pid = _daemon.find(change.host)
    if pid is not None:
        attempt.remember(pid, change.loaded.data, planned.waiting if pid == planned.pid else {})
    return proof


def _reopen(change, pid):
    """Make auditd open a new log where the old one was deleted or moved under it, and return its record or the way to it."""
    log_file = change.running["log_file"]
    number = change.running["num_logs"]
    path = change.host.path(log_file)
    _conf_suspended.spare_oldest(path, int(number) if number.isdecimal() else _conf_suspended.free_number(path, 1))
    proof = _daemon.rotate(change.host, pid, change.release, log_file, timeout=change.timeout)
    return proof["record"] or proof["sent"]


class Attempt(object):
    """A change under way. ``loaded`` says that auditd may have read the new values of UNSAFE_KEYS."""

    def __init__(self, change, planned):
        self.change = change
        self.host = change.host
        self.plan = planned
        self.loaded = False
        self.old_waiting = _daemon_files.waiting(change.host, planned.pid) if planned.pid is not None else {}
        self.knew_old = change.writes and planned.pid is not None and self._is_old_in_force()

    def _is_old_in_force(self):
        record = _daemon.last_record(self.host, self.change.running["log_file"], _daemon_files.TYPES)
        return _daemon_files.in_force(self.host, self.plan.pid, record) is True

    def remember(self, pid, data, waiting):
        _daemon_files.remember(self.host, pid, data, self.change.wanted["log_file"], waiting)

    def load(self, pid, conf, *, unsafe):
        """Have auditd load ``conf``, but for what a reload would spoil, and return the proof. ``conf`` stands there in the end."""
        change = self.change
        effective = _conf.effective(conf, change.release)
        kept = {key: value for key, value in (self.plan.kept or {}).items() if effective[key] != value}
        if kept and not is_resolved(effective) and not is_resolved(self.plan.kept):
            kept = {key: value for key, value in kept.items() if key not in NODE_NAME}
        safe = conf if change.loadable is None else change.loadable
        safe = _conf.merge(safe, kept) if kept else safe
        wanted = _conf.effective(safe, change.release)
        if safe != conf:
            change.write(safe)
        try:
            return _daemon.reload(
                self.host, pid, change.release, change.running["log_file"], wanted=report_values(self.host, wanted),
                timeout=change.timeout, new_log_file=wanted["log_file"], unsafe_keys_change=unsafe)
        finally:
            if safe != conf:
                change.write(conf)

    def checked(self, proof):
        """The proof of a start, which also has to show the wanted values."""
        wrong = differences(report_values(self.host, self.change.wanted), proof["report"])
        if wrong:
            values = ", ".join("%s %s instead of %s" % (key, running, value) for key, value, running in wrong)
            raise AuditError("auditd started, but it runs with " + values)
        return proof


def _reload(attempt):
    change, planned = attempt.change, attempt.plan
    before = _daemon.kernel_status(change.host).get("lost")
    woken = _conf_suspended.wake(attempt) if planned.report["logging_suspended"] else {}
    attempt.loaded = True
    proof = attempt.load(planned.pid, change.after, unsafe=change.unsafe or not change.writes)
    if proof["report"]["logging_suspended"]:
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


def _explained(error):
    """An error of the operating system as one of ours, with the attribute of the file (chattr(1)) where one is the cause."""
    if isinstance(error, AuditError):
        return error
    if not error.filename:
        return AuditError("a system call failed: %s" % error.strerror)
    return AuditError("%s: %s" % (error.filename, attributes.why_refused(error, error.filename)))


def _rolled_back(attempt, error, backup):
    """Put the file back, bring auditd back to it, and return the error that says both."""
    change = attempt.change
    if not change.is_written:
        return error
    file = "the old file is back" if change.before is not None else "the new file is gone again"
    try:
        change.restore()
        standing, audited = _bring_back(attempt, error)
    except (AuditError, OSError) as second:
        if isinstance(second, _io.ChangedMeanwhile):
            file = "the file that stands there is not ours"
        standing, audited = "auditd is not back in order: %s" % _explained(second), False
    details = dict(error.details, rolled_back=True, audited=audited, backup_file=backup)
    return ApplyError("%s; %s, %s" % (error, file, standing), **details)


def _bring_back(attempt, error):
    """Make auditd run with the file that was put back; (how it does, in words; whether the host is audited, None: it does not answer)."""
    change = attempt.change
    pid = _daemon.find(change.host)
    log_file = change.running["log_file"]
    if pid is None:
        if attempt.plan.pid is None and attempt.plan.report is None and change.before is None:
            return "and auditd is not running, as before", True
        pid = _daemon.start(change.host, log_file, _start_timeout(attempt))["pid"]
        return _back(attempt, pid, "auditd was started with it")
    if isinstance(error, (_daemon.NotAnswered, _daemon.NoAnswer)):
        return _left_alone(pid)
    if change.loadable is not None:
        return _left_running(attempt, pid, unstartable(change.host, change.before, change.release), error)
    old = release_tuple(change.release) < RESTART_AFTER_REFUSAL_BEFORE
    if isinstance(error, _daemon.Refused) and not old:
        return _back(attempt, pid, "auditd never left it", proven=attempt.knew_old)
    try:
        if not old:
            attempt.load(pid, change.before if change.before is not None else _conf.parse(None),
                         unsafe=attempt.loaded and change.unsafe)
            return _back(attempt, pid, "auditd has loaded it again")
    except (_daemon.NotAnswered, _daemon.NoAnswer):
        return _left_alone(pid)
    except AuditError:
        pass  # a daemon that answers and does not confirm its own old file is not one to leave running
    reason = unstartable(change.host, change.before, change.release)
    if reason is not None:
        return _left_running(attempt, pid, reason, error)
    pid = _daemon.restart(change.host, log_file, change.release, _start_timeout(attempt))["pid"]
    return _back(attempt, pid, "auditd was restarted with it")


def _left_alone(pid):
    """One that does not answer is never ended: when it goes on, it finds the old file, and so does the next run."""
    return "auditd (process %d) was left alone: when it goes on, it reads the file that stands there; run again then" % pid, None


def _back(attempt, pid, how, *, proven=True):
    if proven and attempt.change.old_data is not None:
        same = pid == attempt.plan.pid
        attempt.remember(pid, attempt.change.old_data, attempt.old_waiting if same else {})
    return "%s (process %d)" % (how, pid), True


def _left_running(attempt, pid, reason, error):
    """A living auditd that could not be started again is worth more than none."""
    change = attempt.change
    report = _daemon.report(change.host, pid, change.timeout, change.release)
    log_file = change.running["log_file"]
    audited = bool(report["writing_to_logs"]) and not report["logging_suspended"] and _daemon_files.holds_log(
        change.host, pid, log_file) is True and _daemon.kernel_status(change.host).get("pid") == pid
    settings = "the settings it had before" if isinstance(error, _daemon.Refused) else "settings that nobody can prove"
    unseen = "" if audited else ", and its records do not reach %s" % log_file
    return "auditd still runs (process %d), with %s%s; it could not be restarted because %s" % (pid, settings, unseen, reason), audited
