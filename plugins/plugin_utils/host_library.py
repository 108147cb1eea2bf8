# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that runs on hosts without Ansible: read once on the controller, installed as files or sent along with a module as one text."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.auditops.auditd.plugins.module_utils import _parcel
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import checker as _checker
from ansible_collections.auditops.auditd.plugins.module_utils._rotation import files as _rotation

from . import made_before
from .own_files import COLLECTION, ROLES

PACKAGE_FILES = ROLES / "audit_rotation" / "files" / "audit_rotate"
LAUNCHERS = {**dict.fromkeys(_rotation.LAUNCHERS, "audit_rotation"), _checker.PROGRAM: "audit_check"}  # {installed path: its role}
SHARED = COLLECTION / "plugins" / "module_utils"
RELATIVE_IMPORT = re.compile(r"^\s*from (\.+)([\w.]*) import (\([^)]*\)|[^#\n]*)", re.MULTILINE)
# What audit-check starts, the module that is pushed starts what is below it; and what imports it where it comes by stdin
STARTS = ("_check/cli", "_check/from_stdin", "_parcel", "_patterns")
# {module of the standard library: ours that stands for it in what is packed}; those of ours say why
STAND_INS = {"re": "_patterns", "json": "_json_text", "hashlib": "_hashes"}
# A text in quotes, or a comment: whatever comes first is the one or the other
QUOTED_OR_COMMENT = re.compile(r'''[rb]?("{3}[\s\S]*?"{3}|'{3}[\s\S]*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|#[^\n]*''')
STOOD_FOR = re.compile(rf"^import ({'|'.join(STAND_INS)})$", re.MULTILINE)
AT_THE_TOP = re.compile(r"(?:\s*#[^\n]*\n)*\s*\Z")


@functools.lru_cache(maxsize=1)
def sources() -> dict[str, str]:
    """{installed path: text}: launchers, package, and the modules of module_utils that the package imports, however indirectly."""
    found = {path: (ROLES / role / "files" / Path(path).name).read_text(encoding="utf-8") for path, role in LAUNCHERS.items()}
    own = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PACKAGE_FILES.glob("*.py"))}
    found[_checker.COMPARISON] = comparison()
    found.update({f"{_rotation.PACKAGE}/{name}.py": text for name, text in sorted(_with_imported(own).items())})
    return found


def program() -> str:
    """What is installed, as C(_parcel.pack) packs it: sources() and the benchmarks, {installed path: text}."""
    return _parcel.pack({**sources(), _checker.BENCHMARKS: benchmarks()})


@functools.lru_cache(maxsize=1)
def benchmarks() -> str:
    """The benchmark library as it lies on a host: JSON."""
    return made_before.text("benchmarks", _benchmarks)


def _benchmarks() -> str:
    from . import controls  # 33 ms that a comparison without profiles does not need (measured)

    return json.dumps(controls.shipped(), sort_keys=True)


def library() -> dict:
    """The benchmark library."""
    return json.loads(benchmarks())


@functools.lru_cache(maxsize=1)
def benchmarks_digest() -> str:
    return hashlib.sha256(benchmarks().encode("utf-8")).hexdigest()


@functools.lru_cache(maxsize=1)
def comparison_digest() -> str:
    """What the checker of a host has to answer with. Kept apart from the code, which takes each worker 3 ms to read and digest."""
    return made_before.text("comparison_digest", lambda: _parcel.digest(comparison()))


def installed_by(module: str, action: ActionBase, task_vars: dict | None, arguments: dict | None = None) -> dict:
    """The result of a module that installs the program; the text of it, 200 KB that nobody wants to read, is not in it.

    ``arguments``: of the module, those of the task where nothing is given.
    """
    arguments = dict(action._task.args if arguments is None else arguments)
    if arguments.get("state", "present") != "absent" and not arguments.get("program"):
        arguments["program"] = program()
    result = action._execute_module(module_name=f"auditops.auditd.{module}", module_args=arguments, task_vars=task_vars)
    for carried in ("program", "policy"):
        result.get("invocation", {}).get("module_args", {}).pop(carried, None)
    return result


def digests() -> dict[str, str]:
    """{installed path: sha256}; the interpreter in a launcher's first line does not count."""
    return {path: _rotation.digest(text) for path, text in sources().items()}


@functools.lru_cache(maxsize=1)
def comparison() -> str:
    """What compares a host, as C(_parcel.pack) packs it, without documentation: the same for the module and for audit-check, so that it is
    put together once for a run.
    """
    return made_before.text("comparison", _comparison)


def _comparison() -> str:
    texts = _with_imported({name: _shared(name) for name in (*STARTS, *STAND_INS.values())})
    return _parcel.pack({f"{name}.py": STOOD_FOR.sub(_stand_in, bare(text)) for name, text in texts.items()})


def _stand_in(found: re.Match) -> str:
    return f"from {_parcel.NAME} import {STAND_INS[found[1]]} as {found[1]}"


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


def _with_imported(texts: dict[str, str]) -> dict[str, str]:
    """{module: text} of these modules and all of module_utils that they import."""
    modules, waiting = {}, dict(texts)
    while waiting:
        name, text = waiting.popitem()
        modules[name] = text
        for wanted in _imports(name, text):
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
