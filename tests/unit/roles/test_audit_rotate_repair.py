# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other programs and killed ones left: taken over whole, or told."""

from __future__ import annotations

import gzip

from rotate_tree import archives


def test_leftovers_of_the_widely_copied_script_and_of_a_host_that_kept_all_logs(tree):
    whole = tree.add("audit.log.2015-02-26_15:43:46", when=1424965226.0)
    text = whole.read_bytes()
    (tree.log / (whole.name + ".gz")).write_bytes(gzip.compress(text))  # killed before the unlink
    cut = tree.add("audit.log.2015-02-27_15:43:46", records=20000, step=0.01)
    (tree.log / (cut.name + ".gz")).write_bytes(gzip.compress(cut.read_bytes())[:60000])  # killed on the way
    empty = tree.add("audit.log.2015-02-28_15:43:46")
    (tree.log / (empty.name + ".gz")).write_bytes(b"")
    tree.add("audit.log.2015-03-01_15:43:46")
    done = tree.add("audit.log.2015-03-02_15:43:46")
    packed = gzip.compress(done.read_bytes())
    done.unlink()
    (tree.log / (done.name + ".gz")).write_bytes(packed)
    tree.rotated(99, records=3)
    assert tree.run().returncode == 0
    tree.check()
    assert len(archives(tree)) == 5 + 99
    assert (tree.log / (done.name + ".gz")).read_bytes() == packed, "not compressed twice"
    assert all(name.endswith(".gz") for name in archives(tree))


def test_a_different_log_under_the_same_name_is_kept_too(tree):
    tree.add("audit.log.2015-02-26_15:43:46")
    other = tree.add("audit.log.2015-02-26_15:43:47")
    (tree.log / "audit.log.2015-02-26_15:43:46.gz").write_bytes(gzip.compress(other.read_bytes()))
    other.unlink()
    assert tree.run().returncode == 0
    assert sorted(tree.serials()) == tree.written
    assert len(archives(tree)) == 2


def test_logs_that_were_compressed_in_place(tree):
    path = tree.add("audit.log.2")
    (tree.log / "audit.log.2.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    path = tree.add("audit.log.1")
    (tree.log / "audit.log.1.gz").write_bytes(gzip.compress(path.read_bytes())[:-20])
    assert tree.run().returncode == 0
    tree.check()
    assert archives(tree) == ["audit.log.2025-10-09T08:56:40Z.gz", "audit.log.2025-10-09T09:00:00Z.gz"]


def test_a_damaged_archive_is_told_and_never_deleted(tree):
    path = tree.add("audit.log.2")
    (tree.log / "audit.log.2.gz").write_bytes(gzip.compress(path.read_bytes())[:-20])
    path.unlink()
    tree.written.clear()
    tree.rotated(1)
    assert tree.run().returncode == 0
    assert "audit.log.2.gz" in tree.names()
    assert any("audit.log.2.gz" in note for note in tree.status()["notes"])
