# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugins of auditd that carry records off the host: their files and programs by release, auditd-plugins(5) and audispd.conf(5)."""

from collections import namedtuple

from .._errors import AuditError
from .._release import release_tuple
from .key_values import key_values

HEADER = "# Managed by Ansible (auditops.auditd.audit_shipping): changes here are lost.\n"
MODE = 0o640
MOVED = (3, 0)  # since then plugins are auditd's own children; before, audispd starts them, and syslog is compiled into it
DIRECTORY, DIRECTORY_BEFORE = "/etc/audit/plugins.d", "/etc/audisp/plugins.d"
PACKAGES = "audispd-plugins (audit-audispd-plugins on SUSE)"

Kind = namedtuple("Kind", "file program builtin")
Kind.__doc__ = "A plugin: its file, the program behind it, and its name where audispd before 3.0 has it compiled in, or None."
KINDS = {
    "syslog": Kind("syslog.conf", "audisp-syslog", "builtin_syslog"),
    "remote": Kind("au-remote.conf", "audisp-remote", None),
}

PRIORITIES = tuple("LOG_" + word for word in ("DEBUG", "INFO", "NOTICE", "WARNING", "ERR", "CRIT", "ALERT", "EMERG"))
LOCAL = tuple("LOG_LOCAL%d" % number for number in range(8))
FACILITIES = LOCAL + ("LOG_AUTH", "LOG_AUTHPRIV", "LOG_DAEMON", "LOG_SYSLOG", "LOG_USER")  # audisp-syslog.c
KEYS = ("active", "direction", "path", "type", "args", "format")


def is_before_move(release: "str | None") -> bool:
    """Whether plugins belong to audispd in this release; a release that nobody knows is taken for a newer one."""
    found = release_tuple(release)
    return bool(found) and found < MOVED


def directory(release: "str | None", settings: "dict | None" = None) -> str:
    """Where the files of the plugins lie. ``settings``: what auditd.conf says, whose plugin_dir counts since 3.0."""
    if is_before_move(release):
        return DIRECTORY_BEFORE
    return ((settings or {}).get("plugin_dir") or DIRECTORY).rstrip("/")


def path_of(word: str, release: "str | None", settings: "dict | None" = None) -> str:
    """The file of the plugin ``word`` (a key of KINDS)."""
    return "%s/%s" % (directory(release, settings), KINDS[word].file)


def program_of(host, word: str, release: "str | None") -> "str | None":
    """The path of the plugin's program as its file names it, or the name of one that is compiled in; None where it is not installed."""
    kind = KINDS[word]
    return kind.builtin if kind.builtin and is_before_move(release) else host.which(kind.program)


def missing(word: str, package: str) -> AuditError:
    """What is said where the program of a plugin is not installed, which the host's ``package`` has."""
    return AuditError("audit_shipping_to has %s, and %s is not installed on this host: install the package %s, or set "
                      "audit_shipping_manage_package: true" % (word, KINDS[word].program, package))


def missing_in_tree(word: str, package: str, root: str) -> AuditError:
    """The same of a tree below C(root)."""
    return AuditError("audit_shipping_to has %s, and %s is not installed below %s: install the package %s there first" % (
        word, KINDS[word].program, root, package))


def render(program: str, args: str = "", *, active: bool = True) -> str:
    """The whole file of a plugin; ``program`` as program_of() says."""
    kind = "builtin" if program.startswith("builtin_") else "always"
    lines = [("active", "yes" if active else "no"), ("direction", "out"), ("path", program), ("type", kind), ("args", args),
             ("format", "string")]
    return HEADER + "".join("%s = %s\n" % pair for pair in lines if pair[1])


def parse(text: str) -> "dict[str, str]":
    """{key: value} of a plugin's file as auditd reads it."""
    return key_values(text, KEYS)


def is_active(text: "str | None") -> bool:
    """Whether the file of a plugin has it started."""
    return parse(text or "").get("active", "no").lower() == "yes"


def is_ours(text: "str | None") -> bool:
    """Whether this role wrote the file."""
    return (text or "").startswith(HEADER)


def check_syslog(priority: str, facility: str) -> None:
    """AuditError for words that audisp-syslog does not take."""
    for name, word, words in (("audit_shipping_syslog_priority", priority, PRIORITIES),
                              ("audit_shipping_syslog_facility", facility, FACILITIES)):
        if word not in words:
            raise AuditError("%s = %s: give one of %s" % (name, word, ", ".join(words)))
