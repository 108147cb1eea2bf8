# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection amazon.aws, for the test of rescue_ec2: 4 MB out of PyPI's package ``ansible`` (54 MB), where there is no Galaxy.

Kept in the lab's cache as ``collections/ansible_collections/amazon/aws``; prints the path for ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

import lab

DIRECTORY = lab.CACHE / "collections"
NAME = "ansible_collections/amazon/aws/"


def build() -> Path:
    with lab.lock("collections"):
        recipe = lab.digest(NAME)
        if not lab.is_built(DIRECTORY, recipe):
            lab.discard(DIRECTORY)
            with tempfile.TemporaryDirectory(dir=lab.CACHE) as download:
                lab.run(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "--only-binary", ":all:",
                        "--dest", download, "ansible")
                with zipfile.ZipFile(next(Path(download).glob("ansible-*.whl"))) as wheel:
                    wheel.extractall(DIRECTORY, [name for name in wheel.namelist() if name.startswith(NAME)])
            lab.built(DIRECTORY, recipe)
    return DIRECTORY


if __name__ == "__main__":
    try:
        print(build())
    except lab.LabError as error:
        sys.exit(str(error))
