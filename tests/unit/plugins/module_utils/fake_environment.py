# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that says what a test wants, in the place of _conf.Environment; and where the corpus of files from the wild lies."""

from __future__ import annotations

import stat
from pathlib import Path
from types import SimpleNamespace

COLLECTION = Path(__file__).resolve().parents[4]


class FakeEnvironment:
    """``files``: path -> mode (regular, root's) or (mode with its type, uid); ``builds``: feature -> True, False or None."""

    def __init__(self, groups=None, files=None, directories=(), sendmail=True, builds=None, owners_count=True):
        self.groups = {"root": 0, "adm": 4} if groups is None else groups
        self.files = files or {}
        self.directories = {"/var/log", "/var/log/audit", *directories}
        self.sendmail = sendmail
        self.builds = builds or {}
        self.owners_count = owners_count

    def group_id(self, name):
        return self.groups.get(name)

    def directory(self, path):
        return "/" + "/".join(name for name in path.split("/") if name) in self.directories

    def stat(self, path):
        if self.directory(path):
            return SimpleNamespace(st_mode=stat.S_IFDIR | 0o755, st_uid=0)
        found = self.files.get(path)
        if found is None:
            return None
        mode, uid = found if isinstance(found, tuple) else (stat.S_IFREG | found, 0)
        return SimpleNamespace(st_mode=mode, st_uid=uid)

    def executable(self, path):
        return self.sendmail

    def build(self, feature):
        return self.builds.get(feature)


# The host on which the golden verdicts were taken: the "environment" of auditd_conf_cases.json.
GOLDEN_HOST = FakeEnvironment(
    files={f"/opt/exec/e{mode:04o}": mode for mode in (0o750, 0o755, 0o555, 0o550, 0o700, 0o500)}
    | {"/dev/null": (stat.S_IFCHR | 0o666, 0)},
    directories=("/dev",),
)


def corpus(kind: str) -> Path | None:
    """The directory of files from the wild beside the checkout, also where this tree is a bind mount of it; None where it is not there."""
    checkouts = [COLLECTION]
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if Path(fields[4]) == COLLECTION:
            checkouts.append(Path(fields[3]))
    for checkout in checkouts:
        directory = checkout.parent / "shared" / "corpus" / kind
        if directory.is_dir():
            return directory
    return None
