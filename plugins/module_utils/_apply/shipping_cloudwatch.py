# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having the Amazon CloudWatch agent collect the log: its part of the configuration loaded by its own control program, and read back."""

import json
import os
import pwd

from .._conf import text as _conf
from .._errors import AuditError
from .._host import files as _io
from .._host.host import Host
from .._paths import AUDITD_CONF
from .._shipping import cloudwatch

READABLE, UNREADABLE = 0, 1
PACKAGE = "amazon-cloudwatch-agent"


class Plan(object):
    """``action``: append or remove, None where nothing is to be done; ``before`` and ``after``: the text of our part."""

    def __init__(self, action=None, before=None, after="", *, missing=False):
        self.action, self.before, self.after = action, before, after
        self.missing = [PACKAGE] if missing else []

    def diff(self):
        """What --diff shows."""
        header = {"before_header": cloudwatch.SOURCE, "after_header": cloudwatch.SOURCE}
        return [dict(header, before=self.before or "", after=self.after)] if self.action else []


def plan(host: Host, policy: dict, release: "str | None" = None, *, missing: str = "fail") -> Plan:
    """Look and decide. AuditError where the agent is missing (``missing`` report: it is named in the Plan), or cannot read the log."""
    before, loaded = host.text(cloudwatch.SOURCE), host.text(cloudwatch.LOADED)
    if not cloudwatch.wants(policy):
        return Plan("remove", before) if before is not None else Plan()
    if host.is_live and host.stat(cloudwatch.CONTROL) is None:
        if missing == "report":
            return Plan(missing=True)
        raise AuditError("audit_shipping_to has cloudwatch, and the Amazon CloudWatch agent is not installed on this host: there is no "
                         "%s; install it, or give its package by audit_shipping_cloudwatch_package" % cloudwatch.CONTROL)
    log_file = _conf.effective(_conf.parse(host.text(AUDITD_CONF)), release)["log_file"]
    if host.is_live:
        _check_readable(host, log_file)
    text = cloudwatch.render(policy, log_file)
    is_loaded = cloudwatch.same(text, loaded) or not host.is_live
    return Plan() if cloudwatch.same(text, before) and is_loaded else Plan("append", before, text)


def apply(host: Host, planned: Plan, mode: str) -> None:
    """Do it, and read back what the agent has then. AuditError, with the file as it was, where the agent refuses it."""
    real = host.path(cloudwatch.SOURCE, follow=False)
    if planned.action == "remove":
        if host.is_live and host.stat(cloudwatch.CONTROL) is not None:
            _control(host, "remove-config", mode)
        _io.remove(real)
        return
    _io.make_directory(os.path.dirname(real), 0o750)
    _io.write_atomic(real, planned.after.encode("utf-8"), 0o640)
    if not host.is_live:
        return
    try:
        _control(host, "append-config", mode)
        if not cloudwatch.same(planned.after, host.text(cloudwatch.LOADED)):
            raise AuditError("the CloudWatch agent said it took the configuration, and %s does not have it" % cloudwatch.LOADED)
        if _status(host) != "running":
            raise AuditError("the CloudWatch agent does not run after it took the configuration; %s says why" % cloudwatch.LOG)
    except AuditError:
        if planned.before is None:
            _io.remove(real)
        else:
            _io.write_atomic(real, planned.before.encode("utf-8"), 0o640)
        raise


def _control(host, action, mode):
    argv = [cloudwatch.CONTROL, "-a", action, "-m", mode, "-s", "-c", "file:" + cloudwatch.SOURCE]
    code, out, error = host.run(argv)
    if code:
        raise AuditError("%s failed with code %d: %s" % (" ".join(argv), code, (error or out).strip()[-300:]))


def _status(host):
    code, out, _error = host.run([cloudwatch.CONTROL, "-a", "status"])
    try:
        return json.loads(out).get("status") if code == 0 else None
    except (ValueError, AttributeError):
        return None


def _check_readable(host, log_file):
    """AuditError where the agent's user cannot read the log: seen by reading it as that user."""
    name = cloudwatch.user(host)
    if name == "root" or host.stat(log_file) is None:
        return
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise AuditError("the CloudWatch agent is to run as %s, and this host has no such user" % name)
    if not reads(account, host.path(log_file)):
        raise AuditError("the CloudWatch agent runs as %s, who cannot read %s: set auditd_conf.log_group to a group of that user; auditd "
                         "then makes the directory 0750 and each log, also after it rotated, 0640" % (name, log_file))


def reads(account, path: str) -> bool:
    """Whether this user (as of pwd) can read a file: a child process with his groups tries."""
    child = os.fork()
    if not child:
        code = UNREADABLE
        try:
            os.setgroups(os.getgrouplist(account.pw_name, account.pw_gid))
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            with open(path, "rb") as stream:
                stream.read(1)
            code = READABLE
        except OSError:
            pass
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == READABLE
