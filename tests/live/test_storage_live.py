# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that grew below a mounted filesystem: loop devices, whole and with GPT and MBR partitions. Neither udev nor auditd is needed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from auditd_site import COLLECTION, wait_for

M = 1 << 20
SMALL, LARGE = 700 * M, 1500 * M
CAP_SYS_RESOURCE = 24
SAVED = Path("/var/lib/auditops/storage")
MODULE = "ansible_collections.auditops.auditd.plugins.modules.audit_storage"
# Kills the module before or behind a tool that changes something.
KILLER = """
import os, signal, sys
from ansible_collections.auditops.auditd.plugins.module_utils._apply import storage
place, program = sys.argv.pop().split()
tool = storage.run_tool
def killed(host, argv, *arguments):
    if argv[0] == program and place == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = tool(host, argv, *arguments)
    if argv[0] == program:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
storage.run_tool = killed
from ansible_collections.auditops.auditd.plugins.modules import audit_storage
audit_storage.main()
"""

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="needs loop devices"),
    pytest.mark.skipif(not shutil.which("sfdisk"), reason="needs sfdisk (package fdisk)"),
]


def may_grow_ext4():
    with open("/proc/self/status") as stream:
        return int(next(line.split()[1] for line in stream if line.startswith("CapEff:")), 16) >> CAP_SYS_RESOURCE & 1


def run(*argv, **options):
    return subprocess.run(argv, check=options.pop("check", True), capture_output=True, text=True, **options).stdout


