# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log's volume of a patient, on real partitions beside a helper made of the same image: the same UUIDs on both."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import mounting
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from test_storage_live import M

LOG = "/var/log/audit/audit.log"
ROOT, VOLUME = 200 * M, 400 * M
MAKE = {
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
}

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="needs loop devices"),
    pytest.mark.skipif(not shutil.which("sfdisk"), reason="needs sfdisk (package fdisk)"),
]


def run(argv):
    done = subprocess.run([str(word) for word in argv], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def must(*argv, **options):
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, **options).stdout.strip()


class Machine:
    """Disks of one image: ``patient`` and ``helper`` are their loop devices; the patient's root is mounted at ``root``."""

    def __init__(self, home, stack):
        self.home, self.stack, self.root = home, stack, home / "patient"
        self.root.mkdir()

    def image(self, kind, twice=False):
        """A root and the log's volume in partitions, the volume once more behind it where it is wanted ``twice``."""
        image = self.home / "patient.img"
        sizes = [ROOT, VOLUME, *([VOLUME] if twice else [])]
        image.write_bytes(b"")
        os.truncate(image, sum(sizes) + 4 * M)
        lines, start = ["label: gpt"], 2048
        for size in sizes:
            lines.append(f"start={start}, size={size // 512}")
            start += size // 512
        must("sfdisk", "-q", image, input="\n".join(lines) + "\n")
        self.patient = self.attach(image)
        must(*MAKE["ext4"], f"{self.patient}p1")
        must(*MAKE[kind], f"{self.patient}p2")
        if twice:
            must("dd", f"if={self.patient}p2", f"of={self.patient}p3", "bs=4M", "conv=sparse")
        must("mount", f"{self.patient}p1", self.root)
        self.stack.callback(run, ["umount", self.root])
        for directory in ("etc/audit", "var/log/audit"):
            (self.root / directory).mkdir(parents=True)
        uuid = must("blkid", "-p", "-s", "UUID", "-o", "value", f"{self.patient}p2")
        (self.root / "etc/fstab").write_text(f"LABEL=root / ext4 defaults 0 0\nUUID={uuid} /var/log/audit {kind} defaults 0 0\n")
        return image

    def attach(self, image):
        device = must("losetup", "--find", "--show", image)
        self.stack.callback(run, ["losetup", "--detach", device])
        self.stack.callback(run, ["partx", "-d", device])
        run(["partx", "-a", device])
        with open("/proc/partitions") as stream:
            for major, minor, name in (line.split()[:2] + line.split()[-1:] for line in stream if os.path.basename(device) + "p" in line):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f"/dev/{name}")
                os.mknod(f"/dev/{name}", 0o60600, os.makedev(int(major), int(minor)))
                self.stack.callback(os.unlink, f"/dev/{name}")
        return device

    def clone(self, image):
        """The helper: a disk of the same image whose log volume is in use."""
        must("sync")
        copy, point = self.home / "helper.img", self.home / "helper"
        must("cp", "--sparse=always", image, copy)
        point.mkdir()
        self.helper = self.attach(copy)
        must("mount", f"{self.helper}p2", point)
        self.stack.callback(run, ["umount", point])
        (point / "audit.log").write_text("the helper's own\n")
        return point

    def mount(self, wanted=True):
        [volume] = mounting.mount(Host(str(self.root), None), run, LOG, wanted=wanted, record=str(self.home / "record.json"))
        return volume

    def unmount(self):
        return mounting.unmount(Host(str(self.root), None), run, record=str(self.home / "record.json"))

    def mounted(self):
        """(device, options) of what is mounted at the patient's log."""
        lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        return [(words[0], words[3].split(",")) for words in lines if words[1] == f"{self.root}/var/log/audit"]


@pytest.fixture
def machine(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Machine(tmp_path, stack)


@pytest.mark.parametrize("kind", ["xfs", "ext4"])
def test_the_patients_volume_is_mounted_beside_the_helpers_twin(machine, kind):
    point = machine.clone(machine.image(kind))
    named = machine.mount(wanted=False)
    assert (named["device"], named["mounted"]) == (f"{machine.patient}p2", False) and "audit_rescue_mount = true" in named["why"]
    assert machine.mounted() == []
    assert machine.mount() == {**named, "mounted": True, "why": None}
    [(device, options)] = machine.mounted()
    assert device == f"{machine.patient}p2" and {"ro", "nosuid", "nodev", "noexec"} <= set(options)
    assert ("nouuid" in options) == (kind == "xfs"), "the kernel refuses a second XFS of one UUID otherwise"
    with pytest.raises(OSError, match="Read-only"):
        (machine.root / "var/log/audit/x").write_text("x")
    mounting.make_writable(Host(str(machine.root), None), run, record=str(machine.home / "record.json"))
    (machine.root / "var/log/audit/audit.log").write_text("the patient's\n")
    assert machine.unmount() == [f"{machine.root}/var/log/audit"] and machine.mounted() == []
    assert (point / "audit.log").read_text() == "the helper's own\n" and os.listdir(machine.root / "var/log/audit") == []


@pytest.mark.parametrize("kind, cure", [("xfs", "xfs_admin -U generate"), ("ext4", "tune2fs -U random")])
def test_two_of_one_name_on_the_patients_disk_are_refused_with_the_command(machine, kind, cure):
    machine.image(kind, twice=True)
    refused = machine.mount()
    assert not refused["mounted"] and f"rename one of them, {cure} {machine.patient}p3" in refused["why"] and machine.mounted() == []
    (words,) = [part for part in refused["why"].split(", ") if part.startswith(cure)]
    run(["e2fsck", "-fp", words.split()[-1]]) if kind == "ext4" else None
    must(*words.split())
    assert machine.mount()["mounted"] and machine.mounted()[0][0] == f"{machine.patient}p2"
    machine.unmount()


def test_a_btrfs_of_which_the_helper_has_the_twin_is_refused(machine):
    """The kernel finds the devices of a btrfs by its UUID, on whatever disk they are."""
    if not shutil.which("mkfs.btrfs"):
        pytest.skip("btrfs-progs is not installed")
    image = machine.image("btrfs")
    must("sync")
    shutil.copy(image, machine.home / "helper.img")
    machine.helper = machine.attach(machine.home / "helper.img")
    refused = machine.mount()
    assert not refused["mounted"] and f"first btrfstune -u {machine.patient}p2" in refused["why"] and machine.mounted() == []


def test_a_volume_that_only_the_helper_has_is_not_the_patients(machine):
    image = machine.image("ext4")
    machine.clone(image)
    must(*MAKE["ext4"], f"{machine.patient}p2")  # a new UUID: the fstab's one is now on the helper's disk alone
    refused = machine.mount()
    assert not refused["mounted"] and f"{machine.helper}p2 has that name and is on another disk" in refused["why"]
    assert machine.mounted() == []


def test_a_run_that_was_killed_leaves_nothing_that_the_next_does_not_unmount(machine):
    machine.image("ext4")
    machine.mount()
    assert json.loads((machine.home / "record.json").read_text()) == {str(machine.root): [f"{machine.root}/var/log/audit"]}
    assert machine.unmount() == [f"{machine.root}/var/log/audit"] and machine.mounted() == [] and machine.unmount() == []
