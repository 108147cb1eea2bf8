# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit-archive: archives and live logs as one, in the order of time."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from rotate_tree import FILES, Tree, archives


def test_archives_and_live_logs_are_read_in_the_order_of_time(tmp_path):
    tree = Tree(tmp_path, compress="xz").rotated(3)
    assert tree.run().returncode == 0
    tree.configure(compress="gzip")
    (tree.log / "audit.log").rename(tree.log / "audit.log.1")
    tree.add("audit.log", mode=0o600)
    assert tree.run().returncode == 0
    (tree.log / "audit.log").rename(tree.log / "audit.log.1")
    tree.add("audit.log", mode=0o600)
    done = tree.archive("cat")
    assert done.returncode == 0, done.stderr
    numbers = [int(line.split(b" n=")[1].split()[0]) for line in done.stdout.splitlines()]
    assert numbers == tree.written
    listed = tree.archive("list").stdout.decode().splitlines()
    assert [line.split("\t")[0].rpartition(".")[2] for line in listed] == ["xz", "xz", "xz", "gz", "1", "log"]


@pytest.mark.parametrize("start, end, expected", [
    (None, None, [1, 2, 3, 4]), ("2025-10-09T08:58:00Z", None, [2, 3, 4]), (None, "2025-10-09T08:58:00Z", [1, 2]),
    ("@1760000250", "@1760000260", [2]), ("2025-10-10", None, [4]),
])
def test_archives_outside_the_time_are_not_read(tree, start, end, expected):
    tree.rotated(3)
    assert tree.run().returncode == 0
    options = [*(["--start", start] if start else []), *(["--end", end] if end else [])]
    listed = tree.archive("list", *options).stdout.decode().splitlines()
    numbers = {"08:56:40": 1, "09:00:00": 2, "09:03:20": 3}
    assert [numbers.get(line.split("\t")[3][11:19], 4) for line in listed] == expected


@pytest.mark.skipif(not shutil.which("ausearch"), reason="needs ausearch")
def test_search_and_report_with_the_programs_own_options_and_codes(tree):
    tree.rotated(3)
    assert tree.run().returncode == 0
    search = tree.archive("search", "--", "--raw")
    assert search.returncode == 0 and len(search.stdout.splitlines()) == len(tree.written)
    part = tree.archive("search", "--start", "2025-10-09T08:58:00Z", "--end", "2025-10-09T08:58:09Z", "--", "--raw")
    assert len(part.stdout.splitlines()) == 10
    assert tree.archive("search", "--", "-m", "LOGIN").returncode == 1
    report = tree.archive("report", "--", "--summary")
    assert report.returncode == 0 and f"Number of events: {len(tree.written)}".encode() in report.stdout


def test_a_damaged_archive_is_named_and_the_others_are_read(tree):
    tree.rotated(3)
    assert tree.run().returncode == 0
    damaged = tree.log / archives(tree)[1]
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-30])
    done = tree.archive("cat")
    assert done.returncode == 0 and damaged.name.encode() in done.stderr
    assert len(done.stdout.splitlines()) >= 600


@pytest.mark.parametrize("arguments, words", [
    (["frobnicate"], "is not a command"), (["list", "--start", "soon"], "is no date"), (["list", "--color"], "is not an option"),
    (["list", "--start"], "needs a value"),
])
def test_archive_command_line(tree, arguments, words):
    done = subprocess.run([sys.executable, "-IS", str(FILES / "audit-archive"), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 2 and words in done.stderr


def test_an_archive_named_by_a_clock_that_was_ahead_is_read_before_the_later_ones(tree):
    tree.rotated(3)
    assert tree.run().returncode == 0
    first = archives(tree)[0]
    (tree.log / first).rename(tree.log / first.replace(first[10:14], "2099", 1))
    numbers = [int(line.split(b" n=")[1].split()[0]) for line in tree.archive("cat").stdout.splitlines()]
    assert numbers == tree.written
