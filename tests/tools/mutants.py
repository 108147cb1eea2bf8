# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break one line at a time and see that a unit test notices: make mutants.

mutants.yml lists the lines: what is broken, file, old text, new text (or ``edits`` of both), tests that must fail. Each mutant gets a copy
of the made tree.
usage: mutants.py TREE [WORD ...], TREE as made by make tree; with WORDs only the mutants whose name has one of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("mutants.yml")
COLLECTION = Path("ansible_collections/auditops/auditd")
TIMEOUT = 300  # seconds for the tests of one mutant: one that hangs is noticed too
WHOLE = 1800  # seconds for all of them on the code as it is
PASSED, FAILED = 0, 1  # pytest's exit codes; any other means that the tests did not run


def run(tree: Path, tests: list[str], timeout: float = TIMEOUT) -> int | None:
    """pytest's exit code; None where it did not end."""
    argv = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    try:
        done = subprocess.run(argv, cwd=tree / COLLECTION, env=dict(os.environ, PYTHONPATH=str(tree)), timeout=timeout, check=False,
                              capture_output=True)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def verdict(source: Path, mutant: dict) -> str | None:
    """Why a mutant counts as not noticed; None where a test fails because of it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as directory:
        tree = Path(directory) / "tree"
        shutil.copytree(source, tree, symlinks=True)
        path = tree / COLLECTION / mutant["file"]
        text = path.read_text()
        for edit in mutant.get("edits") or [mutant]:
            if text.count(edit["old"]) != 1:
                return f"its old text is {text.count(edit['old'])} times in {mutant['file']}: mend the table"
            text = text.replace(edit["old"], edit["new"])
        path.write_text(text)
        code = run(tree, mutant["tests"])
    if code == PASSED:
        return "survived: all of " + " ".join(mutant["tests"]) + " pass"
    return None if code in (FAILED, None) else f"pytest ended with {code}: the tests did not run"


def main(directory: str, *words: str) -> int:
    source = Path(directory).resolve()
    mutants = [each for each in yaml.safe_load(TABLE.read_text()) if not words or any(word in each["name"] for word in words)]
    tests = sorted({test for mutant in mutants for test in mutant["tests"]})
    if not mutants or run(source, tests, WHOLE) != PASSED:
        print("no mutant has that name" if not mutants else "the tests do not pass on the code as it is: " + " ".join(tests))
        return 2
    alive = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for mutant, why in zip(mutants, pool.map(lambda mutant: verdict(source, mutant), mutants), strict=True):
            print(("ALIVE  " if why else "killed ") + mutant["name"] + (": " + why if why else ""), flush=True)
            alive += bool(why)
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
