# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each scenario has something that is taken away from it, and each role has its two scenarios."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
SOURCE = COLLECTION / "tests/tools/sabotage.py"
SPEC = importlib.util.spec_from_file_location("sabotage", SOURCE)
sabotage = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(sabotage)
SCENARIOS = sorted(path.parent.name for path in (COLLECTION / "molecule").glob("*/molecule.yml"))
WITHOUT: tuple[str, ...] = ("audit_storage",)  # devices are made larger in tests/live/test_storage_live.py


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_something_is_taken_away_from_each_scenario(scenario):
    assert (COLLECTION / sabotage.TARGETS[scenario]).is_file()


@pytest.mark.parametrize("target", sorted(set(sabotage.TARGETS.values())))
def test_each_file_is_spoiled(tmp_path, target):
    (tmp_path / target).parent.mkdir(parents=True)
    before = (COLLECTION / target).read_text()
    (tmp_path / target).write_text(before)
    sabotage.spoil(tmp_path, target)
    assert (tmp_path / target).read_text() != before and yaml.safe_load((tmp_path / target).read_text()) != yaml.safe_load(before)


@pytest.mark.parametrize("role", sorted(path.name for path in (COLLECTION / "roles").iterdir()))
def test_a_role_has_its_two_scenarios(role):
    if role not in WITHOUT:
        assert {f"{role}_default", f"{role}_alternative"} <= set(SCENARIOS)


@pytest.mark.parametrize("code, said, verdict", [
    (0, "3 passed in 0.12s", "verify passed although"),
    (1, "===== 2 failed, 1 passed in 1.20s =====", None),
    (1, "===== 1 error in 0.08s =====", None),
    (1, "Interrupted: 1 error during collection\n===== 1 error in 0.08s =====", "verify did not get as far"),
    (1, "no tests ran in 0.01s", "verify did not get as far"),
    (2, "FileNotFoundError: ansible-config", "verify did not get as far"),
])
def test_only_tests_that_ran_notice_anything(code, said, verdict):
    found = sabotage.verdict(subprocess.CompletedProcess([], code, said, ""))
    assert found is None if verdict is None else found.startswith(verdict)
