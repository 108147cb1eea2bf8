# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of audit that the next boot starts: can they be executed, and are they those of the package."""

import os
import re

from .._host import unit_text
from .._host.host import PROGRAM_DIRS

PROGRAMS = ("auditd", "auditctl", "augenrules")
SCRIPTS = {"augenrules": ("auditctl", "rules.d")}  # and what each of its releases names
COMMAND = re.compile(r"^[ \t]*[^#\s]", re.M)
ELF = b"\x7fELF"
OF_SYSTEM = frozenset(("/sbin", "/usr/sbin", "/bin", "/usr/bin"))  # one directory on most systems, whatever a tree has of its links
LARGEST_SCRIPT = 1 << 18  # bytes; augenrules has 5,000


def wrong(host, commands: "list[list[str]]") -> "list[str]":
    """A sentence for each program that cannot do its work; ``commands``: [words] of what the units of auditd and its rules start."""
    found = []
    for program in PROGRAMS:
        path = host.which(program)
        if path is None:
            paths = ["%s/%s" % (directory, program) for directory in PROGRAM_DIRS]
            found += ["%s cannot be executed" % one for one in paths if host.stat(one) is not None][:1]
        else:
            found += _replaced(host, path, program)
    named = {words[0].lstrip(unit_text.PREFIXES) for words in commands if words}
    for path in sorted(one for one in named if one.startswith("/")):
        found += _elsewhere(host, path, os.path.basename(path))
    return found


def _elsewhere(host, path, program):
    """A unit that starts a program of this name from another place than the package's."""
    installed = host.which(program)
    if program not in PROGRAMS or path == installed:
        return []
    if os.path.dirname(path) not in PROGRAM_DIRS:
        return ["a unit runs %s in the place of the audit package's %s" % (path, program)]
    if installed is not None and host.stat(path) is None and (host.is_live or not OF_SYSTEM.issuperset(
            (os.path.dirname(path), os.path.dirname(installed)))):
        return ["a unit runs %s, which is not there" % path]
    return _replaced(host, path, program) if host.stat(path) is not None else []


def _replaced(host, path, program):
    """A file without any command counts on a running host alone: a tree of configuration has those in the place of programs."""
    head = host.read(path, len(ELF)) or b""
    text = "" if head == ELF else (host.read(path, LARGEST_SCRIPT) or b"").decode("utf-8", "replace")
    if head != ELF and not COMMAND.search(text):
        return ["%s does nothing: install the audit package again" % path] if host.is_live else []
    if program not in SCRIPTS:
        return [] if head == ELF else ["%s is not the audit package's program, but a script or another file" % path]
    return [] if all(word in text for word in SCRIPTS[program]) else [
        "%s is not the audit package's script: it gives no rules to auditctl" % path]
