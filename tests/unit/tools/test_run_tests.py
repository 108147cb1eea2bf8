# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run counts the tests of both parts and names what was skipped, and one failed part fails it, but for a test that passes when
nothing runs beside it: that one is named."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SPEC = importlib.util.spec_from_file_location("run_tests", TOOLS / "run_tests.py")
run_tests = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(run_tests)

GOOD = "import pytest\ndef test_a():\n    pass\n@pytest.mark.skip(reason='no kernel of that kind')\ndef test_b():\n    pass\n"
BAD = "def test_c():\n    assert False\n"
ONCE = "import pathlib\nimport pytest\nclass TestMark:\n    @pytest.mark.parametrize('word', ['a/b::c'])\n    def test_e(self, word):\n" \
       "        mark = pathlib.Path('seen')\n        first = not mark.exists()\n        mark.touch()\n        assert not first\n"
SIX = ONCE.replace("['a/b::c']", "range(6)").replace("'seen'", "f'seen{word}'")
ENDED = "import os\ndef test_d():\n    os._exit(3)\n"


@pytest.mark.parametrize(("beside", "live", "ok", "lines"), [
    (GOOD, GOOD.replace("_a", "_x"), True, ["SKIPPED [2] no kernel of that kind", "4 tests: 2 passed, 0 failed, 2 skipped"]),
    (GOOD, BAD, False, ["SKIPPED [1] no kernel of that kind", "3 tests: 1 passed, 1 failed, 1 skipped"]),
    (BAD, GOOD, False, ["SKIPPED [1] no kernel of that kind", "3 tests: 1 passed, 1 failed, 1 skipped"]),
    (GOOD, ONCE, True, ["UNSTEADY test_live.py::TestMark::test_e[a/b::c]: failed beside the others, passed alone",
                        "3 tests: 1 passed, 1 failed, 1 skipped"]),
    (GOOD, SIX, False, ["8 tests: 1 passed, 6 failed, 1 skipped"]),
    (ONCE + BAD, GOOD, False, ["4 tests: 1 passed, 2 failed, 1 skipped"]),
    (ONCE, ENDED, False, ["no live.xml: those tests did not come to their end"]),
    (GOOD, "import no_such_module\n", False, ["3 tests: 1 passed, 1 failed, 1 skipped"]),
    (GOOD, ENDED, False, ["no live.xml: those tests did not come to their end"]),
])
def test_both_parts_count(tmp_path, monkeypatch, capfd, beside, live, ok, lines):
    for name, text in (("beside", beside), ("live", live)):
        (tmp_path / f"test_{name}.py").write_text(text)
    monkeypatch.setattr(run_tests, "BESIDE", (str(tmp_path / "test_beside.py"),))
    monkeypatch.setattr(run_tests, "LIVE", (str(tmp_path / "test_live.py"),))
    monkeypatch.setattr(run_tests, "PYTEST", (*run_tests.PYTEST, "-p", "no:xdist"))
    monkeypatch.chdir(tmp_path)
    assert (run_tests.main(tmp_path) == 0) is ok
    out = capfd.readouterr().out
    assert all(line in out.splitlines() for line in lines), out
