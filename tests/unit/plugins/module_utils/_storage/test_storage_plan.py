# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From sizes to steps: what is unused at which level, in which order it is taken, and what is refused before anything happens."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._storage import plan
from ansible_collections.auditops.auditd.plugins.module_utils._storage.partition import Table, refuse
from ansible_collections.auditops.auditd.plugins.module_utils._storage.size import parse, words

M, G = 1 << 20, 1 << 30
EXTENT = 4 * M


def part(size, limit, number=3):
    return {"disk": "/dev/nvme0n1", "disk_size": 50 * G, "number": number, "label": "gpt", "table": size, "limit": limit}


def plain(size=8 * G, limit=48 * G, filesystem=None):
    return {
        "filesystem": {"type": "xfs", "mount": "/var/log/audit", "size": filesystem or size, "free": G}, "volume": None, "group": None,
        "device": {"name": "/dev/nvme0n1p3", "size": size},
        "bases": [{"device": "/dev/nvme0n1p3", "size": size, "pv": None, "partition": part(size, limit) if limit else None, "extent": 0}],
    }


def lvm(free=0, pv=20 * G, device=None, limit=None, size=5 * G):
    device = device or pv + 2 * M
    return {
        "filesystem": {"type": "ext4", "mount": "/var/log/audit", "size": size, "free": G},
        "volume": {"path": "/dev/rootvg/audit", "name": "audit", "group": "rootvg", "size": size},
        "group": {"name": "rootvg", "size": pv, "free": free, "extent": EXTENT}, "device": {"name": "/dev/rootvg/audit", "size": size},
        "bases": [{"device": "/dev/nvme0n1p3", "size": device, "pv": pv, "extent": EXTENT,
                   "partition": part(device, limit) if limit else None}],
    }


def taken(stack, size):
    return [(step.kind, step.after) for step in plan.steps(stack, parse(size))]


@pytest.mark.parametrize("stack, size, expected", [
    (plain(), "max", [("partition", 48 * G), ("filesystem", 48 * G)]),
    (plain(), "10G", [("partition", 10 * G), ("filesystem", 10 * G)]),
    (plain(), "+5G", [("partition", 13 * G), ("filesystem", 13 * G)]),
    (plain(), "8G", []),
    (plain(), "1G", []),
    (plain(limit=8 * G), "max", []),
    (plain(limit=0), "max", []),
    (plain(limit=0, filesystem=4 * G), "max", [("filesystem", 8 * G)]),  # a disk that grew, or a run that was cut off
    (plain(limit=8 * G, filesystem=4 * G), "6G", [("filesystem", 8 * G)]),
    (plain(limit=8 * G, filesystem=8 * G - 2 * M), "max", []),  # a last group that is not worth its own tables
    (lvm(free=15 * G), "max", [("lv", 20 * G), ("filesystem", 20 * G)]),
    (lvm(free=15 * G), "40%VG", [("lv", 8 * G), ("filesystem", 8 * G)]),
    (lvm(free=15 * G), "7.001G", [("lv", 7 * G + EXTENT), ("filesystem", 7 * G + EXTENT)]),  # whole extents
    (lvm(free=15 * G), "10%VG", []),
    (lvm(free=0, limit=40 * G), "max", [("partition", 40 * G), ("pv", 40 * G), ("lv", 25 * G - EXTENT), ("filesystem", 25 * G - EXTENT)]),
    (lvm(free=1 * G, limit=40 * G), "6G", [("lv", 6 * G), ("filesystem", 6 * G)]),  # what the group has comes first
    (lvm(free=1 * G, limit=40 * G), "7G", [("partition", 40 * G), ("pv", 40 * G), ("lv", 7 * G), ("filesystem", 7 * G)]),
    (lvm(free=0, device=30 * G), "max", [("pv", 30 * G), ("lv", 15 * G - EXTENT), ("filesystem", 15 * G - EXTENT)]),
    (lvm(free=0), "max", []),
])
def test_steps(stack, size, expected):
    before = copy.deepcopy(stack)
    assert taken(stack, size) == expected
    assert stack == before


@pytest.mark.parametrize("stack, size, said", [
    (plain(), "60G", ["48 GB at most", "40 GB of the disk /dev/nvme0n1 lie behind /dev/nvme0n1p3"]),
    (plain(limit=8 * G), "+1G", ["8 GB at most", "nothing is unused on /dev/nvme0n1"]),
    (plain(), "40%VG", ["no logical volume", "max, 10G or +5G"]),
    (lvm(free=1 * G), "10G", ["6 GB at most", "the volume group rootvg has 1 GB free"]),
    (lvm(), "100%VG", ["5 GB at most"]),
])
def test_what_cannot_be_had(stack, size, said):
    with pytest.raises(AuditError) as refused:
        plan.steps(stack, parse(size))
    assert all(part in str(refused.value) for part in said), refused.value


