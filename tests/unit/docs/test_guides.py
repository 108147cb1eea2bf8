# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides that are tables of what stands elsewhere are those tables, and a message that a guide explains is one that is said."""

from __future__ import annotations

import importlib.util
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]


def tool(name):
    specification = importlib.util.spec_from_file_location(name, COLLECTION / "tests/tools" / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


make_guides, make_migration_guides = tool("make_guides"), tool("make_migration_guides")
GUIDES = COLLECTION / "docs/docsite/rst"
QUOTED = re.compile(r"^``([^`]+)``", re.MULTILINE)
SAID_BY = ("plugins/**/*.py", "roles/**/*.py", "roles/**/*.yml", "playbooks/**/*.yml")


def test_the_generated_pages_are_what_they_are_made_of():
    documents = {**make_guides.documents(), **make_migration_guides.documents()}
    assert {name: (GUIDES / name).read_text() for name in documents} == documents, "run make docs"


def test_a_generated_page_stays_out_of_the_tarball_and_no_link_of_the_readme_needs_it_there():
    ignored = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())["build_ignore"]
    generated = [f"docs/docsite/rst/{page.name}" for page in GUIDES.glob("*.rst") if "generated" in page.read_text()[:400].lower()]
    assert len(generated) > len(make_guides.PAGES)
    assert [page for page in generated if not any(fnmatch(page, pattern) for pattern in ignored)] == []
    linked = re.findall(r"\]\(([\w./-]+)\)", (COLLECTION / "README.md").read_text())
    assert linked and [link for link in linked if any(fnmatch(link, pattern) for pattern in ignored)] == []


def test_every_playbook_is_in_the_reference():
    assert sorted(make_guides.PLAYBOOKS) == sorted(path.stem for path in (COLLECTION / "playbooks").glob("*.yml"))


def test_every_guide_is_in_the_contents():
    listed = re.findall(r"^      - (\w+)$", (COLLECTION / "docs/docsite/extra-docs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in GUIDES.glob("*.rst") if not path.stem.startswith("controls_"))


@pytest.fixture(scope="module")
def said() -> str:
    """All text of the collection; texts that are split over two lines of source are joined."""
    sources = "".join(path.read_text() for pattern in SAID_BY for path in sorted(COLLECTION.glob(pattern)))
    return re.sub(r'"\s*\n\s*"', "", sources)


@pytest.mark.parametrize("message", QUOTED.findall((GUIDES / "troubleshooting.rst").read_text()))
def test_a_message_that_is_explained_is_said(said, message):
    assert [part for part in message.split("...") if part.strip() and part.strip() not in said] == []


def test_each_test_that_a_guide_names_is_there():
    tests = "".join(path.read_text() for path in (COLLECTION / "tests").rglob("test_*.py"))
    named = {name for guide in GUIDES.glob("*.rst") for name in re.findall(r"``(test_\w+)``", guide.read_text())}
    assert named and {name for name in named if f"def {name}(" not in tests} == set()
