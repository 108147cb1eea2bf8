# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room and growth, from real files; the times are set, never the clock."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host import mounts
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host
from ansible_collections.auditops.auditd.plugins.module_utils._live import storage as _storage

LOG = "/var/log/audit/audit.log"
START = 1_700_000_000
DAY = 86400
MB = 1024 * 1024


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "var/log/audit").mkdir(parents=True)
    return tmp_path


def record(seconds):
    return f"type=USER msg=audit({seconds}.123:{seconds}): pid=1\n".encode()


def text(start, size):
    line = record(start)
    return (line * (size // len(line) + 1))[:size]


def write(tree, name, data, end):
    path = tree / "var/log/audit" / name
    path.write_bytes(data)
    os.utime(path, (end, end))


def growth(tree):
    return _storage.growth(Host(str(tree)), LOG)


def test_rate_of_rotated_logs(tree):
    for number, day in ((3, 1), (2, 2), (1, 3)):
        write(tree, f"audit.log.{number}", text(START + (day - 1) * DAY, 4 * MB), START + day * DAY)
    write(tree, "audit.log", text(START + 3 * DAY, MB), START + 3 * DAY + 60)
    assert growth(tree) == {"mb_per_day": 4, "stored_mb_per_day": 4, "basis": "rotated logs", "estimated": False}


def test_the_current_log_does_not_move_the_rate(tree):
    for number, day in ((2, 1), (1, 2)):
        write(tree, f"audit.log.{number}", text(START + (day - 1) * DAY, 4 * MB), START + day * DAY)
    before = growth(tree)
    write(tree, "audit.log", text(START + 2 * DAY, 300 * MB // 100), START + 2 * DAY + 999)
    assert growth(tree) == before


@pytest.mark.parametrize("compress", [gzip.compress, lambda data: lzma.compress(data, preset=0)], ids=["gz", "xz"])
def test_archives_count_as_the_text_they_hold(tree, compress, request):
    suffix = request.node.callspec.id
    for day in (1, 2, 3):
        write(tree, f"audit.log.2026-01-0{day}T00:00:00Z.{suffix}", compress(text(START, 4 * MB)), START + day * DAY)
    found = growth(tree)
    assert found["mb_per_day"] == 4 and found["estimated"] is False
    assert found["stored_mb_per_day"] < 0.2


def test_an_archive_that_does_not_tell_is_marked_as_estimated(tree):
    for day in (1, 2):
        write(tree, f"audit.log.{day}.bz2", bz2.compress(os.urandom(MB)), START + day * DAY)
    found = growth(tree)
    assert found["estimated"] is True
    assert found["mb_per_day"] == pytest.approx(_storage.ASSUMED_RATIO, rel=0.05)


def test_an_unknown_archive_takes_the_ratio_of_its_neighbours(tree):
    data = text(START, 4 * MB)
    write(tree, "audit.log.1.gz", gzip.compress(data), START)
    write(tree, "audit.log.2.gz", gzip.compress(data), START + DAY)
    write(tree, "audit.log.3.bz2", gzip.compress(data), START + 2 * DAY)
    found = growth(tree)
    assert found["estimated"] is True and found["mb_per_day"] == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a gzip file", b"\xff" * 100, b"YZ", b"\x00" * 10 + b"YZ"])
@pytest.mark.parametrize("suffix", ["gz", "xz"])
def test_a_broken_archive_is_no_answer_and_no_crash(tree, data, suffix):
    write(tree, f"audit.log.1.{suffix}", data, START)
    write(tree, f"audit.log.2.{suffix}", data, START + DAY)
    found = growth(tree)
    assert found["mb_per_day"] <= 0.01 or found["estimated"] or suffix == "gz"


def test_only_the_current_log(tree):
    write(tree, "audit.log", record(START) + text(START, 3 * MB), START + 2 * DAY)
    assert growth(tree) == {"mb_per_day": 2, "stored_mb_per_day": 2, "basis": "the current log", "estimated": False}


@pytest.mark.parametrize(
    "files",
    [
        {}, {"audit.log": (b"", START)}, {"audit.log": (record(START), START + 60)}, {"audit.log.1": (b"x" * MB, START)},
        {"audit.log": (b"no record", START)},
    ],
    ids=["none", "empty", "a minute", "one without record", "no record"],
)
def test_too_little_to_tell(tree, files):
    for name, (data, end) in files.items():
        write(tree, name, data, end)
    with pytest.raises(NotAvailable, match="too short to measure"):
        growth(tree)


def test_what_is_no_log_does_not_count(tree):
    write(tree, "audit.log.1", text(START, MB), START)
    write(tree, ".audit.log.x.audit-rotate-tmp", b"x", START)
    write(tree, "other.log", b"x", START)
    (tree / "var/log/audit/audit.log.2").symlink_to("/etc/passwd")
    (tree / "var/log/audit/audit.log.d").mkdir()
    assert [log.name for log in _storage.finished_logs(Host(str(tree)), LOG)] == ["audit.log.1"]


def test_rotated_plain_are_those_that_auditd_numbered(tree):
    for name in ("audit.log.1", "audit.log.12", "audit.log.1.gz", "audit.log.2026-01-01T00:00:00Z", "audit.log.old"):
        write(tree, name, b"x", START)
    logs = _storage.finished_logs(Host(str(tree)), LOG)
    assert sorted(log.name for log in _storage.rotated_plain(logs, LOG)) == ["audit.log.1", "audit.log.12"]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(41237, 2, 41000), (412.4, 3, 412), (0.0234, 1, 0.02), (9.96, 2, 10), (0, 2, 0), (3.14159, 3, 3.14), (99.9, 1, 100)],
)
def test_significant(value, digits, expected):
    assert _storage.significant(value, digits) == expected


@pytest.mark.parametrize(
    ("free", "threshold", "rate", "expected"),
    [(1236, 0, 412, 3), (100, 100, 1, 0), (50, 75, None, 0), (1000, 0, None, None), (None, 0, 1, None), (1000, None, 1, None),
     (1000, 0, 5000, 1), (100000, 0, 1, 100000), (12345, 75, 100, 120)],
)
def test_days_until(free, threshold, rate, expected):
    assert _storage.days_until(free, threshold, rate) == expected


def test_days_do_not_flicker_with_the_last_megabyte():
    assert len({_storage.days_until(free, 75, 412) for free in range(41000, 41010)}) == 1


@pytest.mark.parametrize(
    ("settings", "size", "expected"),
    [
        ({"space_left": "75", "admin_space_left": "50"}, 1000, (75, 50)),
        ({"space_left": "25%", "admin_space_left": "5%"}, 1000, (250, 50)),
        ({"space_left": "25%", "admin_space_left": "50"}, None, (None, 50)),
        ({}, 1000, (0, 0)),
        ({"space_left": None, "admin_space_left": "x"}, 1000, (0, None)),
    ],
)
def test_thresholds(settings, size, expected):
    found = _storage.thresholds(settings, size)
    assert (found["space_left"], found["admin_space_left"]) == expected


@pytest.mark.parametrize(
    ("action", "num_logs", "expected"),
    [("ROTATE", "5", 40), ("rotate", "5", 40), ("ROTATE", "1", None), ("KEEP_LOGS", "5", None), ("IGNORE", "5", None), ("SUSPEND", "5", 8)],
)
def test_kept(action, num_logs, expected):
    assert _storage.kept_mb({"max_log_file_action": action, "num_logs": num_logs, "max_log_file": "8"}) == expected


def test_the_partition_of_the_running_system():
    found = _storage.partition(Host("/"), "/var/log/audit")
    assert found["size_mb"] > 0 and 0 <= found["free_mb"] <= found["size_mb"]
    assert "/var/log/audit".startswith(found["mount"])


def test_a_directory_is_not_the_hosts_partition(tree):
    with pytest.raises(NotAvailable, match="the host's own partition is not mounted"):
        _storage.partition(Host(str(tree)), "/var/log/audit")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_mounted_volume_is_measured(tree):
    import subprocess

    place = tree / "var/log/audit"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(place)], check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        found = _storage.partition(Host(str(tree)), "/var/log/audit")
        assert found == {"device": "none", "mount": "/var/log/audit", "filesystem": "tmpfs", "size_mb": 64, "free_mb": 64}
        (place / "audit.log").write_bytes(b"x" * (10 * MB))
        assert _storage.partition(Host(str(tree)), "/var/log/audit")["free_mb"] == 54
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_measure_says_what_is_missing(tree):
    found, missing = _storage.measure(Host(str(tree)), {"space_left": "75", "admin_space_left": "50"})
    assert found["partition"] is None and found["growth"] is None and found["space_left_mb"] == 75 and found["sendmail"] is False
    assert sorted(missing) == ["storage.growth", "storage.mount", "storage.partition"]


@pytest.mark.parametrize(("fstab", "point", "options"), [
    ("/dev/a / xfs defaults 0 0\n/dev/b /var/log/audit xfs nodev,noexec 0 0\n", "/var/log/audit", ["nodev", "noexec"]),
    ("/dev/b /var/log/audit/ xfs nodev 0 0\n/dev/a / xfs defaults 0 0\n", "/var/log/audit", ["nodev"]),
    ("/dev/a / xfs defaults 0 0\n/dev/b /var/log/audits xfs nodev 0 0\n", "/", ["defaults"]),
    ("/dev/a / xfs defaults 0 0\n/dev/b /var/log xfs nodev 0 0\n", "/var/log", ["nodev"]),
    ("/dev/b /var/log/audit xfs nodev,noauto 0 0\n", None, None),
    ("none swap swap sw 0 0\n", None, None),
])
def test_the_mount_of_a_tree_is_that_of_its_fstab(tree, fstab, point, options):
    (tree / "etc").mkdir(exist_ok=True)
    (tree / "etc/fstab").write_text(fstab)
    found, missing = _storage.measure(Host(str(tree)), {})
    assert found["mount"] == (point and {"point": point, "options": options})
    assert ("storage.mount" in missing) is (point is None)


def test_the_mount_of_a_tree_that_systemd_mounts_by_a_unit(tree):
    units = tree / "etc/systemd/system"
    units.mkdir(parents=True)
    (tree / "etc/fstab").write_text("/dev/a / xfs defaults 0 0\n")
    (units / "var-log-audit.mount").write_text("[Mount]\nWhat=/dev/b\nWhere=/var/log/audit\nType=xfs\nOptions=nodev,nosuid\n")
    found, _missing = _storage.measure(Host(str(tree)), {})
    assert found["mount"] == {"point": "/var/log/audit", "options": ["nodev", "nosuid"]}


def test_the_mount_of_a_running_host_is_the_kernels():
    found = mounts.of_directory(Host("/"), "/proc/self")
    assert found.point == "/proc" and "rw" in found.options
