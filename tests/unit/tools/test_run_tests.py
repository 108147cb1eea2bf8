# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run counts the tests of both parts and names what was skipped, and one failed part fails it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SPEC = importlib.util.spec_from_file_location("run_tests", TOOLS / "run_tests.py")
run_tests = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(run_tests)

GOOD = "import pytest\ndef test_a():\n    pass\n@pytest.mark.skip(reason='no kernel of that kind')\ndef test_b():\n    pass\n"
BAD = "def test_c():\n    assert False\n"
ENDED = "import os\ndef test_d():\n    os._exit(3)\n"


@pytest.mark.parametrize(("beside", "live", "ok", "lines"), [
    (GOOD, GOOD.replace("_a", "_x"), True, ["SKIPPED [2] no kernel of that kind", "4 tests: 2 passed, 0 failed, 2 skipped"]),
    (GOOD, BAD, False, ["SKIPPED [1] no kernel of that kind", "3 tests: 1 passed, 1 failed, 1 skipped"]),
    (BAD, GOOD, False, ["SKIPPED [1] no kernel of that kind", "3 tests: 1 passed, 1 failed, 1 skipped"]),
    (GOOD, ENDED, False, ["no live.xml: those tests did not come to their end"]),
])
def test_both_parts_count(tmp_path, monkeypatch, capfd, beside, live, ok, lines):
    for name, text in (("beside", beside), ("live", live)):
        (tmp_path / f"test_{name}.py").write_text(text)
    monkeypatch.setattr(run_tests, "BESIDE", (str(tmp_path / "test_beside.py"),))
    monkeypatch.setattr(run_tests, "LIVE", (str(tmp_path / "test_live.py"),))
    monkeypatch.setattr(run_tests, "PYTEST", (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"))
    assert (run_tests.main(tmp_path) == 0) is ok
    out = capfd.readouterr().out
    assert all(line in out.splitlines() for line in lines), out
