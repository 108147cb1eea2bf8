# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every builder of the lab shares: the cache outside the checkout, one builder at a time, Debian's packages as a root.

The cache is ``$AUDITOPS_LAB``, else ``auditops-lab`` in ``$XDG_CACHE_HOME``, else in /var/tmp. Packages come from the Debian archive that
this machine's own apt is set up with; ``$AUDITOPS_DEBIAN_MIRROR`` names another one. What is built is kept with the digest of its recipe
and built again only when the recipe changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

CACHE = Path(os.environ.get("AUDITOPS_LAB") or Path(os.environ.get("XDG_CACHE_HOME") or "/var/tmp") / "auditops-lab")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = {"bullseye": "3.0", "bookworm": "3.0.9", "trixie": "4.0.2"}  # Debian 11, 12 and 13, and the release of audit in each
NEEDED = {"mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs", "qemu-img": "qemu-utils", "qemu-system-x86_64": "qemu-system-x86"}


class LabError(Exception):
    """Why something cannot be built here, in one sentence."""


def run(*argv: str | Path, **options) -> subprocess.CompletedProcess:
    """Run a program; LabError with the end of its output where it fails."""
    done = subprocess.run([str(word) for word in argv], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise LabError(f"{Path(argv[0]).name} returned {done.returncode}:\n" + "\n".join((done.stdout + done.stderr).splitlines()[-20:]))
    return done


def need(*programs: str) -> None:
    """LabError where this is not root or a program is missing; the packages are named in Debian's words."""
    if os.geteuid() != 0:
        raise LabError("building roots and images needs root: they hold other users' files and device nodes")
    missing = [NEEDED[program] for program in programs if not shutil.which(program)]
    if missing:
        raise LabError(f"missing here: apt-get install {' '.join(missing)}")


@contextlib.contextmanager
def lock(name: str):
    """One builder of this thing at a time on this machine; the second one finds it built."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def archive() -> str:
    """The address of the Debian archive that apt uses here."""
    named = os.environ.get("AUDITOPS_DEBIAN_MIRROR")
    if named:
        return named
    listing = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(SUITE)|$(REPO_URI)", "Created-By: Packages"]
    for refresh in (False, True):
        if refresh:
            run("apt-get", "update", "-q")
        for line in run(*listing).stdout.splitlines():
            origin, label, suite, address = line.split("|")
            if (origin, label) == ("Debian", "Debian") and not suite.endswith(("-updates", "-backports")):
                return address
    raise LabError("apt knows no Debian archive here: name one in AUDITOPS_DEBIAN_MIRROR")


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_built(target: Path, recipe: str) -> bool:
    stamp = target.with_name(target.name + ".recipe")
    return target.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == recipe


def built(target: Path, recipe: str) -> None:
    target.with_name(target.name + ".recipe").write_text(recipe, encoding="ascii")


def discard(root: Path) -> None:
    """Remove a root; LabError where something is mounted below it, which would be emptied with it."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    mounted = [point for point in points if Path(point) == root or root in Path(point).parents]
    if mounted:
        raise LabError(f"still mounted, so {root} is not rebuilt: umount {' '.join(mounted)}")
    shutil.rmtree(root, ignore_errors=True)


def bootstrap(suite: str, target: Path, packages: list[str], options: list[str], variant: str = "minbase") -> None:
    """A root of a Debian suite with these packages at ``target``, which must not be there yet; the variant is mmdebstrap's."""
    source = f"deb [signed-by={KEYRING}] {archive()} {suite} main"
    # Debian 11 is only kept, no longer signed anew: its Release may have run out
    run("mmdebstrap", "--quiet", "--mode=root", f"--variant={variant}", "--aptopt=Acquire::Check-Valid-Until \"false\"",
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        f"--include={','.join(packages)}", *options, suite, target, source)


def build_each(kind: str, names: list[str], known: Collection[str], build: Callable[[str], object]) -> int:
    """Build what is named; the exit code: 2 and nothing built for a name that is not ``known``, 1 where a build fails."""
    unknown = set(names) - set(known)
    if unknown:
        print(f"no such {kind}: {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    return exit_code(lambda: [build(name) for name in names])


def exit_code(step: Callable[..., object], *arguments: object) -> int:
    """What a command of the lab ends with: 0, or 1 with the sentence of the LabError that the step raises."""
    try:
        step(*arguments)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
