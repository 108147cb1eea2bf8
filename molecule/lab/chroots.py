# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots of Debian 11, 12 and 13 with their own auditd: ``chroots.py [SUITE...]`` builds what is missing and prints their directory.

Without a name: each suite whose release of audit is not this machine's own, for the live tests, which find them by AUDITOPS_CHROOTS. A root
takes about a minute and 200 MB; afterwards it is reused.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import lab

PACKAGES = ["auditd", "python3", "cron", "procps", "bzip2", "xz-utils", "zstd"]
TRIM = 'rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*'
DIRECTORY = lab.CACHE / "chroots"


def build(suite: str, name: str | None = None, more: tuple[str, ...] = ()) -> Path:
    """The root of this suite, built where it is not there or where its recipe has changed; with more packages under a name of its own."""
    target = DIRECTORY / (name or suite)
    packages = [*PACKAGES, *more]
    recipe = lab.digest(suite, *packages, TRIM)
    with lab.lock(f"chroot-{target.name}"):
        if not lab.is_built(target, recipe):
            lab.need("mmdebstrap")
            print(f"building a root of Debian {suite} (audit {lab.SUITES[suite]}) in {target}", file=sys.stderr, flush=True)
            new = target.with_name(target.name + ".new")
            lab.discard(new)
            new.parent.mkdir(parents=True, exist_ok=True)
            lab.bootstrap(suite, new, packages, [f"--customize-hook={TRIM}"])
            lab.discard(target)
            new.rename(target)
            lab.built(target, recipe)
    return target


def others() -> list[str]:
    """The suites whose release of audit is not this machine's own."""
    printed = subprocess.run(["auditctl", "-v"], check=False, capture_output=True, text=True).stdout if shutil.which("auditctl") else ""
    return [suite for suite, release in lab.SUITES.items() if printed.split()[-1:] != [release]]


def main() -> int:
    status = lab.build_each("suite", sys.argv[1:] or others(), lab.SUITES, build)
    if status == 0:
        print(DIRECTORY)
    return status


if __name__ == "__main__":
    sys.exit(main())
