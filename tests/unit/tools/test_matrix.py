# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Pythons the matrix gives a host beside those that are installed here, and what it says where it has none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "tools/matrix.py"
SPEC = importlib.util.spec_from_file_location("matrix", SOURCE)
matrix = importlib.util.module_from_spec(SPEC)
sys.modules["matrix"] = matrix
SPEC.loader.exec_module(matrix)


def refused():
    raise matrix.lab.LabError("missing here: apt-get install mmdebstrap")


@pytest.mark.parametrize(("have", "build", "expected"), [
    ({14: "/a", 15: "/b"}, refused, ({}, "")),
    ({13: "/a", 14: "/b"}, lambda: {14: "/lab/14", 15: "/lab/15"}, ({15: "/lab/15"}, "")),
    ({13: "/a"}, refused, ({}, "missing here: apt-get install mmdebstrap")),
], ids=["installed here", "one from the lab", "not to be had"])
def test_the_pythons_of_hosts_only(monkeypatch, have, build, expected):
    monkeypatch.setattr(matrix.unstable, "build", build)
    assert matrix.newer_pythons(have) == expected


def test_each_core_has_a_newest_python_of_hosts():
    newest = max(core.targets[-1] for core in matrix.CORES.values())
    assert newest == max(matrix.unstable.MINORS)
