# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policy for shipping comes to on a host: which files, and what they are to say."""

from collections import namedtuple

from .._errors import AuditError
from . import archives, cloudwatch, plugins, remote_conf

TARGETS = ("syslog", "remote")  # those of auditd itself; archives are shipped by C(archives)
SWITCHES = ("active", "path", "type", "args", "format")  # of a plugin's file: what decides whether and how it runs

Wanted = namedtuple("Wanted", "word program plugin conf")
Wanted.__doc__ = """One target: its ``program``, the (path, text) of its ``plugin``, and that of its own ``conf`` or None."""

LOCAL_NAMES = ("localhost", "localhost.localdomain", "127.0.0.1", "::1")


def check(policy: dict, release: "str | None" = None) -> None:
    """AuditError for the first thing that is wrong with a policy whatever the host; ``release``: judge as this one would."""
    targets = policy.get("to") or []
    twice = sorted(word for word in set(targets) if targets.count(word) > 1)
    if twice:
        raise AuditError("audit_shipping_to names %s twice" % twice[0])
    if "syslog" in targets:
        plugins.check_syslog(policy["priority"], policy["facility"])
    if "remote" in targets:
        remote_conf.check(_remote(policy), release, policy.get("failure_policy"))
    archives.check(policy)
    cloudwatch.check(policy)


def _remote(policy):
    return remote_conf.complete(policy.get("remote_server") or "", policy.get("remote_conf"))


def target(word: str, policy: dict, program: str, release: "str | None", settings: "dict | None" = None) -> Wanted:
    """What the target is to be; ``program``: as C(plugins.program_of) says, ``settings``: what auditd.conf says."""
    args = "%s %s" % (policy["priority"], policy["facility"]) if word == "syslog" else ""
    conf = None
    if word == "remote":
        conf = remote_conf.path_of(release), remote_conf.render(_remote(policy))
    return Wanted(word, program, (plugins.path_of(word, release, settings), plugins.render(program, args)), conf)


def plugin_differences(wanted: str, found: "str | None") -> "list[tuple[str, str | None, str | None]]":
    """[(key, wanted, found)] between two texts of a plugin's file, as auditd reads them. A program counts by its name."""
    one, other = plugins.parse(wanted), plugins.parse(found or "")
    pairs = ((key, one.get(key), other.get(key)) for key in SWITCHES)
    return [(key, mine, theirs) for key, mine, theirs in pairs if _plain(key, mine) != _plain(key, theirs)]


def _plain(key, value):
    if value is None or key == "args":
        return value
    return value.rpartition("/")[2] if key == "path" else value.lower()


def conf_differences(wanted: str, found: "str | None") -> "list[tuple[str, str | None, str | None]]":
    """As plugin_differences(), of audisp-remote.conf; a key that the policy leaves out must not be there either."""
    one, other = remote_conf.parse(wanted), remote_conf.parse(found)
    names = sorted(set(one) | set(other))
    return [(name, one.get(name), other.get(name)) for name in names if (one.get(name) or "").lower() != (other.get(name) or "").lower()]


def loops(conf: "dict[str, str]", settings: "dict[str, str]") -> bool:
    """Whether audisp-remote would send to the auditd of its own host, which would record each record again."""
    listens, port = settings.get("tcp_listen_port"), conf.get("port") or "60"
    return bool(listens) and listens == port and (conf.get("remote_server") or "").lower() in LOCAL_NAMES
