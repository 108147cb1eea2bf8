# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load this collection's code on the controller with the bytecode that Python keeps of it.

ansible-core compiles the modules of a collection again in each run: 57 ms for the 62 of a comparison (measured, 2.19). Of any other package
Python keeps the bytecode, beside its source (PEP 3147).
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import CodeType
from typing import Any

from ansible.utils.collection_loader import AnsibleCollectionConfig

PLUGINS = __name__.partition(".plugin_utils.")[0] + "."


class _Loader(importlib.machinery.SourceFileLoader):
    """Python's own loader, with two differences: root writes no bytecode beside the source of another user, who could not remove it; and
    bytecode that a full disk cut short is made again.
    """

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            return super().get_code(fullname)
        except (EOFError, TypeError, ValueError):  # what marshal raises for bytecode that is not whole
            with contextlib.suppress(OSError):
                os.unlink(importlib.util.cache_from_source(self.path))
            return super().get_code(fullname)

    def set_data(self, path: str, data: Any, **mode: int) -> None:
        if os.stat(self.path).st_uid == os.geteuid():
            super().set_data(path, data, **mode)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds files; packages, which have no code here, are left to ansible-core."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if path and fullname.startswith(PLUGINS):
            file = os.path.join(path[0], fullname.rpartition(".")[2] + ".py")
            if os.path.isfile(file):
                return importlib.util.spec_from_file_location(fullname, file, loader=_Loader(fullname, file))
        return None


FINDER = _Finder()


def keep() -> None:
    """From here on, for this process and the workers that it forks. Where Python itself imports a collection, it does so anyway.

    A call, and nothing that an import does: whoever loads a plugin to look at it gets no other finder.
    """
    if AnsibleCollectionConfig.collection_finder is not None and FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)
