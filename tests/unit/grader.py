# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two graders of rendered rules files, after the two families of checkers, which look at text and know no meaning.

The expectations are in fixtures/controls: oval.json for the OVAL family, text.json for the text checks. An expectation of oval.json:

    watch PATH LETTERS          a -w line for the path as it is spelled
    modern b32 path PATH wa     a -a line with arch, path= or dir=, perm= and a key, in this order
    command plain PATH          exactly one line with path=, perm=x and the two auid fields; b32, b64: with arch; unfiltered: without perm=x
    call b64 NAME FIELDS        a -a line with arch first, the call among its -S, the fields in this order, then a key
    read b64 FIELDS             a -a line with arch and fields, without calls
    control WORDS               a line of its own
    without WORDS               no such line
    conf KEY VALUE              a setting of auditd.conf, in any case; A|B takes both, a number for max_log_file is the least

host.json has what the same checks look at besides, in a tree. KIND is one of KINDS below:

    mode KIND OCTAL             no file of the kind has a bit more
    owner KIND, group KIND      each is root's
    program NAME                the package that has it is installed
    enabled UNIT                a target wants the unit, and it is not masked
    boot WORD, zipl WORD        on each boot line of grub; in zipl.conf
    partition, mounted WORD     the log's directory is a filesystem of its own in fstab, with this option
    programs                    each set-uid and set-gid program has exactly one line
    plugin NAME                 the plugin of audisp is active
    faillock WORD               a line of faillock.conf
    line FILE WORD              a line of the file begins with the word
    of another: WHOM            nothing of audit's: fails in a tree that has nothing of it
    by hand                     no check, so that it counts neither way
