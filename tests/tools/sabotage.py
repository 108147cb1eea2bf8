# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does each scenario's verifier notice a role that does nothing? ``sabotage.py TREE [SCENARIO...]``

In a copy of the tree the role of each scenario loses its tasks, or where these do nothing by default, does what nobody asked for. The
scenario then has to fail at verify and nowhere before. One that passes all the same verifies nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COLLECTION = Path("ansible_collections/auditops/auditd")
CHECKOUT = Path(__file__).resolve().parents[2]
# What is emptied, by scenario; those named after a role empty that role.
TARGETS = {
    **{f"{role.name}_{kind}": f"roles/{role.name}/tasks/main.yml"
       for role in sorted((CHECKOUT / "roles").iterdir()) for kind in ("default", "alternative")},
    "vm": "playbooks/tasks/apply.yml",
    "chroot": "playbooks/tasks/apply.yml",
    "audit_boot_default": "roles/audit_boot/defaults/main.yml",
    "audit_storage_default": "roles/audit_storage/defaults/main.yml",
    "drift": "roles/audit_drift/tasks/report.yml",
    "remediate": "playbooks/tasks/apply.yml",
    "rescue": "playbooks/rescue.yml",
    "diagnose": "playbooks/diagnose.yml",
    "fleet": "roles/audit_drift/tasks/report.yml",
    "container": "roles/audit_shipping/tasks/main.yml",
}
EMPTY = "---\n[]\n"
# What is put in a file's place where emptiness fails the play before the verifier can say anything, and what is changed in one where
# doing nothing is right: (from, to).
NO_TASKS = "---\n- name: Do nothing\n  hosts: all\n  gather_facts: false\n"
SILENT = {
    "roles/audit_drift/tasks/report.yml": """---
- name: Report nothing
  ansible.builtin.set_fact:
    audit_drift_report: {held: 0}
""",
    "playbooks/rescue.yml": NO_TASKS,
    "playbooks/diagnose.yml": NO_TASKS,
}
SPOILED = {
    "roles/audit_boot/defaults/main.yml": ("audit_boot_service: keep", "audit_boot_service: disabled"),
    "roles/audit_storage/defaults/main.yml": ("audit_storage_size: ''", "audit_storage_size: 600M"),
}
BEFORE_VERIFY = ("create", "converge")
# pytest's last line where tests ran and did not hold; a verifier that cannot even start notices nothing.
NOTICED = re.compile(r"\b\d+ (failed|errors?)\b.* in [\d.]+s")
UNABLE = re.compile(r"\berrors? during collection\b|\bno tests ran\b")


def spoil(collection: Path, target: str) -> None:
    """Take from a file of the collection what its scenario has to miss."""
    file = collection / target
    text = file.read_text(encoding="utf-8").replace(*SPOILED[target]) if target in SPOILED else SILENT.get(target, EMPTY)
    file.write_text(text, encoding="utf-8")


def survives(tree: Path, scenario: str) -> str | None:
    """What is wrong with the scenario, None where its verifier noticed."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "tree"
        shutil.copytree(tree, copy, symlinks=True)
        spoil(copy / COLLECTION, TARGETS[scenario])
        environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(copy), MOLECULE_EPHEMERAL_DIRECTORY=f"{scratch}/ephemeral")

        def molecule(step: str) -> subprocess.CompletedProcess:
            return subprocess.run(["molecule", step, "--scenario-name", scenario], check=False, capture_output=True, text=True,
                                  cwd=copy / COLLECTION, env=environment, stdin=subprocess.DEVNULL)

        try:
            for step in BEFORE_VERIFY:
                done = molecule(step)
                if done.returncode and not (step == "converge" and scenario == "audit_drift_alternative"):
                    return f"{step} failed already:\n{(done.stdout + done.stderr)[-1500:]}"
            return verdict(molecule("verify"))
        finally:
            molecule("destroy")


def verdict(verify: subprocess.CompletedProcess) -> str | None:
    """What is wrong with a verifier that met a role which did nothing."""
    if verify.returncode == 0:
        return "verify passed although the role did nothing"
    said = verify.stdout + verify.stderr
    if UNABLE.search(said) or not NOTICED.search(said):
        return f"verify did not get as far as its tests:\n{said[-1500:]}"
    return None


def main() -> int:
    tree = Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:] or [name for name in TARGETS if (tree / COLLECTION / "molecule" / name).is_dir()]
    failed = 0
    for scenario in wanted:
        reason = survives(tree, scenario)
        print(f"{scenario}: {reason or 'noticed'}", flush=True)
        failed += bool(reason)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
