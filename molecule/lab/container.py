# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container with systemd, sshd, cron and auditd: ``container.py up DIRECTORY`` starts it, with an inventory, ``down DIRECTORY`` ends it.

podman runs it with a store of its own in the lab's cache, from a root of Debian 13 built here. The kernel's audit cannot be had in a
container, so its auditd runs without it (local_events = no, auditd -s nochange), as such hosts run it: signals to rotate and to resume work
there, a reload does not.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import chroots
import lab
import sshd_fleet
import vm_images
import vms

NAME = "auditops-container"
STORE = lab.CACHE / "podman"
RUN = Path("/run/auditops-lab")  # podman takes no path of more than 50 characters for it
CLEANUP = 60  # seconds that podman and its monitor may take behind podman rm
LOOKS = 5  # that find no process of podman in a row, a tenth of a second apart
ENGINE = """[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[containers]
netns = "host"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
"""
SETUP = """set -e
printf 'ListenAddress 127.0.0.1\\nPort %s\\n' > /etc/ssh/sshd_config.d/lab.conf
sed -i '/^local_events/d' /etc/audit/auditd.conf; echo 'local_events = no' >> /etc/audit/auditd.conf
for unit in auditd=/sbin/auditd\\ -s\\ nochange audit-rules=/bin/true; do
  directory=/etc/systemd/system/${unit%%%%=*}.service.d
  mkdir -p $directory
  printf '[Unit]\\nConditionSecurity=\\n[Service]\\nExecStart=\\nExecStart=%%s\\n' "${unit#*=}" > $directory/lab.conf
done
"""


def podman(directory: Path, *arguments: str, check: bool = True) -> str:
    environment = dict(os.environ, CONTAINERS_CONF=str(directory / "containers.conf"))
    argv = ["podman", "--root", str(STORE), "--runroot", str(RUN), *arguments]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if check and done.returncode:
        raise lab.LabError(f"podman {arguments[0]}: {done.stderr[-800:]}")
    return done.stdout


def image(directory: Path) -> str:
    """The image made of the root; named after the root's recipe, so that a new root is imported again."""
    root = chroots.build(*sshd_fleet.ROOT)
    name = "localhost/auditops:" + root.with_name(root.name + ".recipe").read_text(encoding="ascii")[:12]
    with lab.lock("podman"):
        if name not in podman(directory, "images", "--format", "{{.Repository}}:{{.Tag}}").split():
            tarball = directory / "root.tar"
            lab.run("tar", "--one-file-system", "-C", root, "-cf", tarball, ".")
            podman(directory, "import", str(tarball), name)
            tarball.unlink()
    return name


def up(directory: Path) -> None:
    if not shutil.which("podman") or not shutil.which("runc"):
        raise lab.LabError("missing here: apt-get install podman runc")
    down(directory)
    directory.mkdir(parents=True)
    (directory / "containers.conf").write_text(ENGINE, encoding="ascii")
    port = vms.free_port()
    podman(directory, "run", "-d", "--replace", "--privileged", "--systemd=always", "--name", NAME, image(directory), "/bin/sh", "-c",
           SETUP % port + f"install -d -m 0700 /root/.ssh; echo '{vm_images.key().with_suffix('.pub').read_text().strip()}'"
           " > /root/.ssh/authorized_keys; exec /sbin/init")
    host = dict(sshd_fleet.variables(port), ansible_user="root", ansible_become=False)
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": {"container": host}}}), encoding="utf-8")
    end = time.monotonic() + 300
    argv = ["ssh", "-i", str(vm_images.key()), *vms.SSH_OPTIONS, "-p", str(port), "root@127.0.0.1", "systemctl is-active auditd"]
    while subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.strip() != "active":
        if time.monotonic() > end:
            raise lab.LabError("auditd of the container did not become active: " + podman(directory, "logs", NAME, check=False)[-800:])
        time.sleep(0.5)


def users_of(directory: Path) -> list[int]:
    """The processes that were given this directory on their command line, other than this one and those that see other mounts."""
    found, mounts = [], os.readlink("/proc/self/ns/mnt")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, its_mounts = (process / "cmdline").read_bytes(), os.readlink(process / "ns/mnt")
        except OSError:
            continue  # it has ended
        if os.fsencode(directory) in command and its_mounts == mounts and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def down(directory: Path) -> None:
    if (directory / "containers.conf").exists():
        podman(directory, "rm", "--force", "--ignore", "--time", "1", NAME)
    # The monitor of the container starts podman once more to clean up, after podman rm has returned, and that makes RUN again. While one
    # program becomes another, a process has no command line for a moment: one look that finds nothing is not enough.
    end, quiet = time.monotonic() + CLEANUP, 0
    while quiet < LOOKS:
        users = users_of(RUN)
        if users and time.monotonic() > end:
            raise lab.LabError(f"still running after the container, with {RUN}: {users}")
        quiet = 0 if users else quiet + 1
        time.sleep(0.1)
    for leftover in (directory, RUN):
        shutil.rmtree(leftover, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(sshd_fleet.command(up, down, __doc__))
