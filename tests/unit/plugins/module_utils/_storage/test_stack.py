# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused, each in a sentence and before anything is run that changes something: sysfs and the tools' answers stand in a tree."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import separate as moved
from ansible_collections.auditops.auditd.plugins.module_utils._apply import storage
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._storage import plan, separate, stack
from ansible_collections.auditops.auditd.plugins.module_utils._storage.size import parse

M, G = 1 << 20, 1 << 30
TOOLS = ("sfdisk", "partx", "xfs_growfs", "xfs_info", "resize2fs", "dumpe2fs", "lvs", "vgs", "pvs", "lvcreate", "lvextend", "pvresize",
         "wipefs", "blkid", "mount", "umount", "mkfs.ext4", "mkfs.xfs", "btrfs")
READING = {"sfdisk", "xfs_info", "dumpe2fs", "lvs", "vgs", "pvs", "btrfs", "wipefs", "blkid"}
GPT = "label: gpt\nsector-size: 512\n\n/dev/sda1 : start= 2048, size= 16777216, type=X\n"
DOS = "label: dos\n\n/dev/sda1 : start= 2048, size= 16777216, type=83\n"
LOGICAL = DOS.replace("sda1 : start= 2048, size= 16777216, type=83",
                      "sda2 : start= 1024, size= 33554432, type=5\n/dev/sda1 : start= 2048, size= 16777216, type=83")


