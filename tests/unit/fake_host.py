# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live host that is a directory, and its clock."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fake_kernel import TreeAsLive


class FakeClock:
    """The time module for code under test: sleeping costs nothing, and what is due meanwhile happens at its moment."""

    def __init__(self):
        self.skipped = 0.0  # seconds that passed asleep
        self.stepped = 0.0  # seconds by which somebody set the wall clock
        self.booted = int(time.time()) - 3600
        self._due = []

    def __getattr__(self, name):
        return getattr(time, name)

    def time(self):
        return time.time() + self.skipped + self.stepped

    def monotonic(self):
        return time.monotonic() + self.skipped

    def after(self, seconds, action):
        self._due.append((self.skipped + seconds, len(self._due), action))

    def sleep(self, seconds):
        end = self.skipped + seconds
        while self._due and min(self._due)[0] <= end:
            due = min(self._due)
            self._due.remove(due)
            self.skipped = max(self.skipped, due[0])
            due[2]()
        self.skipped = end


class FakeHost(TreeAsLive):
    """A running system below a directory; ``commands`` {program: function of its arguments, giving (rc, out, err)}."""

    def __init__(self, root):
        super().__init__(root)
        self._run_command = self._call
        self.commands, self.ran = {}, []
        self.free_mb, self.size_mb = 12052, 20480

    def _call(self, argv, **_options):
        self.ran.append(argv)
        command = self.commands.get(os.path.basename(argv[0]))
        return command(*argv[1:]) if command else (127, "", "not found")

    def install(self, program, command, directory="/usr/sbin"):
        path = Path(self.path(directory)) / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o755)
        self.commands[program] = command

    def statvfs(self, path):
        os.stat(self.path(path))
        blocks = self.free_mb * 256
        return os.statvfs_result((4096, 4096, self.size_mb * 256, blocks, blocks, 1 << 20, 1 << 19, 1 << 19, 0, 255))
