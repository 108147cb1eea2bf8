# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the tarball do what its users and Galaxy expect? ``check_package.py TARBALL``

It holds nothing that only a checkout needs. Installed into an empty path it verifies, documents its plugins and roles and checks drift.
galaxy-importer takes it without a warning, and an execution environment can be defined with it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "auditops.auditd"
# Everything at the top of the tarball, so that a new file of the checkout does not get there unseen.
EXPECTED = {
    "CHANGELOG.md", "CODE_OF_CONDUCT.md", "FILES.json", "LICENSES", "MANIFEST.json", "README.md", "REUSE.toml",
    "SECURITY.md", "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests",
}
TESTS = {"tests/config.yml"}
TOO_SLOW = "ERROR: Timeout on call to ansible-lint"  # of the machine, not of the collection
LARGEST_KIB = 832  # 767 in November 2026, code and its documentation alone; with the tests in it, it would have more than 1,500


class Bad(Exception):
    """What is wrong with the tarball."""


def run(*argv: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd=cwd, env=dict(os.environ, **environment),
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Bad(f"{' '.join(argv)} returned {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout + done.stderr


def contents(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    strangers = {name.split("/")[0] for name in names} - EXPECTED
    strangers |= {name for name in names if name.startswith("tests/")} - TESTS
    if strangers:
        raise Bad(f"in the tarball, but no part of what users run: {', '.join(sorted(strangers))} (build_ignore in galaxy.yml)")
    if tarball.stat().st_size > LARGEST_KIB << 10:
        raise Bad(f"the tarball has {tarball.stat().st_size >> 10} KiB, more than {LARGEST_KIB}")
    print(f"{tarball.name}: {len(names)} files, {tarball.stat().st_size >> 10} KiB")


def installs(tarball: Path, scratch: Path) -> None:
    place = {"ANSIBLE_COLLECTIONS_PATH": str(scratch / "collections"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "False",
             "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False"}
    run("ansible-galaxy", "collection", "install", str(tarball), "-p", str(scratch / "collections"), "--offline", cwd=scratch, **place)
    run("ansible-galaxy", "collection", "verify", "--offline", NAME, cwd=scratch, **place)
    home = scratch / "collections/ansible_collections/auditops/auditd"
    for kind, names in (("module", [path.stem for path in (home / "plugins/modules").glob("*.py")]),
                        ("role", [path.name for path in (home / "roles").iterdir() if path.is_dir()])):
        for name in sorted(names):
            if name not in run("ansible-doc", "-t", kind, f"{NAME}.{name}", cwd=scratch, **place):
                raise Bad(f"ansible-doc says nothing of {kind} {name}")
    fleet = scratch / "fleet"
    run(sys.executable, str(ROOT / "demo/fleet.py"), str(fleet), cwd=scratch)
    run("ansible-playbook", "-i", str(fleet / "inventory.json"), f"{NAME}.drift", "-e", f"audit_drift_report_dir={scratch}/report",
        cwd=scratch, **place)
    if not list((scratch / "report/hosts").glob("*.json")):
        raise Bad("a drift check of the installed collection left no document")


def importer(tarball: Path, scratch: Path) -> None:
    printed = run(sys.executable, "-m", "galaxy_importer.main", str(tarball), cwd=scratch, HOME=str(scratch))
    complaints = re.findall(r"^(?:WARNING|ERROR).*", printed, re.MULTILINE)
    if TOO_SLOW in complaints:
        print("skipped: ansible-lint within galaxy-importer, which gives it 180 s; make lint runs it")
        complaints.remove(TOO_SLOW)
    if complaints or "Importer processing completed successfully" not in printed:
        raise Bad("galaxy-importer complains:\n" + ("\n".join(complaints) or printed[-2000:]))


def execution_environment(scratch: Path) -> None:
    definition = ROOT / "docs/examples/execution-environment.yml"
    run("ansible-builder", "create", "-f", str(definition), "-c", str(scratch / "context"), cwd=scratch)


def main() -> int:
    tarball = Path(sys.argv[1]).resolve()
    try:
        with tempfile.TemporaryDirectory() as name:
            contents(tarball)
            installs(tarball, Path(name))
            execution_environment(Path(name))
            importer(tarball, Path(name))
    except Bad as bad:
        print(bad, file=sys.stderr)
        return 1
    print("installs, verifies, runs; the importer takes it without a warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
