# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each benchmark finds what it measures: the code under it moves, and nothing else runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).resolve().parents[2] / "benchmarks").glob("bench_*.py"))
START = "import os, runpy, sys; sys.path.insert(0, os.path.dirname(sys.argv[1])); runpy.run_path(sys.argv[1], run_name='imported')"


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda path: path.stem)
def test_what_it_imports_is_there(benchmark):
    done = subprocess.run([sys.executable, "-c", START, str(benchmark)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_there_are_benchmarks():
    assert BENCHMARKS