class Fake(Host):
    """A live host whose files are a tree and whose tools answer from a table; a tool that changes something is a failure."""

    def __init__(self, root, **facts):
        super().__init__(str(root))
        self.facts = {
            "kind": "xfs", "options": "rw", "free": G, "table": GPT, "disk": 16 * G, "missing": (), "dm": None, "segtype": "linear",
            "vg_attr": "wz--n-", "vg_free": 4 * G, "lvs": [], "source": "/dev/sda1", "btrfs": 1, "caps": "000001ffffffffff", "beside": (),
            "users": "0 4294967295",
            **facts}
        lvm = self.facts["dm"] is not None
        number = "253:0" if lvm else "8:1"
        self.write("proc/self/mountinfo", f"25 1 {number} / / {self.facts['options']} - {self.facts['kind']} {self.facts['source']} rw\n")
        self.write("proc/self/uid_map", f"         0 {self.facts['users']}\n")
        self.write("proc/self/status", f"CapEff:\t{self.facts['caps']}\n")
        self.write("etc/fstab", self.facts.get("fstab", "") + "\n")
        self.write("var/log/audit/audit.log", "x" * 1000)
        for name in self.facts["beside"]:
            self.write(f"var/log/audit/{name}", "x")
        if self.facts["beside"]:
            os.symlink("audit.log", os.path.join(self.root, "var/log/audit/link"))
        self.device("8:0", "sda", self.facts["disk"])
        self.device("8:1", "sda/sda1", 8 * G, partition="1")
        if self.facts.get("raid"):
            self.write(f"sys/devices/{self.facts['raid']}/md/level", "raid1\n")
        if lvm:
            self.device("253:0", "dm-0", 5 * G)
            self.write("sys/devices/dm-0/dm/uuid", self.facts["dm"])
        for tool in TOOLS:
            if tool not in self.facts["missing"]:
                self.write(f"usr/sbin/{tool}", "").chmod(0o755)

    def write(self, path, text):
        place = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as stream:
            stream.write(text)
        return SimpleNamespace(chmod=lambda mode: os.chmod(place, mode))

    def device(self, number, path, size, **facts):
        for name, value in {"size": str(size // 512), **facts}.items():
            self.write(f"sys/devices/{path}/{name}", value + "\n")
        for link in (f"sys/dev/block/{number}", f"sys/class/block/{os.path.basename(path)}"):
            place = os.path.join(self.root, link)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(os.path.relpath(os.path.join(self.root, "sys/devices", path), os.path.dirname(place)), place)

    def statvfs(self, path):
        return SimpleNamespace(f_bavail=self.facts["free"], f_frsize=1)

    def stat(self, path):
        if path in ("/dev/sda1", "/dev/vg/log"):
            return SimpleNamespace(st_rdev=os.makedev(8, 1) if path.endswith("1") else os.makedev(253, 0), st_mode=0o60600)
        return super().stat(path)

    def run(self, argv, **options):
        tool = os.path.basename(argv[0])
        assert tool in READING and "--no-act" not in argv, f"{argv} changes something"
        rows = {
            "lvs": [{"lv_name": "log", "vg_name": "vg", "lv_size": str(5 * G), "segtype": self.facts["segtype"], "lv_path": "/dev/vg/log",
                     "lv_kernel_major": "253", "lv_kernel_minor": "0", "lv_tags": ""}, *self.facts["lvs"]],
            "vgs": [{"vg_name": "vg", "vg_size": str(8 * G), "vg_free": str(self.facts["vg_free"]), "vg_extent_size": str(4 * M),
                     "vg_attr": self.facts["vg_attr"]}],
            "pvs": [{"pv_name": "/dev/sda1", "vg_name": "vg", "pv_size": str(8 * G), "pv_free": "0", "dev_size": str(8 * G)}],
        }
        if tool in rows:
            return 0, json.dumps({"report": [{tool[:2]: rows[tool]}]}), ""
        return 0, {
            "sfdisk": self.facts["table"], "xfs_info": f"data     =     bsize=4096   blocks={8 * G // 4096}, imaxpct=25",
            "dumpe2fs": f"Block count:  {5 * G // 4096}\nBlock size:   4096\n",
            "btrfs": f"devid    1 size {8 * G} used 1 path /dev/sda1\n" * self.facts["btrfs"],
        }[tool], ""


LVM = {"dm": "LVM-abc", "kind": "ext4", "source": "/dev/mapper/vg-log"}


@pytest.mark.parametrize("facts, size, said", [
    ({"missing": ("xfs_growfs",)}, "max", "xfs_growfs is not installed, and only it makes xfs larger; install the package xfsprogs"),
    ({"missing": ("sfdisk",)}, "max", "sfdisk is not installed, and the log lies on a partition"),
    ({"missing": ("partx",)}, "max", "partx is not installed, and partition /dev/sda1"),
    ({**LVM, "missing": ("lvs",)}, "max", "lvs is not installed, and the log lies on a logical volume; install the package lvm2"),
    ({**LVM, "missing": ("lvextend",)}, "max", "lvextend is not installed, and logical volume /dev/vg/log"),
    ({"table": DOS, "disk": 3 << 40}, "2.5T", "can become 2 TB at most"),
    ({"table": LOGICAL}, "max", "/dev/sda1 is a logical partition inside /dev/sda2, which is not changed here"),
    ({"table": "label: sun\n"}, "max", "a partition table of the kind sun; only gpt and dos are changed here"),
    ({**LVM, "segtype": "thin"}, "max", "the logical volume /dev/vg/log is thin, and only linear and striped ones"),
    ({**LVM, "segtype": "raid1"}, "max", "the logical volume /dev/vg/log is raid1, and only linear and striped ones"),
    ({**LVM, "segtype": "cache"}, "max", "is cache, and only linear and striped ones"),
    ({**LVM, "dm": "CRYPT-LUKS2-abc-name"}, "max", "is encrypted (LUKS): grow what is below and then use cryptsetup resize by hand"),
    ({**LVM, "dm": "mpath-3600"}, "max", "is a multipath device: use multipathd resize by hand"),
    ({**LVM, "dm": "DMRAID-isw"}, "max", "is a mapped device that LVM did not make"),
    ({**LVM, "vg_attr": "wzx-n-"}, "max", "the volume group vg is exported; vgimport it first"),
    ({"raid": "sda/sda1"}, "max", "/dev/sda1 under / is a RAID (raid1): use mdadm --grow and the filesystem's own tool by hand"),
    ({"raid": "sda"}, "max", "/dev/sda under / is a RAID (raid1)"),
    ({"options": "ro"}, "max", "/ is mounted read-only; find out why (dmesg)"),
    ({"free": 0}, "max", "the xfs at / has no free block, and needs some to grow"),
    ({"kind": "tmpfs"}, "max", "/ is tmpfs, which is not made larger here"),
    ({"kind": "nfs4"}, "max", "/ is nfs4, which is not made larger here"),
    ({"kind": "overlay"}, "max", "/ is overlay, which is not made larger here"),
    ({"kind": "ext4", "caps": "000001fffeffffff"}, "max", "root has no CAP_SYS_RESOURCE here"),
    ({"kind": "ext4", "users": "100000      65536"}, "max", "root has no CAP_SYS_RESOURCE here"),  # that of a namespace of users
    ({"kind": "btrfs", "btrfs": 2}, "max", "the btrfs at / lies on 2 devices, which is not changed here"),
    ({}, "40%VG", "size = 40%VG: / lies on no logical volume"),
    ({}, "20G", "size = 20G: / can become 16 GB at most"),
    (LVM, "200G", "the volume group vg has 4 GB free"),
])
def test_refused(tmp_path, facts, size, said):
    host = Fake(tmp_path, **facts)
    with pytest.raises(AuditError) as refused:
        storage.refuse_missing(host, plan.steps(stack.read(host, "/var/log/audit"), parse(size)))
    assert said in str(refused.value), refused.value


def test_what_is_not_refused(tmp_path):
    for name, facts in {"plain": {}, "lvm": LVM, "dos": {"table": DOS}, "btrfs": {"kind": "btrfs"}}.items():
        (tmp_path / name).mkdir()
        host = Fake(tmp_path / name, **facts)
        steps = plan.steps(stack.read(host, "/var/log/audit"), parse("max"))
        storage.refuse_missing(host, steps)
        assert steps


SISTER = {"lv_name": "audit_log", "vg_name": "vg", "lv_size": "1", "segtype": "linear", "lv_path": "/dev/vg/audit_log",
          "lv_kernel_major": "253", "lv_kernel_minor": "9", "lv_tags": ""}


@pytest.mark.parametrize("facts, size, said", [
    ({}, "1G", "lies on /dev/sda1, which is no logical volume: there is no volume group"),
    (LVM, "5G", "size = 5G: the volume group vg has 4 GB free"),
    (LVM, "8M", "a volume of its own needs 150 MB or more: the log has 0 KB already, and space_left is 75 MB"),
    ({**LVM, "vg_free": 0}, "max", "a volume of its own needs 150 MB or more"),
    ({**LVM, "lvs": [SISTER]}, "1G", "the volume group vg has a volume audit_log already, which was not made here"),
    ({**LVM, "fstab": "/dev/vdb1 /var/log/audit xfs defaults 0 0"}, "1G", "/etc/fstab has a line for /var/log/audit already"),
    ({**LVM, "missing": ("lvcreate",)}, "1G", "lvcreate is not installed, and a volume of its own needs it"),
    ({**LVM, "missing": ("wipefs",)}, "1G", "wipefs is not installed, and a volume of its own needs it"),
    ({**LVM, "beside": ("archive/audit.log.7", "lost+found/x", "old/x")}, "1G", "/var/log/audit has more than plain files, and a volume "
     "mounted there would hide it: move archive, link, old to another directory, then run again; nothing was changed"),
    ({**LVM, "missing": ("mkfs.ext4", "mkfs.xfs")}, "1G", "neither mkfs.ext4 nor mkfs.xfs is installed"),
])
def test_no_volume_of_its_own(tmp_path, facts, size, said):
    host = Fake(tmp_path, **facts)
    with pytest.raises(AuditError) as refused:
        picture = separate.read(host, "/var/log/audit/audit.log", 75)
        moved.refuse_missing(host, picture, separate.steps(host, picture, parse(size)))
    assert said in str(refused.value), refused.value


@pytest.mark.parametrize("facts, size, kinds", [
    (LVM, "1G", ["volume", "format", "mount", "rotate", "fstab", "move"]),
    (LVM, "max", ["volume", "format", "mount", "rotate", "fstab", "move"]),
    ({**LVM, "lvs": [{**SISTER, "lv_tags": "mine,auditops"}]}, "1G", ["format", "mount", "rotate", "fstab", "move"]),
    ({**LVM, "segtype": "thin"}, "50%VG", ["volume", "format", "mount", "rotate", "fstab", "move"]),  # its group has room all the same
    ({**LVM, "kind": "xfs", "free": 0}, "1G", ["volume", "format", "mount", "rotate", "fstab", "move"]),  # too full to grow: the cure
])
def test_the_steps_to_a_volume_of_its_own(tmp_path, facts, size, kinds):
    host = Fake(tmp_path, **facts)
    picture = separate.read(host, "/var/log/audit/audit.log", 75)
    assert [kind for kind, _sentence in separate.steps(host, picture, parse(size))] == kinds
    assert picture.kind == facts["kind"], "what the host has the tools of"


class Traces(Fake):
    """A host where each new or old volume C(audit_log) has a filesystem; what was run that changes something is in ``done``."""

    done: tuple[str, ...] = ()

    def stat(self, path):
        return SimpleNamespace(st_rdev=os.makedev(253, 9), st_mode=0o60600) if path == SISTER["lv_path"] else super().stat(path)

    def run(self, argv, **options):
        tool = os.path.basename(argv[0])
        if tool == "wipefs":
            assert "--no-act" in argv
            return 0, "audit_log 0x438\next4\n", ""
        if tool in ("lvcreate", "lvremove"):
            self.done += (tool,)
            return 0, "", ""
        return super().run(argv, **options)


@pytest.mark.parametrize("lvs, progress, said, done", [
    ([], "", "the free space has traces of something older (audit_log 0x438 ext4): nothing was formatted and no volume was kept",
     ("lvcreate", "lvremove")),
    ([{**SISTER, "lv_tags": "auditops"}], "",
     "/dev/vg/audit_log has a filesystem already: mount it or rename the volume; nothing was changed", ()),
    ([{**SISTER, "lv_tags": "auditops"}], "made", "/dev/vg/audit_log, which an earlier run made, has traces of something older "
     "(audit_log 0x438 ext4): nothing was changed", ()),
])
def test_only_a_volume_that_this_run_made_is_removed(tmp_path, monkeypatch, lvs, progress, said, done):
    host = Traces(tmp_path, **LVM, lvs=lvs)
    host.write("usr/sbin/lvremove", "").chmod(0o755)
    if progress:
        host.write(separate.PROGRESS.lstrip("/"), json.dumps({"device": SISTER["lv_path"], "stage": progress}))
    removed = []
    monkeypatch.setattr(moved, "_io", SimpleNamespace(
        make_directory=lambda *_unused: None, write_atomic=lambda *_unused: None, remove=removed.append))
    picture = separate.read(host, "/var/log/audit/audit.log", 75)
    with pytest.raises(AuditError) as refused:
        moved.apply(host, picture, separate.steps(host, picture, parse("1G")), parse("1G"))
    assert host.done == done and removed == [separate.PROGRESS] * len(done[1:])
    assert str(refused.value).startswith(said), refused.value


@pytest.mark.parametrize("version, options", [
    ("systemd 219\n+PAM", "nodev,nosuid,noexec"),  # Amazon Linux 2: it would start auditd before a mount that may fail
    ("systemd 252 (252.5-2)\n+PAM", "nodev,nosuid,noexec,nofail,x-systemd.before=auditd.service"),
    ("", "nodev,nosuid,noexec"),
])
def test_a_mount_may_fail_where_auditd_waits_for_it(version, options):
    host = SimpleNamespace(has_systemd=True, which=lambda program: "/bin/" + program, run=lambda argv: (0, version, ""))
    assert separate.fstab_options(host) == options


def test_a_log_that_has_its_volume_already_needs_nothing_that_would_make_one():
    picture = separate.Picture("/var/log/audit/audit.log", {"mount": "/var/log/audit"})
    assert picture.is_done and moved.refuse_missing(SimpleNamespace(which=lambda program: None), picture, []) is None
