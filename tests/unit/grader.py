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
"""

from __future__ import annotations

import json
import re
from pathlib import Path

FIXTURES = Path(__file__).parent / "plugins/module_utils/fixtures/controls"
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
