# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on an auditd.conf is the real parser's, release by release.

The fixtures hold what the releases' own parsers said: auditd_conf_cases.json (14 releases), corpus_conf_verdicts.json (files from
the wild, 8 releases; their texts are not part of this collection) and auditd_conf_edges.json (3.0, 3.0.9 and 4.2.1).
"""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._conf import text as _conf
from ansible_collections.auditops.auditd.plugins.module_utils._conf import validator
from fake_environment import GOLDEN_HOST, corpus

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = json.loads((FIXTURES / "auditd_conf_cases.json").read_text())["cases"]
EDGES = json.loads((FIXTURES / "auditd_conf_edges.json").read_text())["cases"]
CORPUS_VERDICTS = json.loads((FIXTURES / "corpus_conf_verdicts.json").read_text())
CORPUS = corpus("conf")

# (case, release): why the verdict here is another than the parser's. Nothing else may differ.
EXPLAINED: dict[tuple[str, str], str] = {}


def verdict(content, release, mode=0o640):
    found = SimpleNamespace(st_mode=stat.S_IFREG | mode, st_uid=0)
    problems = validator.validate(_conf.parse(content), release, GOLDEN_HOST, file_stat=found)
    return "rejected" if any(problem.fatal for problem in problems) else "ok"


def differences(name, content, wanted, mode=0o640):
    given = {release: verdict(content, release, mode) for release in wanted}
    differ = [release for release in wanted if given[release] != wanted[release]]
    agree = len(wanted) - len(differ)
    print(f"{name!r}: {agree} agree, {len(differ)} disagree")
    return [
        f"{name!r} on {release}: auditd says {wanted[release]}, the validator {given[release]}"
        for release in differ
        if (name, release) not in EXPLAINED
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_golden(case):
    assert not differences(case["case"], case["text"], case["verdict"], int(case["mode"], 8))


@pytest.mark.parametrize("case", EDGES, ids=lambda case: case["case"])
def test_edges(case):
    assert not differences(case["case"], case["text"], case["verdict"])


@pytest.mark.skipif(CORPUS is None, reason="the corpus does not lie beside this checkout")
@pytest.mark.parametrize("name", CORPUS_VERDICTS)
def test_corpus(name):
    wanted = {release: said["verdict"] for release, said in CORPUS_VERDICTS[name].items()}
    assert not differences(name, (CORPUS / name).read_bytes(), wanted)


def test_every_explanation_is_still_needed():
    assert all(verdict(case["text"], release) != case["verdict"][release]
               for case in CASES for release in case["verdict"] if (case["case"], release) in EXPLAINED)


@pytest.mark.parametrize("case", [case for case in CASES if case["message"].get("3.0.9")], ids=lambda case: case["case"])
def test_line_and_key_are_those_of_the_parser(case):
    """Where the parser names a line, a problem stands there (the parser's own count goes wrong behind a line that is too long)."""
    message = case["message"]["3.0.9"]
    lines = [int(number) for number in re.findall(r"line (\d+)", message)]
    problems = validator.validate(case["text"], "3.0.9", GOLDEN_HOST)
    assert set(lines) <= {problem.line for problem in problems}, message
