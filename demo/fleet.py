# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a throwaway fleet: one directory tree per host, as its distribution ships auditd, with logs that were rotated by size."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).with_name("fixtures")
NEWEST_RECORD = datetime.datetime(2026, 11, 1, 6, 0, tzinfo=datetime.timezone.utc)
RECORDS_PER_LOG = 2000


@dataclass(frozen=True)
class Tree:
    """What the fixture files cannot say about a host. ``rotated`` counts the plain logs that lie beside audit.log."""

    release: str
    rotated: int
    files: dict[str, str]
    programs: tuple[str, ...]


CRON = {"/etc/cron.d/0hourly": "# the distribution's own\n"}
SYSTEMD = {"/usr/lib/systemd/system/auditd.service": "[Service]\nExecStart=/sbin/auditd\n"}
PYTHON = ("/usr/bin/python3",)

FLEET = {
    "amazon-2017-09": Tree("2.6.5", 4, CRON, (*PYTHON, "/usr/sbin/crond", "/sbin/auditd", "/sbin/audispd")),
    "rhel-8": Tree("3.1.2", 12, CRON | SYSTEMD, ("/usr/libexec/platform-python", "/usr/sbin/crond", "/sbin/auditd", "/usr/lib/sendmail")),
    "rhel-9": Tree("3.1.5", 4, CRON | SYSTEMD, (*PYTHON, "/usr/sbin/crond", "/sbin/auditd")),
    "amazon-2023": Tree("3.0.6", 2, SYSTEMD, (*PYTHON, "/usr/lib/systemd/systemd", "/sbin/auditd")),
    "debian-12": Tree("3.0.9", 4, CRON | SYSTEMD, (*PYTHON, "/usr/sbin/cron", "/sbin/auditd")),
    "ubuntu-24-04": Tree("3.1.2", 0, CRON | SYSTEMD, (*PYTHON, "/usr/sbin/cron", "/sbin/auditd")),
}


def records(start: datetime.datetime, serial: int, count: int) -> str:
    """Audit records a second apart, as a login and a file access leave them."""
    lines = []
    for step in range(count):
        stamp = f"{start.timestamp() + step:.3f}:{serial + step}"
        lines.append(
            f"type=SYSCALL msg=audit({stamp}): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd{step:08x} a2=0 a3=0 "
            f'items=1 ppid=812 pid={1000 + step} auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm="vi" exe="/usr/bin/vi" key="scope"\n'
        )
    return "".join(lines)


def write(path: Path, text: str, mode: int = 0o640) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def write_logs(root: Path, rotated: int) -> None:
    directory = root / "var/log/audit"
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o750)  # as packages have it
    for number in range(rotated, -1, -1):
        end = NEWEST_RECORD - datetime.timedelta(hours=9 * number)
        start = end - datetime.timedelta(seconds=RECORDS_PER_LOG)
        path = directory / (f"audit.log.{number}" if number else "audit.log")
        write(path, records(start, 1 + RECORDS_PER_LOG * (rotated - number), RECORDS_PER_LOG), 0o400 if number else 0o600)
        os.utime(path, (end.timestamp(), end.timestamp()))


def build_tree(root: Path, name: str, tree: Tree) -> None:
    shutil.copytree(FIXTURES / name, root)
    (root / "etc/audit/plugins.d").mkdir()
    for path in (root / "etc/audit").rglob("*"):
        path.chmod(0o750 if path.is_dir() else 0o640)  # as packages install them; git does not keep it
    for path, text in tree.files.items():
        write(root / path.lstrip("/"), text, 0o644)
    if SYSTEMD.keys() <= tree.files.keys():
        wanted = root / "etc/systemd/system/multi-user.target.wants"  # the packages enable auditd
        wanted.mkdir(parents=True)
        (wanted / "auditd.service").symlink_to("/usr/lib/systemd/system/auditd.service")
    for program in tree.programs:
        write(root / program.lstrip("/"), "#!/bin/sh\n# stands for the program in this tree, which is never executed\n", 0o755)
    write_logs(root, tree.rotated)


def build(directory: Path) -> Path:
    """Make the fleet below ``directory``, replacing an older one, and return its inventory."""
    if directory.exists():
        shutil.rmtree(directory)
    hosts = {}
    for name, tree in FLEET.items():
        root = directory / "hosts" / name
        build_tree(root, name, tree)
        hosts[name] = {"audit_root": str(root), "auditd_release": tree.release}
    inventory = directory / "inventory.json"
    connection = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": connection}}, indent=2) + "\n")
    return inventory


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
