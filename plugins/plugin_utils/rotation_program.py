# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the role audit_rotation as it is to lie on a host: read once on the controller, sent in one task."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation

COLLECTION = Path(__file__).resolve().parents[2]
FILES = COLLECTION / "roles" / "audit_rotation" / "files"
SHARED = COLLECTION / "plugins" / "module_utils"
RELATIVE_IMPORT = re.compile(r"^\s*from (\.+)([\w.]*) import (\([^)]*\)|[^#\n]*)", re.MULTILINE)


@functools.lru_cache(maxsize=1)
def sources() -> dict[str, str]:
    """{installed path: text}: launchers, package, and the modules of module_utils that the package imports, however indirectly."""
    found = {path: (FILES / Path(path).name).read_text(encoding="utf-8") for path in _rotation.LAUNCHERS}
    own = {path.stem: path.read_text(encoding="utf-8") for path in sorted((FILES / "audit_rotate").glob("*.py"))}
    modules, waiting = {}, dict(own)
    while waiting:
        name, text = waiting.popitem()
        modules[name] = text
        for wanted in _imports(name, text):
            if wanted not in modules and wanted not in waiting and (SHARED / f"{wanted}.py").is_file():
                waiting[wanted] = (SHARED / f"{wanted}.py").read_text(encoding="utf-8")
    found.update({f"{_rotation.PACKAGE}/{name}.py": text for name, text in sorted(modules.items())})
    return found


def digests() -> dict[str, str]:
    """{installed path: sha256}; the interpreter in a launcher's first line does not count."""
    return {path: _rotation.digest(text) for path, text in sources().items()}


def _imports(importer: str, text: str) -> set[str]:
    """The names of the sibling modules that a module imports relatively. By pattern: parsing forty files would take a run 60 ms."""
    names = set()
    for dots, module, listed in RELATIVE_IMPORT.findall(text):
        package = importer.rpartition("/")[0] if len(dots) == 1 else ""
        base = "/".join(part for part in (package, module.replace(".", "/")) if part)
        entries = [entry.split()[0] for entry in listed.strip("()").split(",") if entry.strip()]
        names.update([base, *(f"{base}/{entry}" if base else entry for entry in entries)])
    return names
