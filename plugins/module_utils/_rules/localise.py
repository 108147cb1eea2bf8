# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has that rules depend on: its machine, its first user id, its users and paths."""

import errno
import functools
import os
import re
import stat

from . import tables

AUDITCTL = ("/sbin/auditctl", "/usr/sbin/auditctl")
UID_MIN_WORD = "@UID_MIN@"  # stands for the host's UID_MIN in rule texts
UID_MIN = 1000  # login.defs(5), where the file does not say
AUDIT_RULES = "/etc/audit/audit.rules"
LOGIN_DEFS = "/etc/login.defs"
NO_PATH = (os.strerror(errno.ENOENT), os.strerror(errno.ENOTDIR))  # what the kernel says to a rule whose path is missing


def options(host) -> dict:
    """The keyword arguments of C(grammar.parse) that this host answers: machine, users, groups, is_directory, known."""
    result: "dict" = {"is_directory": lambda path: _is_directory(host, path)}
    if host.known is not None:
        result["known"] = host.known
    if not host.is_live:
        result["users"] = _names(host, "/etc/passwd").get
        result["groups"] = _names(host, "/etc/group").get
        machine = machine_of(host)
        if machine:
            result["machine"] = machine
    return result


def run_options(host, ours=()) -> dict:
    """The same, and ``refused`` of C(compiled.compile_rules): what the kernel of this host will not take for want of a path.

    ``ours``: paths of rules files in which nothing is judged in a tree without audit: what our files name may come with it.
    """
    unjudged = () if can_judge_paths(host) else (*ours, AUDIT_RULES)
    return dict(options(host), refused=functools.partial(_refused, _Seen(host), unjudged))


class _Seen(object):
    """A host whose paths are looked at once: many rules name files of one directory."""

    def __init__(self, host):
        self._host, self._found = host, {}

    def stat(self, path):
        if path not in self._found:
            self._found[path] = self._host.stat(path)
        return self._found[path]


def _refused(host, unjudged, rule):
    if rule.file in unjudged:
        return None
    why = missing_path(host, rule)
    return (rule.path or rule.text.strip(), why) if why else None


def links_at_the_top(host) -> "list[tuple[str, str]]":
    """[(directory, what it is)], both with a slash at the end, of the directories of programs that are symbolic links on this host: with
    /usr merged /bin/su and /usr/bin/su are one file, and on Fedora 42 /usr/sbin is /usr/bin."""
    found = []
    for path in ("/bin", "/sbin", "/lib", "/lib64", "/usr/sbin"):
        known = host.lstat(path)
        if known is not None and stat.S_ISLNK(known.st_mode):
            target = os.readlink(host.path(path, follow=False))
            found.append((path + "/", os.path.normpath(os.path.join(os.path.dirname(path), target)) + "/"))
    return found


def can_judge_paths(host) -> bool:
    """Whether a path that is missing here is missing on the system: a tree without audit in it is not one yet."""
    return host.is_live or any(host.stat(path) is not None for path in AUDITCTL)


def machine_of(host) -> "str | None":
    """The machine of an offline tree as uname -m has it: C(host.arch), or by the ELF header of its own shell; None where nothing tells."""
    if host.arch:
        return tables.MACHINES.get(host.arch, host.arch)
    numbers = {3: "i386", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64"}  # e_machine, elf(5)
    for path in ("/bin/sh", "/sbin/auditctl", "/usr/sbin/auditctl", "/lib/systemd/systemd"):
        try:
            data = host.read(path)
        except Exception:  # noqa: B902 a tree need not be complete
            continue
        if data and data[:4] == b"\x7fELF" and len(data) > 20:
            number = int.from_bytes(data[18:20], "little" if data[5] == 1 else "big")
            if number == 21 and data[5] == 1:
                return "ppc64le"
            return numbers.get(number)
    return None


def uid_min(host) -> int:
    """UID_MIN of the host's login.defs, 1000 where it does not say."""
    found = re.findall(r"^\s*UID_MIN\s+(\d+)", host.text(LOGIN_DEFS) or "", re.M)
    return int(found[-1]) if found else UID_MIN


def text_for(host, text: str) -> str:
    """A rule text with the host's own numbers in it."""
    return text.replace(UID_MIN_WORD, str(uid_min(host))) if UID_MIN_WORD in text else text


def missing_path(host, rule) -> "str | None":
    """Why the kernel would refuse the rule for a path that is not there, None where it would not.

    A watched file itself may be missing, its directory may not; a dir= and an exe= have to be there (kernel/audit_watch.c, audit_tree.c,
    audit_fsnotify.c).
    """
    for number, _operator, value in rule.fields:
        if number == tables.DIR and host.stat(value) is None:
            return "there is no directory %s" % value
        if number == tables.PATH and host.stat(os.path.dirname(value) or "/") is None:
            return "there is no directory %s for %s to be in" % (os.path.dirname(value), value)
        if number == tables.EXE and host.stat(os.path.dirname(value) or "/") is None:
            return "there is no program %s" % value
    return None


def _is_directory(host, path):
    found = host.stat(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _names(host, path):
    """{name: number} of an offline tree's passwd or group."""
    table = {}
    for line in (host.text(path) or "").splitlines():
        parts = line.split(":")
        if len(parts) > 2 and parts[2].isdecimal():
            table.setdefault(parts[0], int(parts[2]))
    table.setdefault("root", 0)
    return table
