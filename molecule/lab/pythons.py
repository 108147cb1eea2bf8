# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pythons of hosts that are newer than this machine's: ``pythons.py`` gets them from Debian unstable and prints their paths.

Only the files of the packages are taken, 90 MB in 10 seconds. Each program is started by its own loader with its own C library, so that
it runs here beside older ones, and finds its library by its place. A host is given one; ansible-core itself does not run on them.
"""

from __future__ import annotations

import sys

import lab

SUITE = "sid"
MINORS = (14, 15)
DIRECTORY = lab.CACHE / "pythons"
LIBRARIES = "lib/x86_64-linux-gnu"
# The name it was started by, a link perhaps, is what Python takes for its own.
PROGRAM = """#!/bin/sh
usr={usr}
exec "$usr/{libraries}/ld-linux-x86-64.so.2" --argv0 "$0" --library-path "$usr/{libraries}" "$usr/bin/{name}" "$@"
"""


def build() -> dict[int, str]:
    """The programs by minor version of Python 3, got where they are not there; LabError where they cannot be had."""
    names = {minor: f"python3.{minor}" for minor in MINORS}
    recipe = lab.digest(SUITE, *names.values(), PROGRAM)
    programs = DIRECTORY / "usr/local/bin"
    with lab.lock("pythons"):
        if not lab.is_built(DIRECTORY, recipe):
            lab.need("mmdebstrap")
            lab.discard(DIRECTORY)
            lab.bootstrap(SUITE, DIRECTORY, list(names.values()), [], variant="extract")
            programs.mkdir(parents=True)
            for name in names.values():
                program = programs / name
                program.write_text(PROGRAM.format(usr=DIRECTORY / "usr", libraries=LIBRARIES, name=name), encoding="utf-8")
                program.chmod(0o755)
                lab.run(program, "-c", "import json, zlib, hashlib, ctypes, lzma")
            lab.built(DIRECTORY, recipe)
    return {minor: str(programs / name) for minor, name in names.items()}


def main() -> int:
    return lab.exit_code(lambda: print("\n".join(build().values())))


if __name__ == "__main__":
    sys.exit(main())
