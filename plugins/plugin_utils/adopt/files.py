# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an adopted inventory: what is to be written, what is there already, and writing all of it or nothing.

Below a marker the file is ours, above it somebody else's. A file that was edited below the marker, or that sets one of the variables above
it, is refused; nothing is ever overwritten that this module did not write.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host import files as _io

NAME = "audit.yml"
MARKER = re.compile(r"^(?:# |<!-- )Below this line auditops\.auditd\.adopt writes, sha256 ([0-9a-f]{64})(?: -->)?\n", re.MULTILINE)
MARK = "Below this line auditops.auditd.adopt writes, sha256 {digest}"
MARKDOWN = ".md"
DIRECTORIES = ("group_vars", "host_vars")
MODE, DIRECTORY_MODE = 0o640, 0o750
EDITED = ("{path} was edited below the line of auditops.auditd.adopt: move what is yours above that line, or take the file away; nothing "
          "was written")
TWICE = "{path} sets {names} already: take them out, or take the file away; nothing was written"
NO_YAML = ("{path} is not a file of variables that can be added to ({why}): take it away, or name another audit_adopt_dest; nothing was "
           "written")
IRREGULAR = "{path} is no regular file: nothing was written"


@dataclass
class Plan:
    """``write`` {path: text}, ``remove`` [path], and ``before`` {path: text or None} of both."""

    write: dict[Path, str] = field(default_factory=dict)
    remove: list[Path] = field(default_factory=list)
    before: dict[Path, str | None] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        return bool(self.write or self.remove)

    def diffs(self) -> list[dict[str, str]]:
        return [{"before": self.before[path] or "", "after": self.write.get(path, ""), "before_header": str(path),
                 "after_header": str(path)} for path in sorted({*self.write, *self.remove})]


def plan(dest: Path, texts: Mapping[str, str], whole: Mapping[str, str]) -> Plan:
    """What has to be written below ``dest``.

    ``texts`` {path below dest: variables}; files of variables from an earlier run that are not among them lose what that run wrote.
    ``whole`` {path below dest: text} are ours from their first line on. AuditError for a file that is not ours to change.
    """
    result = Plan()
    stale = {path: "" for path in _ours(dest) if str(path.relative_to(dest)) not in texts}
    wanted = {dest / name: text for name, text in texts.items()}
    for path, text in sorted({**stale, **wanted}.items()):
        _plan_variables(path, text, result)
    for name, text in whole.items():
        before = _read(dest / name)
        _below(dest / name, before or "")
        if before is not None and MARKER.search(before) is None and before.strip():
            raise AuditError(NO_YAML.format(path=dest / name, why="somebody else wrote it"))
        _note(dest / name, before, marked(dest / name, text), result)
    return result


def marked(path: Path, text: str) -> str:
    mark = MARK.format(digest=_digest(text))
    return (f"<!-- {mark} -->\n" if path.suffix == MARKDOWN else f"# {mark}\n") + text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _note(path: Path, before: str | None, after: str | None, result: Plan) -> None:
    if before == after:
        return
    result.before[path] = before
    if after is None:
        result.remove.append(path)
    else:
        result.write[path] = after


def _plan_variables(path: Path, text: str, result: Plan) -> None:
    before = _read(path)
    above = _above(path, before or "")
    _refuse_twice(path, above, text)
    if above and not above.endswith("\n"):
        above += "\n"
    if text:
        head = above if above.strip() else "---\n"
        whole = head + marked(path, text)
        if above.strip():
            keys_of(path, whole)  # it may end in a way that nothing can come behind
        _note(path, before, whole, result)
    elif above.strip() in ("", "---"):
        _note(path, before, None, result)
    else:
        _note(path, before, above, result)


def _above(path: Path, text: str) -> str:
    """What somebody else wrote."""
    found = MARKER.search(text)
    _below(path, text)
    return text[:found.start()] if found else text


def _below(path: Path, text: str) -> None:
    found = MARKER.search(text)
    if found and _digest(text[found.end():]) != found.group(1):
        raise AuditError(EDITED.format(path=path))


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast


class _Loader(_SafeLoader):
    """Reads keys; what a value is, with whichever tag, is not asked."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def keys_of(path: Path, text: str) -> set[str]:
    """The variables that a text sets. AuditError where it is no mapping."""
    try:
        data = yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        raise AuditError(NO_YAML.format(path=path, why=" ".join(str(error).split()))) from error
    if data is not None and not isinstance(data, dict):
        raise AuditError(NO_YAML.format(path=path, why="it is no mapping"))
    return {str(key) for key in data or {}}


def _refuse_twice(path: Path, above: str, text: str) -> None:
    if not above.strip():
        return
    both = keys_of(path, above) & set(re.findall(r"^(\w+):", text, re.MULTILINE))
    if both:
        raise AuditError(TWICE.format(path=path, names=", ".join(sorted(both))))


def _read(path: Path) -> str | None:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise AuditError(IRREGULAR.format(path=path))
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AuditError(f"{path}: cannot be read: {error.strerror}; nothing was written") from error


def _ours(dest: Path) -> list[Path]:
    """Files of variables in which an earlier run wrote."""
    found = [path for name in DIRECTORIES for path in sorted((dest / name).glob(f"*/{NAME}"))]
    return [path for path in found if MARKER.search(_read(path) or "")]


def write(planned: Plan) -> None:
    """Write each file whole, or none is changed: each by a rename."""
    for path, text in sorted(planned.write.items()):
        try:
            path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            mode = MODE if planned.before[path] is None else stat.S_IMODE(path.stat().st_mode)
            _io.write_atomic(str(path), text.encode("utf-8", "surrogateescape"), mode, os.getgid())
        except OSError as error:
            raise AuditError(f"{path}: cannot be written: {error.strerror}") from error
    for path in planned.remove:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
