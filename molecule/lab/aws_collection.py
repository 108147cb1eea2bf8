# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection amazon.aws (4 MB), for the test of rescue_ec2.

Kept in the lab's cache as ``collections/ansible_collections/amazon/aws``; prints the path for ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import sys

import lab
import pypi_collections

PARTS = ("ansible_collections/amazon/aws/",)

if __name__ == "__main__":
    try:
        print(pypi_collections.unpacked("collections", PARTS))
    except lab.LabError as error:
        sys.exit(str(error))
