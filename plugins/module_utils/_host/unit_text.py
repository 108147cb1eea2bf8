# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a unit of systemd says with its drop-ins, as systemd.unit(5) and systemd.exec(5) put them together."""

import os
import re
import stat

from .units import CONTINUED, drop_ins, places

ASSIGNMENT = re.compile(r"^[ \t]*([A-Z]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$", re.M)
VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
QUOTING, BLANKS = re.compile(r"[\"'\\]"), re.compile(r"[ \t\r\n]+")  # as shlex has them
PREFIXES = "-@:+!"  # of a command line: systemd.service(5), special executable prefixes


def assignments(host, name: str) -> "list[tuple[str, str]]":
    """[(key, value)] of the unit file and its drop-ins in the order in which systemd reads them; none where there is no unit."""
    paths = places(host, name)[:1]
    return [pair for path in paths + drop_ins(host, name) for pair in ASSIGNMENT.findall(CONTINUED.sub(" ", host.text(path) or ""))] \
        if paths else []


def values(pairs: "list[tuple[str, str]]", key: str) -> "list[str]":
    """The values of a key that may stand several times; an empty assignment takes back those before it."""
    found: "list[str]" = []
    for name, value in pairs:
        if name == key:
            found = found + [value] if value else []
    return found


def last(pairs: "list[tuple[str, str]]", key: str) -> str:
    """The value of a key of which the last assignment counts, "" for none."""
    return ([""] + [value for name, value in pairs if name == key])[-1]


def commands(host, pairs: "list[tuple[str, str]]", key: str) -> "list[list[str]]":
    """[words] of each command of ExecStart= or its like, without prefixes, variables of the environment put in."""
    environment = _environment(host, pairs)
    lines = [VARIABLE.sub(lambda name: environment.get(name.group(1) or name.group(2), ""), line) for line in values(pairs, key)]
    found = [_words(line.lstrip(PREFIXES)) for line in lines]
    return [words for words in found if words]


def _environment(host, pairs):
    words = [word for line in values(pairs, "Environment") for word in _words(line)]
    for path in values(pairs, "EnvironmentFile"):
        for line in (host.text(path.lstrip("-")) or "").splitlines():
            words += _words(line)[:1]
    return dict(word.partition("=")[::2] for word in words if "=" in word and not word.startswith(("#", ";")))


def _words(line):
    if not QUOTING.search(line):
        return BLANKS.split(line.strip(" \t\r\n")) if line.strip(" \t\r\n") else []
    import shlex  # 2 ms that few units need (measured)
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is not closed
        return line.split()


def failed_condition(host, pairs: "list[tuple[str, str]]") -> "str | None":
    """The first condition or assertion about files that does not hold, as it is written; None where systemd starts the unit.

    Conditions about anything else than files are taken to hold.
    """
    for kind in ("Condition", "Assert"):
        all_of, any_of = [], []
        for key, value in pairs:
            if key.startswith(kind) and not value:
                all_of, any_of = [], []
            elif key.startswith(kind):
                (any_of if value.startswith("|") else all_of).append((key[len(kind):], value.lstrip("|")))
        failed = [one for one in all_of if not _holds(host, *one)]
        failed += any_of[:1] if any_of and not any(_holds(host, *one) for one in any_of) else []
        if failed:
            return "%s%s=%s" % (kind, failed[0][0], failed[0][1])
    return None


def _holds(host, key, value):
    test = TESTS.get(key)
    wanted, path = not value.startswith("!"), value.lstrip("!").strip()
    return test is None or not path.startswith("/") or bool(test(host, path)) == wanted


def _is_not_empty(host, path):
    found = host.stat(path)
    return found is not None and stat.S_ISREG(found.st_mode) and found.st_size > 0


def _is_executable(host, path):
    found = host.stat(path)
    return found is not None and stat.S_ISREG(found.st_mode) and bool(found.st_mode & 0o111)


def _is_directory(host, path):
    found = host.stat(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _exists(host, path):
    return host.stat(path) is not None


def _matches(host, pattern):
    import glob  # 3 ms that few units need (measured)
    return glob.glob(os.path.join(glob.escape(host.root), pattern.lstrip("/")))


def _has_entries(host, path):
    return host.listdir(path)


TESTS = {
    "PathExists": _exists, "PathExistsGlob": _matches, "PathIsDirectory": _is_directory, "DirectoryNotEmpty": _has_entries,
    "FileNotEmpty": _is_not_empty, "FileIsExecutable": _is_executable,
}