class Disk:
    """A loop device of SMALL bytes, and what it takes to partition, enlarge and mount it without udev."""

    def __init__(self, home, stack):
        self.image, self.mount, self.stack = home / "disk", home / "mnt", stack
        self.mount.mkdir()
        self.image.write_bytes(b"")
        os.truncate(self.image, SMALL)
        self.device = run("losetup", "-f", "--show", str(self.image)).strip()
        stack.callback(run, "losetup", "-d", self.device, check=False)

    def partition(self, label, *sizes):
        start, lines = 2048, [f"label: {label}"]
        for size in sizes:
            lines.append(f"start={start}, size={size // 512}")
            start += size // 512
        run("sfdisk", "-q", "--no-reread", self.device, input="\n".join(lines) + "\n", check=False)
        self.stack.callback(run, "partx", "-d", self.device, check=False)
        run("partx", "-a", self.device, check=False)
        for number in range(1, len(sizes) + 1):
            self.node(number)

    def node(self, number):
        path = f"{self.device}p{number}"
        with open("/proc/partitions") as stream:
            major, minor = next(line.split()[:2] for line in stream if line.split()[-1:] == [os.path.basename(path)])
        if os.path.exists(path):
            os.unlink(path)
        os.mknod(path, 0o60600, os.makedev(int(major), int(minor)))
        self.stack.callback(lambda: os.path.exists(path) and os.unlink(path))
        return path

    def use(self, device, kind):
        run(f"mkfs.{kind}", *(["-q", "-F"] if kind == "ext4" else ["-q", "-f"]), device)
        run("mount", device, str(self.mount))
        self.stack.callback(run, "umount", str(self.mount), check=False)
        return device

    def enlarge(self):
        os.truncate(self.image, LARGE)
        run("losetup", "-c", self.device)

    def module(self, path=None, **arguments):
        """What the module returns, started as Ansible starts it."""
        payload = json.dumps({"ANSIBLE_MODULE_ARGS": {"path": str(path or self.mount), **arguments}})
        done = subprocess.run([sys.executable, "-m", MODULE], input=payload, capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": str(COLLECTION.parents[2])})
        return json.loads(done.stdout)

    def forget(self):
        """The saved table, and the directory where nobody else's is in it."""
        with contextlib.suppress(OSError):
            (SAVED / f"{os.path.basename(self.device)}.sfdisk").unlink()
            SAVED.rmdir()

    def room(self):
        found = os.statvfs(self.mount)
        return found.f_blocks * found.f_frsize

    def free(self):
        found = os.statvfs(self.mount)
        return found.f_bavail * found.f_frsize


@pytest.fixture
def disk(tmp_path):
    with contextlib.ExitStack() as stack:
        made = Disk(tmp_path, stack)
        stack.callback(made.forget)
        yield made


KINDS = [
    pytest.param("xfs", marks=pytest.mark.skipif(not shutil.which("mkfs.xfs"), reason="needs mkfs.xfs (package xfsprogs)")),
    pytest.param("btrfs", marks=pytest.mark.skipif(not shutil.which("mkfs.btrfs"), reason="needs mkfs.btrfs (package btrfs-progs)")),
    pytest.param("ext4", marks=pytest.mark.skipif(not may_grow_ext4(), reason="without CAP_SYS_RESOURCE no ext4 grows")),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["gpt", "dos", None])
def test_a_disk_that_grew(disk, label, kind):
    if label:
        disk.partition(label, 32 * M, 400 * M)
    disk.use(f"{disk.device}p2" if label else disk.device, kind)
    (disk.mount / "audit.log").write_text("kept\n")
    before = disk.room()
    disk.enlarge()
    shown = disk.module(size="max", _ansible_check_mode=True)
    assert shown["changed"] and disk.room() == before, "check mode shows and does nothing"
    done = disk.module(size="max")
    assert done["changed"] and done["steps"] == shown["steps"]
    assert disk.room() > before + 700 * M and done["after"]["filesystem"]["size"] > 1400 * M
    assert (disk.mount / "audit.log").read_text() == "kept\n"
    again = disk.module(size="max")
    assert (again["changed"], again["steps"]) == (False, [])
    if label:
        assert run("sfdisk", "-V", disk.device), "the table is whole"
        assert (SAVED / f"{os.path.basename(disk.device)}.sfdisk").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", KINDS[:1])
def test_a_part_of_what_is_unused(disk, kind):
    disk.partition("gpt", 32 * M, 400 * M)
    disk.use(f"{disk.device}p2", kind)
    disk.enlarge()
    assert disk.module(size="500M")["after"]["device"]["size"] == 500 * M
    assert disk.module(size="500M")["changed"] is False
    assert disk.module(size="+100M")["after"]["device"]["size"] == 600 * M
    refused = disk.module(size="20G")
    assert refused["failed"] and "at most" in refused["msg"] and disk.module()["before"]["device"]["size"] == 600 * M


@pytest.mark.parametrize("kind", KINDS[:1])
@pytest.mark.parametrize("done_so_far", ["table", "partition"])
def test_a_run_that_was_killed_is_continued(disk, kind, done_so_far):
    """What kill -9 leaves behind each step: the table alone, or the table and the kernel's partition, without the filesystem."""
    disk.partition("gpt", 32 * M, 400 * M)
    device = disk.use(f"{disk.device}p2", kind)
    disk.enlarge()
    table = "\n".join(line for line in run("sfdisk", "--dump", disk.device).splitlines() if "last-lba" not in line)
    larger = table.replace(f"size= {400 * M // 512:>11}", f"size={1024 * M // 512}")
    assert larger != table
    run("sfdisk", "-q", "--no-reread", "--force", disk.device, input=larger)
    if done_so_far == "partition":
        run("partx", "--update", "--nr", "2", disk.device)
    assert disk.module(size="1G")["after"]["filesystem"]["size"] == 1024 * M
    assert disk.module(size="1G")["changed"] is False and run("blockdev", "--getsize64", device).strip() == str(1024 * M)


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("when", [f"{place} {tool}" for tool in ("sfdisk", "partx", "grow") for place in ("before", "behind")])
def test_killed_before_and_behind_each_tool_the_next_run_goes_on(disk, kind, when):
    disk.partition("gpt", 32 * M, 400 * M)
    disk.use(f"{disk.device}p2", kind)
    disk.enlarge()
    argv = [sys.executable, "-c", KILLER, when.replace("grow", {"xfs": "xfs_growfs", "btrfs": "btrfs"}[kind])]
    payload = json.dumps({"ANSIBLE_MODULE_ARGS": {"path": str(disk.mount), "size": "max"}})
    done = subprocess.run(argv, input=payload, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(COLLECTION.parents[2])})
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert run("sfdisk", "-V", disk.device), "the table is whole"
    if when != "behind grow":
        assert disk.room() < 420 * M and disk.module(size="max")["changed"]
    assert disk.room() > 1400 * M and disk.module(size="max")["changed"] is False