"""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

FIXTURES = Path(__file__).parent / "plugins/module_utils/fixtures/controls"
KINDS = {
    "settings": ("etc/audit", "*.conf"), "rules": ("etc/audit/rules.d", "*.rules"), "compiled": ("etc/audit", "audit.rules"),
    "log": ("var/log/audit", "audit.log*"), "log_directory": ("var/log", "audit"), "tool": ("sbin", "au*"),
}
COMMAND = "(?:^| )-F path=%s( |$)"
KEY = r"(?:-k\s+|-F\s+key=)\S+\s*$"
UNSET = r"(?:4294967295|unset)"


def load(name: str) -> dict:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def _loose(words: str) -> str:
    """Words in this order, with blanks or tabs between."""
    return r"\s+".join(re.escape(word) for word in words.split())


def _fields(text: str) -> str:
    """Each field in this order, others allowed in between, unset in its two accepted spellings."""
    fields = re.findall(r"-[FC] \S+", text)
    return "".join(r"(?:.*" + _loose(field).replace("unset", UNSET) + r"\s+)" for field in fields)


def oval_pattern(expectation: str) -> tuple[str, str]:
    """(regular expression, how many lines must match: one or more)"""
    kind, _blank, rest = expectation.partition(" ")
    if kind == "watch":
        path, letters = rest.split()
        order = "".join(letter + "[rx]*" for letter in letters)
        return rf"^-w\s+{re.escape(path)}\s+-p\s+[rx]*{order}\b.*$", "more"
    if kind == "modern":
        arch, field, path, letters = rest.split()
        order = "".join(letter + "[rx]*" for letter in letters)
        return rf"^-a\s+always,exit\s+-F\s+arch={arch}\s+-F\s+{field}={re.escape(path)}\s+-F\s+perm=[rx]*{order}\b.*{KEY}", "more"
    if kind == "command":
        form, path = rest.split()
        arch = rf"-F\s+arch={form}\s+" if form in ("b32", "b64") else ""
        perm = "" if form == "unfiltered" else r"-F\s+perm=x\s+"
        return rf"^\s*-a\s+always,exit\s+{arch}-F\s+path={re.escape(path)}\s+{perm}-F\s+auid>=1000\s+-F\s+auid!={UNSET}\s+{KEY}", "one"
    if kind == "call":
        arch, call, *fields = rest.split(" ", 2)
        names = rf"(?:.*(?:-S\s+{call}\s+|[\s,]{call}[\s,]))"
        return rf"^\s*-a\s+always,exit\s+(?:.*-F\s+arch={arch}\s+){names}{_fields(' '.join(fields))}.*{KEY}", "more"
    if kind == "read":
        arch, fields = rest.split(" ", 1)
        return rf"^\s*-a\s+always,exit\s+-F\s+arch={arch}\s+{_fields(fields)}.*{KEY}", "more"
    if kind in ("control", "without"):
        return rf"^\s*{_loose(rest)}\s*$", "none" if kind == "without" else "more"
    raise ValueError(expectation)


def oval(expectations: list[str], files: dict[str, str], conf: dict[str, str]) -> list[str]:
    """The expectations that the OVAL family would not find met."""
    lines = [line for text in files.values() for line in text.splitlines()]
    missed = []
    for expectation in expectations:
        if expectation.startswith("conf "):
            _kind, key, value = expectation.split()
            have = str(conf.get(key, "")).lower()
            if not (int(have) >= int(value) if key == "max_log_file" and have.isdigit() else have in value.lower().split("|")):
                missed.append(expectation)
            continue
        pattern, how_many = oval_pattern(expectation)
        found = sum(bool(re.search(pattern, line)) for line in lines)
        if (found == 0) == (how_many != "none") or how_many == "one" and found != 1:
            missed.append(f"{expectation} (found {found})")
    return missed


def host(expectations: list[str], root: Path) -> list[str]:
    """The expectations that are not met in a tree."""
    return [expectation for expectation in expectations if not _holds(expectation.split(), root)]


def is_by_hand(expectations: list[str]) -> bool:
    return expectations == ["by hand"]


def _holds(words: list[str], root: Path) -> bool:
    kind, *rest = words
    if kind in ("mode", "owner", "group"):
        directory, pattern = KINDS[rest[0]]
        found = [path.stat() for path in (root / directory).glob(pattern)]
        value = {"mode": lambda facts: stat.S_IMODE(facts.st_mode) & ~int(rest[-1], 8), "owner": lambda facts: facts.st_uid,
                 "group": lambda facts: facts.st_gid}[kind]
        return not any(map(value, found))
    if kind == "programs":
        return _each_program_has_its_line(root)
    return CHECKS[kind](root, *rest[:2 if kind == "line" else 1])


def _each_program_has_its_line(root: Path) -> bool:
    lines = [line for path in (root / "etc/audit/rules.d").glob("*.rules") for line in path.read_text().splitlines()]
    found = [path for path in (root / "usr/bin").iterdir() if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    return bool(found) and all(
        sum(bool(re.search(COMMAND % re.escape(f"/usr/bin/{path.name}"), line)) for line in lines if line.startswith("-a")) in (1, 2)
        for path in found)


def _words(root: Path, path: str) -> list[str]:
    return (root / path).read_text().split() if (root / path).is_file() else []


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []


def _is_enabled(root: Path, unit: str) -> bool:
    units = root / "etc/systemd/system"
    wanted = any(os.path.lexists(path / f"{unit}.service") for path in units.glob("*.target.wants"))
    return wanted and not (units / f"{unit}.service").is_symlink()


def _log_mount(root: Path) -> list[str]:
    lines = [line.split() for line in _lines(root / "etc/fstab")]
    return next((line for line in lines if line[1:2] == ["/var/log/audit"]), [])


CHECKS = {
    "program": lambda root, name: any((root / place / name).is_file() for place in ("sbin", "usr/sbin")),
    "enabled": _is_enabled,
    "boot": lambda root, word: word in " ".join(_words(root, "etc/default/grub")).replace('"', " ").split(),
    "zipl": lambda root, word: word in " ".join(_words(root, "etc/zipl.conf")).replace('"', " ").split(),
    "partition": lambda root: bool(_log_mount(root)),
    "mounted": lambda root, word: word in (_log_mount(root)[3:4] or [""])[0].split(","),
    "plugin": lambda root, name: "active=yes" in "".join(_words(root, f"etc/audit/plugins.d/{name}.conf")),
    "faillock": lambda root, word: word in _words(root, "etc/security/faillock.conf"),
    "line": lambda root, path, word: any(line.split()[:1] == [word] for line in _lines(root / path)),
    "of": lambda root, another: False,
    "by": lambda root, hand: True,
}


def text(expectations: list[dict], files: dict[str, str]) -> list[dict]:
    """The expectations that a text check would not find met: one line has to have all of the words; ``exactly`` is a whole line."""
    lines = [line for content in files.values() for line in content.splitlines()]
    return [expected for expected in expectations if not any(_has(line, expected) for line in lines)]


def _has(line: str, expected: dict) -> bool:
    if expected["starts"] and not line.startswith(expected["starts"]):
        return False
    if expected.get("exactly"):
        return line == expected["exactly"]
    return all(any(word in line for word in alternatives) for alternatives in expected["has"])
