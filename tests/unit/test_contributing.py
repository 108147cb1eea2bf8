# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CONTRIBUTING and README point at is there: files, targets of make, names in files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[2]
GUIDES = ("CONTRIBUTING.md", "README.md")
TOP = ("plugins/", "roles/", "playbooks/", "tests/", "docs/", "meta/", "changelogs/", "benchmarks/", "molecule/")


def quoted(guide: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", (COLLECTION / guide).read_text())


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_is_there(guide):
    paths = [text for text in quoted(guide) if text.startswith(TOP) and not re.search(r"[*{ ]|NAME", text)]
    assert [path for path in paths if not (COLLECTION / path).exists()] == []


def test_every_target_of_make_is_there():
    targets = set(re.findall(r"(?m)^([a-z-]+)(?: [a-z-]+)*:", (COLLECTION / "Makefile").read_text()))
    named = {word for guide in GUIDES for word in re.findall(r"\bmake ([a-z-]+)", (COLLECTION / guide).read_text())}
    assert named and named - targets - {"sure", "it", "them"} == set()


@pytest.mark.parametrize(("file", "names"), [
    ("plugins/module_utils/_conf/keys.py", ["_ROWS", "NEWEST"]),
    ("plugins/module_utils/_drift/tables.py", ["KEYS", "ITEMS", "LAYERS"]),
    ("plugins/module_utils/_drift/layers.py", ["LAYERS"]),
    ("plugins/plugin_utils/formats/table.py", ["FORMATS"]),
    ("plugins/plugin_utils/formats/page_charts.py", ["LAYERS"]),
    ("plugins/plugin_utils/settings_judges.py", ["RELEASES"]),
    ("tests/unit/test_examples.py", ["ACTION_ONLY", "ON_CONTROLLER"]),
    ("tests/live/test_library_live.py", ["ACTIONS"]),
    ("plugins/module_utils/_drift/cures.py", ["CURES"]),
])
def test_the_recipes_name_what_is_there(file, names):
    text = (COLLECTION / file).read_text()
    guide = (COLLECTION / "CONTRIBUTING.md").read_text()
    assert [name for name in names if not re.search(rf"(?m)^{name}\b", text) or name not in guide] == []


def test_no_two_files_of_tests_share_a_name():
    """pytest imports them by their file name alone, and refuses the second; runs of one folder do not show it."""
    names = [path.name for path in (COLLECTION / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
