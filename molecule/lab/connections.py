# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection plugins of other collections, for the tests of drift by such a connection: chroot and podman.

Kept in the lab's cache as ``connections/ansible_collections``; prints the path for ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import sys

import lab
import pypi_collections

PARTS = tuple(f"ansible_collections/{name}" for name in (
    "community/general/MANIFEST.json", "community/general/plugins/connection/chroot.py",
    "containers/podman/MANIFEST.json", "containers/podman/meta/runtime.yml", "containers/podman/plugins/connection/"))

if __name__ == "__main__":
    try:
        print(pypi_collections.unpacked("connections", PARTS))
    except lab.LabError as error:
        sys.exit(str(error))
