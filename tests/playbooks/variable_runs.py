# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook over trees whose variables are wrong, and what Ansible itself says of such a variable."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

COLLECTIONS = Path(__file__).resolve().parents[5]
CONF = "space_left = 75\nadmin_space_left = 50\nnum_logs = 5\nflush = INCREMENTAL_ASYNC\nfreq = 50\n"
ROLE_ALONE = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: auditops.auditd.{{ the_role }}
"""


def to(kind, name, value, of=None):
    """Ansible's own sentence on a value that cannot be taken for a type."""
    return f"argument '{name}' is of type {of or type(value).__name__} and we were unable to convert to {kind}"


def one_of(name, got, *words):
    return f"value of {name} must be one of: {', '.join(words)}, got: {got}"


def variable(name, value, sentence):
    """A case: the variables given, and the sentence that refuses them."""
    return {name: value}, sentence


def build(root: Path) -> None:
    for path, text in {
        "etc/audit/auditd.conf": CONF, "etc/os-release": "ID=debian\nVERSION_ID=12\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "usr/sbin/auditd": "", "usr/sbin/auditctl": "", "usr/sbin/cron": "", "var/log/audit/audit.log": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        (root / path).chmod(0o755 if "sbin" in path else 0o640)


def state(root: Path) -> dict[str, str]:
    def look(path: Path) -> str:
        return f"{path.lstat().st_mode:o} " + (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")

    return {str(path.relative_to(root)): look(path) for path in sorted(root.rglob("*"))}


def messages(output: str) -> dict[str, str]:
    """{host: what its failed tasks say}"""
    found: dict[str, str] = {}
    for match in re.finditer(r"^fatal: \[(\w+)\]: FAILED! => ", output, re.M):
        result, _end = json.JSONDecoder().raw_decode(output, match.end())
        found[match.group(1)] = found.get(match.group(1), "") + str(result.get("msg", ""))
    return found


def play(words: list[str], top: Path) -> dict[str, str]:
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="0")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.json", "-f", "8", *words], cwd=top, env=environment,
        capture_output=True, text=True, check=False)
    return messages(done.stdout)
