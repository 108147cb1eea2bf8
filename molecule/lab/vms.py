# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of the lab, under qemu without hardware acceleration: real boots, halts, reboots and power cuts.

``vms.py new NAME IMAGE [LOG_DISK_MB]`` boots a new machine and waits for its sshd; ``start NAME``; ``cut NAME`` is a power cut;
``freeze NAME TAG`` keeps memory and disks as they are and powers off; ``clone FROM TAG NAME`` goes on from there on a machine of its own;
``remove NAME``; ``inventory NAME...`` prints an inventory.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import lab
import vm_images

MACHINES = lab.CACHE / "machines"
MEMORY_MB = 512
# As benchmarks ask for: with the kernel's own limit of 64, part of what a boot makes before auditd runs is lost, and drift says so.
BOOT_LINE = "root=/dev/vda rw console=ttyS0 net.ifnames=0 audit=1 audit_backlog_limit=8192"
SSH_OPTIONS = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10",
               "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=8"]
PROMPT = b"(qemu) "
# On a busy machine an emulated one takes minutes until udev has seen its disks: that is no missing disk, and no reason for emergency mode.
LOG_DISK = """set -e; service auditd stop
echo 'LABEL=auditlog /var/log/audit ext4 defaults,noatime,x-systemd.device-timeout=1h,x-systemd.mount-timeout=1h 0 2' >> /etc/fstab
mount /var/log/audit; chmod 0700 /var/log/audit; service auditd start"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Machine:
    """A machine with its disks in ``MACHINES/NAME``; it may be on or off."""

    def __init__(self, name: str):
        self.name = name
        self.directory = MACHINES / name

    def _kept(self) -> dict:
        return json.loads((self.directory / "machine.json").read_text(encoding="utf-8"))

    def _keep(self, **values) -> None:
        (self.directory / "machine.json").write_text(json.dumps(values), encoding="utf-8")

    @property
    def port(self) -> int:
        return self._kept()["port"]

    @property
    def pid(self) -> int | None:
        """The qemu of this machine, None where it is off."""
        try:
            pid = int((self.directory / "pid").read_text(encoding="ascii"))
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if str(self.directory).encode() in b" ".join(words) else None

    @property
    def console(self) -> str:
        """What the machine wrote to its serial console, all boots, oldest first."""
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(self.directory.glob("console.*")))

    # power

    def create(self, image: str, log_disk_mb: int | None = None) -> None:
        """Disks of a new machine over an image; with a second ext4 disk, labelled auditlog, of so many MiB."""
        base = vm_images.build(image)
        self.remove()
        self.directory.mkdir(parents=True)
        self._keep(image=image, port=free_port())
        lab.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", self.directory / "root.qcow2")
        if log_disk_mb:
            raw = self.directory / "log.raw"
            lab.run("mke2fs", "-q", "-t", "ext4", "-L", "auditlog", raw, f"{log_disk_mb}M")
            lab.run("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw, self.directory / "log.qcow2")
            raw.unlink()

    def start(self, loadvm: str | None = None, append: str = "", hours_later: int = 0) -> None:
        """Switch it on; from a frozen state where one is named. ``append`` goes to the kernel's command line; ``hours_later``: what its
        hardware clock says is so much later than now, as after a time of being off."""
        kept = self._kept()
        image = vm_images.DIRECTORY / kept["image"]
        console = self.directory / f"console.{len(list(self.directory.glob('console.*'))):03d}"
        argv = [
            "nice", "-n", "3", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", str(MEMORY_MB), "-smp", "1",
            "-display", "none", "-nodefaults", "-serial", f"file:{console}", "-kernel", f"{image}.vmlinuz", "-initrd", f"{image}.initrd",
            "-append", f"{BOOT_LINE} {append}".strip(),
            "-nic", f"user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:{kept['port']}-:22", "-device", "virtio-rng-pci",
            "-monitor", f"unix:{self.directory}/monitor,server,nowait",
        ]
        for disk in ("root", "log"):
            if (self.directory / f"{disk}.qcow2").exists():
                argv += ["-drive", f"file={self.directory}/{disk}.qcow2,if=virtio,cache=writeback"]
        if hours_later:
            argv += ["-rtc", time.strftime("base=%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + hours_later * 3600))]
        if loadvm:
            argv += ["-loadvm", loadvm]
        with open(self.directory / "qemu.log", "ab") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        (self.directory / "pid").write_text(str(process.pid), encoding="ascii")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
            raise lab.LabError(f"qemu ended at once: {(self.directory / 'qemu.log').read_text(errors='replace')[-500:]}")

    def cut(self) -> None:
        """Power cut: nothing in the machine is asked."""
        pid = self.pid
        if pid:
            os.kill(pid, signal.SIGKILL)
            self.wait_off(30)

    def remove(self) -> None:
        """Power cut, and its disks are gone."""
        self.cut()
        shutil.rmtree(self.directory, ignore_errors=True)

    def monitor(self, command: str) -> str:
        """Say a command to qemu's monitor; its answer."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as channel:
            channel.settimeout(300)
            channel.connect(str(self.directory / "monitor"))
            self._until_prompt(channel)
            channel.sendall(command.encode() + b"\n")
            return self._until_prompt(channel).decode("utf-8", "replace")

    def _until_prompt(self, channel: socket.socket) -> bytes:
        got = b""
        while not got.endswith(PROMPT):
            got += channel.recv(65536)
        return got

    def freeze(self, tag: str) -> None:
        """Keep memory and disks under a tag, then power off: a state to go on from in seconds."""
        self.monitor(f"savevm {tag}")
        self.cut()

    def clone(self, tag: str, name: str) -> Machine:
        """A new machine that goes on where this one (which is off) was frozen."""
        copy = Machine(name)
        copy.remove()
        copy.directory.mkdir(parents=True)
        for disk in self.directory.glob("*.qcow2"):
            lab.run("cp", "--sparse=always", disk, copy.directory)
        copy._keep(image=self._kept()["image"], port=free_port())
        copy.start(loadvm=tag)
        return copy

    def disks_at_a_cut(self, name: str) -> Machine:
        """Another machine, which is off, with the disks that a power cut at this moment would leave; this one goes on."""
        copy = Machine(name)
        copy.remove()
        copy.directory.mkdir(parents=True)
        pid = self.pid
        if not pid:
            raise lab.LabError(f"{self.name} is off: a cut changes nothing any more")
        os.kill(pid, signal.SIGSTOP)
        try:
            for disk in self.directory.glob("*.qcow2"):
                lab.run("cp", "--sparse=always", disk, copy.directory)
        finally:
            os.kill(pid, signal.SIGCONT)
        copy._keep(image=self._kept()["image"], port=free_port())
        return copy

    # talk

    def ssh_argv(self) -> list[str]:
        return ["ssh", "-i", str(vm_images.key()), *SSH_OPTIONS, "-p", str(self.port), "root@127.0.0.1"]

    def run(self, *argv: str, script: str | None = None, check: bool = True, timeout: float = 1800) -> subprocess.CompletedProcess:
        """Run a program (or a shell script) on the machine as root."""
        command = ["sh", "-c", script] if script is not None else list(argv)
        done = subprocess.run([*self.ssh_argv(), shlex.join(command)], check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout)
        if check and done.returncode:
            raise lab.LabError(f"{self.name}: {shlex.join(command)[:200]} returned {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def wait_ssh(self, seconds: float = 1800) -> None:
        """Until sshd answers; LabError where the machine went off or the time ran out."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.pid:
                raise lab.LabError(f"{self.name} is off: {self.console[-500:]}")
            if self.run("true", check=False).returncode == 0:
                return
            time.sleep(1)
        raise lab.LabError(f"{self.name}: no ssh after {seconds:g} s: {self.console[-500:]}")

    def reboot(self) -> None:
        """Reboot it by its own systemd, and wait until another boot answers."""
        boot = "cat /proc/sys/kernel/random/boot_id"
        before = self.run(script=boot).stdout
        self.run("systemctl", "--no-block", "reboot", check=False)
        while True:
            self.wait_ssh()
            now = self.run(script=boot, check=False).stdout
            if now and now != before:
                return
            time.sleep(1)

    @contextlib.contextmanager
    def offline(self, keep: bool = True):
        """The root of this machine, which is off, mounted here: with its log disk in place, as a rescue system sees it. What is changed
        there is in its disks afterwards, unless ``keep`` is false."""
        point = self.directory / "mnt"
        point.mkdir(exist_ok=True)
        raw = {disk: self.directory / f"{disk}.raw" for disk in ("root", "log") if (self.directory / f"{disk}.qcow2").exists()}
        with contextlib.ExitStack() as mounted:
            for disk, path in raw.items():
                where = point if disk == "root" else point / "var/log/audit"
                lab.run("qemu-img", "convert", "-O", "raw", self.directory / f"{disk}.qcow2", path)
                lab.run("mount", "-o", "loop", path, where)
                mounted.callback(lab.run, "umount", where)
            yield point
        for disk, path in raw.items():
            if keep:
                lab.run("qemu-img", "convert", "-O", "qcow2", path, self.directory / f"{disk}.qcow2")
            path.unlink()

    def wait_off(self, seconds: float = 300) -> None:
        """Until it is off; LabError where it is still on then."""
        end = time.monotonic() + seconds
        while self.pid:
            if time.monotonic() > end:
                raise lab.LabError(f"{self.name} is still on after {seconds:g} s")
            time.sleep(0.2)


def inventory(names: list[str]) -> dict:
    """An inventory (Ansible's JSON form of YAML) of these machines."""
    hosts = {}
    for name in names:
        hosts[name] = {
            "ansible_host": "127.0.0.1", "ansible_port": Machine(name).port, "ansible_user": "root",
            "ansible_ssh_private_key_file": str(vm_images.key()), "ansible_ssh_common_args": shlex.join(SSH_OPTIONS),
            "ansible_python_interpreter": "/usr/bin/python3",
        }
    return {"all": {"hosts": hosts}}


def new(name: str, image: str, log_disk_mb: str = "0") -> None:
    machine = Machine(name)
    machine.create(image, int(log_disk_mb))
    machine.start()
    machine.wait_ssh()
    if int(log_disk_mb):
        machine.run(script=LOG_DISK)


def fresh(image: str, log_disk_mb: int, name: str) -> Machine:
    """A machine that has just booted from an image: a clone of one that was frozen then, which is made where it is not there yet."""
    base = Machine(f"base-{image}-{log_disk_mb}")
    recipe = vm_images.build(image).with_suffix(".img.recipe").read_text(encoding="ascii")
    if log_disk_mb:
        recipe = lab.digest(recipe, LOG_DISK)
    with lab.lock(base.name):
        stamp = base.directory / "frozen"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != recipe:
            new(base.name, image, str(log_disk_mb))
            base.freeze("fresh")
            stamp.write_text(recipe, encoding="ascii")
    machine = base.clone("fresh", name)
    machine.wait_ssh()
    return machine


def start(name: str) -> None:
    Machine(name).start()
    Machine(name).wait_ssh()


COMMANDS = {
    "new": new, "start": start, "cut": lambda name: Machine(name).cut(), "remove": lambda name: Machine(name).remove(),
    "freeze": lambda name, tag: Machine(name).freeze(tag), "clone": lambda name, tag, copy: Machine(name).clone(tag, copy).wait_ssh(),
    "inventory": lambda *names: print(json.dumps(inventory(list(names)), indent=2)),
}


def main() -> int:
    if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    return lab.exit_code(COMMANDS[sys.argv[1]], *sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
