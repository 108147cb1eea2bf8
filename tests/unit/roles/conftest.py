# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from rotate_tree import Tree


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)
