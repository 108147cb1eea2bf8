# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having auditd pass its records on: the files of its plugins written, auditd reloaded, and the plugins seen to run; or all as it was."""

import os
import stat

from .._conf import text as _conf
from .._conf import validator
from .._conf.environment import Environment
from .._daemon import control as _daemon
from .._daemon.syslog import Syslog
from .._errors import AuditError
from .._host import audit_release, os_release
from .._host import files as _io
from .._paths import AUDITD_CONF
from .._shipping import on_host, plugins, processes, remote_conf
from .._shipping import wanted as _wanted
from . import audisp_remote
from . import conf as _conf_apply
from .audisp_remote import STARTS_WITHIN

ENDS_WITHIN = 5.0  # seconds; auditd sends SIGTERM to a plugin that is switched off
STAYS = 0.5  # seconds that a plugin has to live: one that refuses its configuration ends at once
PACKAGE, PACKAGE_OF_SUSE = "audispd-plugins", "audit-audispd-plugins"


class Plan(object):
    """What is to be done: ``files`` {path: (before or None, after, mode)}, ``targets`` [Wanted], ``off`` [word] of plugins of ours that
    nobody names any more, ``ending`` [program] of those, ``missing`` [package].
    """

    def __init__(self, host, policy, release):
        self.host, self.policy, self.release = host, policy, release
        self.files: "dict[str, tuple[str | None, str, int]]" = {}
        self.targets, self.off, self.ending, self.missing, self.queue_directory = [], [], [], [], None

    def diff(self) -> "list[dict]":
        """What --diff shows: these files hold no secret, only paths of them."""
        return [{"before_header": path, "after_header": path, "before": before or "", "after": after}
                for path, (before, after, _mode) in sorted(self.files.items()) if before != after]


def plan(host, policy: dict, release: "str | None" = None, *, missing: str = "fail") -> Plan:
    """Look at the host and decide. AuditError, before anything is changed, for what it cannot take. ``missing``: C(report) names packages
    that are not installed in the Plan instead of failing.
    """
    release = release or audit_release.release(host)[0]
    _wanted.check(policy, release)
    planned = Plan(host, policy, release)
    conf = _conf.parse(host.text(AUDITD_CONF))
    settings = dict(_conf.effective(conf, release))
    for word in _wanted.TARGETS:
        if word not in policy["to"]:
            _plan_off(planned, word, settings)
            continue
        program = plugins.program_of(host, word, release)
        if program is None and not host.is_live:
            raise plugins.missing_in_tree(word, _package(host), host.root)  # a package would be installed on the host that runs this
        if program is None and missing == "report":
            planned.missing.append(_package(host))
        elif program is None:
            raise plugins.missing(word, _package(host))
        else:
            _plan_on(planned, _wanted.target(word, policy, program, release, settings), settings)
    planned.missing = sorted(set(planned.missing))
    return planned


def _package(host):
    return PACKAGE_OF_SUSE if os_release.family(os_release.fields(host) or {}) == "suse" else PACKAGE


def _plan_off(planned, word, settings):
    """A plugin that this role switched on and that nobody names any more; that of anybody else is left alone."""
    path = plugins.path_of(word, planned.release, settings)
    text = planned.host.text(path)
    if plugins.is_ours(text) and plugins.is_active(text):
        found = plugins.parse(text)
        planned.files[path] = (text, plugins.render(found.get("path", ""), found.get("args", ""), active=False), plugins.MODE)
        planned.off.append(word)
        if not found.get("path", "").startswith("builtin_"):  # those are part of audispd, which other plugins need
            planned.ending.append(found.get("path", ""))


def _plan_on(planned, target, settings):
    host = planned.host
    planned.targets.append(target)
    path, text = target.plugin
    before = host.text(path)
    if _wanted.plugin_differences(text, before) or _is_loose(host, path):
        planned.files[path] = (before, text, plugins.MODE)
    if target.conf is None:
        return
    path, text = target.conf
    before = host.text(path)
    conf = remote_conf.parse(text)
    on_host.check_remote(host, conf, settings)
    on_host.check_room(host, conf)
    if _wanted.conf_differences(text, before) or _is_loose(host, path):
        planned.files[path] = (before, text, remote_conf.MODE)
    directory = conf["queue_file"].rpartition("/")[0] if conf.get("mode") == "forward" else None
    if directory and host.stat(directory) is None:
        planned.queue_directory = directory


def _is_loose(host, path):
    """Whether auditd would refuse the file, or others could write it."""
    found = host.lstat(path)
    return found is not None and (not stat.S_ISREG(found.st_mode) or bool(found.st_mode & 0o022) or host.has_owners and found.st_uid != 0)


def converge(planned: Plan, *, timeout: float = 10.0, restart: bool = False) -> "tuple[bool, dict | None, list[str]]":
    """Do what was planned and return (changed, proof, waiting). AuditError, with the files as they were, where a plugin does not run.

    ``waiting``: what only a restart of auditd brings, as a plugin reads its arguments once. ``restart``: then restart it.
    """
    host = planned.host
    pid = _daemon.find(host) if host.is_live else None
    idle = [target for target in planned.targets if pid is not None and processes.running(pid, target.program) is None]
    if not planned.files and not idle and not planned.queue_directory:
        stale = [] if pid is None else _stale(planned, pid)
        return bool(stale), None, _start_again(planned, pid, stale) + _waiting(planned, pid)
    syslog = Syslog(host) if pid is not None else None
    was: "dict[str, _Was]" = {}
    unread: "list[str]" = []
    try:
        _write(planned, was)
        if pid is None:
            return True, None, []
        proof = _reload(planned, timeout)
        unread = _start_again(planned, pid, _stale(planned, pid))
        for program in planned.ending:
            _daemon.wait_for(lambda program=program: processes.running(pid, program) is None, ENDS_WITHIN)
        waiting = _waiting(planned, pid)
        if waiting and restart:
            proof = _daemon.restart(host, _log_file(planned), planned.release)
            pid, waiting, unread = proof["pid"], [], []
        _check_running(planned, pid, syslog, waiting)
    except AuditError as error:
        _put_back(planned, was, error, timeout if pid is not None else None)
    started = [target for target in idle if pid is not None and processes.running(pid, target.program)]
    changed = bool(planned.files or planned.queue_directory or started)
    return changed, proof, unread + _waiting(planned, pid)


