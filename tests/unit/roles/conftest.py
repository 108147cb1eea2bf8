# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program runs on the modules it shares with the collection, so that an error, and a fake auditd, is the same to both."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest
from rotate_tree import Tree
from ship_site import Site

PREFIX = "ansible_collections.auditops.auditd.plugins.module_utils."
SHARED = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
PACKAGES = ("_conf", "_daemon", "_host", "_rotation")
MODULES = [f"{package}.{path.stem}" for package in PACKAGES for path in sorted((SHARED / package).glob("*.py"))]

for name in ("_errors", "_paths", "_release", "_utc", *PACKAGES, *MODULES):
    sys.modules.setdefault("audit_rotate." + name, importlib.import_module(PREFIX + name))


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture
def site(tmp_path_factory):
    """Below a directory that only we can write: what others could change is not run."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a program that is not root's is not run")
    root = tmp_path_factory.mktemp("ship")
    return Site(root, root)
