# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift into a container with audit-check, over SSH and by podman's own connection, which gives commands no stdin: the same documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FLEET = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "fleet"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab"))
import container  # noqa: E402
import lab  # noqa: E402

COLLECTIONS = lab.CACHE / "connections"  # make connections
SSH = json.loads((FLEET / "inventory.json").read_text())["all"]["hosts"]["container"]
PODMAN = {
    "ansible_connection": "containers.podman.podman", "ansible_host": container.NAME, "ansible_user": "root",
    "ansible_python_interpreter": SSH["ansible_python_interpreter"],
    "ansible_podman_extra_args": f"--root {container.STORE} --runroot {container.RUN}",
}
COMPARE = [{"hosts": "container", "gather_facts": False, "tasks": [
    {"ansible.builtin.import_role": {"name": "auditops.auditd.audit_drift", "tasks_from": "compare"}},
    {"ansible.builtin.copy": {"dest": "{{ result }}", "content": "{{ audit_drift_result | to_json }}"}, "delegate_to": "localhost",
     "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}},
]}]


def compared(directory: Path, connection: dict, use: str) -> tuple[str, dict]:
    """The way that was taken, and the document without what belongs to one run."""
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": {"container": connection}}}))
    (directory / "play.yml").write_text(json.dumps(COMPARE))
    variables = {"audit_check_use": use, "result": str(directory / "result.json"), "audit_drift_report_dir": str(directory / "report"),
                 "audit_rules_profiles": ["cis_debian_13"]}
    argv = ["ansible-playbook", "-i", str(directory / "inventory.json"), str(directory / "play.yml"), "-e", json.dumps(variables)]
    environment = dict(os.environ, CONTAINERS_CONF=str(FLEET / "containers.conf"),
                       ANSIBLE_COLLECTIONS_PATH=f"{os.environ['ANSIBLE_COLLECTIONS_PATH']}:{COLLECTIONS}")
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stdout[-4000:] + done.stderr[-2000:]
    result = json.loads((directory / "result.json").read_text())
    assert not result.get("warnings"), result["warnings"]
    return result["way"], {name: value for name, value in result["drift"].items() if name not in ("collected_at", "run")}


def test_the_same_document_by_each_connection_and_way(tmp_path):
    if not (COLLECTIONS / "ansible_collections/containers/podman").is_dir():
        pytest.skip(f"containers.podman.podman is not in {COLLECTIONS}: make connections")
    found = [compared(tmp_path, connection, use) for connection in (SSH, PODMAN) for use in ("always", "never")]
    assert [way for way, _document in found] == ["audit-check", "code"] * 2
    assert all(document == found[0][1] for _way, document in found)
    assert found[0][1]["controls"] and found[0][1]["live"]["version"]