def _stale(planned, pid):
    """[program] of the plugins that have not read their own file: a reload of auditd leaves one running that runs."""
    return [target.program for target in planned.targets
            if target.conf and audisp_remote.is_stale(planned.host, pid, target.program, target.conf[0])]


def _start_again(planned, pid, programs):
    """[sentence] of what is left to be done."""
    return [sentence for program in programs for sentence in audisp_remote.start_again(planned.host, pid, program)]


class _Was(object):
    """What lay at a path: ``status`` (None for nothing), ``link``: where it led, ``identity``: what tells whether it still is that."""

    def __init__(self, host, path):
        real = host.path(path, follow=False)
        self.status, self.identity = host.lstat(path), _io.identity(real)
        self.link = os.readlink(real) if self.status is not None and stat.S_ISLNK(self.status.st_mode) else None


def _write(planned, was):
    """Write the files; into ``was`` {path: _Was} what each of them replaces, before it does."""
    host = planned.host
    if planned.queue_directory:
        _io.make_directory(host.path(planned.queue_directory), 0o700)
    for path, (_before, after, mode) in sorted(planned.files.items()):
        real = host.path(path, follow=False)
        _io.make_directory(os.path.dirname(real), 0o750)
        was[path] = _Was(host, path)
        _io.write_atomic(real, after.encode("utf-8", "surrogateescape"), mode)


def _reload(planned, timeout):
    host, text = planned.host, planned.host.text(AUDITD_CONF)
    if text is None:
        raise AuditError("%s is missing: a reload would leave auditd with its compiled defaults; role auditd writes it" % AUDITD_CONF)
    conf = _conf.parse(text)
    validator.check(conf, planned.release, Environment(host), file_stat=host.lstat(AUDITD_CONF))
    return _conf_apply.reload_file(host, planned.release, conf, timeout)


def _log_file(planned):
    return _conf.effective(_conf.parse(planned.host.text(AUDITD_CONF)), planned.release)["log_file"]


def _waiting(planned, pid):
    """[sentence] of plugins that do not run as their file says, although auditd has read it."""
    found = ["%s still runs" % program for program in planned.ending if pid is not None and processes.running(pid, program)]
    for target in planned.targets if pid is not None else ():
        now = processes.running(pid, target.program)
        args = plugins.parse(target.plugin[1]).get("args", "").split()
        if now is None:
            found.append("%s does not run" % target.program)
        elif not target.program.startswith("builtin_") and now[1] != args:
            found.append("%s runs with %s instead of %s" % (target.program, " ".join(now[1]) or "nothing", " ".join(args) or "nothing"))
    return found


def _check_running(planned, pid, syslog, waiting):
    """AuditError for a plugin that was started now and did not stay. One that auditd did not start at all waits for a restart."""
    for target in planned.targets:
        if not _daemon.wait_for(lambda program=target.program: processes.running(pid, program), STARTS_WITHIN):
            reasons = [line for line in syslog.reasons() if "plugin" in line or "audisp" in line]
            if reasons:
                raise AuditError("auditd does not keep %s running: %s" % (target.program, "; ".join(reasons)))
        elif not any(target.program in line for line in waiting):
            first = processes.running(pid, target.program)
            _daemon.wait_for(lambda program=target.program, one=first: processes.running(pid, program) != one, STAYS)
            if processes.running(pid, target.program) is None:
                raise AuditError("%s ended as soon as it was started: %s" % (
                    target.program, "; ".join(syslog.reasons()) or "the system's log says why"))


def _put_back(planned, was, error, timeout):
    """Raises ``error`` with how the host is then. ``timeout`` of the reload; None where no auditd runs that has read the files."""
    failed = []
    for path in sorted(was):
        try:
            _restore(planned.host.path(path, follow=False), was[path], planned.files[path][0])
        except (AuditError, OSError) as second:
            failed.append("%s is not as it was: %s" % (path, second))
    state = "; ".join(failed) or "the files are as they were"
    if timeout is not None:
        try:
            _reload(planned, timeout)
            state += ", and auditd has reloaded them"
        except AuditError as second:
            state += ", and auditd has not reloaded them: %s" % second
    raise AuditError("%s; %s" % (error, state), **error.details)


def _restore(real, was, text):
    if _io.identity(real) == was.identity:
        return  # its write failed, and needs no room again
    if was.status is None:
        _io.remove(real)
    elif was.link is not None:
        temporary = real + _io.TEMPORARY_SUFFIX
        _io.unlink_if_there(temporary)
        os.symlink(was.link, temporary)
        os.rename(temporary, real)
    else:
        status = was.status
        _io.write_atomic(real, (text or "").encode("utf-8", "surrogateescape"), stat.S_IMODE(status.st_mode), status.st_gid,
                         uid=status.st_uid)
