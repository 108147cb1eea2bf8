# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs what Ansible asks for in a root on this machine, as root: for the scenario ``chroot``, whose hosts share this machine's kernel."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: lab_chroot
short_description: Run tasks in a root on the controller
description: Runs each command by C(chroot) in the directory that is the host, and copies files into it.
author: The auditops.auditd authors
options:
  root:
    description: The directory that is the host's root.
    type: path
    required: true
    vars:
      - name: ansible_host
"""
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
               "LOGNAME": "root"}


class Connection(ConnectionBase):
    transport = "lab_chroot"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def close(self) -> None:
        self._connected = False

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        argv = ["chroot", self.get_option("root"), "/bin/sh", "-c", cmd]
        done = subprocess.run(argv, check=False, input=in_data or b"", capture_output=True, env=ENVIRONMENT)
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        self._copy(in_path, self._below(out_path))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        super().fetch_file(in_path, out_path)
        self._copy(self._below(in_path), out_path)

    def _below(self, path: str) -> str:
        return str(Path(self.get_option("root")) / path.lstrip("/"))

    @staticmethod
    def _copy(source: str, target: str) -> None:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise AnsibleError(f"{source} was not copied to {target}: {error}") from error
