# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that are made of this collection's own files, kept from one run of Ansible to the next: to make them takes each 0.1 s (measured).

They lie in Ansible's home, as the sockets of SSH do. A text counts for the very files that it was made of (inode, size and both times of
each), and where nobody but this user could have written it; whatever is wrong with it, it is made again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
from ansible import constants
from ansible.release import __version__

from .own_files import COLLECTION

HOME = Path(os.path.expanduser(constants.config.get_config_value("ANSIBLE_HOME"))) / "auditops.auditd"
SOURCES = ("plugins/module_utils", "plugins/plugin_utils", "roles")


def text(name: str, make: Callable[[], str]) -> str:
    """What ``make`` returns, or what it returned in an earlier run for the same files. ``name``: of this text among others."""
    place = f"{hashlib.sha256(os.fsencode(COLLECTION)).hexdigest()[:16]}-{name}.json"
    made_of = None
    try:
        made_of = _made_of_at_first()
        found = json.loads(_read(HOME / place))
        if found["made_of"] == made_of and isinstance(found["text"], str):
            return found["text"]
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        pass
    made = make()
    with contextlib.suppress(OSError, ValueError):  # the next run makes it again
        if made_of == _made_of():  # else files were exchanged meanwhile: what was made may be of the old ones
            _write(place, json.dumps({"made_of": made_of, "text": made}))
    return made


def value(name: str, make: Callable[[], Any]) -> Any:
    """The same for what JSON can hold: each caller gets a value of its own."""
    return json.loads(text(name, lambda: json.dumps(make())))


@functools.lru_cache(maxsize=1)
def _made_of_at_first() -> str:
    """Of this process: a run asks for several texts, and a look at all sources takes 3 ms (measured)."""
    return _made_of()


def _made_of() -> str:
    """What identifies the sources as they are now, and what reads them."""
    rows = sorted(row for directory in SOURCES for row in _rows(str(COLLECTION / directory)))
    return hashlib.sha256(json.dumps([sys.version, __version__, jinja2.__version__, rows]).encode()).hexdigest()


def _rows(directory: str) -> Iterator[list]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _rows(entry.path)
                continue
            found = entry.stat()
            yield [entry.path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _read(path: Path) -> bytes:
    """OSError where it is not there, ValueError where others than this user could have written it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:
        _refuse_of_others(path, os.fstat(descriptor))
        _refuse_of_others(path.parent, os.lstat(path.parent))
        return stream.read()


def _refuse_of_others(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & 0o022 or stat.S_ISLNK(status.st_mode):
        raise ValueError(f"{path} is not this user's alone")


def _write(place: str, data: str) -> None:
    """ValueError where the directory is not this user's: sudo with the HOME of another would write wherever that one's link leads."""
    HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_of_others(HOME, os.lstat(HOME))
    descriptor, beside = tempfile.mkstemp(dir=HOME, prefix=place)
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(data)
        os.replace(beside, HOME / place)
    except BaseException:
        os.unlink(beside)
        raise
