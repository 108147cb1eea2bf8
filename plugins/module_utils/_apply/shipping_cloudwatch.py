# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having the Amazon CloudWatch agent collect the log: its part of the configuration loaded by its own control program, and read back; and
its user let in to the log, where log_group is somebody else's."""

import json
import os
import pwd

from .._conf import text as _conf
from .._errors import AuditError
from .._host import files as _io
from .._host.host import Host
from .._paths import AUDITD_CONF
from .._shipping import cloudwatch, log_readers

PACKAGE = "amazon-cloudwatch-agent"


class Plan(object):
    """``action``: append or remove, None where nothing is to be done; ``before`` and ``after``: the text of our part. ``reader``: the
    agent's user (as of pwd), None for root; ``let_in``: whether that user needs an ACL; ``let_out``: whether an earlier user has one;
    ``log_file`` and ``gid``: of auditd.conf.
    """

    def __init__(self, action=None, before=None, after="", *, missing=False):
        self.action, self.before, self.after = action, before, after
        self.missing = [PACKAGE] if missing else []
        self.reader: "pwd.struct_passwd | None" = None
        self.let_in, self.let_out, self.log_file, self.gid = False, False, "", 0

    @property
    def changed(self):
        """True where the host is not as wanted."""
        return bool(self.action or self.let_in or self.let_out)

    def diff(self):
        """What --diff shows."""
        header = {"before_header": cloudwatch.SOURCE, "after_header": cloudwatch.SOURCE}
        found = [dict(header, before=self.before or "", after=self.after)] if self.action else []
        if self.let_in and self.reader:
            directory = os.path.dirname(self.log_file)
            found.append({"before_header": directory, "after_header": directory, "before": "",
                          "after": "ACL: %s reads the logs\n" % self.reader.pw_name})
        return found


def plan(host: Host, policy: dict, release: "str | None" = None, *, missing: str = "fail") -> Plan:
    """Look and decide. AuditError where the agent is missing (``missing`` report: it is named in the Plan), or cannot read the log."""
    before, loaded = host.text(cloudwatch.SOURCE), host.text(cloudwatch.LOADED)
    if not cloudwatch.wants(policy):
        return Plan("remove", before) if any(host.lstat(path) is not None for path in cloudwatch.FILES) else Plan()
    if host.is_live and host.stat(cloudwatch.CONTROL) is None:
        if missing == "report":
            return Plan(missing=True)
        raise AuditError("audit_shipping_to has cloudwatch, and the Amazon CloudWatch agent is not installed on this host: there is no "
                         "%s; install it, or give its package by audit_shipping_cloudwatch_package" % cloudwatch.CONTROL)
    settings = _conf.effective(_conf.parse(host.text(AUDITD_CONF)), release)
    text = cloudwatch.render(policy, settings["log_file"])
    is_loaded = cloudwatch.same(text, loaded) or not host.is_live
    planned = Plan() if cloudwatch.same(text, before) and is_loaded else Plan("append", before, text)
    planned.log_file = settings["log_file"]
    if host.is_live:
        _plan_reader(host, planned, settings["log_group"])
    return planned


def apply(host: Host, planned: Plan, mode: str) -> None:
    """Do it, and read back what the agent has then. AuditError, with the file as it was, where the agent refuses it."""
    real = host.path(cloudwatch.SOURCE, follow=False)
    if planned.action == "remove":
        _unload(host, mode)
        _shut_out(host)
        _io.remove(real)
        return
    if planned.let_in or planned.let_out:
        _shut_out(host)  # whom an earlier policy let in
    try:
        if planned.reader is not None:
            _prove_reader(host, planned)
        if planned.action:
            _load(host, planned, mode)
    except AuditError:
        if planned.let_in:
            _shut_out(host)
        raise


def _load(host, planned, mode):
    real = host.path(cloudwatch.SOURCE, follow=False)
    _io.make_directory(os.path.dirname(real), 0o750)
    _io.write_atomic(real, planned.after.encode("utf-8"), 0o640)
    if not host.is_live:
        return
    try:
        _control(host, "append-config", mode)
        if not cloudwatch.same(planned.after, host.text(cloudwatch.LOADED)):
            raise AuditError("the CloudWatch agent reported that it took the configuration, and %s does not have it" % cloudwatch.LOADED)
        if _status(host) != "running":
            raise AuditError("the CloudWatch agent does not run after it took the configuration; %s says why" % cloudwatch.LOG)
    except AuditError:
        if planned.before is None:
            _io.remove(real)
        else:
            _io.write_atomic(real, planned.before.encode("utf-8"), 0o640)
        raise


