# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the rotation's archives leave the host: the configuration and the schedule of audit-ship, which the rotation installs."""

import json
import re

from .._errors import AuditError
from .._paths import LOG_FILE
from .._rotation.conf import SHIP_CONF, STATE_DIR
from .._rotation.files import SHIP_PROGRAM
from .._rotation.schedule import SPREAD, UNITS, Schedule
from . import cloudwatch

TARGETS = ("s3", "command")
CONF = SHIP_CONF
HIDDEN = (CONF,)  # a site's command, and its options of the AWS program, may name a token
MANIFEST, STAMP = STATE_DIR + "/shipped.json", STATE_DIR + "/shipped.stamp"
CRON = "/etc/cron.d/audit-ship"
SERVICE, TIMER = UNITS + "audit-ship.service", UNITS + "audit-ship.timer"
TIMER_LINK = UNITS + "timers.target.wants/audit-ship.timer"
FILES = (CONF, CRON, SERVICE, TIMER)
HEADER = "# Managed by Ansible (auditops.auditd.audit_shipping): changes here are lost.\n"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
PLAIN = re.compile(r"[!-~]*\Z")
AWS = "aws"


def wants(policy: dict) -> bool:
    """Whether archives are shipped."""
    return any(word in TARGETS for word in policy.get("to") or ())


def is_scheduled(policy: dict) -> bool:
    """Whether audit-ship runs: for archives, or to find out which of them the agent of CloudWatch has sent while they were the live log."""
    return wants(policy) or cloudwatch.wants(policy)


def check(policy: dict) -> None:
    """AuditError for what is wrong with the policy for archives whatever the host."""
    if not is_scheduled(policy):
        return
    try:
        Schedule(policy["schedule"])
    except AuditError as error:
        raise AuditError("audit_shipping_%s" % error)
    if "s3" in policy["to"]:
        _check_s3(policy)
    command = policy.get("command") or []
    if "command" in policy["to"] and not (command and str(command[0]).startswith("/")):
        raise AuditError("audit_shipping_command = %s: give a list of words, the first of them the absolute path of a program" % command)
    for word in command:
        if "\0" in str(word) or "\n" in str(word):
            raise AuditError("audit_shipping_command: %r is more than one line" % word)


def _check_s3(policy):
    bucket = policy.get("s3_bucket") or ""
    if not BUCKET.match(bucket):
        raise AuditError("audit_shipping_s3_bucket %s: give the name of a bucket, 3 to 63 small letters, digits, dots and hyphens" % (
            "= %s" % bucket if bucket else "is empty, and audit_shipping_to has s3"))
    for name in ("s3_prefix", "s3_region", "s3_endpoint_url", "s3_program"):
        if not PLAIN.match(policy.get(name) or ""):
            raise AuditError("audit_shipping_%s = %s: give printable ASCII without blanks" % (name, policy[name]))
    if policy.get("s3_program") and not policy["s3_program"].startswith("/"):
        raise AuditError("audit_shipping_s3_program = %s: give an absolute path" % policy["s3_program"])


def configuration(policy: dict, aws: str, log_file: str) -> str:
    """The text of ship.json; ``aws``: the path of the AWS command line program, ``log_file``: auditd's."""
    targets: "list[dict]" = []
    if "s3" in policy["to"]:
        options = [("--region", policy.get("s3_region")), ("--endpoint-url", policy.get("s3_endpoint_url"))]
        targets.append({
            "name": "s3", "kind": "s3", "program": aws, "bucket": policy["s3_bucket"], "prefix": policy.get("s3_prefix") or "",
            "options": [word for name, value in options if value for word in (name, value)],
            "copy_options": [str(word) for word in policy.get("s3_copy_options") or ()]})
    if "command" in policy["to"]:
        targets.append({"name": "command", "kind": "command", "argv": [str(word) for word in policy["command"]]})
    if cloudwatch.wants(policy):
        targets.append({"name": "cloudwatch", "kind": "agent", "process": cloudwatch.PROCESS, "log": log_file,
                        "state": cloudwatch.state_file(log_file), "unseen": policy.get("cloudwatch_unseen_archives") or "keep"})
    return json.dumps({"targets": targets}, indent=1, sort_keys=True) + "\n"


def desired_files(
        policy: dict, scheduler: str, minute: int, aws: str, log_file: str = LOG_FILE) -> "dict[str, tuple[str, int]]":
    """{path: (text, mode)} of configuration and schedule. ``scheduler``: cron or systemd; ``minute``: the host's own."""
    if not is_scheduled(policy):
        return {}
    schedule = Schedule(policy["schedule"])
    files = {CONF: (configuration(policy, aws, log_file), 0o600)}
    if scheduler == "cron":
        files[CRON] = (HEADER + "SHELL=/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n%s root %s\n" % (
            schedule.cron(minute), SHIP_PROGRAM), 0o600)
        return files
    # a command of the site may copy to a directory of this host: a mounted share, a spool
    system = "full" if "command" in policy["to"] else "strict"
    # which log the agent holds open is told only to who may trace it
    files[SERVICE] = (SERVICE_TEXT % (" CAP_SYS_PTRACE" if cloudwatch.wants(policy) else "", system), 0o644)
    delay = "RandomizedDelaySec=%d\nFixedRandomDelay=true\n" % SPREAD if schedule.is_word else ""
    calendar = "".join("OnCalendar=%s\n" % one for one in schedule.calendar())
    files[TIMER] = (TIMER_TEXT % (schedule.text, calendar, delay), 0o644)
    return files


def desired_links(policy: dict, scheduler: str) -> "dict[str, str]":
    """{link: target} that enable the timer."""
    return {TIMER_LINK: TIMER} if is_scheduled(policy) and scheduler == "systemd" else {}


def stale_files(host, policy: dict, scheduler: "str | None") -> "list[str]":
    """Paths of ours that lie on the host and must not: another scheduler's, or all where no archive is shipped."""
    wanted = set(desired_files(policy, scheduler or "cron", 0, AWS)) | set(desired_links(policy, scheduler or "cron"))
    return [path for path in FILES + (TIMER_LINK,) if path not in wanted and _is_ours(host, path)]


def _is_ours(host, path):
    """Whether this role wrote what lies at one of its paths. The file of a site that happens to have this name is left alone."""
    if host.lstat(path) is None:
        return False
    if path == TIMER_LINK:
        return host.lstat(TIMER) is None or _is_ours(host, TIMER)
    try:
        text = host.text(path) or ""
        return "targets" in json.loads(text) if path == CONF else text.startswith(HEADER)
    except (AuditError, ValueError, TypeError):
        return False


TIMER_TEXT = HEADER + """[Unit]
Description=Ship the archives of the audit log (%s)

[Timer]
%sPersistent=true
AccuracySec=1s
%s
[Install]
WantedBy=timers.target
"""
# The network is what this unit is for; it writes nothing but what it remembers. An AWS program may make its machine code while it runs.
SERVICE_TEXT = HEADER + """[Unit]
Description=Ship the archives of the audit log
Documentation=man:auditd(8)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=""" + SHIP_PROGRAM + """
Nice=10
IOSchedulingClass=idle
StateDirectory=audit-rotate
StateDirectoryMode=0750
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH%s
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=%s
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""
