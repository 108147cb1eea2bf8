# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is to rotate, and the module audit_rotation as Ansible would call it for that."""

from __future__ import annotations

import os
import stat
import subprocess

from ansible_collections.auditops.auditd.plugins.modules import audit_rotation
from ansible_collections.auditops.auditd.plugins.plugin_utils import host_library

DAY = 86400


def image(tmp_path, *files, cron=True, systemd=False):
    """An offline tree with these files and schedulers."""
    root = tmp_path / "image"
    for path in [*files, *(["/usr/sbin/cron"] if cron else []), *(["/usr/lib/systemd/systemd"] if systemd else []), "/usr/bin/python3"]:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("")
        place.chmod(0o755)
    (root / "etc/audit").mkdir(parents=True, exist_ok=True)
    (root / "var/log/audit").mkdir(parents=True, mode=0o750)
    return root


class Module:
    """What run() uses of AnsibleModule."""

    def __init__(self, root, check_mode=False, **params):
        defaults = {name: option.get("default") for name, option in audit_rotation.ARGUMENT_SPEC.items()}
        self.params = {**defaults, "program": host_library.program(), "root": str(root), **params}
        self.check_mode = check_mode
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)

    def run_command(self, argv, **_options):
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


def tree_of(root):
    return {
        str(path.relative_to(root)): os.readlink(path) if path.is_symlink() else (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(root.rglob("*")) if (path.is_symlink() or path.is_file()) and "__pycache__" not in path.parts}
