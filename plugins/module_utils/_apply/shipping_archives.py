# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having archives shipped by the host's own clock: the configuration and the schedule of audit-ship, written or taken away."""

from .._conf.words import settings_of
from .._errors import AuditError
from .._host.host import Host
from .._paths import AUDITD_CONF, LOG_FILE
from .._rotation import files as _rotation
from .._rotation import schedule as _schedule
from .._shipping import archives
from . import rotation as _install

WHAT = "the shipping of archives"


def plan(host: Host, policy: dict, *, check_mode: bool = False) -> _install.Plan:
    """The Plan. AuditError for what the policy needs and this host lacks; in check mode the rotation may be one that is to come."""
    planned = _install.Plan(what=WHAT)
    planned.hidden = archives.HIDDEN
    if not archives.is_scheduled(policy):
        _install.fill(host, planned, {}, {}, archives.stale_files(host, policy, None))
        return planned
    if host.lstat(_rotation.SHIP_PROGRAM) is None and not check_mode:
        raise AuditError("audit_shipping_to has %s, and %s is not installed: the role audit_rotation makes the archives and installs it" % (
            " and ".join(word for word in policy["to"] if word in archives.TARGETS + ("cloudwatch",)), _rotation.SHIP_PROGRAM))
    planned.scheduler = _scheduler(host, policy)
    aws = aws_of(host, policy) if "s3" in policy["to"] else ""
    if "command" in policy["to"]:
        _check_program(host, "audit_shipping_command", str(policy["command"][0]))
    log_file = settings_of(host.text(AUDITD_CONF) or "").get("log_file", LOG_FILE)
    wanted = archives.desired_files(policy, planned.scheduler, _schedule.minute_of(host), aws, log_file)
    _install.fill(host, planned, {path: (text.encode("utf-8"), mode) for path, (text, mode) in wanted.items()},
                  archives.desired_links(policy, planned.scheduler), archives.stale_files(host, policy, planned.scheduler))
    return planned


def _scheduler(host, policy):
    return _schedule.scheduler_of(host, policy.get("scheduler") or "auto")


def aws_of(host: Host, policy: dict) -> str:
    """The path of the AWS command line program. AuditError where it is missing, or somebody else than root could replace it."""
    program = policy.get("s3_program") or host.which(archives.AWS)
    if not program:
        raise AuditError("audit_shipping_to has s3, and the AWS command line program is not installed on this host: install the package "
                         "awscli, or name the program by audit_shipping_s3_program")
    _check_program(host, "audit_shipping_s3_program", program)
    return program


def _check_program(host, variable, path):
    unsafe = "there is no such file" if host.stat(path) is None else _rotation.writable_by_others(host, path)
    if unsafe:
        raise AuditError("%s = %s: root must not run it: %s" % (variable, path, unsafe))


apply = _install.apply
