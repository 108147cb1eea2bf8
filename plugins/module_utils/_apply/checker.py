# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting the checker on a host, by the installer of the rotation, whose library it shares."""

from .._errors import AuditError
from .._host.host import Host
from .._rotation import checker as _checker
from .._rotation import files as _rotation
from .._rotation import schedule as _schedule
from . import rotation as _install

WHAT = "the checker"


def present(host: Host, params: dict, running: "str | None") -> _install.Plan:
    """The Plan for C(state=present). AuditError for what is asked and cannot be had on this host."""
    if not params["program"]:
        raise AuditError("program: the program's files are missing; call this module by its action plugin, as a task does")
    scheduler = _scheduler(host, params)
    try:
        interpreter = _rotation.interpreter_of(host, params["interpreter"], running)
        _install.check_modules(host, interpreter)
    except AuditError as error:
        raise AuditError(str(error).replace("audit_rotation_interpreter", "audit_check_interpreter"))
    plan = _install.Plan(scheduler, interpreter, WHAT)
    scheduled = _checker.desired_files(params, scheduler, _schedule.minute_of(host))
    wanted = {path: (text.encode("utf-8"), mode) for path, (text, mode) in scheduled.items()}
    wanted.update(_install.program_files(params["program"], (_checker.PROGRAM,), interpreter))
    if scheduled and params.get("policy") and not (host.is_live and host.lstat(_checker.POLICY)):
        wanted[_checker.POLICY] = params["policy"].encode("utf-8"), 0o600  # later comparisons of a host keep theirs, those of a tree do not
    _install.fill(host, plan, wanted, _checker.desired_links(params, scheduler), _checker.stale_files(params, scheduler))
    strays = _rotation.unexpected(host, params["program"])
    plan.removed += strays
    plan.before.update(dict.fromkeys(strays, b""))
    plan.loose = [path for path in _rotation.directories(params["program"]) if _rotation.is_loose(host, path)]
    return plan


def absent(host: Host) -> _install.Plan:
    """The Plan for C(state=absent): schedule, program and the policy that was kept go, documents stay; the library stays while the rotation
    uses it.
    """
    plan = _install.Plan(what=WHAT)
    plan.library_goes = host.lstat(_rotation.PROGRAM) is None
    everything = list(_checker.SCHEDULED) + [_checker.PROGRAM] + (_install.library(host) if plan.library_goes else [])
    everything += [_checker.POLICY, _checker.KNOWN]
    _install.fill(host, plan, {}, {}, everything)
    return plan


def _scheduler(host, params):
    if not _checker.is_scheduled(params):
        return None
    try:
        return _schedule.scheduler_of(host, params["scheduler"])
    except AuditError as error:
        raise AuditError(str(error).replace("audit_rotation_scheduler", "audit_check_scheduler"))
