# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity in the collection at argv[1], also where its own pip bootstrap cannot be downloaded."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path.home() / ".ansible" / "test" / "cache"
# The names ansible-test looks for, by ansible-core: 2.16 and 2.17, 2.18 and 2.19, 2.20 and 2.21.
BOOTSTRAPS = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py")


def main() -> int:
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in BOOTSTRAPS:
        if not (CACHE / name).exists():
            shutil.copy(Path(__file__).with_name("get_pip_offline.py"), CACHE / name)
    python = "%d.%d" % sys.version_info[:2]
    return subprocess.call(["ansible-test", "sanity", "--python", python, "--color", "no", *sys.argv[2:]], cwd=sys.argv[1])


if __name__ == "__main__":
    sys.exit(main())
