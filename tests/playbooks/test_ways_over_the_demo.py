# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of the demo, compared by the module, and by code that is sent, with pipelining and without: the same documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from test_fleet_runs import COLLECTION

sys.path.insert(0, str(COLLECTION / "tests/tools"))
from same_documents import OF_A_RUN, ONLY_MODULES  # noqa: E402


def test_both_ways_give_the_same_documents(tmp_path):
    sys.path.insert(0, str(COLLECTION / "demo"))
    try:
        import fleet
    finally:
        sys.path.pop(0)
    inventory = fleet.build(tmp_path / "demo")
    documents = {}
    only_modules = tmp_path / "python"
    only_modules.write_text(ONLY_MODULES.format(python=sys.executable))
    only_modules.chmod(0o755)
    for way, pipelining, interpreter in (("module", "0", only_modules), ("code", "1", sys.executable), ("code", "0", sys.executable)):
        spool = tmp_path / f"{way}{pipelining}"
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]), ANSIBLE_PIPELINING=pipelining)
        variables = {"audit_drift_report_dir": str(spool), "audit_rules_profiles": ["auto"],
                     "ansible_python_interpreter": str(interpreter)}
        argv = [sys.executable, "-m", "ansible", "playbook", "-v", "-i", str(inventory), "auditops.auditd.drift"]
        run = subprocess.run([*argv, "-e", json.dumps(variables)], env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert run.stdout.count(f'"way": "{way}"') == len(fleet.FLEET), run.stdout[-4000:]
        documents[way, pipelining] = {path.name: content(path) for path in sorted((spool / "hosts").glob("*.json"))}
    by_module = documents.pop(("module", "0"))
    assert len(by_module) == len(fleet.FLEET) and all(found == by_module for found in documents.values())


def content(path: Path) -> str:
    document = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps({name: value for name, value in document.items() if name not in OF_A_RUN}, indent=1)
