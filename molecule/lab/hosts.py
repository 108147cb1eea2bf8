# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verifiers of the scenarios over host trees read: the files of a host, without the collection's own code."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import subprocess
import sys
from pathlib import Path

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
REPORT = EPHEMERAL / "report"
OPENERS = {".gz": gzip.open, ".xz": lzma.open}


def roots() -> dict[str, Path]:
    """The root of each host of the scenario."""
    return {path.name: path for path in sorted((EPHEMERAL / "fleet" / "hosts").iterdir())}


def made_again(directory: Path) -> Path:
    """The roots of the same fleet, made again in a directory: what the hosts looked like before."""
    builder = Path(__file__).resolve().parents[2] / "demo" / "fleet.py"
    subprocess.run([sys.executable, str(builder), str(directory)], check=True, capture_output=True)
    return directory / "hosts"


def settings(root: Path) -> dict[str, str]:
    """auditd.conf: keys as they are, values in small letters."""
    lines = (root / "etc/audit/auditd.conf").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {key.strip(): value.strip().lower() for key, value in pairs}


def compiled(root: Path) -> list[str]:
    """The rules and control lines that the next boot loads."""
    lines = (root / "etc/audit/audit.rules").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def read_log(path: Path) -> list[str]:
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True, text=True).stdout.splitlines()
    with OPENERS.get(path.suffix, open)(path, "rt") as stream:
        return stream.read().splitlines()


def archives(root: Path) -> list[Path]:
    """The rotated logs, by name."""
    return sorted(path for path in (root / "var/log/audit").iterdir() if path.name.startswith("audit.log."))


def serials(root: Path) -> list[int]:
    """The serial numbers of all records of all logs, sorted: a lost one leaves a gap, a doubled one is there twice."""
    logs = [*archives(root), root / "var/log/audit/audit.log"]
    return sorted(int(line.split(":", 1)[1].split(")", 1)[0]) for path in logs for line in read_log(path))


def digests(root: Path) -> dict[str, str]:
    """Every file and link of a tree, for a comparison of before and after."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(root))] = os.readlink(path)
        elif path.is_file():
            found[str(path.relative_to(root))] = f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return found


def document(host: str) -> dict:
    """The drift document of a host."""
    return json.loads((REPORT / "hosts" / f"{host}.json").read_text())


def disk_bytes() -> int:
    """The size of the filesystem that lab/disk.py made."""
    found = os.statvfs(EPHEMERAL / "fleet" / "mnt")
    return found.f_blocks * found.f_frsize
