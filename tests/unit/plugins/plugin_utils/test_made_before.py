# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text that is kept between runs counts for the same files of the collection and for nobody else's hand."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.plugin_utils import made_before


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Counts how often the text is made."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "one.py").write_text("1")
    monkeypatch.setattr(made_before, "COLLECTION", tmp_path)
    monkeypatch.setattr(made_before, "SOURCES", ("sources",))
    monkeypatch.setattr(made_before, "HOME", tmp_path / "home" / "auditops.auditd")
    times = []

    def ask():
        made_before._made_of_at_first.cache_clear()  # as another process
        assert made_before.text("code", lambda: times.append(1) or f"made {(sources / 'one.py').read_text()}") == \
            f"made {(sources / 'one.py').read_text()}"
        return len(times)

    yield ask
    made_before._made_of_at_first.cache_clear()


def test_it_is_made_once(made):
    assert [made(), made(), made()] == [1, 1, 1]
    assert made_before.HOME.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in made_before.HOME.iterdir()] == [0o600]


def _same_size_and_time(path):
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [
    _same_size_and_time,
    lambda path: path.with_name("two.py").write_text("2"),
    lambda path: (path.parent / "deeper").mkdir() or (path.parent / "deeper" / "three.py").write_text(""),
], ids=["another text", "another file", "a directory"])
def test_a_change_of_the_collection_makes_it_again(made, change):
    assert made() == 1
    change(made_before.COLLECTION / "sources" / "one.py")
    assert [made(), made()] == [2, 2]


def _link(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("damage", [
    lambda path: path.write_text(path.read_text()[:-20]),
    lambda path: path.write_text("[]"),
    lambda path: path.chmod(0o660),
    lambda path: path.parent.chmod(0o777),
    _link,
    pytest.param(lambda path: os.chown(path, 1234, 0), marks=pytest.mark.skipif(os.geteuid() != 0, reason="needs root")),
], ids=["half written", "another kind", "writable by the group", "in a directory of all", "a link", "of another user"])
def test_what_is_not_to_be_relied_on_is_made_again(made, damage):
    assert made() == 1
    [path] = made_before.HOME.iterdir()
    damage(path)
    assert made() == 2


def test_where_nothing_can_be_kept_it_is_made_each_time(made, tmp_path):
    (tmp_path / "home").write_text("")
    assert [made(), made()] == [1, 2]


def test_what_is_made_while_the_collection_is_upgraded_is_not_kept(made):
    """It may be of the old files, and would count for the new ones from then on."""
    one = made_before.COLLECTION / "sources" / "one.py"

    def upgraded():
        text = one.read_text()
        one.write_text("of the next release")
        return text

    assert made_before.text("code", upgraded) == "1"
    assert made_before.text("code", one.read_text) == "of the next release"


@pytest.mark.parametrize("prepare", [
    lambda home: (home / "auditops.auditd").symlink_to(home / "elsewhere"),
    lambda home: (home / "auditops.auditd").mkdir() or (home / "auditops.auditd").chmod(0o777),
], ids=["a link", "writable by all"])
def test_nothing_is_written_to_a_directory_that_is_not_ones_own(made, tmp_path, prepare):
    """sudo that keeps the HOME of another user: root would write wherever that user's link leads."""
    (tmp_path / "home" / "elsewhere").mkdir(parents=True)
    prepare(tmp_path / "home")
    assert [made(), made()] == [1, 2]
    assert list((tmp_path / "home").rglob("*.json*")) == []
