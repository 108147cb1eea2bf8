# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of hosts behind real SSH on loopback: ``sshd_fleet.py up DIRECTORY`` starts it, with an inventory, ``down DIRECTORY`` ends it.

A host is an overlay over one root of Debian 13, in mount and pid namespaces of its own, with its own sshd; ``ops`` is a user with sudo. The
kernel's audit is out of reach there, as in any container. What is mounted ends with the host's processes. Each host is awkward in one way.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import chroots
import lab
import vm_images
import vms

ROOT = ("trixie", "trixie-systemd", ("dbus", "openssh-server", "sudo", "systemd-sysv"))  # also what molecule/lab/container.py runs
# What is done in a host's root before its sshd starts.
HOSTS = {
    "plain": "",
    "umask": "sed -i '1i umask 077' /home/ops/.bashrc",
    "noexec": "mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp; mkdir /home/ops/.ansible;"
              " mount -t tmpfs -o noexec,mode=0700,uid=$(id -u ops) tmpfs /home/ops/.ansible",
    "slow": "sed -i '1i sleep 3' /home/ops/.bashrc",
    "checked": "echo root:lab | chpasswd",  # so that su works too; its sshd takes no password
    "no-python": "rm -f /usr/bin/python3*",
}
UNREACHABLE = "unreachable"
BOOT = """set -e
cd {directory}
mount -t overlay overlay -o lowerdir={root},upperdir=upper,workdir=work merged
mount -t proc proc merged/proc
mount --rbind /dev merged/dev
mount -t tmpfs -o mode=0755 tmpfs merged/run
mkdir -p merged/run/sshd
exec chroot merged /bin/bash -ec {setup}
"""
SETUP = """useradd -m -s /bin/bash -p '*' ops
echo 'ops ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ops
install -d -m 0700 -o ops -g ops /home/ops/.ssh
echo {key} > /home/ops/.ssh/authorized_keys
{extra}
exec /usr/sbin/sshd -D -e -o ListenAddress=127.0.0.1 -o Port={port} -o UsePAM=no -o PasswordAuthentication=no -o PidFile=none
"""


def start(name: str, directory: Path, root: Path) -> dict:
    """Start a host and return its variables for the inventory."""
    port = vms.free_port()
    for part in ("upper", "work", "merged"):
        (directory / part).mkdir(parents=True)
    public = vm_images.key().with_suffix(".pub").read_text(encoding="ascii").strip()
    setup = SETUP.format(key=shlex.quote(public), extra=HOSTS[name], port=port)
    script = BOOT.format(directory=shlex.quote(str(directory)), root=shlex.quote(str(root)), setup=shlex.quote(setup))
    with open(directory / "log", "wb") as log:
        process = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (directory / "pid").write_text(str(process.pid), encoding="ascii")
    end = time.monotonic() + 120
    while b"Server listening" not in (directory / "log").read_bytes():
        if process.poll() is not None or time.monotonic() > end:
            raise lab.LabError(f"{name}: no sshd: {(directory / 'log').read_text(errors='replace')[-500:]}")
        time.sleep(0.1)
    return variables(port)


def variables(port: int) -> dict:
    return {
        "ansible_host": "127.0.0.1", "ansible_port": port, "ansible_user": "ops", "ansible_become": True,
        "ansible_ssh_private_key_file": str(vm_images.key()), "ansible_ssh_common_args": shlex.join(vms.SSH_OPTIONS),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def up(directory: Path) -> None:
    root = chroots.build(*ROOT)
    down(directory)
    hosts = {name: start(name, directory / "hosts" / name, root) for name in HOSTS}
    hosts["plain"]["ansible_pipelining"] = True
    hosts[UNREACHABLE] = variables(vms.free_port())
    well = [name for name in hosts if name not in ("no-python", UNREACHABLE)]
    inventory = {"all": {"hosts": hosts, "children": {"reachable": {"hosts": {name: {} for name in well}}}}}
    (directory / "inventory.json").write_text(json.dumps(inventory, indent=2), encoding="utf-8")


def down(directory: Path) -> None:
    for path in directory.glob("hosts/*/pid"):
        pid = int(path.read_text(encoding="ascii"))
        try:
            if str(path.parent) in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"):
                os.kill(pid, signal.SIGKILL)  # --kill-child: the host's first process goes with it, and the kernel ends the rest
                while Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "Z":
                    time.sleep(0.05)
        except OSError:
            continue
    shutil.rmtree(directory, ignore_errors=True)


def command(start_it: Callable[[Path], None], end_it: Callable[[Path], None], usage: str) -> int:
    """The command line of this file and of its neighbours: up DIRECTORY, down DIRECTORY."""
    if len(sys.argv) != 3 or sys.argv[1] not in ("up", "down"):
        print(usage, file=sys.stderr)
        return 2
    return lab.exit_code({"up": start_it, "down": end_it}[sys.argv[1]], Path(sys.argv[2]).resolve())


if __name__ == "__main__":
    sys.exit(command(up, down, __doc__))
