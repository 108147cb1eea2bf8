# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of auditd.conf needs on this host: write, reload, restart, start; and what can only wait for a restart."""

import os
import stat
from collections import namedtuple

from .._conf import text as _conf
from .._conf import validator
from .._conf.environment import Environment
from .._conf.keys import RESOLVED_AT_START
from .._daemon import control as _daemon
from .._daemon import evidence as _daemon_files
from .._daemon.report import differences, report_values
from .._errors import AuditError
from .._release import release_tuple

# What a reload would spoil where it differs from what auditd has: a node name is resolved at the start only, a priority adds up
SPOILED_BY_RELOAD = ("name_format", "name", "priority_boost")
NODE_NAME = ("name_format", "name")
EVERY_RELOAD_LOSES_THE_NAME = (4, 2)  # one that was resolved at the start

Plan = namedtuple("Plan", "actions restart_required pid report reason waiting kept")
Plan.__doc__ = """What is to be done: actions (of reopen, write, mode, resume, reload, restart, start, in this order), the keys that stay
without effect until a restart, the running auditd and its state report (None where none runs), why nothing more is done (a sentence,
None), ``waiting`` {key: what auditd goes on with} and ``kept`` {key of SPOILED_BY_RELOAD: what a reload has to give for it} (None: nothing
that would do)."""


def _plan(actions, *, restart_required=(), pid=None, report=None, reason=None, waiting=None, kept=None):
    return Plan(actions, list(restart_required), pid, report, reason, waiting or {}, kept)


def plan(change) -> Plan:
    """The Plan of a change. AuditError where a running auditd does not answer: then nothing can be proven and nothing is begun."""
    write = ["write"] if change.writes else ["mode"] if change.restricts else []
    if not change.acts:
        return _plan(write)
    pid = _daemon.find(change.host)
    if pid is None:
        if change.starts:
            return _plan(write + ["start"])
        return _plan(write, reason="auditd is not running and is not started (start: false)")
    if _daemon.conf_read_by(pid) not in (None, change.path):
        return _plan(write, reason="auditd (process %d) reads %s, not %s: start it without -c to bring the file into force" % (
            pid, _daemon.conf_read_by(pid), change.path))
    return _plan_running(change, pid, _daemon.report(change.host, pid, change.timeout, change.release), write)


def _plan_running(change, pid, report, write):
    has = _what_it_has(change, pid)
    waiting = _waiting(change, has)
    keys = list(waiting)
    unseen = _daemon_files.is_written(change.host, pid, report, change.running["log_file"]) is False
    reopen = ["reopen"] if unseen and _can_reopen(change) else []
    if (keys or unseen and not reopen) and change.restart == "if_needed":
        _check_that_it_starts_again(change, pid, keys)
        return _plan(write + ["restart"], pid=pid, report=report)
    kept = _kept(change, has, pid)
    facts = {"restart_required": keys, "pid": pid, "report": report, "waiting": waiting, "kept": kept}
    if not _needs_reload(change, report, pid, waiting):
        reason = _suspension(report) if reopen or not unseen else _lost_log(change)
        return _plan(reopen + write, reason=reason, **facts)
    if kept is None:
        return _plan(reopen + write, reason="a reload would make auditd lose its node name: the change waits for a restart", **facts)
    wake = ["resume"] if report["logging_suspended"] else []
    return _plan(reopen + write + wake + ["reload"], **facts)


def _needs_reload(change, report, pid, waiting):
    """True where something could be loaded: settings that a reload applies, or a file of which nobody can tell that it was read."""
    if change.loadable is not None:
        return change.writes or not _daemon_files.is_remembered(change.host, pid, change.loadable.data)
    if change.writes:
        changed = {key for key in change.wanted if change.running.get(key) != change.wanted[key]}
        if not changed or changed - set(NODE_NAME) or not changed & set(waiting):
            return True
    return _is_pending(change, report, pid)