def test_after_each_step_the_next_run_does_what_is_left():
    """A run killed behind any step: the sizes are what the step left, and the plan is the rest of the first plan."""
    stack = lvm(free=0, limit=40 * G)
    whole = taken(stack, "max")
    stack["bases"][0].update(size=40 * G, partition=part(40 * G, 40 * G))
    assert taken(stack, "max") == whole[1:]
    stack["bases"][0]["pv"] = 40 * G - EXTENT
    stack["group"].update(size=40 * G - EXTENT, free=20 * G - EXTENT)
    assert taken(stack, "max") == whole[2:]
    stack["volume"]["size"] = stack["device"]["size"] = 25 * G - EXTENT
    stack["group"]["free"] = 0
    assert taken(stack, "max") == whole[3:]
    stack["filesystem"]["size"] = 25 * G - EXTENT
    assert taken(stack, "max") == []


def test_the_sentence_of_a_plan():
    first, second = plan.steps(plain(), parse("max"))
    assert first.sentence() == "partition /dev/nvme0n1p3: 8 GB -> 48 GB (partition 3 of /dev/nvme0n1 has 40 GB behind it)"
    assert second.sentence() == "filesystem /var/log/audit: 8 GB -> 48 GB"


@pytest.mark.parametrize("text, kind, value", [
    ("max", "max", 0), ("MAX", "max", 0), ("10G", "bytes", 10 * G), ("10GiB", "bytes", 10 * G), ("10gb", "bytes", 10 * G),
    ("1.5T", "bytes", 1536 * G), ("512M", "bytes", 512 * M), ("+5G", "more", 5 * G), ("40%VG", "percent", 40), ("40%vg", "percent", 40),
])
def test_sizes(text, kind, value):
    assert (parse(text).kind, parse(text).value) == (kind, value)


@pytest.mark.parametrize("text", [
    "", "0", "10", "0G", "+0M", "-5G", "10P", "G", "10 G", "1e9", "40%", "140%VG", "0%VG", "+10%VG", "40%FREE", "all", "10G20", "10G\n1",
    "\u0661\u0660G", "true",
])
def test_sizes_that_are_none(text):
    with pytest.raises(AuditError, match="^size = "):
        parse(text)


@pytest.mark.parametrize("count, text", [
    (8 * G, "8 GB"), (G + G // 2, "1.5 GB"), (64 * M, "64 MB"), (2048, "2 KB"), (3 << 40, "3 TB")])
def test_words(count, text):
    assert words(count) == text


GPT = """label: gpt
label-id: F4C8BBD5-4144-F641-8476-57B3B0213E73
device: /dev/loop0
unit: sectors
first-lba: 2048
last-lba: 1433566
sector-size: 512

/dev/loop0p1 : start=        2048, size=       65536, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="a, b"
/dev/loop0p2 : start=       67584, size=      655360, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=1246C3A3-C57C-A341-9111-FAE811C1D0F1
"""
DOS = """label: dos
label-id: 0x05af6b1b
device: /dev/sda
unit: sectors

/dev/sda1 : start=        2048, size=       65536, type=83, bootable
/dev/sda2 : start=       67584, size=      655360, type=5
/dev/sda5 : start=       69632, size=      653312, type=83
"""


def test_limit_of_gpt_leaves_room_for_the_second_table():
    table = Table(GPT, 512)
    assert table.limit("/dev/loop0p2", 1500 * M) == 1500 * M - M - 67584 * 512
    assert table.limit("/dev/loop0p1", 1500 * M) == 65536 * 512, "its neighbour begins behind it"
    assert table.limit("/dev/loop0p2", 10 * M) == 655360 * 512, "never smaller than it is"


def test_limit_of_dos_is_two_tebibytes():
    table = Table(DOS, 512)
    assert table.limit("/dev/sda2", 3 << 40) < 2 << 40
    with pytest.raises(AuditError, match="logical partition inside /dev/sda2"):
        refuse(table, "/dev/sda5")
    refuse(table, "/dev/sda1")


def test_a_table_is_written_back_with_one_number_changed():
    changed = Table(GPT, 512).resized("/dev/loop0p2", 500 * M).splitlines()
    before = [line for line in GPT.splitlines() if not line.startswith("last-lba")]
    differs = [(old, new) for old, new in zip(before, changed, strict=True) if old != new]
    assert differs == [(before[-1], before[-1].replace("size=      655360", "size=1024000"))]


def test_sectors_of_four_kibibytes():
    table = Table(GPT.replace("sector-size: 512", "sector-size: 4096"), 512)
    assert table.sector == 4096 and table.limit("/dev/loop0p2", 20 * G) == 20 * G - M - 67584 * 4096
