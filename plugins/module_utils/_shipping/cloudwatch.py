# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live log in CloudWatch Logs: the part of the Amazon CloudWatch agent's configuration, and how far the agent has read.

Source: the agent's schema, its amazon-cloudwatch-agent-ctl, and plugins/inputs/logfile (escapeFilePath, the state file).
"""

import json
import re

from .._errors import AuditError

HOME = "/opt/aws/amazon-cloudwatch-agent"
CONTROL = HOME + "/bin/amazon-cloudwatch-agent-ctl"
SOURCE = "/etc/audit/auditops-cloudwatch.json"
LOADED = HOME + "/etc/amazon-cloudwatch-agent.d/file_auditops-cloudwatch.json"  # config-downloader names it by its source
READER = "/var/lib/auditops/cloudwatch_reader.json"  # {uid, directory} of the user that was let in by an ACL
FILES = (SOURCE, LOADED, READER)
AGENT_CONF = (HOME + "/etc/amazon-cloudwatch-agent.json", HOME + "/etc/amazon-cloudwatch-agent.d")
STATE = HOME + "/logs/state"
LOG = HOME + "/logs/amazon-cloudwatch-agent.log"
PROCESS = "amazon-cloudwatch-agent"
MODES = ("ec2", "onPremise", "auto")
# retentionInDaysDefinition of the schema; 0 leaves the group's own
RETENTION = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
GROUP = re.compile(r"[\w./#{}:-]{1,512}\Z")
STREAM = re.compile(r"[^:*\s]{1,512}\Z")
DENIED = re.compile(r"permission denied|AccessDenied|UnrecognizedClient|ExpiredToken|InvalidClientTokenId", re.I)


def wants(policy: dict) -> bool:
    """Whether the live log goes to CloudWatch."""
    return "cloudwatch" in (policy.get("to") or ())


def check(policy: dict) -> None:
    """AuditError for what is wrong with the policy whatever the host."""
    if not wants(policy):
        return
    for name, pattern in (("log_group", GROUP), ("log_stream", STREAM)):
        value = policy.get("cloudwatch_" + name) or ""
        if not pattern.match(value):
            raise AuditError("audit_shipping_cloudwatch_%s = %s: give 1 to 512 characters as CloudWatch Logs takes them" % (name, value))
    days = policy.get("cloudwatch_retention_days") or 0
    if days not in RETENTION:
        raise AuditError("audit_shipping_cloudwatch_retention_days = %s: CloudWatch Logs takes %s; 0 leaves what the group has" % (
            days, ", ".join(map(str, RETENTION[1:]))))


def render(policy: dict, log_file: str) -> str:
    """The configuration of this part, JSON. Archives hold what was in the live log before, so that one is all that is collected."""
    one = {"file_path": log_file, "log_group_name": policy["cloudwatch_log_group"], "log_stream_name": policy["cloudwatch_log_stream"],
           "timezone": "UTC"}
    if policy.get("cloudwatch_retention_days"):
        one["retention_in_days"] = int(policy["cloudwatch_retention_days"])
    return json.dumps({"logs": {"logs_collected": {"files": {"collect_list": [one]}}}}, indent=1, sort_keys=True) + "\n"


def same(one: "str | None", other: "str | None") -> bool:
    """Whether two configurations say the same."""
    try:
        return json.loads(one or "null") == json.loads(other or "null")
    except ValueError:
        return False


def user(host) -> str:
    """The user that the agent runs as: run_as_user of its configuration, root where nothing says."""
    main, directory = AGENT_CONF
    found = "root"
    for path in [main] + ["%s/%s" % (directory, name) for name in host.listdir(directory)]:
        try:
            name = json.loads(host.text_if_readable(path) or "{}")["agent"]["run_as_user"]
        except (ValueError, KeyError, TypeError):
            continue  # it says nothing about the user
        found = name if name and isinstance(name, str) else found
    return found


def let_in(host) -> "tuple[int, str]":
    """(uid, directory) of the user whom this collection let in to the logs by an ACL; (0, "") where there is none, or nobody knows whom."""
    try:
        note = json.loads(host.text_if_readable(READER) or "null")
        return int(note["uid"]), str(note["directory"])
    except (ValueError, TypeError, KeyError):
        return 0, ""


def stale_acl(host, uid: int, directory: str) -> "tuple[int, str] | None":
    """What let_in() says, where it is another user than ``uid``, whom the agent runs as, or another directory than that of the log; None
    where no ACL has to go. root (0) needs none.
    """
    found = let_in(host)
    return found if found[0] and (uid == 0 or found != (uid, directory)) else None


def others(host, log_file: str) -> "list[str]":
    """The other parts of the agent's configuration that collect this log too, each by its path."""
    main, directory = AGENT_CONF
    paths = [main] + ["%s/%s" % (directory, name) for name in host.listdir(directory)]
    return [path for path in paths if path != LOADED and _collects(host.text_if_readable(path), log_file)]


def _collects(text, log_file):
    if not text:
        return False
    try:
        listed = json.loads(text)["logs"]["logs_collected"]["files"]["collect_list"]
        import fnmatch  # 3 ms that only a host with this agent needs (measured)
        return any(fnmatch.fnmatchcase(log_file, one["file_path"]) for one in listed)
    except (ValueError, KeyError, TypeError):
        return False  # it collects no files


def state_file(log_file: str) -> str:
    """Where the agent remembers how far it has read this file."""
    return "%s/%s" % (STATE, re.sub(r"[/ :]", "_", log_file))


def offset(text: "str | None") -> "int | None":
    """The bytes that are read and sent, from the text of a state file; None where it says none."""
    first = (text or "").partition("\n")[0].strip()
    return int(first) if first.isdigit() else None


def denials(text: str) -> "list[str]":
    """The last lines of the agent's log in which something was denied to it, at most three."""
    return [line.strip()[:200] for line in text.splitlines() if DENIED.search(line)][-3:]