def _unload(host, mode):
    if host.lstat(cloudwatch.LOADED) is None:
        return
    if not host.is_live or host.stat(cloudwatch.CONTROL) is None:  # nobody else takes it away
        _io.remove(host.path(cloudwatch.LOADED, follow=False))
        return
    _control(host, "remove-config", mode)
    if host.lstat(cloudwatch.LOADED) is not None:
        raise AuditError("the CloudWatch agent reported that it removed its configuration, and %s is still there" % cloudwatch.LOADED)


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


def _plan_reader(host, planned, group):
    """AuditError where the agent's user cannot be let in to the logs."""
    name = cloudwatch.user(host)
    planned.let_out = name == "root" and cloudwatch.stale_acl(host, 0, "") is not None
    if name == "root" or host.stat(planned.log_file) is None:
        return
    try:
        planned.reader = pwd.getpwnam(name)
    except KeyError:
        raise AuditError("the CloudWatch agent is to run as %s, and this host has no such user" % name)
    planned.gid = log_readers.number_of(group)
    if planned.gid == 0:
        raise AuditError("the CloudWatch agent runs as %s, who cannot read %s: set auditd_conf.log_group to a group of that user; auditd "
                         "then makes the directory 0750 and each log, also after it rotated, 0640" % (name, planned.log_file))
    log = host.path(planned.log_file)
    planned.let_out = cloudwatch.stale_acl(host, planned.reader.pw_uid, os.path.dirname(log)) is not None
    planned.let_in = not (log_readers.gets_the_next(planned.reader, os.path.dirname(log), planned.gid) and log_readers.reads(
        planned.reader, log))
    if planned.let_in and host.which("setfacl") is None:
        raise AuditError("the CloudWatch agent runs as %s, who is not in the group %s of log_group: put the user into it, or install the "
                         "package acl, with which an ACL lets that user read too" % (name, group))


def _prove_reader(host, planned):
    """Let the agent's user in where that is needed. AuditError where that user cannot read the log, now or after it was rotated."""
    log, account = host.path(planned.log_file), planned.reader
    if planned.let_in:
        directory = os.path.dirname(log)
        note = host.path(cloudwatch.READER, follow=False)
        _io.make_directory(os.path.dirname(note), 0o700)
        _io.write_atomic(note, json.dumps({"uid": account.pw_uid, "directory": directory}).encode("utf-8"), 0o600)
        for options in (["-m", "u:%d:rx" % account.pw_uid, directory], ["-d", "-m", "u:%d:r" % account.pw_uid, directory],
                        ["-m", "u:%d:r" % account.pw_uid, log]):
            _setfacl(host, options)
    try:
        can = log_readers.reads(account, log) and log_readers.reads_the_next(account, log, planned.gid)
    except OSError as error:
        raise AuditError("whether %s can read the logs could not be tried: %s" % (account.pw_name, error.strerror))
    if not can:
        raise AuditError("the CloudWatch agent runs as %s, who cannot read %s, or not the log that auditd makes when it rotates: look at "
                         "the modes of the directories above it" % (account.pw_name, planned.log_file))


def _shut_out(host):
    """Take the ACL away that let a user in, also from the logs that have it of the directory; the note of it goes last."""
    uid, directory = cloudwatch.let_in(host)
    for which, name in (([], log_readers.ACL), (["-d"], log_readers.DEFAULT_ACL)):
        if uid and log_readers.granted(directory, name, uid):
            _setfacl(host, which + ["-x", "u:%d" % uid, directory])
    logs = _logs_of(directory, uid) if uid else []
    if logs:
        try:
            # -n: a mask that is made again would let the group in to an archive of mode 0600
            _setfacl(host, ["-n", "-x", "u:%d" % uid] + logs)
        except AuditError:
            if _logs_of(directory, uid):  # else one was rotated meanwhile
                raise
    _io.remove(host.path(cloudwatch.READER, follow=False))


def _logs_of(directory, uid):
    """[path] of the files in a directory of logs whose ACL has an entry of this user."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.path for entry in entries if entry.is_file(follow_symlinks=False) and log_readers.granted(
                entry.path, log_readers.ACL, uid))
    except OSError:
        return []


def _setfacl(host, options):
    code, _out, error = host.run([host.which("setfacl") or "setfacl"] + options)
    if code:
        raise AuditError("setfacl %s failed: %s" % (" ".join(options), error.strip()[-300:]))