@pytest.mark.parametrize("kind", KINDS[:1])
def test_killed_at_any_moment(disk, kind):
    disk.partition("gpt", 32 * M, 400 * M)
    disk.use(f"{disk.device}p2", kind)
    disk.enlarge()
    payload = json.dumps({"ANSIBLE_MODULE_ARGS": {"path": str(disk.mount), "size": "max"}})
    for wait in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        process = subprocess.Popen([sys.executable, "-m", MODULE], text=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(COLLECTION.parents[2])})
        process.stdin.write(payload)
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        process.kill()
        process.wait()
        assert run("sfdisk", "-V", disk.device), "the table is whole"
    assert disk.module(size="max")["after"]["filesystem"]["size"] > 1400 * M and disk.module(size="max")["changed"] is False


@pytest.mark.parametrize("kind", KINDS[:1])
def test_a_filesystem_that_fills_meanwhile_loses_nothing(disk, kind):
    """All but a little of it is taken, and the log takes more than that: without the growth, records would have no room."""
    disk.partition("gpt", 32 * M, 400 * M)
    disk.use(f"{disk.device}p2", kind)
    disk.enlarge()
    with open(disk.mount / "blob", "wb") as blob:
        os.posix_fallocate(blob.fileno(), 0, disk.free() - 16 * M)
    left, record = disk.free(), "record %07d " + "x" * 1000 + "\n"
    written, grown, stop = [], threading.Event(), threading.Event()

    def write():
        with open(disk.mount / "audit.log", "w", buffering=1) as stream:
            while not stop.is_set():
                written.append(stream.write(record % len(written)))
                if not grown.is_set():
                    stop.wait(0.002)  # half a megabyte a second

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_for(lambda: len(written) > 100, "a first hundred of records")
        assert disk.module(size="max")["changed"]
        grown.set()
        wait_for(lambda: sum(written[-1:]) * len(written) > left + 16 * M, "more than had room before")
    finally:
        stop.set()
        writer.join()
    lines = (disk.mount / "audit.log").read_text().splitlines(keepends=True)
    assert len(lines) == len(written) and all(line == record % number for number, line in enumerate(lines))


def test_what_is_refused_before_anything_is_done(disk):
    for arguments, said in [({"path": "/proc/self"}, "is proc, which is not made larger"), ({"size": "10 G"}, "size = 10 G"),
                            ({"size": "40%"}, "size = 40%")]:
        refused = disk.module(**{"path": str(disk.mount), "size": "max", **arguments})
        assert refused["failed"] and said in refused["msg"]
    run("mount", "-t", "tmpfs", "none", str(disk.mount))
    disk.stack.callback(run, "umount", str(disk.mount), check=False)
    assert "tmpfs" in disk.module(size="max")["msg"]


@pytest.mark.parametrize("kind", KINDS[:1])
def test_a_read_only_filesystem_is_named(disk, kind):
    disk.use(disk.device, kind)
    run("mount", "-o", "remount,ro", str(disk.mount))
    assert "mounted read-only" in disk.module(size="max")["msg"]


@pytest.mark.skipif(may_grow_ext4(), reason="root has CAP_SYS_RESOURCE here")
def test_ext4_in_a_container_is_refused_first(disk):
    disk.partition("gpt", 400 * M)
    disk.use(f"{disk.device}p1", "ext4")
    disk.enlarge()
    refused = disk.module(size="max")
    assert "CAP_SYS_RESOURCE" in refused["msg"] and str(400 * M) == run("blockdev", "--getsize64", f"{disk.device}p1").strip()


@pytest.mark.parametrize("kind", KINDS[:1])
def test_the_playbook_grow(disk, kind):
    disk.partition("gpt", 32 * M, 400 * M)
    disk.use(f"{disk.device}p2", kind)
    disk.enlarge()
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", "auditops.auditd.grow",
               "-e", f"audit_storage_path={disk.mount}", "-e", f"ansible_python_interpreter={sys.executable}"]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]), "ANSIBLE_STDOUT_CALLBACK": "default"}
    assert "set audit_storage_size to max" in run(*command, env=environment) and disk.room() < 420 * M
    assert "audit_storage_size = 10 G: give max" in run(*command, "-e", "audit_storage_size='10 G'", env=environment, check=False)
    assert "changed=1" in run(*command, "-e", "audit_storage_size=max", env=environment) and disk.room() > 1400 * M
    assert "changed=0" in run(*command, "-e", "audit_storage_size=max", env=environment)