def _what_it_has(change, pid):
    """A Conf of what this auditd goes by, as far as is known: the old file, but for what already waits for a restart."""
    before = change.before if change.before is not None else _conf.parse(None)
    has = _daemon_files.waiting(change.host, pid)
    if not has and is_resolved(change.running):
        has = _node_it_writes(change, pid)
    return _conf.merge(before, {key: value for key, value in has.items() if change.running.get(key) != value})


def _node_it_writes(change, pid):
    """{name_format, name} that give what stands in front of auditd's records, where that need not be what the file asks for."""
    record = _daemon.last_record(change.host, change.running["log_file"], _daemon_files.TYPES)
    if record is None:
        return {}
    if not record["text"].startswith("node="):
        return {"name_format": "NONE", "name": None}
    node = _node_of(record)
    if node is None or _daemon_files.in_force(change.host, pid, record) is True:
        return {}
    return {"name_format": "USER", "name": node}


def _node_of(record):
    text = record["text"] if record is not None else ""
    node = text[len("node="):].partition(" ")[0] if text.startswith("node=") else None
    return None if node == "(null)" else node


def _waiting(change, has):
    """{key: what auditd goes on with} of the keys whose wanted value no reload brings into force."""
    effective = _conf.effective(has, change.release)
    keys = _conf.restart_keys(has, change.after, change.release)
    if not is_resolved(effective) and not is_resolved(change.wanted):
        keys = [key for key in keys if key not in NODE_NAME]
    return {key: effective.get(key) for key in keys if effective.get(key) != change.wanted[key]}


def is_resolved(effective: dict) -> bool:
    """Whether the node name is looked up, at the start only; any other a reload brings and takes away (tried on 3.0, 3.0.9, 4.0.2)."""
    return effective["name_format"].upper() in RESOLVED_AT_START


def _kept(change, has, pid):
    """{key of SPOILED_BY_RELOAD: value} that a reload has to give so that auditd keeps what it has; None where that cannot be given."""
    effective = _conf.effective(has, change.release)
    kept = {key: effective[key] for key in SPOILED_BY_RELOAD}
    if is_resolved(kept) and release_tuple(change.release) >= EVERY_RELOAD_LOSES_THE_NAME:
        node = _node_of(_daemon.last_record(change.host, change.running["log_file"], _daemon_files.TYPES))
        if node is None:
            return None
        kept.update(name_format="USER", name=node)
    return kept


def _check_that_it_starts_again(change, pid, keys):
    """A living auditd that could not be started again is not stopped."""
    reason = unstartable(change.host, change.after, change.release)
    if reason is not None:
        raise AuditError(
            "auditd (process %d) is left running and nothing was changed: %s, and it could not be started again because %s"
            % (pid, "it must be restarted for " + ", ".join(keys) if keys else "it must be restarted to open its log", reason))


def _can_reopen(change):
    """A rotation opens a new log; without its directory auditd would lose the one that it still has open."""
    number = change.running["num_logs"]
    rotates = change.running["max_log_file_action"].upper() == "KEEP_LOGS" or not number.isdecimal() or int(number) >= 2
    directory = change.host.stat(os.path.dirname(change.running["log_file"]))
    return rotates and directory is not None and stat.S_ISDIR(directory.st_mode)


def _lost_log(change):
    return (
        "auditd runs, but %s was deleted or moved while it wrote it, and what it records is in no file of that name: restart auditd"
        % change.running["log_file"])


def _suspension(report):
    return "auditd has suspended logging: free room and resume it (SIGUSR2)" if report["logging_suspended"] else None


def _is_pending(change, report, pid):
    """True where nothing proves that auditd has read the file as it is, or auditd runs with other values than the file has."""
    if differences(report_values(change.host, change.wanted), report):
        return True
    record = _daemon.last_record(change.host, change.wanted["log_file"], _daemon_files.TYPES)
    return _daemon_files.in_force(change.host, pid, record) is not True


def unstartable(host, conf: "_conf.Conf | None", release: "str | None") -> "str | None":
    """Why auditd, once stopped, would not start with this configuration (None: no file); None where it would."""
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
