# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that runs on hosts without Ansible: read once on the controller, installed as files or sent along with a module as one text."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils import _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation

COLLECTION = Path(__file__).resolve().parents[2]
FILES = COLLECTION / "roles" / "audit_rotation" / "files"
SHARED = COLLECTION / "plugins" / "module_utils"
RELATIVE_IMPORT = re.compile(r"^\s*from (\.+)([\w.]*) import (\([^)]*\)|[^#\n]*)", re.MULTILINE)
COMPARISON = "_check/answer"
# Only where a policy names profiles, or filters or skips something of them
OF_PROFILES = "_library/profiles"
# A text in quotes, or a comment: whatever comes first is the one or the other
QUOTED_OR_COMMENT = re.compile(r'''[rb]?("{3}[\s\S]*?"{3}|'{3}[\s\S]*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|#[^\n]*''')
AT_THE_TOP = re.compile(r"(?:\s*#[^\n]*\n)*\s*\Z")


@functools.lru_cache(maxsize=1)
def sources() -> dict[str, str]:
    """{installed path: text}: launchers, package, and the modules of module_utils that the package imports, however indirectly."""
    found = {path: (FILES / Path(path).name).read_text(encoding="utf-8") for path in _rotation.LAUNCHERS}
    own = {path.stem: path.read_text(encoding="utf-8") for path in sorted((FILES / "audit_rotate").glob("*.py"))}
    found.update({f"{_rotation.PACKAGE}/{name}.py": text for name, text in sorted(_with_imported(own).items())})
    return found


def digests() -> dict[str, str]:
    """{installed path: sha256}; the interpreter in a launcher's first line does not count."""
    return {path: _rotation.digest(text) for path, text in sources().items()}


@functools.lru_cache(maxsize=2)
def comparison(*, profiles: bool) -> str:
    """What compares a host, as C(_parcel.pack) packs it, without documentation; ``profiles``: with what only benchmark profiles need."""
    texts = _with_imported({COMPARISON: _shared(COMPARISON)}, frozenset() if profiles else frozenset({OF_PROFILES}))
    return _parcel.pack({f"{name}.py": bare(text) for name, text in texts.items()})


def bare(text: str) -> str:
    """The same program without its documentation and comments, each line where it was. By pattern: parsing takes ten times as long."""
    return QUOTED_OR_COMMENT.sub(_without_documentation, text)


def _without_documentation(found: re.Match) -> str:
    whole = found[0]
    if whole.startswith("#"):
        return ""
    if not whole.startswith('"""'):
        return whole
    before = found.string[:found.start()]
    is_documentation = before.rstrip().endswith(":") or AT_THE_TOP.match(before)
    return '""' + "\n" * whole.count("\n") if is_documentation else whole


def _shared(name: str) -> str:
    return (SHARED / f"{name}.py").read_text(encoding="utf-8")


def _with_imported(texts: dict[str, str], left_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """{module: text} of these modules and all of module_utils that they import, without those ``left_out``."""
    modules, waiting = {}, dict(texts)
    while waiting:
        name, text = waiting.popitem()
        modules[name] = text
        for wanted in _imports(name, text) - left_out:
            if wanted not in modules and wanted not in waiting and (SHARED / f"{wanted}.py").is_file():
                waiting[wanted] = _shared(wanted)
    return modules


def _imports(importer: str, text: str) -> set[str]:
    """The names of the sibling modules that a module imports relatively. By pattern: parsing forty files would take a run 60 ms."""
    names = set()
    for dots, module, listed in RELATIVE_IMPORT.findall(text):
        package = importer.rpartition("/")[0] if len(dots) == 1 else ""
        base = "/".join(part for part in (package, module.replace(".", "/")) if part)
        entries = [entry.split()[0] for entry in listed.strip("()").split(",") if entry.strip()]
        names.update([base, *(f"{base}/{entry}" if base else entry for entry in entries)])
    return names
