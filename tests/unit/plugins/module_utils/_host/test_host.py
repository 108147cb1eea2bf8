# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading below a root: nothing outside it is ever reached, and an unreadable file is not a missing one."""

from __future__ import annotations

import os

import pytest
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError, NotAvailable
from ansible_collections.auditops.auditd.plugins.module_utils._host.host import Host


@pytest.fixture
def tree(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("outside")
    root = tmp_path / "root"
    (root / "etc/audit").mkdir(parents=True)
    (root / "etc/audit/auditd.conf").write_text("inside")
    (root / "outside").write_text("the tree's own")
    return root


LINKS = [
    ("/etc/link", "/outside", "the tree's own"),
    ("/etc/link", "../../../../outside", "the tree's own"),
    ("/etc/link", "audit/auditd.conf", "inside"),
    ("/link/auditd.conf", "/etc/audit", "inside"),
    ("/etc/link", "/nowhere", None),
]


@pytest.mark.parametrize(("path", "target", "expected"), LINKS)
def test_links_are_followed_as_the_tree_would(tree, path, target, expected):
    link = path if path.endswith("link") else os.path.dirname(path)
    os.symlink(target, str(tree) + link)
    assert Host(str(tree)).text(path) == expected


def test_a_loop_of_links_is_named(tree):
    os.symlink("b", tree / "a")
    os.symlink("a", tree / "b")
    with pytest.raises(AuditError, match="too many levels of symbolic links"):
        Host(str(tree)).read("/a")


def test_dots_do_not_lead_out(tree):
    assert Host(str(tree)).text("/../../outside") == "the tree's own"


def test_bytes_that_are_not_text_survive(tree):
    (tree / "raw").write_bytes(b"a\xff\xfe\n")
    assert Host(str(tree)).text("/raw").encode("utf-8", "surrogateescape") == b"a\xff\xfe\n"


def test_missing_and_unreadable_differ(tree):
    host = Host(str(tree))
    assert host.read("/missing") is None
    assert host.listdir("/missing") == []
    assert host.stat("/etc/audit/auditd.conf/below-a-file") is None
    with pytest.raises(AuditError, match="cannot read /etc/audit: Is a directory"):
        host.read("/etc/audit")


def test_an_offline_tree_executes_nothing(tree):
    def run_command(*dummy, **dummies):
        raise AssertionError("executed")

    with pytest.raises(NotAvailable, match="offline tree"):
        Host(str(tree), run_command).run(["auditctl", "-s"])


def test_the_root_has_to_be_a_directory(tree):
    with pytest.raises(AuditError, match=r"root = \S+ \(audit_root\) is not a directory"):
        Host(str(tree / "outside"))


def test_an_empty_root_is_not_the_running_host():
    with pytest.raises(AuditError, match="root is empty; give the top of a tree, or / for the running host"):
        Host("")


def test_a_name_with_a_zero_byte_is_refused():
    with pytest.raises(AuditError, match="cannot list"):
        Host("/").listdir("/etc/\0.d")


def test_a_device_is_not_opened(monkeypatch):
    """To open a watchdog starts it; a script that any user's cron table names may be a link to it."""
    opened, really = [], os.open
    monkeypatch.setattr(os, "open", lambda path, flags, **options: opened.append(flags & os.O_PATH) or really(path, flags, **options))
    with pytest.raises(AuditError, match="it is not a regular file"):
        Host("/").read("/dev/zero")
    assert opened == [os.O_PATH], "it is looked at, and no driver notices"


def test_a_named_pipe_is_refused_not_waited_for(tree):
    os.mkfifo(tree / "etc/audit/rules.fifo")
    with pytest.raises(AuditError, match="cannot read /etc/audit/rules.fifo: it is not a regular file"):
        Host(str(tree)).read("/etc/audit/rules.fifo")


def test_a_masked_unit_reads_as_empty():
    assert Host("/").read("/dev/null") == b""


@pytest.mark.parametrize("after", [0, 1], ids=["before it is looked at", "before it is read"])
def test_a_link_that_somebody_puts_there_meanwhile_leads_nowhere(tmp_path, monkeypatch, after):
    """In a tree whose directory others can write: what is read is the file that was looked at, and never one outside of the tree."""
    place, outside = tmp_path / "tree/etc/x", tmp_path / "outside"
    place.parent.mkdir(parents=True)
    place.write_text("ours")
    outside.write_text("theirs")
    real, calls = os.open, []

    def swapped(path, flags, *rest, **named):
        if len(calls) == after:
            place.unlink()
            place.symlink_to(outside)
        calls.append(path)
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", swapped)
    host = Host(str(tmp_path / "tree"))
    if after:
        assert host.text("/etc/x") == "ours"
    else:
        with pytest.raises(AuditError, match="a link there leads out of the tree"):
            host.text("/etc/x")
    assert calls


def test_a_relative_root_is_refused():
    """The host would look for it in whatever directory the module was started in."""
    with pytest.raises(AuditError, match=r"root = t/web1 .*give an absolute path"):
        Host("t/web1")
