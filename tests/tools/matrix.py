# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift, remediate and remediate again for each pair of an ansible-core and a host's Python that can be had here.

``matrix.py TREE`` runs every pair; ``matrix.py TREE --edges`` runs the oldest core with the oldest Python it manages, and the newest core
with the newest. TREE holds ansible_collections. Pythons are those on PATH and of pyenv; for hosts also those of Debian unstable, where
this is root with mmdebstrap (``molecule/lab/pythons.py``). Each core gets a virtual environment in the lab's cache. The second remediate
must change nothing. What cannot be had is named, with the reason, and does not fail the run; a pair that does not hold fails it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "molecule/lab"))
import lab  # noqa: E402
import pythons as unstable  # noqa: E402

CACHE = lab.CACHE / "cores"
HOST = "debian-12"
PLAYBOOKS = ("drift", "remediate", "remediate")


@dataclass(frozen=True)
class Core:
    """A release of ansible-core: the Pythons it runs on and those it manages (its own constants), and what pip is asked for."""

    wanted: str
    controllers: range
    targets: range


# Minor versions of Python 3. A release candidate stands in until 2.22 is out.
CORES = {
    "2.16": Core("ansible-core~=2.16.0", range(10, 13), range(6, 13)),
    "2.17": Core("ansible-core~=2.17.0", range(10, 13), range(7, 13)),
    "2.18": Core("ansible-core~=2.18.0", range(11, 14), range(8, 14)),
    "2.19": Core("ansible-core~=2.19.0", range(11, 14), range(8, 14)),
    "2.20": Core("ansible-core~=2.20.0", range(12, 15), range(9, 15)),
    "2.21": Core("ansible-core~=2.21.0", range(12, 15), range(9, 15)),
    "2.22": Core("ansible-core~=2.22.0rc1", range(12, 16), range(9, 16)),
}


def pythons() -> dict[int, str]:
    """The Pythons 3.x of this machine by minor version, those of pyenv first."""
    found = {}
    for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")):
        found[int(path.parts[-3].split(".")[1])] = str(path)
    for minor in range(6, 16):
        path = shutil.which(f"python3.{minor}")
        if path and minor not in found and subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode == 0:
            found[minor] = path
    if not set(found) & set(range(10, 16)):
        found[sys.version_info.minor] = sys.executable
    return found


def newer_pythons(have: dict[int, str]) -> tuple[dict[int, str], str]:
    """Those that only hosts need, by minor version, and why there are none; nothing is got where this machine has all of them."""
    if set(unstable.MINORS) <= set(have):
        return {}, ""
    try:
        return {minor: path for minor, path in unstable.build().items() if minor not in have}, ""
    except lab.LabError as error:
        return {}, str(error)


def environment_of(name: str, core: Core, have: dict[int, str]) -> Path:
    """The bin directory of a virtual environment with this core; OSError with the reason where it cannot be had."""
    usable = [minor for minor in core.controllers if minor in have]
    if not usable:
        raise OSError(f"needs Python 3.{core.controllers[0]} to 3.{core.controllers[-1]} on the controller")
    directory = CACHE / f"{name}-py3.{usable[-1]}"
    if not (directory / "complete").exists():
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([have[usable[-1]], "-m", "venv", str(directory)], check=True, capture_output=True)
        install = [str(directory / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", core.wanted]
        done = subprocess.run(install, check=False, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"pip finds no {core.wanted} for Python 3.{usable[-1]}")
        (directory / "complete").touch()
    return directory / "bin"


def fails(tree: Path, bin_directory: Path, python: str, scratch: Path) -> str | None:
    """Why this pair does not hold, None where it does."""
    collection = tree / "ansible_collections/auditops/auditd"
    subprocess.run([sys.executable, str(collection / "demo/fleet.py"), str(scratch)], check=True, capture_output=True)
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(tree), ANSIBLE_NOCOLOR="1", ANSIBLE_PYTHON_INTERPRETER=python,
                       PATH=f"{bin_directory}:{os.environ['PATH']}", PYTHONDONTWRITEBYTECODE="1")
    changed = []
    for name in PLAYBOOKS:
        argv = [str(bin_directory / "ansible-playbook"), "-i", str(scratch / "inventory.json"), "-l", HOST, f"auditops.auditd.{name}",
                "-e", f"audit_drift_report_dir={scratch}/report", "-e", f"ansible_python_interpreter={python}"]
        done = subprocess.run(argv, check=False, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        recap = re.search(rf"^{HOST} .*changed=(\d+)", done.stdout, re.MULTILINE)
        if done.returncode or not recap:
            return f"{name} ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}"
        changed.append(int(recap.group(1)))
    status = json.loads((scratch / f"report/hosts/{HOST}.json").read_text(encoding="utf-8"))["status"]
    if changed[0] or not changed[1] or changed[2] or status != "in_sync":
        return f"changed {changed} by {PLAYBOOKS}, and the host is {status}"
    return None


def pairs(have: dict[int, str]) -> list[tuple[str, int]]:
    return [(name, minor) for name, core in CORES.items() for minor in core.targets if minor in have]


def edges(have: dict[int, str]) -> list[str]:
    """The oldest and the newest core that run on a Python of this machine."""
    names = [name for name, core in CORES.items() if set(core.controllers) & set(have) and "rc" not in core.wanted]
    return names[:1] + names[1:][-1:]


def main() -> int:
    tree, only_edges = Path(sys.argv[1]).resolve(), "--edges" in sys.argv[2:]
    have = pythons()
    bins, missing = {}, []
    for name in edges(have) if only_edges else CORES:
        try:
            bins[name] = environment_of(name, CORES[name], have)
        except OSError as error:
            missing.append(f"ansible-core {name}: {error}")
    newer, why_not = ({}, "") if only_edges else newer_pythons(have)
    hosts = {**have, **newer}
    wanted = [pair for pair in pairs(hosts) if pair[0] in bins]
    if only_edges:
        wanted = [[pair for pair in wanted if pair[0] == name][-1 if position else 0] for position, name in enumerate(bins)]
    failed = 0
    for name, minor in wanted:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            reason = fails(tree, bins[name], hosts[minor], Path(scratch))
        print(f"core {name}  host Python 3.{minor:<3} {'FAILED' if reason else 'ok'}  {time.monotonic() - begun:.0f} s", flush=True)
        if reason:
            failed += 1
            print(reason)
    wanted_pythons = {minor for core in CORES.values() for minor in core.targets}
    for minor in [] if only_edges else sorted(wanted_pythons - set(hosts)):
        missing.append(f"Python 3.{minor}: not installed here" + (f", and not to be had: {why_not}" if why_not else ""))
    for line in missing:
        print(f"not run: {line}")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
