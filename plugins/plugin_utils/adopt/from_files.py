# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of variables, of Ansible or of Hiera, one by one: each becomes the file of variables of the same hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError

from .fleet import Fleet
from .found import Adopted
from .migrate import translate
from .spread import ALL, NAME, Place, Stated

ENDINGS = (".yml", ".yaml", ".json")
FOR_ALL = ("all", "common", "default", "defaults", "global", "main", "vars")  # names of files whose variables are everybody's
OF_HOSTS = ("host_vars", "hosts", "host", "nodes", "node", "fqdn", "certname")  # directories whose files are named by hosts


def files_of(sources: list[str]) -> list[Path]:
    """The files of variables that were named, and those below directories that were. AuditError where one is neither."""
    found: list[Path] = []
    for source in map(Path, sources):
        if source.is_dir():
            found += sorted(path for path in source.rglob("*") if path.suffix in ENDINGS and path.is_file())
        elif source.is_file():
            found.append(source)
        else:
            raise AuditError(f"audit_from_files: {source} is neither a file nor a directory")
    if not found:
        raise AuditError(f"audit_from_files: there is no file that ends with {', '.join(ENDINGS)} in {', '.join(sources)}")
    return found


def fleet_of(sources: list[str], kind: str, load: Callable[[str], object]) -> Fleet:
    """The Fleet of these files. ``load`` reads one. A file says only what those for all do not say, as Ansible and Hiera have it."""
    loaded = {path: load(str(path)) for path in files_of(sources)}
    given = {path: {str(name): value for name, value in data.items()} for path, data in loaded.items() if isinstance(data, Mapping)}
    unread = {str(path): "it is no mapping of variables" for path in loaded if path not in given}
    common: dict[str, object] = {}
    for path, values in given.items():
        if _kind(path) == ALL:
            common.update(values)
    base = translate(ALL, kind, common)
    adopted, places = [base] if common else [], {}
    if base.variables:
        places[ALL] = _place(ALL, ALL, base, {})
    for path, values in given.items():
        if _kind(path) == ALL:
            continue
        one = translate(path.stem, kind, {**common, **values})
        adopted.append(one)
        place = _place(_kind(path), path.stem if NAME.fullmatch(path.stem) else f"adopted_{len(places)}", one, base.variables)
        if place.stated:
            places[str(path)] = place
    return Fleet(adopted, list(places.values()), unread, knows_hosts=False)


def _kind(path: Path) -> str:
    parents = {path.parent.name, path.parent.parent.name}
    return "host" if parents.intersection(OF_HOSTS) else ALL if path.stem in FOR_ALL or "all" in parents else "group"


def _place(kind: str, name: str, one: Adopted, beneath: Mapping) -> Place:
    place = Place(kind, name, (one.name,))
    for variable, found in sorted(one.variables.items()):
        if variable not in beneath or beneath[variable].meaning != found.meaning:
            place.stated[variable] = Stated(replace(found), one.name, (one.name,))
    return place
