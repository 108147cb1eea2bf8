# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents beside a comparison are of its two sides, not of an earlier one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COLLECTIONS = Path(__file__).resolve().parents[7]
TASK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - auditops.auditd.audit_info:
        root: {tree}
      register: found
    - auditops.auditd.audit_compare: {arguments}
"""
READ = "{{ found.info }}"
# {side: what is compared}, {file: what it held}, what left.json and right.json hold then: the tree, what they held, or nothing
CASES = {
    "a benchmark": ({"left": "web1", "left_info": READ, "right": "cis_debian_12"}, ["right.json"], {"left.json": "/"}),
    "a benchmark on the left": ({"left": "cis_debian_12", "right": "web1", "right_info": READ}, ["left.json"], {"right.json": "/"}),
    "two hosts": ({"left": "web1", "left_info": READ, "right": "web2", "right_info": READ}, [], {"left.json": "/", "right.json": "/"}),
    "the file that is compared": ({"left": "DEST/right.json", "right": "cis_debian_12"}, ["right.json"], {
        "left.json": "earlier", "right.json": "earlier"}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_documents_are_of_the_sides(tmp_path, name):
    given, there, wanted = CASES[name]
    dest = tmp_path / "compare"
    dest.mkdir()
    tree = tmp_path / "tree"
    (tree / "etc/audit/rules.d").mkdir(parents=True)
    (tree / "etc/audit/auditd.conf").write_text("num_logs = 5\n")
    (tree / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")

    def compared(arguments):
        play = TASK.format(tree=tree, arguments=json.dumps({"dest": str(dest), "fail_on": "never", **arguments}))
        (tmp_path / "play.yml").write_text(play.replace("DEST", str(dest)))
        argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(tmp_path / "play.yml"),
                "-e", f"ansible_python_interpreter={sys.executable}"]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, env={
            **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)})
        assert done.returncode == 0, done.stdout + done.stderr

    compared({"left": "a", "left_info": READ, "right": "b", "right_info": READ})
    document = json.loads((dest / "left.json").read_text())
    for path in dest.iterdir():
        path.unlink()
    for file in there:
        (dest / file).write_text(json.dumps({**document, "root": "earlier"}))
    compared(given)
    held = {path.name: json.loads(path.read_text())["root"] for path in dest.glob("*t.json") if path.name != "compare.json"}
    assert held == {file: str(tree) if root == "/" else root for file, root in wanted.items()}
