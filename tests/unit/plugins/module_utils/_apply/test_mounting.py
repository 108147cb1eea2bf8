# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose volume is it: names lie between machines of one image, disks do not."""

from __future__ import annotations

import os
import re

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._apply import mounting
from ansible_collections.auditops.auditd.plugins.module_utils._errors import NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host import block_devices
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import expected_volumes

# The helper's own disk vda and the patient's disk vdb are of one image; vdc is a volume of its own. dm-0 is on the helper's disk, dm-1 and
# dm-2 are on the patient's.
TAGS = {
    "vda1": {"UUID": "root", "TYPE": "xfs"}, "vda2": {"UUID": "log", "TYPE": "xfs"}, "vda3": {"UUID": "btr", "TYPE": "btrfs"},
    "vdb1": {"UUID": "root", "TYPE": "xfs"}, "vdb2": {"UUID": "log", "TYPE": "xfs", "LABEL": "audit", "PART_ENTRY_UUID": "ABC"},
    "vdb3": {"UUID": "btr", "TYPE": "btrfs"}, "vdb4": {"UUID": "twice", "TYPE": "ext4"}, "vdb5": {"UUID": "twice", "TYPE": "ext4"},
    "vdb6": {"UUID": "luks", "TYPE": "crypto_LUKS"}, "vdc1": {"UUID": "elsewhere", "TYPE": "ext4"},
    "dm-0": {"TYPE": "xfs"}, "dm-1": {"TYPE": "xfs"}, "dm-2": {"TYPE": "xfs"},
}
MAPPED = {"dm-0": ("sys-log", "vda2"), "dm-1": ("sys-log", "vdb2"), "dm-2": ("my--vg-audit", "vdb2")}


@pytest.fixture
def machine(tmp_path):
    sysfs = tmp_path / "sys"
    (sysfs / "class/block").mkdir(parents=True)
    for name in [*TAGS, "vda", "vdb", "vdc"]:
        place = sysfs / "devices" / (f"{name[:3]}/{name}" if name.startswith("vd") and len(name) > 3 else name)
        place.mkdir(parents=True, exist_ok=True)
        (sysfs / "class/block" / name).symlink_to(place)
        if name.startswith("vd") and len(name) > 3:
            (place / "partition").write_text(name[3:] + "\n")
        if name in MAPPED:
            (place / "dm").mkdir()
            (place / "dm/name").write_text(MAPPED[name][0] + "\n")
            (place / "slaves" / MAPPED[name][1]).mkdir(parents=True)

    def run(argv):
        tags = TAGS.get(os.path.basename(argv[-1]), {})
        return 0, "".join(f"{key}={value}\n" for key, value in tags.items()), ""

    return block_devices.Machine(run, str(sysfs))


@pytest.mark.parametrize(("wanted", "device"), [
    ("UUID=log", "vdb2"), ("LABEL=audit", "vdb2"), ("PARTUUID=abc", "vdb2"), ("/dev/disk/by-uuid/log", "vdb2"), ('UUID="log"', "vdb2"),
    ("/dev/xvda2", "vdb2"), ("/dev/mapper/my--vg-audit", "dm-2"), ("/dev/my-vg/audit", "dm-2"),
])
def test_the_device_on_the_trees_own_disk(machine, wanted, device):
    assert block_devices.find(machine, wanted, "/dev/xvda1", "vdb1") == device


@pytest.mark.parametrize(("wanted", "says"), [
    ("UUID=elsewhere", "is not on the disk that carries the tree (/dev/vdb).*/dev/vdc1 has that name and is on another disk"),
    ("UUID=nowhere", "attach its volume and mount it by hand$"),
    ("UUID=twice", "the name of /dev/vdb4 and /dev/vdb5 on one disk: rename one of them, tune2fs -U random /dev/vdb5"),
    ("UUID=btr", "also the name of /dev/vda3.*btrfs cannot tell them apart: first btrfstune -u /dev/vdb3"),
    ("/dev/mapper/sys-log", "also the name of /dev/dm-0.*vgrename .* sys"),
    ("UUID=luks", "encrypted: open it by cryptsetup"),
    ("/dev/xvdf1", "is not on the disk that carries the tree"),
])
def test_what_is_refused_says_what_to_do(machine, wanted, says):
    with pytest.raises(NotAvailable) as raised:
        block_devices.find(machine, wanted, "/dev/xvda1", "vdb1")
    assert re.search(says.replace("(", r"\(").replace(")", r"\)"), str(raised.value)), raised.value


@pytest.mark.parametrize(("fstab", "points"), [
    ("UUID=a / xfs defaults 0 0\n", []),
    ("UUID=a / xfs defaults 0 0\nUUID=b /var xfs defaults 0 0\nUUID=c /var/log/audit xfs defaults 0 0\n", ["/var", "/var/log/audit"]),
    ("# UUID=b /var xfs defaults 0 0\nUUID=c /home xfs defaults 0 0\nUUID=d none swap sw 0 0\n", []),
    ("UUID=b /var/log/audit xfs noauto 0 0\n", []),
])
def test_the_volumes_that_fstab_names(tmp_path, fstab, points):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fstab").write_text(fstab)
    assert [one.point for one in expected_volumes.missing(Host(str(tmp_path)))] == points


def test_what_was_mounted_is_unmounted_also_by_the_run_after_one_that_was_killed(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    (tmp_path / "patient/etc").mkdir(parents=True)
    (tmp_path / "patient/var/log").mkdir(parents=True)
    (tmp_path / "patient/etc/fstab").write_text("UUID=a / xfs defaults 0 0\nUUID=b /var xfs defaults,subvol=x 0 0\n")
    ran = []
    monkeypatch.setattr(mounting, "_device", lambda _host, _run, volume: "/dev/" + volume.source[5:])
    monkeypatch.setattr(os.path, "ismount", lambda path: True)
    host, record = Host(str(tmp_path / "patient")), str(tmp_path / "record.json")

    def run(argv):
        ran.append(argv)
        return 0, "", ""

    found = mounting.mount(host, run, None, wanted=True, record=record)
    point = str(tmp_path / "patient/var")
    assert [facts["mounted"] for facts in found] == [True]
    assert ran == [["mount", "-o", "ro,nosuid,nodev,noexec,nouuid,subvol=x", "/dev/b", point]]
    mounting.make_writable(host, run, record=record)
    assert ran[-1][:3] == ["mount", "-o", "remount,rw,nosuid,nodev,noexec"]
    assert mounting.unmount(host, run, record=record) == [point] and ran[-1] == ["umount", point]
    assert mounting.unmount(host, run, record=record) == [] and not os.path.exists(record)


def test_without_the_wish_nothing_is_mounted_and_the_device_is_named(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fstab").write_text("UUID=b /var/log/audit xfs defaults 0 0\n")
    monkeypatch.setattr(mounting, "_device", lambda _host, _run, volume: "/dev/xvdf2")
    found = mounting.mount(Host(str(tmp_path)), None, None, wanted=False)
    assert found[0]["device"] == "/dev/xvdf2" and "audit_rescue_mount = true mounts it" in found[0]["why"]
