# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on hosts keeps to Python 3.6: its syntax by the compiler's own feature gate, its library by importing where 3.6 is at hand."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[2]
ON_HOSTS = sorted(
    path
    for pattern in ("plugins/modules/*.py", "plugins/module_utils/**/*.py", "roles/*/files/**/*.py", "roles/*/files/audit-*")
    for path in COLLECTION.glob(pattern)
)


def python36() -> str | None:
    own = map(str, Path.home().glob(".pyenv/versions/3.6.*/bin/python"))
    candidates = [shutil.which("python3.6"), "/usr/libexec/platform-python", *own]
    for candidate in candidates:
        if candidate and Path(candidate).exists():
            said = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False).stdout
            if said.startswith("Python 3.6."):
                return candidate
    return None


PYTHON36 = python36()


@pytest.mark.parametrize("path", ON_HOSTS, ids=lambda path: str(path.relative_to(COLLECTION)))
def test_syntax(path):
    ast.parse(path.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("path", ON_HOSTS, ids=lambda path: str(path.relative_to(COLLECTION)))
def test_module_utils_know_nothing_of_ansible(path):
    if path.parent.name == "modules":
        return
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in imported if isinstance(node, ast.ImportFrom) and not node.level]
    assert [name for name in names if name.startswith("ansible")] == []


@pytest.mark.skipif(PYTHON36 is None, reason="no Python 3.6 here")
def test_module_utils_import_on_python_36():
    shared = COLLECTION / "plugins/module_utils"
    names = [".".join(path.relative_to(shared).with_suffix("").parts) for path in ON_HOSTS if shared in path.parents]
    assert len(names) > 50
    prefix = "ansible_collections.auditops.auditd.plugins.module_utils."
    program = "import importlib; [importlib.import_module(%r + name) for name in %r]" % (prefix, names)
    root = COLLECTION.parents[2]
    done = subprocess.run([PYTHON36, "-B", "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
