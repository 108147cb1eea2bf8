# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One unit of size in all texts: KB, MB, GB and TB of 1024, as auditd.conf(5) counts: what stands beside it needs no conversion."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[3]
OTHER_UNIT = re.compile(r"(?<![\w\"])[KMGT]iB\b|human_readable")
EXPLAINED = "AWS calls these KiB to TiB"


@pytest.mark.parametrize("pattern", [
    "plugins/**/*.py", "roles/**/*.py", "roles/**/*.yml", "playbooks/**/*.yml", "docs/docsite/rst/*.rst", "roles/*/README.md", "*.md",
])
def test_sizes_are_in_one_unit(pattern):
    paths = [path for path in COLLECTION.glob(pattern) if "__pycache__" not in path.parts]
    found = [f"{path.relative_to(COLLECTION)}: {line.strip()}" for path in paths for line in path.read_text(encoding="utf-8").splitlines()
             if OTHER_UNIT.search(line) and EXPLAINED not in line]
    assert paths and found == []
