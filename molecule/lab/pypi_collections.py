# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of other collections out of PyPI's package ``ansible`` (54 MB), where there is no Galaxy: for tests, kept in the lab's cache."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

import lab


def unpacked(name: str, parts: tuple[str, ...]) -> Path:
    """The directory ``name`` of the cache with the files whose path begins as one of ``parts``, for ANSIBLE_COLLECTIONS_PATH."""
    directory = lab.CACHE / name
    with lab.lock(name):
        recipe = lab.digest(*parts)
        if not lab.is_built(directory, recipe):
            lab.discard(directory)
            with tempfile.TemporaryDirectory(dir=lab.CACHE) as download:
                lab.run(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "--only-binary", ":all:",
                        "--dest", download, "ansible")
                with zipfile.ZipFile(next(Path(download).glob("ansible-*.whl"))) as wheel:
                    wheel.extractall(directory, [member for member in wheel.namelist() if member.startswith(parts)])
            lab.built(directory, recipe)
    return directory
