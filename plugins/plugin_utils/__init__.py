# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugins of the controller share.

ansible-core compiles the modules of a collection again in each run: 57 ms for the 62 of a comparison (measured, 2.19). From here on Python
loads those below C(plugins), and keeps their bytecode beside them, as it does for any package (PEP 3147).
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

PLUGINS = __name__.rpartition(".")[0] + "."


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
    """Finds files; packages, which have no code here but this one, are left to ansible-core."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if path and fullname.startswith(PLUGINS):
            file = os.path.join(path[0], fullname.rpartition(".")[2] + ".py")
            if os.path.isfile(file):
                return importlib.util.spec_from_file_location(fullname, file, loader=_Loader(fullname, file))
        return None


if AnsibleCollectionConfig.collection_finder is not None:  # None where Python imports a collection by itself, as tests do
    sys.meta_path.insert(0, _Finder())
